"""The space of the database: alerts, and the reserve for writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from raas.ops.database_space import DatabaseSpace
from raas.ops.settings import SettingsRefused, load_settings
from raas.storage.embedded.disk import COUNTED_BYTES, used_of, used_share


@dataclass
class Watched:
    """A space with a clock of its own, and whether it was enough after each measurement."""

    now: float = 0.0
    told: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.space = DatabaseSpace(lambda: self.now)

    def alerts_at(self, used: float) -> list[tuple[object, object]]:
        """The alerts of a measurement: what they say of the use, and of bulk reads."""
        with capture_logs() as lines:
            self.space.measured(used)
        self.told.append(self.space.is_enough)
        return [(line["used"], line["bulk_reads"]) for line in lines if line["log_level"] == "error"]


def test_space_alerts_once_at_each_threshold() -> None:
    watched = Watched()
    assert watched.alerts_at(0.849) == []
    assert watched.alerts_at(0.85) == [(0.85, "served")]
    assert watched.alerts_at(0.90) == []
    assert watched.alerts_at(0.95) == [(0.95, "refused")]
    assert watched.alerts_at(0.99) == []
    assert watched.told == [True, False, False, False, False]


def test_alert_is_repeated_each_hour_and_after_space_was_found() -> None:
    watched = Watched()
    watched.alerts_at(0.9)
    watched.now = 3_599
    assert watched.alerts_at(0.9) == []
    watched.now = 3_600
    assert watched.alerts_at(0.9) == [(0.9, "served")]
    assert watched.alerts_at(0.5) == []
    assert watched.alerts_at(0.9) == [(0.9, "served")]
    assert watched.told[-2:] == [True, False]


def test_bulk_reads_are_admitted_below_the_reserve() -> None:
    space = Watched().space
    assert space.admits_bulk_reads
    for used, admitted in ((0.949, True), (0.95, False), (1.2, False), (0.9, True)):
        space.measured(used)
        assert space.admits_bulk_reads is admitted


@pytest.mark.parametrize(
    ("used", "free", "share"),
    [
        (85, 15, 0.85),
        (0, 0, 1),
        (9 * COUNTED_BYTES, COUNTED_BYTES, 0),
        (9 * COUNTED_BYTES, COUNTED_BYTES // 20, 0.95),
    ],
)
def test_share_of_a_large_disk_is_that_of_its_end(used: int, free: int, share: float) -> None:
    assert used_of(used, free) == pytest.approx(share)


def test_disk_of_a_data_directory_is_measured(tmp_path: Path) -> None:
    assert 0 <= used_share(tmp_path) <= 1


def test_size_of_the_database_is_given_with_a_unit() -> None:
    settings = load_settings(database_size="2GiB", development_identity=True)
    assert settings.database_size == 2 * 1024**3
    with pytest.raises(SettingsRefused, match="RAAS_DATABASE_SIZE"):
        load_settings(database_size="much", development_identity=True)

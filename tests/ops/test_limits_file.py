"""The file of RAAS_LIMITS."""

from __future__ import annotations

from pathlib import Path

import pytest

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.ops.limits_file import load_limits
from raas.ops.settings import SettingsRefused, load_settings
from raas.usecases.calls.call import CallerKey
from raas.usecases.limits.limits import CallerLimits

OWN, OTHER = EnterpriseNumber(999999922), EnterpriseNumber(244640631)


def written(directory: Path, content: str) -> Path:
    path = directory / "limits.toml"
    path.write_text(content)
    return path


def test_caller_has_the_limits_of_its_application_else_of_its_organisation(tmp_path: Path) -> None:
    table = load_limits(
        written(
            tmp_path,
            """
            streams = 10
            [callers."0999999922"]
            streams = 20
            calls_in_flight = 30
            [callers."0999999922/PAYROLL"]
            streams = 40
            [callers."0244640631/PAYROLL"]
            calls_in_flight = 50
            """,
        )
    )
    found = {
        (caller.enterprise_number, caller.application): (limits.streams, limits.calls_in_flight)
        for caller in (
            CallerKey(OWN, "PAYROLL"),
            CallerKey(OWN, "DESK"),
            CallerKey(OWN),
            CallerKey(OTHER, "PAYROLL"),
            CallerKey(OTHER, "DESK"),
        )
        for limits in (table.of(caller),)
    }
    default = CallerLimits().calls_in_flight
    assert found == {
        (OWN, "PAYROLL"): (40, 30),
        (OWN, "DESK"): (20, 30),
        (OWN, ""): (20, 30),
        (OTHER, "PAYROLL"): (10, 50),
        (OTHER, "DESK"): (10, default),
    }


def test_without_a_file_every_caller_has_the_defaults() -> None:
    assert load_limits(None).of(CallerKey(OWN)) == CallerLimits()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("streams = 0", "streams must be a whole number from 1 to"),
        ("streams = true", "streams must be a whole number from 1 to"),
        ("streams = 1.5", "streams must be a whole number from 1 to"),
        ("stream = 1", "stream is not a limit; limits are read_calls_per_second,"),
        ("callers = 3", "callers must be a table"),
        ('[callers]\n"0999999922" = 3', 'callers."0999999922" must be a table'),
        ('[callers."0999999923"]', 'callers."0999999923" must be an enterprise number'),
        ('[callers."0999999922"]\nstreams = "2"', 'callers."0999999922".streams must be'),
        ("streams =", "Invalid value"),
    ],
)
def test_server_does_not_start_with_wrong_limits(tmp_path: Path, content: str, problem: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(SettingsRefused) as refused:
        load_settings(development_identity="1", limits=str(path))
    assert f"RAAS_LIMITS: {path}: {problem}" in str(refused.value)


def test_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match=r"RAAS_LIMITS: .*nowhere: No such file"):
        load_settings(development_identity="1", limits=str(tmp_path / "nowhere"))

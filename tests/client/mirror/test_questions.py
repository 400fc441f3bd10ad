"""Questions that a mirror refuses, as the server refuses them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from raas.domain.calendar.day import brussels_day
from raas.domain.invalid import Invalid
from raas.domain.numbers.niss import NissProfile, parse_niss
from raas_client import Refused
from raas_client.mirror.questions import _latest_day, check_niss
from raas_client.reasons import NissMalformed
from raas_client.testing import FakeRegister
from tests.client.registers import ANN
from tests.oracle import numbers
from tests.vectors import niss_vectors

MICROSECOND = timedelta(microseconds=1)


@pytest.mark.parametrize(
    "niss", ["nonsense", "", "85.67.30-033.60", "85673003361", " 85673003360", ANN + "0"]
)
async def test_mirror_refuses_a_niss_as_the_server_does(fake: FakeRegister, niss: str) -> None:
    async with fake.client() as client, client.mirror() as mirror:
        for ask in (mirror.dossiers, lambda text: mirror.knows(text, "2024-01-01")):
            with pytest.raises(NissMalformed) as local:
                ask(niss)
            assert [(v.field, v.reason) for v in local.value.violations] == [("niss", "NISS_MALFORMED")]
        if niss:
            with pytest.raises(NissMalformed) as remote:
                await client.history(niss).all()
            assert (remote.value.reason, remote.value.status) == (local.value.reason, local.value.status)


@pytest.mark.parametrize(
    "day", ["20240301", "2024-W09-5", "2024-3-1", "2024-02-30", "", "today", "2024-03-01T00:00"]
)
async def test_mirror_refuses_a_day_as_the_server_does(fake: FakeRegister, day: str) -> None:
    async with fake.client() as client, client.mirror() as mirror:
        with pytest.raises(Refused) as remote:
            await client.consult(niss=[ANN], active_on=day).all()
        with pytest.raises(type(remote.value)) as local:
            mirror.knows(ANN, day)
        said = [
            [(v.field.rpartition(".")[2], v.reason) for v in each.value.violations]
            for each in (local, remote)
        ]
        assert said[0] == said[1]


async def test_mirror_refuses_an_instant_and_a_type_that_it_does_not_copy(fake: FakeRegister) -> None:
    instant: Any = datetime.now(UTC)
    async with fake.client() as client, client.mirror(dossier_types=["HEALTH"]) as mirror:
        with pytest.raises(TypeError, match="a day is a date"):
            mirror.knows(ANN, instant)
        with pytest.raises(ValueError, match="does not copy the dossier types PENSION"):
            mirror.knows(ANN, "2024-01-01", ["HEALTH", "PENSION"])
        assert not mirror.knows(ANN, "2024-01-01", ["HEALTH"])


@pytest.mark.parametrize(
    "midnight", [datetime(2026, 5, 31, 22, tzinfo=UTC), datetime(2026, 11, 30, 23, tzinfo=UTC)]
)
def test_numbers_of_the_day_in_belgium_are_taken_from_midnight_there(midnight: datetime) -> None:
    for instant in (midnight, midnight + timedelta(hours=12), midnight + timedelta(hours=22) - MICROSECOND):
        assert _latest_day(instant).toordinal() == brussels_day(instant)
    assert (
        _latest_day(midnight - timedelta(hours=1, microseconds=1)).toordinal() == brussels_day(midnight) - 1
    )


def server_takes(niss: str) -> bool:
    try:
        parse_niss(niss, NissProfile.TEST, brussels_day(datetime.now(UTC)))
    except Invalid:
        return False
    return True


def client_takes(niss: str) -> bool:
    try:
        check_niss(niss)
    except NissMalformed:
        return False
    return True


def test_client_and_server_take_the_same_numbers() -> None:
    vectors = niss_vectors()
    made = [
        numbers.niss(year, month, day, counter)
        for year in (1900, 1968, 2000, 2024, 2090)
        for month in (0, 2, 12, 13, 22, 40, 62, 80, 99)
        for day in (0, 1, 29, 30, 31, 32)
        for counter in (0, 1, 998, 999)
    ]
    asked = [*vectors["valid"], *vectors["invalid"], *vectors["test_profile_only"], *made]
    assert [each for each in asked if client_takes(each) != server_takes(each)] == []
    assert 100 < sum(map(client_takes, made)) < len(made)

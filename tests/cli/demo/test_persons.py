"""The persons of the demonstration: fictitious, always the same, and complete."""

from __future__ import annotations

import asyncio
import csv
import re
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.cli.demo.inscriptions import COLUMNS, demo_rows
from raas.cli.demo.persons import demo_persons
from raas.domain.calendar.day import parse_day
from raas.domain.numbers.niss import NissProfile, niss_text, parse_niss
from raas.maintenance.database import migrate
from raas.storage.connection.database import open_database
from raas.v1.identity_pb2 import Sex
from raas.v1.person_pb2 import Person, PersonStatus
from tests.citus import distribute_tables
from tests.cli.demo.messages import demo_messages
from tests.conftest import CITUS_DSN, new_database
from tests.rpc.person_harness import open_person_harness

ROOT = Path(__file__).parents[3]
TODAY = parse_day("2025-12-31")
SAMPLE = re.compile(r'"(?:niss|successor_niss)":\[?"(\d{11})"')
IMPORTED_BY_SAMPLE = "64670100235"


@pytest.fixture(scope="module")
def persons() -> dict[str, Person]:
    rows = list(demo_persons())
    by_number = {person.niss: person for person in rows}
    assert len(by_number) == len(rows), "a number is given once"
    return by_number


@pytest.fixture
async def engines(server_dsn: str) -> AsyncIterator[tuple[AsyncEngine, AsyncEngine]]:
    """Engines on a database of its own: other tests give persons the numbers that these have, too."""
    with new_database(server_dsn) as dsn:
        await asyncio.to_thread(migrate, dsn)
        if CITUS_DSN is not None:
            await asyncio.to_thread(distribute_tables, dsn)
        engine, reading = open_database(dsn), open_database(dsn, autocommit=True)
        yield engine, reading
        await engine.dispose()
        await reading.dispose()


def test_demo_persons_are_always_the_same(persons: dict[str, Person]) -> None:
    assert list(demo_persons()) == list(persons.values())


def test_demo_persons_are_fictitious_and_match_their_numbers(persons: dict[str, Person]) -> None:
    for niss, person in persons.items():
        assert niss_text(parse_niss(niss, NissProfile.TEST, TODAY)) == niss
        assert 60 < int(niss[2:4]) <= 72
        assert person.identity.birth_date[2:].replace("-", "")[:2] == niss[:2]
        assert (person.identity.sex == Sex.SEX_FEMALE) == (int(niss[6:9]) % 2 == 0)


def test_demo_persons_include_those_inscribed_or_shown(persons: dict[str, Person]) -> None:
    needed = {row.fields[COLUMNS.index("niss")] for row in demo_rows()}
    with (ROOT / "examples" / "inscriptions.csv").open(newline="") as file:
        needed |= {row["niss"] for row in csv.DictReader(file)}
    for proto in ("register_service", "person_service"):
        needed |= set(SAMPLE.findall((ROOT / "protos/raas/v1" / f"{proto}.proto").read_text()))
    assert needed - persons.keys() == {IMPORTED_BY_SAMPLE}
    inscribed = [persons[row.fields[COLUMNS.index("niss")]] for row in demo_rows()]
    assert {person.status for person in inscribed} == {PersonStatus.PERSON_STATUS_UNSPECIFIED}


def test_demo_persons_include_every_status(persons: dict[str, Person]) -> None:
    statuses = [person.status for person in persons.values()]
    assert len(persons) == 10_000
    assert statuses.count(PersonStatus.PERSON_STATUS_REPLACED) > 100
    assert statuses.count(PersonStatus.PERSON_STATUS_CANCELLED) > 100
    assert sum(person.identity.HasField("death_date") for person in persons.values()) > 300
    for person in persons.values():
        if person.identity.HasField("death_date"):
            assert date.fromisoformat(person.identity.death_date).isoformat() > person.identity.birth_date


async def test_demo_persons_are_imported_once(engines: tuple[AsyncEngine, AsyncEngine]) -> None:
    async with open_person_harness(*engines) as raas_server:
        metadata = (("raas-enterprise-number", "0999999922"),)
        for applied in (10_000, 0):
            answers = [a async for a in raas_server.stub.ImportPersons(demo_messages(), metadata=metadata)]
            assert [list(answer.rejected) for answer in answers] == [[]] * 20
            assert sum(answer.applied for answer in answers) == applied
            assert answers[-1].through_offset == 10_000

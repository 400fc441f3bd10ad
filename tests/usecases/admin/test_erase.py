"""Erasing contents removes facts about people; the log and its checksums stay intact."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.age import Age
from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import Identity
from raas.usecases.admin.erase import EraseContents
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.persons.import_rows import ImportedPerson
from raas.usecases.ports.audit.journal import NoJournal
from tests.usecases.persons.harness import PersonHarness, a_call


@pytest.fixture
def harness(engine: AsyncEngine, reading_engine: AsyncEngine) -> PersonHarness:
    return PersonHarness(engine, reading_engine)


async def told(harness: PersonHarness, register: AdmittedRegister, *last_names: str) -> Niss:
    """A person of the register whose name changes this often, each time with a mutation."""
    niss = await harness.person()
    await harness.inscribe(register, niss, "2024-01-01", "2024-12-31")
    for name in last_names:
        await harness.imported([ImportedPerson(niss, identity=Identity(name))])
    return niss


async def bodies(harness: PersonHarness, register: AdmittedRegister) -> list[bool]:
    """Whether each change of a person in the register still has its content."""
    return [entry[4] is not None for entry in await harness.log(register) if entry[1] == 6]


async def checksums(harness: PersonHarness, register: AdmittedRegister) -> list[object]:
    query = text("SELECT checksum, detail FROM mutation WHERE register_id = :r ORDER BY revision")
    async with harness.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(query, {"r": register.id})]


async def test_erasure_by_person_covers_all_its_numbers(harness: PersonHarness):
    register = await harness.register()
    old = await told(harness, register, "One", "Two")
    new = await told(harness, register, "Three")
    other = await told(harness, register, "Four")
    await harness.numbers.replace(a_call(), old, new, validate_only=False)
    log = await checksums(harness, register)
    assert await EraseContents(harness.contents, NoJournal()).by_person(datetime.now(UTC), old) == 3
    assert await bodies(harness, register) == [False, False, False, True]
    assert await checksums(harness, register) == log
    assert await EraseContents(harness.contents, NoJournal()).by_person(datetime.now(UTC), other) == 1
    assert await EraseContents(harness.contents, NoJournal()).by_person(datetime.now(UTC), other) == 0


async def test_erasure_by_age_takes_older_contents(harness: PersonHarness):
    register = await harness.register()
    await told(harness, register, "One", "Two")
    backdate = text(
        "UPDATE content SET create_time = :t WHERE id = "
        "(SELECT min(content_id) FROM mutation WHERE register_id = :r)"
    )
    now = datetime(2001, 1, 1, tzinfo=UTC)
    erasing = EraseContents(harness.contents, NoJournal())
    await erasing.by_age(now)  # contents that other tests left in this database
    async with harness.engine.begin() as connection:
        await connection.execute(backdate, {"t": datetime(1999, 12, 31, tzinfo=UTC), "r": register.id})
    assert await erasing.by_age(now, Age(months=13)) == 0
    assert await erasing.by_age(now) == 1
    assert await bodies(harness, register) == [False, True]

"""Erasing: facts about people go, the log and its checksums stay whole."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.age import Age
from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import Identity
from raas.usecases.admin.erase import Erasing
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.persons.import_rows import FeedRow
from tests.usecases.persons.harness import PersonHouse, a_call


@pytest.fixture
def house(engine: AsyncEngine, reading_engine: AsyncEngine) -> PersonHouse:
    return PersonHouse(engine, reading_engine)


async def told(house: PersonHouse, register: AdmittedRegister, *last_names: str) -> Niss:
    """A person of the register whose name changes as often, each time known to the log."""
    niss = await house.person()
    await house.inscribe(register, niss, "2024-01-01", "2024-12-31")
    for name in last_names:
        await house.fed([FeedRow(niss, identity=Identity(name))])
    return niss


async def bodies(house: PersonHouse, register: AdmittedRegister) -> list[bool]:
    """Whether each piece of news of the register still has its content."""
    return [entry[4] is not None for entry in await house.log(register) if entry[1] == 6]


async def checksums(house: PersonHouse, register: AdmittedRegister) -> list[object]:
    query = text("SELECT checksum, detail FROM mutation WHERE register_id = :r ORDER BY revision")
    async with house.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(query, {"r": register.id})]


async def test_by_person_under_whichever_number(house: PersonHouse):
    register = await house.register()
    old = await told(house, register, "One", "Two")
    new = await told(house, register, "Three")
    other = await told(house, register, "Four")
    await house.numbers.replace(a_call(), old, new, validate_only=False)
    log = await checksums(house, register)
    assert await Erasing(house.contents).by_person(old) == 3
    assert await bodies(house, register) == [False, False, False, True]
    assert await checksums(house, register) == log
    assert await Erasing(house.contents).by_person(other) == 1
    assert await Erasing(house.contents).by_person(other) == 0


async def test_by_age(house: PersonHouse):
    register = await house.register()
    await told(house, register, "One", "Two")
    backdate = text(
        "UPDATE content SET create_time = :t WHERE id = "
        "(SELECT min(content_id) FROM mutation WHERE register_id = :r)"
    )
    now = datetime(2001, 1, 1, tzinfo=UTC)
    erasing = Erasing(house.contents)
    await erasing.by_age(now)  # what other tests left in this database
    async with house.engine.begin() as connection:
        await connection.execute(backdate, {"t": datetime(1999, 12, 31, tzinfo=UTC), "r": register.id})
    assert await erasing.by_age(now, Age(months=13)) == 0
    assert await erasing.by_age(now) == 1
    assert await bodies(house, register) == [False, True]

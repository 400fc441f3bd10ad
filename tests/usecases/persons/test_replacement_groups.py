"""The mutations of a replacement are one indivisible group in each register, whatever its dossier types."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.registers.dossier_type import IdentityChanges
from raas.usecases.calls.access import AdmittedRegister
from tests.usecases.persons.harness import PersonHarness, a_call

_TYPES = dict.fromkeys(("CHILD", "HEALTH", "PENSION"), IdentityChanges.WHILE_KNOWN)


@pytest.fixture
def harness(engine: AsyncEngine, reading_engine: AsyncEngine) -> PersonHarness:
    return PersonHarness(engine, reading_engine)


async def groups(harness: PersonHarness, register: AdmittedRegister) -> list[tuple[int, int]]:
    """The last revision and the number of mutations of each group."""
    query = text(
        "SELECT batch_last_revision, count(*) FROM mutation WHERE register_id = :r GROUP BY 1 ORDER BY 1"
    )
    async with harness.engine.connect() as connection:
        return [(last, number) for last, number in await connection.execute(query, {"r": register.id})]


async def test_replacement_and_restoration_over_several_types_are_one_group_each(
    harness: PersonHarness,
) -> None:
    register = await harness.register(**_TYPES)
    old, new = await harness.person(), await harness.person()
    for code in _TYPES:
        await harness.inscribe(register, old, "2024-01-01", "2024-03-31", code)
    before = await groups(harness, register)
    await harness.numbers.replace(a_call(), old, new, validate_only=False)
    await harness.numbers.restore(a_call(), old, validate_only=False)
    assert (await groups(harness, register))[len(before) :] == [(12, 6), (18, 6)]

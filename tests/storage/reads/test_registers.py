"""The RegisterStore."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.storage.reads.registers import PostgresRegisterStore
from tests.oracle.numbers import enterprise_number


@pytest.fixture
def store(reading_engine: AsyncEngine) -> PostgresRegisterStore:
    return PostgresRegisterStore(reading_engine)


def numbers(first: int, many: int) -> list[EnterpriseNumber]:
    return [EnterpriseNumber(int(enterprise_number(first + i))) for i in range(many)]


async def test_update_does_not_wait_for_a_writer_of_the_register(
    store: PostgresRegisterStore, engine: AsyncEngine
) -> None:
    (number,) = numbers(1_000_005, 1)
    created = await store.create(number, "Before")
    async with engine.connect() as writer:
        await writer.execute(
            text("UPDATE register_head SET revision = 7 WHERE register_id = :id"), {"id": created.id}
        )
        renamed = await store.update(number, {"name": "After"})
        assert (renamed.name, renamed.revision) == ("After", 0)
        await writer.commit()
    found = await store.find(number)
    assert found is not None
    assert (found.name, found.revision) == ("After", 7)

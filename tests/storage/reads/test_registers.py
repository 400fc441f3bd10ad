"""The RegisterStore."""

from __future__ import annotations

import asyncio

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


async def test_rename_waits_for_the_writer_of_the_register(
    store: PostgresRegisterStore, engine: AsyncEngine
) -> None:
    (number,) = numbers(1_000_005, 1)
    created = await store.create(number, "Before")
    async with engine.connect() as writer:
        await writer.execute(
            text("SELECT 1 FROM register WHERE id = :id FOR NO KEY UPDATE"), {"id": created.id}
        )
        renaming = asyncio.create_task(store.rename(number, "After"))
        await writer.execute(text("UPDATE register SET revision = 7 WHERE id = :id"), {"id": created.id})
        await writer.commit()
    renamed = await renaming
    assert (renamed.name, renamed.revision) == ("After", 7)

"""Contents beside the log: stored, verified, erased."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.niss import Niss
from raas.domain.registers.content import Content, content_hash
from raas.domain.registers.mutation import MutationKind
from raas.storage.connection.query import fetch
from raas.storage.connection.transactions import Transactions
from raas.storage.maintenance.erase import PostgresContentStore
from raas.storage.rows.contents import CONTENT_COLUMNS, content_of, write_content
from tests.usecases.persons.harness import new_niss

BODY = {"before": {"last_name": 'D\'Hondt "x" 李'}, "after": {"first_names": ["Zoë", "A"]}, "number": 7}


@pytest.fixture
def contents(reading_engine: AsyncEngine) -> PostgresContentStore:
    return PostgresContentStore(reading_engine)


async def kept(engine: AsyncEngine, niss: Niss, body: Mapping[str, Any] = BODY) -> tuple[int, str]:
    async with Transactions(engine).begin() as transaction:
        connection = transaction.connection
        answer = await write_content(connection, niss, MutationKind.IDENTITY_CHANGED, body)
        await connection.commit()
        return answer


async def beside(engine: AsyncEngine, *ids: int | None) -> list[Content | None]:
    """The contents that mutations show."""
    asked = "(SELECT unnest(%(ids)s::bigint[]) AS content_id) m"
    rows = await fetch(engine, f"SELECT {CONTENT_COLUMNS} FROM {asked}", {"ids": list(ids)})
    return [content_of(*columns) for columns in rows]


async def row(engine: AsyncEngine, id_: int) -> tuple[Any, ...]:
    query = text("SELECT body, salt, hash, erased_time FROM content WHERE id = :id")
    async with engine.connect() as connection:
        return tuple((await connection.execute(query, {"id": id_})).one())


async def age(engine: AsyncEngine, id_: int, instant: datetime) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE content SET create_time = :t WHERE id = :id"), {"t": instant, "id": id_}
        )


async def test_stored_contents_can_be_read_and_verified(engine: AsyncEngine, reading_engine: AsyncEngine):
    id_, digest = await kept(engine, new_niss())
    assert await beside(reading_engine, None, id_) == [None, Content(BODY, None)]
    body, salt, hash_, _ = await row(engine, id_)
    assert content_hash(bytes(salt), body) == bytes(hash_) == bytes.fromhex(digest)


async def test_equal_contents_have_different_hashes(engine: AsyncEngine):
    niss = new_niss()
    assert (await kept(engine, niss))[1] != (await kept(engine, niss))[1]


async def test_erasure_leaves_only_the_hash(
    engine: AsyncEngine, reading_engine: AsyncEngine, contents: PostgresContentStore
):
    niss, other = new_niss(), new_niss()
    id_, digest = await kept(engine, niss)
    neighbour, _ = await kept(engine, other)
    assert await contents.erase_of([niss], 10) == 1
    body, salt, hash_, erased_time = await row(engine, id_)
    assert (body, salt, bytes(hash_).hex()) == (None, None, digest)
    assert await beside(reading_engine, id_, neighbour) == [
        Content(None, erased_time),
        Content(BODY, None),
    ]
    assert erased_time <= datetime.now(UTC)
    assert await contents.erase_of([niss], 10) == 0


async def test_erasure_by_age_keeps_younger_contents(engine: AsyncEngine, contents: PostgresContentStore):
    instant = datetime(1999, 1, 1, tzinfo=UTC)
    old = [(await kept(engine, new_niss()))[0] for _ in range(3)]
    young, _ = await kept(engine, new_niss())
    for place, id_ in enumerate(old, 1):
        await age(engine, id_, instant - timedelta(days=place))
    await age(engine, young, instant)
    assert await contents.erase_before(instant, 2) == 2
    assert [(await row(engine, id_))[3] is None for id_ in old] == [True, False, False]
    assert await contents.erase_before(instant, 2) == 1
    assert await contents.erase_before(instant, 2) == 0
    assert (await row(engine, young))[3] is None

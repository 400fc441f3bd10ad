"""Migration 0008 moves the heads of all registers into a table of their own, entirely or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.database import open_database
from raas.storage.schema.migration import schema_version, upgrade
from raas.usecases.ports.errors import StoreUnavailable
from tests.conftest import new_database
from tests.eventually import eventually_async
from tests.statements.check import NOT_DISTRIBUTED
from tests.storage.schema.test_migration import upgrade_to

REGISTERS, DOSSIERS = 500, 40_000

_FILL = (
    f"""INSERT INTO register (enterprise_number, name, revision, oldest_revision, record_time, types_revision,
                             dossier_count, checksum, create_time)
        SELECT 200000000 + g, 'register ' || g, g % 7, g % 3, timestamptz '2024-01-01' + g * interval '1 s',
               g % 2, g, sha256(g::text::bytea), '2023-01-01' FROM generate_series(1, {REGISTERS}) g""",
    f"""INSERT INTO dossier SELECT 1 + g % {REGISTERS}, 10000000000 + g, 1, '{{[2020-01-01,)}}', 1
        FROM generate_series(1, {DOSSIERS}) g -- {NOT_DISTRIBUTED}""",
)
_KILL_WAITING = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'"""
_HEADS = """
SELECT r.id, r.enterprise_number, r.name, r.create_time, {head}.log_id, {head}.revision,
       {head}.oldest_revision, {head}.types_revision, {head}.dossier_count, {head}.checksum,
       CASE WHEN {head}.revision = 0 THEN r.create_time ELSE {head}.record_time END
FROM register r {join} ORDER BY r.id -- not on distributed tables"""
BEFORE = _HEADS.format(head="r", join="")
AFTER = _HEADS.format(head="h", join="JOIN register_head h ON h.register_id = r.id")


@pytest.fixture
def dsn_at_0007(server_dsn: str) -> Iterator[str]:
    with new_database(server_dsn) as dsn:
        yield dsn


@pytest.fixture
async def engine_at_0007(dsn_at_0007: str) -> AsyncIterator[AsyncEngine]:
    """A database at schema 0007 with many registers."""
    engine = open_database(dsn_at_0007, limits=None)
    async with engine.begin() as connection:
        await connection.run_sync(upgrade_to, "0007")
        for statement in _FILL:
            await connection.execute(text(statement))
    try:
        yield engine
    finally:
        await engine.dispose()


async def rows(engine: AsyncEngine, statement: str) -> list[tuple[object, ...]]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


async def test_migration_keeps_the_head_of_every_register(engine_at_0007: AsyncEngine) -> None:
    before = await rows(engine_at_0007, BEFORE)
    await upgrade(engine_at_0007)
    assert await rows(engine_at_0007, AFTER) == before
    assert len(before) == REGISTERS
    assert await rows(engine_at_0007, "SELECT count(*) FROM dossier") == [(DOSSIERS,)]
    created = "SELECT count(*) FROM register_head WHERE revision = 0 AND record_time = '2023-01-01'"
    assert await rows(engine_at_0007, created) == [(REGISTERS // 7,)]


async def test_migration_killed_in_the_middle_changes_nothing_and_can_be_repeated(
    engine_at_0007: AsyncEngine, dsn_at_0007: str
) -> None:
    before = await rows(engine_at_0007, BEFORE)
    with psycopg.connect(dsn_at_0007, autocommit=True) as observer, psycopg.connect(dsn_at_0007) as reader:
        # The migration fills the new table, and waits for this reader before it drops columns of the old one.
        reader.execute("LOCK TABLE register IN ACCESS SHARE MODE")
        migration = asyncio.create_task(upgrade(engine_at_0007))

        assert await eventually_async(lambda: observer.execute(_KILL_WAITING).fetchall()) == [(True,)]
        with pytest.raises(StoreUnavailable):
            await migration
    assert (await schema_version(engine_at_0007)).current == "0007"
    assert await rows(engine_at_0007, BEFORE) == before
    await upgrade(engine_at_0007)
    assert await rows(engine_at_0007, AFTER) == before

"""Migration 0015 on a database of the schema before: partitions by month, and tables that only grow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.audit.chain import ChainState, new_chain, process_chain, register_chain
from raas.domain.audit.record import Actor, AuditRecord, RecordKind
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.registers.register import first_checksum
from raas.maintenance.database import migrate
from raas.storage.audit.log import AuditLog, open_audit_log
from raas.storage.audit.partitions import MONTHS_AHEAD, PostgresAuditPartitions
from raas.storage.audit.proof_store import PostgresProofStore
from raas.storage.audit.store import PostgresAuditStore
from raas.storage.connection.database import open_database
from raas.storage.connection.query import fetch
from raas.storage.maintenance.audit_removal import PostgresAuditRemoval
from raas.storage.schema.migration import upgrade
from raas.storage.schema.tables.audit import INSERT_ONLY, PARTITIONED
from raas.storage.writes.store import PostgresWriteStore
from raas.usecases.ports.audit.chains import follow
from raas.usecases.ports.audit.proof import CheckpointToStore, LoggedRange, Removal
from raas.usecases.ports.errors import StoreFault
from raas.usecases.ports.write_store import LoadRequest, WriteSet
from tests.citus import distribute_tables
from tests.conftest import CITUS_DSN, GIVEN_DSN, new_database
from tests.storage.schema.test_migration import upgrade_to

OWNER, OTHER = EnterpriseNumber(999999922), EnterpriseNumber(999999823)
ORIGIN = "raas.example/audit"
_REGISTER = """
INSERT INTO register (id, enterprise_number, name) OVERRIDING SYSTEM VALUE VALUES (:id, :number, 'A')"""
_HEAD = "INSERT INTO register_head (register_id, record_time, checksum) VALUES (:id, now(), :checksum)"

GROWING = (*INSERT_ONLY, "audit_write_default", "audit_call_default")


@pytest.fixture(scope="module")
async def database(server_dsn: str) -> AsyncIterator[str]:
    """The DSN of an upgraded database that had registers 1 and 2 at the schema before."""
    with new_database(server_dsn) as dsn:
        engine = open_database(dsn, limits=None)
        async with engine.begin() as connection:
            await connection.run_sync(upgrade_to, "0014")
            for id_, number in enumerate((OWNER, OTHER), 1):
                await connection.execute(text(_REGISTER), {"id": id_, "number": number})
                await connection.execute(text(_HEAD), {"id": id_, "checksum": first_checksum(number)})
        await upgrade(engine)
        await engine.dispose()
        if CITUS_DSN is not None:
            await asyncio.to_thread(distribute_tables, dsn)
        yield dsn


@pytest.fixture
async def reading(database: str) -> AsyncIterator[AsyncEngine]:
    engine = open_database(database, autocommit=True)
    yield engine
    await engine.dispose()


async def partitions(reading: AsyncEngine, table: str) -> dict[str, bool]:
    """The partitions of a table, and whether each has every index of the table."""
    rows = await fetch(
        reading,
        """SELECT p.relid::regclass::text,
                  (SELECT count(*) FROM pg_index i WHERE i.indrelid = p.relid AND i.indisvalid)
                  = (SELECT count(*) FROM pg_index i WHERE i.indrelid = %(table)s::regclass AND i.indisvalid)
           FROM pg_partition_tree(%(table)s) p WHERE p.isleaf""",
        {"table": table},
    )
    return dict(rows)


def month_names(table: str, first: datetime, months: int) -> set[str]:
    places = (first.year * 12 + first.month - 1 + n for n in range(months))
    return {f"{table}_{place // 12}{place % 12 + 1:02d}" for place in places}


@pytest.mark.parametrize("table", PARTITIONED)
async def test_migration_makes_a_partition_for_each_month_to_come(reading: AsyncEngine, table: str) -> None:
    found = await partitions(reading, table)
    assert all(found.values())
    # The migration ran some minutes ago, and perhaps in the month before.
    now = datetime.now(UTC)
    assert any(
        found.keys() >= {*month_names(table, then, MONTHS_AHEAD + 1), f"{table}_default"}
        for then in (now, now - timedelta(minutes=10))
    )


@pytest.mark.parametrize("table", PARTITIONED)
async def test_missing_partition_is_made_again(database: str, reading: AsyncEngine, table: str) -> None:
    adding = PostgresAuditPartitions(reading)
    assert await adding.add() == MONTHS_AHEAD
    before = await partitions(reading, table)
    last = max(name for name in before if not name.endswith("_default"))
    with psycopg.connect(database) as connection:
        connection.execute(f"DROP TABLE {last}")
    assert await adding.add() == MONTHS_AHEAD
    assert await partitions(reading, table) == before


async def test_month_of_which_the_default_partition_has_records_counts_as_missing(
    database: str, reading: AsyncEngine
) -> None:
    adding = PostgresAuditPartitions(reading)
    assert await adding.add() == MONTHS_AHEAD
    third = max(month_names("audit_write", datetime.now(UTC), 4))
    year, month = int(third[-6:-2]), int(third[-2:])
    with psycopg.connect(database) as connection:
        connection.execute(f"DROP TABLE {third}")
    await append(database, await open_audit_log(reading, ORIGIN), datetime(year, month, 5, tzinfo=UTC))
    assert await adding.add() == 2
    with psycopg.connect(database) as connection:
        connection.execute("GRANT DELETE ON audit_write_default TO CURRENT_USER")
        connection.execute("DELETE FROM audit_write_default")
        connection.execute("REVOKE DELETE ON audit_write_default FROM CURRENT_USER")
    assert await adding.add() == MONTHS_AHEAD


async def append(dsn: str, log: AuditLog, instant: datetime) -> None:
    """Append a record of this time to the chain of a register."""
    engine = open_database(dsn)
    try:
        async with PostgresWriteStore(engine, log=log).write(1, LoadRequest()) as transaction:
            loaded = transaction.loaded
            assert loaded.audit is not None
            microseconds = (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
            record = AuditRecord(RecordKind.CALL, microseconds, Actor(), "/a/B", "OK")
            _, chained = follow(loaded.audit, [(record, None)])
            await transaction.write(
                WriteSet([], {}, 0, loaded.record_time, b"", loaded.types_revision, audit=chained)
            )
            await transaction.commit()
    finally:
        await engine.dispose()


async def test_register_of_the_schema_before_begins_its_chain(database: str, reading: AsyncEngine) -> None:
    log = await open_audit_log(reading, ORIGIN)
    engine = open_database(database)
    async with PostgresWriteStore(engine, log=log).write(2, LoadRequest()) as transaction:
        assert transaction.loaded.audit == new_chain(ORIGIN, register_chain(OTHER))
    await engine.dispose()


async def test_log_of_another_name_is_refused(reading: AsyncEngine) -> None:
    log = await open_audit_log(reading, ORIGIN)
    assert log == AuditLog(1, ORIGIN)
    assert await open_audit_log(reading, ORIGIN) == log
    with pytest.raises(StoreFault, match=r"is raas\.example/audit, not raas\.example/other"):
        await open_audit_log(reading, "raas.example/other")


@pytest.mark.skipif(GIVEN_DSN is not None, reason="the role of a given server may be a superuser")
@pytest.mark.parametrize("change", ["UPDATE {} SET log = 7", "DELETE FROM {}", "TRUNCATE {}"])
def test_role_of_the_server_cannot_change_the_audit(database: str, change: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        for table in GROWING:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(change.format(table))


async def test_removal_drops_the_partitions_of_earlier_months(server_dsn: str) -> None:
    with new_database(server_dsn) as dsn:
        await asyncio.to_thread(migrate, dsn)
        writing, reading = open_database(dsn), open_database(dsn, autocommit=True)
        if CITUS_DSN is not None:
            await asyncio.to_thread(distribute_tables, dsn)
        log = await open_audit_log(reading, ORIGIN)
        audit, process, now = PostgresAuditStore(writing, dsn, log), uuid4(), datetime.now(UTC)
        state = new_chain(ORIGIN, process_chain(process))
        recorded = AuditRecord(RecordKind.BEGIN, time.time_ns() // 1000, Actor(), "raas", "OK")
        _, (first,) = follow(state, [(recorded, None)])
        await audit.begin(process, first)
        proof, removal = PostgresProofStore(reading, log.number), PostgresAuditRemoval(writing, log.number)
        next_month = (now.replace(day=1) + timedelta(days=32)).replace(
            day=1, hour=0, minute=0, second=0, microsecond=0
        )
        # No checkpoint covers the record yet.
        assert await removal.remove_before(next_month) is None
        assert len(await proof.records(state.chain, 1, 9)) == 1
        last = ChainState(state.chain, 1, first.hash)
        logged = LoggedRange(0, state.chain, 1, 1, 1)
        await proof.store(CheckpointToStore(1, 1, b"note", [logged], (), [last], set()))
        for _ in range(2):
            removed = await removal.remove_before(next_month)
            assert removed is not None
            assert (removed.first, removed.checkpoint) == (1, 1)
        assert await proof.removal() == Removal(1, 1, [last])
        assert await proof.records(state.chain, 1, 9) == []
        for table in PARTITIONED:
            names = await partitions(reading, table)
            assert f"{table}_{now:%Y%m}" not in names
            assert f"{table}_{next_month:%Y%m}" in names
        await audit.close()
        await writing.dispose()
        await reading.dispose()

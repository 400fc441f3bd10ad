"""Tables are distributed by their declared placement: on a stand-in for the extension or a real cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from raas.storage.connection import limits as limits_module
from raas.storage.connection.database import open_database
from raas.storage.connection.limits import TransactionLimits
from raas.storage.connection.prepared import report_prepared
from raas.storage.schema import distribution
from raas.storage.schema.distribution import (
    DEFAULT_SHARDS,
    distribute,
    require_coordinator,
    require_distributed,
)
from raas.storage.schema.migration import upgrade
from raas.storage.schema.placement import PLACEMENTS, Placement
from raas.usecases.ports.errors import StoreFault, StoreUnavailable
from tests.conftest import CITUS_DSN, new_database
from tests.engines import close
from tests.storage.schema.citus_double import cluster_dsn, install_extension
from tests.usecases.persons.harness import PersonHarness, a_call

DISTRIBUTED, REFERENCE = (
    sorted(name for name, each in PLACEMENTS.items() if each is placement)
    for placement in (Placement.DISTRIBUTED, Placement.REFERENCE)
)

plain_only = pytest.mark.skipif(CITUS_DSN is not None, reason="the stand-in is for a plain PostgreSQL")


@pytest.fixture
def coordinator(server_dsn: str) -> Iterator[str]:
    """The DSN of an empty database of a coordinator."""
    with new_database(server_dsn) as dsn:
        if CITUS_DSN is None:
            install_extension(dsn)
            yield cluster_dsn(dsn)
        else:
            yield dsn


@pytest.fixture
async def command(coordinator: str) -> AsyncIterator[AsyncEngine]:
    """The engine of a database command."""
    engine = open_database(coordinator, autocommit=True, limits=None)
    yield engine
    await engine.dispose()


@pytest.fixture
async def migrated(coordinator: str) -> AsyncIterator[AsyncEngine]:
    """The engine of a command on the migrated database."""
    migrating = open_database(coordinator, limits=None)
    await upgrade(migrating)
    await migrating.dispose()
    engine = open_database(coordinator, autocommit=True, limits=None)
    yield engine
    await engine.dispose()


def execute(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement)


def shard_of_dossiers(coordinator: str) -> tuple[str, str]:
    """The DSN of a node, and the name of one of the tables in which it keeps dossiers."""
    with psycopg.connect(coordinator, autocommit=True) as connection:
        if CITUS_DSN is None:
            connection.execute("CREATE TABLE dossier_102001 (LIKE dossier INCLUDING ALL)")
            return coordinator, "dossier_102001"
        row = connection.execute(
            "SELECT nodename, nodeport, shardid FROM citus_shards WHERE table_name = 'dossier'::regclass"
        ).fetchone()
    assert row is not None
    node = make_url(coordinator).set(host=row[0], port=row[1]).render_as_string(hide_password=False)
    return node, f"dossier_{row[2]}"


async def test_tables_are_distributed_once(migrated: AsyncEngine) -> None:
    done = await distribute(migrated, 3)
    assert (sorted(done.distributed), sorted(done.copied), done.before, done.shards) == (
        DISTRIBUTED,
        REFERENCE,
        [],
        3,
    )
    assert done.distributed[0] == "register_head"
    again = await distribute(migrated)
    assert (again.distributed, again.copied, again.shards) == ([], [], 3)
    assert again.before == sorted(DISTRIBUTED + REFERENCE)
    await require_distributed(migrated)


@plain_only
async def test_tables_have_32_shards_by_default(migrated: AsyncEngine) -> None:
    assert (await distribute(migrated)).shards == DEFAULT_SHARDS == 32


@plain_only
async def test_interrupted_distribution_continues_with_what_is_missing(
    migrated: AsyncEngine, coordinator: str
) -> None:
    execute(coordinator, "ALTER TABLE mutation RENAME TO kept")
    with pytest.raises(StoreFault, match="UndefinedTable"):
        await distribute(migrated, 3)
    with pytest.raises(StoreFault, match=r"not distributed \(mutation.*raas migrate --distribute"):
        await require_distributed(migrated)
    execute(coordinator, "ALTER TABLE kept RENAME TO mutation")
    done = await distribute(migrated)
    assert done.distributed[0] == "mutation"
    assert {*done.distributed, *done.before} >= {*DISTRIBUTED, *REFERENCE}
    assert done.shards == 3
    await require_distributed(migrated)


async def test_other_number_of_shards_is_refused(migrated: AsyncEngine) -> None:
    await distribute(migrated, 3)
    with pytest.raises(StoreFault, match="the tables have 3 shards already"):
        await distribute(migrated, 4)


async def test_distribution_waits_for_the_sessions_of_a_stopped_server(
    migrated: AsyncEngine, coordinator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distribution, "_SESSION_POLLS", 300)
    serving = open_database(coordinator)
    try:
        connection = await serving.connect()
        distributing = asyncio.create_task(distribute(migrated, 3))
        await asyncio.sleep(0.3)
        assert not distributing.done()
        await connection.invalidate()
        assert (await distributing).shards == 3
    finally:
        await serving.dispose()


async def test_distribution_is_refused_while_a_server_is_connected(
    migrated: AsyncEngine, coordinator: str
) -> None:
    serving = open_database(coordinator)
    try:
        async with serving.connect():
            with pytest.raises(StoreFault, match="servers are connected"):
                await distribute(migrated)
    finally:
        await serving.dispose()


async def test_repeated_distribution_with_nothing_to_move_leaves_servers_connected(
    migrated: AsyncEngine, coordinator: str
) -> None:
    await distribute(migrated, 2)
    serving = open_database(coordinator)
    try:
        async with serving.connect():
            assert (await distribute(migrated)).distributed == []
    finally:
        await serving.dispose()


@plain_only
@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("DELETE FROM pg_extension", "has no extension citus"),
        (
            "CREATE OR REPLACE FUNCTION citus_is_coordinator() RETURNS bool LANGUAGE sql AS 'SELECT false'",
            "leads to a worker of the cluster",
        ),
        ("DELETE FROM pg_dist_node WHERE groupid = 0", "citus_set_coordinator_host"),
        ("UPDATE pg_dist_node SET shouldhaveshards = false", "citus_add_node"),
        (
            "CREATE FUNCTION current_setting(text) RETURNS text LANGUAGE sql AS $$"
            "SELECT CASE $1 WHEN 'max_prepared_transactions' THEN '0'"
            " ELSE pg_catalog.current_setting($1) END $$",
            "max_prepared_transactions is 0 on a node",
        ),
    ],
)
async def test_cluster_that_cannot_carry_the_tables_is_refused(
    command: AsyncEngine, coordinator: str, statement: str, sentence: str
) -> None:
    execute(coordinator, statement)
    for work in (require_coordinator, distribute):
        with pytest.raises(StoreFault, match=sentence):
            await work(command)


OTHER_PLACES = (
    ("UPDATE pg_dist_partition SET repmodel = 's' WHERE partmethod = 'n'", "is other, not reference"),
    ("UPDATE pg_dist_partition SET colocationid = 7 WHERE logicalrelid = 'dossier'::regclass", "co-located"),
    ("DELETE FROM pg_dist_partition WHERE logicalrelid = 'register'::regclass", r"distributed \(register\)"),
)


@plain_only
async def test_server_does_not_start_on_tables_in_other_places(
    migrated: AsyncEngine, coordinator: str
) -> None:
    await distribute(migrated, 2)
    execute(coordinator, "CREATE TABLE saved AS TABLE pg_dist_partition")
    for statement, sentence in OTHER_PLACES:
        execute(coordinator, statement)
        with pytest.raises(StoreFault, match=sentence):
            await require_distributed(migrated)
        execute(coordinator, "TRUNCATE pg_dist_partition; INSERT INTO pg_dist_partition TABLE saved")
    await require_distributed(migrated)


@plain_only
async def test_server_does_not_start_on_workers_without_the_settings_of_sessions(
    migrated: AsyncEngine, coordinator: str
) -> None:
    await distribute(migrated, 2)
    execute(
        coordinator,
        "DO $$ BEGIN EXECUTE format('ALTER ROLE %I IN DATABASE %I RESET ALL', current_user,"
        " current_database()); END $$",
    )
    with pytest.raises(StoreFault, match="does not have the settings of sessions"):
        await require_distributed(migrated)


@plain_only
async def test_plain_server_needs_no_distribution(reading_engine: AsyncEngine) -> None:
    await require_distributed(reading_engine)
    with pytest.raises(StoreFault, match="has no extension citus"):
        await distribute(reading_engine)


@pytest.mark.parametrize("end", ["COMMIT PREPARED", "ROLLBACK PREPARED"])
async def test_replacement_waits_for_dossiers_that_a_prepared_transaction_hides(
    migrated: AsyncEngine, coordinator: str, end: str
) -> None:
    await distribute(migrated, 2)
    writing, reading = open_database(coordinator), open_database(coordinator, autocommit=True)
    try:
        harness = PersonHarness(writing, reading)
        register = await harness.register()
        old, new, other = [await harness.person() for _ in range(3)]
        await harness.inscribe(register, old, "2024-01-01", "2024-01-31")
        node, shard = shard_of_dossiers(coordinator)
        with psycopg.connect(node) as lost:
            lost.execute(f"INSERT INTO {shard} VALUES (999, 1, 1, '{{}}', 1)")
            lost.execute("PREPARE TRANSACTION 'hidden'")
        with pytest.raises(StoreUnavailable, match="has not ended a prepared transaction"):
            await harness.numbers.replace(a_call(), old, new, validate_only=False)
        with capture_logs() as logs:
            await report_prepared(writing)
        assert "hidden" in [entry.get("gid") for entry in logs]
        # Writes of registers go on.
        await harness.inscribe(register, other, "2024-01-01", "2024-01-31")
        execute(node, f"{end} 'hidden'")
        (affected,) = await harness.numbers.replace(a_call(), old, new, validate_only=False)
        assert affected.register == register.enterprise_number
    finally:
        await close(writing)
        await reading.dispose()


async def test_session_that_blocks_a_writer_on_a_node_is_ended(
    migrated: AsyncEngine, coordinator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await distribute(migrated, 2)
    monkeypatch.setattr(limits_module, "_HAS_TRANSACTION_TIMEOUT", 10**9)
    # The coordinator alone does not see who waits on a node.
    monkeypatch.setattr(limits_module, "_END", "SELECT 1 WHERE %s < 0")
    lock_seconds = 0.4 if CITUS_DSN is None else 2.0
    writing = open_database(coordinator, limits=TransactionLimits(1.0, lock_seconds))
    reading = open_database(coordinator, autocommit=True)
    try:
        harness = PersonHarness(writing, reading)
        register, niss = await harness.register(), await harness.person()
        holder = psycopg.connect(coordinator, application_name="raas")
        query = "SELECT 1 FROM register_head WHERE register_id = %s FOR NO KEY UPDATE"
        holder.execute(query, (register.id,))
        # The queue tries again until the holder was ended.
        await harness.inscribe(register, niss, "2024-01-01", "2024-01-31")
        with pytest.raises(psycopg.OperationalError):
            holder.execute("SELECT 1")
        holder.close()
    finally:
        await close(writing)
        await reading.dispose()

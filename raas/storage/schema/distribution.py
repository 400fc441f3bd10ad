"""Distribute the tables of a database over the nodes of a Citus cluster, as placement.py declares."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.database import session_settings
from raas.storage.connection.lease import Connection, on_connection
from raas.storage.schema.placement import PLACEMENTS, Placement
from raas.usecases.ports.errors import StoreFault

DEFAULT_SHARDS = 32

_SESSION_POLL_SECONDS = 0.1
_SESSION_POLLS = 20

_HEAD = "register_head"
"""The first table to be distributed; the others are co-located with it."""

# The number of migration.py, but for the whole session: no migration runs meanwhile.
_LOCK = "SELECT pg_advisory_lock(491260048129)"

_HAS_EXTENSION = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')"

_NODES = """
SELECT citus_is_coordinator(), coalesce(bool_or(groupid = 0), false),
       count(*) FILTER (WHERE isactive AND shouldhaveshards)
FROM pg_dist_node"""

# Citus replicates a reference table by two-phase commit ('t').
_PLACED = """
SELECT c.relname::text,
       CASE WHEN p.partmethod = 'h' THEN 'distributed'
            WHEN p.partmethod = 'n' AND p.repmodel = 't' THEN 'reference' ELSE 'other' END,
       p.colocationid, (SELECT count(*) FROM pg_dist_shard s WHERE s.logicalrelid = p.logicalrelid)
FROM pg_dist_partition p JOIN pg_class c ON c.oid = p.logicalrelid
WHERE c.relnamespace = current_schema()::regnamespace AND NOT c.relispartition"""

_SERVERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND application_name = regexp_replace(current_setting('application_name'), ' command$', '')"""

_COPY = "SELECT create_reference_table(%s)"
_DISTRIBUTE_HEAD = """
SELECT create_distributed_table(%s, 'register_id', colocate_with := 'none', shard_count := %s)"""
_DISTRIBUTE = f"SELECT create_distributed_table(%s, 'register_id', colocate_with := '{_HEAD}')"

_ON_ALL_NODES = "SELECT success, result FROM run_command_on_all_nodes(%s)"
_ON_WORKERS = "SELECT success, result FROM run_command_on_workers(%s)"

# The coordinator hands no setting of a session on to workers: there they belong to the role. A worker would
# try to pass them on to the other nodes.
_KEEP_SETTINGS = """
DO $settings$ BEGIN
  SET LOCAL citus.enable_ddl_propagation TO off;
  {settings}
END $settings$"""
_KEEP_SETTING = """EXECUTE format('ALTER ROLE %I IN DATABASE %I SET {name} = %L',
                 current_user, current_database(), '{value}');"""
_PREPARED = "SELECT current_setting('max_prepared_transactions')::int > 0"


_LIMITED = "SELECT current_setting('lock_timeout') <> '0'"
_RECOVERY = "SELECT current_setting('citus.recover_2pc_interval')"

_ADVICE = "stop the servers and run `raas migrate --distribute`"


@dataclass(frozen=True, slots=True)
class Distribution:
    """The tables that were distributed and copied to every node now, and those that had been before."""

    distributed: Sequence[str]
    copied: Sequence[str]
    before: Sequence[str]
    shards: int


@dataclass(frozen=True, slots=True)
class PlacedTable:
    """A table as Citus keeps it."""

    placement: str
    colocation: int
    shards: int


async def distribute(engine: AsyncEngine, shards: int | None = None) -> Distribution:
    """Distribute and copy the tables that are not in their place yet; each is a step that is kept.

    `engine` must be one in autocommit and without limits. Raises StoreFault, with a sentence for the
    operator, when the database is not on the coordinator of a cluster that can carry them, while servers are
    connected, and when the tables are distributed in another way; StoreUnavailable.
    """

    async def work(connection: Connection) -> Distribution:
        await connection.execute(_LOCK)
        await _require_coordinator(connection)
        placed = await placed_tables(connection)
        _refuse_other_places(placed, shards)
        missing = [name for name in PLACEMENTS if _wanted(name) and name not in placed]
        if missing:
            await _require_no_servers(connection)
        copied = [name for name in missing if PLACEMENTS[name] is Placement.REFERENCE]
        distributed = sorted((name for name in missing if name not in copied), key=lambda name: name != _HEAD)
        for name in copied:
            await connection.execute(_COPY, (name,))
        for name in distributed:
            if name == _HEAD:
                await connection.execute(_DISTRIBUTE_HEAD, (name, shards or DEFAULT_SHARDS))
            else:
                await connection.execute(_DISTRIBUTE, (name,))
        if None in await _answers(connection, _ON_WORKERS, _settings_command()):
            raise StoreFault("a worker does not answer, or refuses the settings of sessions")
        shard_count = (await placed_tables(connection))[_HEAD].shards
        return Distribution(distributed, copied, sorted(placed), shard_count)

    return await on_connection(engine, work, writes=True)


async def require_coordinator(engine: AsyncEngine) -> None:
    """Refuse a database that is not on the coordinator of a cluster that can carry the tables.

    Raises StoreFault, with a sentence for the operator; StoreUnavailable.
    """
    await on_connection(engine, _require_coordinator)


async def require_distributed(engine: AsyncEngine) -> None:
    """Refuse a cluster on which the tables of this version are not in their place; a plain server passes.

    Raises StoreFault, with a sentence for the operator; StoreUnavailable.
    """

    async def work(connection: Connection) -> None:
        placed = await placed_tables(connection) if await has_extension(connection) else {}
        if not placed.keys() & PLACEMENTS.keys():
            return
        await _require_coordinator(connection)
        _refuse_other_places(placed, None)
        missing = [name for name in PLACEMENTS if _wanted(name) and name not in placed]
        if missing:
            raise StoreFault(f"tables are not distributed ({', '.join(missing)}): {_ADVICE}")
        if "f" in await _answers(connection, _ON_WORKERS, _LIMITED):
            raise StoreFault(f"a worker does not have the settings of sessions: {_ADVICE}")
        if (await _row(connection, _RECOVERY))[0] == "-1":
            raise StoreFault(
                "citus.recover_2pc_interval is -1: no prepared transaction would be ended after a crash"
            )

    await on_connection(engine, work)


async def placed_tables(connection: Connection) -> dict[str, PlacedTable]:
    """The tables of the schema that Citus distributes or copies, by name."""
    rows = await (await connection.execute(_PLACED)).fetchall()
    return {name: PlacedTable(*row) for name, *row in rows}


async def has_extension(connection: Connection) -> bool:
    """Whether the database has the extension citus."""
    return bool((await _row(connection, _HAS_EXTENSION))[0])


async def _require_coordinator(connection: Connection) -> None:
    if not await has_extension(connection):
        raise StoreFault(
            "the database has no extension citus: tables are distributed only on a cluster whose coordinator "
            "RAAS_DATABASE_URL names"
        )
    is_coordinator, is_node, nodes = await _row(connection, _NODES)
    if not is_coordinator:
        raise StoreFault("RAAS_DATABASE_URL leads to a worker of the cluster: name the coordinator")
    if not is_node:
        raise StoreFault(
            "the coordinator is not a node of its cluster, so it cannot keep copies of tables: "
            "call citus_set_coordinator_host on it"
        )
    if not nodes:
        raise StoreFault("no node of the cluster takes shards: call citus_add_node for each worker")
    if "f" in await _answers(connection, _ON_ALL_NODES, _PREPARED):
        raise StoreFault("max_prepared_transactions is 0 on a node: set it to max_connections on every node")


async def _require_no_servers(connection: Connection) -> None:
    # The sessions of a server that was stopped end a moment after it.
    for _ in range(_SESSION_POLLS):
        (servers,) = await _row(connection, _SERVERS)
        if not servers:
            return
        await asyncio.sleep(_SESSION_POLL_SECONDS)
    raise StoreFault(
        f"servers are connected to the database ({servers} connections): stop them first, because they "
        "would go on taking locks on other nodes than new ones"
    )


def _refuse_other_places(placed: dict[str, PlacedTable], shards: int | None) -> None:
    for name, table in placed.items():
        if name in PLACEMENTS and table.placement != PLACEMENTS[name].value:
            raise StoreFault(f"the table {name} is {table.placement}, not {PLACEMENTS[name].value}")
    head = placed.get(_HEAD)
    together = {table.colocation for table in placed.values() if table.placement == "distributed"}
    if len(together) > 1 or (together and head is None):
        raise StoreFault("the distributed tables are not co-located with register_head")
    if head is not None and shards is not None and shards != head.shards:
        raise StoreFault(f"the tables have {head.shards} shards already: leave --shards out")


def _wanted(name: str) -> bool:
    return PLACEMENTS[name] is not Placement.LOCAL


def _settings_command() -> str:
    settings = [_KEEP_SETTING.format(name=name, value=value) for name, value in session_settings().items()]
    return _KEEP_SETTINGS.format(settings="\n  ".join(settings))


async def _answers(connection: Connection, statement: str, command: str) -> Sequence[str | None]:
    """The answers of nodes to a command; None = the node does not answer, or the command failed there."""
    rows = await (await connection.execute(statement, (command,))).fetchall()
    return [result if success else None for success, result in rows]


async def _row(connection: Connection, statement: str) -> tuple[Any, ...]:
    row = await (await connection.execute(statement)).fetchone()
    assert row is not None
    return row

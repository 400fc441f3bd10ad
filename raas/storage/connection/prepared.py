"""Prepared transactions: those of a two-phase commit that a crash left between its phases.

A cluster ends them by itself, within a minute or so; on a plain PostgreSQL an operator does. Until then they
hold their locks and hide their writes, and no session can be ended to release them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.lease import Connection, on_connection
from raas.usecases.ports.errors import PortError, StoreUnavailable

log = structlog.get_logger()

_OLDEST = 10
"""Prepared transactions named in the log at a time."""

_PREPARED = f"""
SELECT gid, extract(epoch FROM clock_timestamp() - prepared)::bigint FROM pg_prepared_xacts
WHERE database = current_database() ORDER BY prepared LIMIT {_OLDEST}"""
_PREPARED_AS_TEXT = (
    f"SELECT coalesce(json_agg(json_build_array(gid, age)), '[]') FROM ({_PREPARED}) p (gid, age)"
)
_PREPARED_ON_NODES = f"""
SELECT p.value ->> 0, (p.value ->> 1)::bigint
FROM run_command_on_all_nodes($node${_PREPARED_AS_TEXT}$node$) node
CROSS JOIN json_array_elements(node.result::json) p WHERE node.success"""

# The lock on persons, on the coordinator, ends with the COMMIT there. A node that has not heard of the COMMIT
# goes on hiding the dossiers that the transaction wrote: no lock tells that they are in the register.
_PREPARED_DOSSIERS = """
SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.pid IS NULL AND c.relname ~ '^dossier(_share)?_[0-9]+$'"""
HIDDEN_DOSSIERS = f"SELECT success, result FROM run_command_on_all_nodes($node${_PREPARED_DOSSIERS}$node$)"
"""On a cluster: the number of tables of dossiers, on each node, that prepared transactions have written."""


def refuse_hidden_dossiers(rows: Sequence[tuple[Any, ...]]) -> None:
    """Raise StoreUnavailable unless all nodes answered HIDDEN_DOSSIERS that there are none."""
    for success, result in rows:
        if not success:
            raise StoreUnavailable("a node of the cluster does not answer")
        if result != "0":
            raise StoreUnavailable("a node of the cluster has not ended a prepared transaction")


async def report_prepared(engine: AsyncEngine) -> None:
    """Name the prepared transactions of the database in the log: a wait for a lock was too long."""

    async def read(connection: Connection) -> Sequence[tuple[Any, ...]]:
        statement = _PREPARED_ON_NODES if connection.distributed else _PREPARED
        async with connection.transaction():
            return await (await connection.execute(statement)).fetchall()

    try:
        found = await on_connection(engine, read, writes=True)
    except PortError as error:
        log.warning("prepared transactions could not be looked for", cause=str(error))
        return
    for gid, seconds in found:
        log.warning(
            "a prepared transaction may hold a lock that a write waits for",
            gid=gid,
            seconds=seconds,
        )

"""The time limit of locks, and the termination of sessions that exceed it.

A process that is frozen inside a transaction, or whose host is lost, holds the locks of a register, and all
other writers of that register wait. PostgreSQL 17 and later end such a session (transaction_timeout). On an
earlier version a writer that waits for a lock ends it. Neither idle_in_transaction_session_timeout nor
statement_timeout would do: a session that waits for the rest of a pipeline is active.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.concurrency.detached import detach
from raas.storage.connection.lease import Connection, on_connection
from raas.storage.connection.prepared import report_prepared
from raas.usecases.ports.errors import PortError

log = structlog.get_logger()
Result = TypeVar("Result")

_HAS_TRANSACTION_TIMEOUT = 170_000
"""The first version of PostgreSQL with transaction_timeout."""


@dataclass(frozen=True, slots=True)
class TransactionLimits:
    """The limits of a server; database commands and migrations have none."""

    transaction_seconds: float = 8.0
    """The longest transaction. The largest writes take a second."""
    lock_seconds: float = 2.0
    """The longest wait for one lock: afterwards the write is UNAVAILABLE, and the queue tries again."""

    @property
    def answer_seconds(self) -> float:
        """The longest wait of a session that all calls share; a server that answers does so before."""
        return self.transaction_seconds + self.lock_seconds


# Only sessions of servers of RaaS: of the same role, with the same application name, in a transaction older
# than the limit. A session that waits itself is younger: its wait for a lock is limited.
_END = """
SELECT pg_terminate_backend(holder.pid) FROM pg_stat_activity AS holder
WHERE holder.pid IN (
    SELECT unnest(pg_blocking_pids(waiting.pid)) FROM pg_stat_activity AS waiting
    WHERE waiting.wait_event_type = 'Lock' AND waiting.datname = current_database()
      AND waiting.application_name = current_setting('application_name'))
  AND holder.usename = current_user
  AND holder.application_name = current_setting('application_name')
  AND holder.xact_start < clock_timestamp() - make_interval(secs => %s)"""


# On a cluster a session waits on the node of its register, for another session of the coordinator. The global
# number of a process is made of the number of its node and that of the process.
_END_ON_NODES = """
SELECT pg_terminate_backend(holder.pid) FROM pg_stat_activity AS holder
WHERE holder.pid IN (
    SELECT blocking_gpid %% 10000000000 FROM citus_lock_waits
    WHERE blocking_gpid / 10000000000 = citus_coordinator_nodeid())
  AND holder.usename = current_user
  AND holder.application_name = current_setting('application_name')
  AND holder.xact_start < clock_timestamp() - make_interval(secs => %s)"""


async def limit_transactions(connection: psycopg.AsyncConnection[Any], limits: TransactionLimits) -> None:
    """Limit the transactions of a new connection, where the server can."""
    if connection.info.server_version >= _HAS_TRANSACTION_TIMEOUT:
        milliseconds = round(limits.transaction_seconds * 1000)
        await connection.execute(f"SET transaction_timeout = {milliseconds}")


async def wait_for_locks(
    engine: AsyncEngine, connection: Connection, limits: TransactionLimits | None, work: Awaitable[Result]
) -> Result:
    """Await work that may wait for locks; where the server does not, end sessions that hold one too long."""
    if limits is None or connection.info.server_version >= _HAS_TRANSACTION_TIMEOUT:
        return await _report_timeout(engine, work)
    seconds = limits.transaction_seconds

    def end() -> None:
        detach(_end_holders(engine, seconds))

    # Shortly before the wait ends: only a session that waits shows by whom it is blocked.
    timer = asyncio.get_running_loop().call_later(limits.lock_seconds / 2, end)
    try:
        return await _report_timeout(engine, work)
    finally:
        timer.cancel()


async def _report_timeout(engine: AsyncEngine, work: Awaitable[Result]) -> Result:
    """Await work; when it waited too long for a lock, look for prepared transactions, which may hold it."""
    try:
        return await work
    except psycopg.errors.LockNotAvailable:
        detach(report_prepared(engine))
        raise


async def _end_holders(engine: AsyncEngine, seconds: float) -> None:
    async def end(connection: Connection) -> int:
        ended = (await connection.execute(_END, (seconds,))).rowcount
        if connection.distributed:
            ended += (await connection.execute(_END_ON_NODES, (seconds,))).rowcount
        return ended

    try:
        ended = await on_connection(engine, end, writes=True)
    except PortError as error:
        log.warning("sessions that hold a lock could not be looked for", cause=str(error))
        return
    if ended:
        log.warning("sessions that held a lock for too long were ended", sessions=ended, seconds=seconds)

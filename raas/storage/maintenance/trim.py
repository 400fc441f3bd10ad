"""Trim logs at their old end, and renew their ids."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.errors import Reason, Refused
from raas.storage.connection.lease import Connection
from raas.storage.connection.query import Row
from raas.storage.connection.transactions import Transactions
from raas.storage.reads.instants import resolve_time
from raas.usecases.ports.errors import StoreFault
from raas.usecases.ports.maintenance import TrimStep
from raas.usecases.ports.subscriber_store import SubscriberKey

# Writers take the same lock: the log does not grow until this transaction ends.
_LOCK = "SELECT revision, oldest_revision, log_id FROM register_head WHERE register_id = %s FOR NO KEY UPDATE"

# A subscriber may read again from below the revision that it acknowledged.
_SLOWEST = """
SELECT caller, name, least(acknowledged_revision, reading_revision) FROM subscriber
WHERE register_id = %s AND log_id = %s AND last_seen_time >= %s AND NOT deleted
ORDER BY 3, caller, name LIMIT 1"""

# The last end of a group within the limit; if the first group is longer than a step, its end.
_GROUP_END = """
SELECT coalesce(
  (SELECT revision FROM mutation
   WHERE register_id = %(register)s AND revision > %(oldest)s AND revision <= %(limit)s
     AND batch_last_revision = revision
   ORDER BY revision DESC LIMIT 1),
  (SELECT batch_last_revision FROM mutation
   WHERE register_id = %(register)s AND revision = %(oldest)s + 1))"""

_MOVE = "UPDATE register_head SET oldest_revision = %s WHERE register_id = %s"

# Everything before the old beginning was deleted earlier.
_DELETE = "DELETE FROM mutation WHERE register_id = %s AND revision >= %s AND revision < %s"

_RENEW = "UPDATE register_head SET log_id = %s WHERE register_id = %s"


class PostgresTrims:
    """The TrimStore on PostgreSQL; `engine` for transactions, `reading` in autocommit."""

    def __init__(self, engine: AsyncEngine, reading: AsyncEngine) -> None:
        self._transactions = Transactions(engine)
        self._reading = reading

    async def revision_at(self, register_id: int, instant: datetime) -> int:
        """The last revision recorded at or before `instant`; 0 when none of them is kept."""
        try:
            return await resolve_time(self._reading, register_id, instant)
        except Refused as refused:
            if refused.violations[0].reason is Reason.REVISION_EXPIRED:
                return 0
            raise

    async def step(self, register_id: int, goal: int, entries: int, seen_since: datetime | None) -> TrimStep:
        """Under the lock of the register, delete about `entries` revisions on the way to `goal`."""

        async def work(connection: Connection) -> TrimStep:
            revision, oldest, log_id = await _row(connection, _LOCK, (register_id,))
            bound, held_by = min(goal, revision), None
            if seen_since is not None:
                slowest = await _row_or_none(connection, _SLOWEST, (register_id, log_id, seen_since))
                if slowest is not None and slowest[2] < bound:
                    bound = slowest[2]
                    held_by = SubscriberKey(register_id, slowest[0], slowest[1])
            begin = await _new_beginning(connection, register_id, oldest, bound, entries)
            deleted = 0
            if begin > oldest:
                await connection.execute(_MOVE, (begin, register_id))
                deleted = (await connection.execute(_DELETE, (register_id, oldest, begin))).rowcount
                await connection.commit()
            return TrimStep(deleted, begin, held_by)

        return await self._transactions.run(work, writes=True)

    async def renew(self, register_ids: Collection[int]) -> None:
        """Give each of these logs a new log_id: all of them, or none."""

        async def work(connection: Connection) -> None:
            # In the order in which all transactions lock several registers.
            renewed = [(uuid4(), register_id) for register_id in sorted(register_ids)]
            async with connection.cursor() as cursor:
                await cursor.executemany(_RENEW, renewed)
            await connection.commit()

        await self._transactions.run(work, writes=True)


async def _new_beginning(
    connection: Connection, register_id: int, oldest: int, bound: int, entries: int
) -> int:
    if bound <= oldest:
        return oldest
    limits = {"register": register_id, "oldest": oldest, "limit": min(bound, oldest + entries)}
    (end,) = await _row(connection, _GROUP_END, limits)
    return end if end is not None and end <= bound else oldest


async def _row(connection: Connection, statement: str, parameters: Any) -> Row:
    row = await _row_or_none(connection, statement, parameters)
    if row is None:
        raise StoreFault("the register does not exist any more")
    return row


async def _row_or_none(connection: Connection, statement: str, parameters: Any) -> Row | None:
    return await (await connection.execute(statement, parameters)).fetchone()

"""Delete what is stored for a limited time: answers to request ids, deleted subscribers, use of limits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.day import brussels_day
from raas.storage.connection.query import Row, fetch, write, write_each
from raas.storage.rows.arrays import pairs

KEPT_DAYS = 7
"""The period in which a repeated request_id gets the stored answer, as the contract promises."""

_BATCH = 5_000

_EXPIRED = "time < statement_timestamp() - make_interval(days => %(days)s)"

_FIND_REQUESTS = f"SELECT register_id, caller, request_id FROM request WHERE {_EXPIRED} LIMIT %(limit)s"

_COUNT_REQUESTS = f"SELECT count(*) FROM request WHERE {_EXPIRED}"
_COUNT_PERSON_REQUESTS = f"SELECT count(*) FROM person_request WHERE {_EXPIRED}"

_DELETE_REQUESTS = f"""
DELETE FROM request r USING unnest(%(callers)s::text[], %(ids)s::text[]) AS expired (caller, request_id)
WHERE r.register_id = %(register)s AND r.caller = expired.caller AND r.request_id = expired.request_id
  AND r.{_EXPIRED}
RETURNING 1"""

_DELETE_PERSON_REQUESTS = f"""
DELETE FROM person_request WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM person_request WHERE {_EXPIRED} LIMIT %(limit)s))
RETURNING 1"""

_DELETE_SUBSCRIBERS = (
    "DELETE FROM subscriber WHERE deleted AND connected_until < statement_timestamp() RETURNING 1"
)


ENTRY_DAYS, SUM_DAYS = 2, 30
"""The days for which the entries of budgets with their salt, and their sums, are kept, today included."""

_DELETE_LIMITS = (
    f"""
DELETE FROM budget_entry WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM budget_entry WHERE day <= %(today)s::date - {ENTRY_DAYS} LIMIT {_BATCH}))
RETURNING 1""",
    f"DELETE FROM budget_salt WHERE day <= %(today)s::date - {ENTRY_DAYS} RETURNING 1",
    f"DELETE FROM budget_use WHERE day <= %(today)s::date - {SUM_DAYS} RETURNING 1",
    "DELETE FROM caller_usage WHERE time < clock_timestamp() - interval '1 hour' RETURNING 1",
)


def _now() -> datetime:
    return datetime.now(UTC)


class PostgresExpiry:
    """Deletes in small transactions, so as not to delay writers; `engine` must be one in autocommit."""

    def __init__(self, engine: AsyncEngine, now: Callable[[], datetime] = _now) -> None:
        self._engine = engine
        self._now = now

    async def count_expired_requests(self) -> int:
        """The number of requests older than KEPT_DAYS. Raises StoreUnavailable, StoreFault."""
        total = 0
        for statement in (_COUNT_REQUESTS, _COUNT_PERSON_REQUESTS):
            ((count,),) = await fetch(self._engine, statement, {"days": KEPT_DAYS})
            total += int(count)
        return total

    async def delete_expired_requests(self) -> int:
        """Delete requests older than KEPT_DAYS; returns the number. Raises StoreUnavailable, StoreFault."""
        batch = {"days": KEPT_DAYS, "limit": _BATCH}
        total = 0
        while found := await fetch(self._engine, _FIND_REQUESTS, batch):
            total += await self._delete_requests(found)
        while deleted := await write(self._engine, _DELETE_PERSON_REQUESTS, batch):
            total += len(deleted)
        return total

    async def delete_disconnected_subscribers(self) -> int:
        """Delete subscribers that were deleted while connected and no longer are; returns the number."""
        return len(await write(self._engine, _DELETE_SUBSCRIBERS, {}))

    async def delete_expired_limits(self) -> int:
        """Delete what callers used of their budgets on past days, and the reports of processes that ended.

        Returns the number of rows.
        """
        today = date.fromordinal(brussels_day(self._now()))
        total = 0
        for statement in _DELETE_LIMITS:
            while deleted := await write(self._engine, statement, {"today": today}):
                total += len(deleted)
        return total

    async def _delete_requests(self, found: Sequence[Row]) -> int:
        """Delete these (register id, caller, request id), unless another process did."""
        of_registers: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
        for register_id, caller, request_id in found:
            of_registers[register_id].append((caller, request_id))
        each = []
        for register_id in sorted(of_registers):
            callers, ids = pairs(sorted(of_registers[register_id]))
            each.append({"register": register_id, "callers": callers, "ids": ids, "days": KEPT_DAYS})
        return sum(map(len, await write_each(self._engine, _DELETE_REQUESTS, each)))

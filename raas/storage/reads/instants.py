"""The revision of an instant."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.errors import Reason, refuse
from raas.storage.connection.query import fetch
from raas.usecases.calls.instants import await_instant
from raas.usecases.ports.errors import StoreFault

# Record times never go back within a register, so a binary search finds the last mutation recorded at or
# before the instant, with some twenty lookups in the primary key. All revisions that it reads lie after
# oldest_revision, so they are kept; the record time of oldest_revision itself may be unknown.
_SEARCH = """
WITH RECURSIVE search (low, high) AS (
  SELECT oldest_revision, revision FROM register_head WHERE register_id = %(register)s
  UNION ALL
  SELECT CASE WHEN m.early THEN m.revision ELSE s.low END,
         CASE WHEN m.early THEN s.high ELSE m.revision - 1 END
  FROM search s CROSS JOIN LATERAL (
    SELECT m.revision, m.record_time <= %(instant)s::timestamptz AS early FROM mutation m
    WHERE m.register_id = %(register)s AND m.revision = (s.low + s.high + 1) / 2 OFFSET 0) m
  WHERE s.low < s.high)
SELECT s.low, h.record_time, clock_timestamp(), h.oldest_revision,
       CASE WHEN h.oldest_revision = h.revision THEN h.record_time
            ELSE (SELECT record_time FROM mutation
                  WHERE register_id = %(register)s AND revision = h.oldest_revision) END
FROM register_head h CROSS JOIN search s WHERE h.register_id = %(register)s AND s.low = s.high"""

# A writer locks the row FOR NO KEY UPDATE and takes the record time after that. So after this statement has
# waited for the lock, later mutations get later record times.
_WAIT_FOR_WRITER = "SELECT 1 FROM register_head WHERE register_id = %(register)s FOR SHARE"


class _Found(NamedTuple):
    revision: int
    record_time: datetime
    """When the last mutation of the register was recorded."""
    clock: datetime
    oldest_revision: int
    oldest_time: datetime | None
    """When oldest_revision was recorded; None = trimmed away."""


async def resolve_time(engine: AsyncEngine, register_id: int, instant: datetime) -> int:
    """The last revision recorded at or before `instant`; 0 when there is none.

    The answer never changes later: for an instant after the last record time, the call waits for a write in
    progress that could still be recorded before it. Raises Refused at `at_time`:
    VALUE_INVALID (FUTURE_INSTANT) more than a second after the clock of the store, REVISION_EXPIRED before
    the part of the log that is kept.
    """
    found = await _search(engine, register_id, instant)
    # A record time may be ahead of a clock that was set back; an instant up to it is not in the future.
    if instant > found.record_time and await await_instant(instant, found.clock):
        return await resolve_time(engine, register_id, instant)
    if instant >= found.record_time:
        await fetch(engine, _WAIT_FOR_WRITER, {"register": register_id})
        found = await _search(engine, register_id, instant)
    oldest = found.oldest_revision
    if found.revision == oldest > 0 and (found.oldest_time is None or instant < found.oldest_time):
        raise refuse(Reason.REVISION_EXPIRED, "at_time", oldest_revision=str(oldest))
    return found.revision


async def _search(engine: AsyncEngine, register_id: int, instant: datetime) -> _Found:
    rows = await fetch(engine, _SEARCH, {"register": register_id, "instant": instant})
    if not rows:
        raise StoreFault("the head of the register is gone")
    return _Found(*rows[0])

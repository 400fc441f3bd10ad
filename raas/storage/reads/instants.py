"""The revisions of an instant."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.errors import Reason, refuse
from raas.storage.connection.query import Row, fetch, fetch_each, fetch_together
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
SELECT s.low, h.record_time, h.oldest_revision,
       CASE WHEN h.oldest_revision = h.revision THEN h.record_time
            ELSE (SELECT record_time FROM mutation
                  WHERE register_id = %(register)s AND revision = h.oldest_revision) END
FROM register_head h CROSS JOIN search s WHERE h.register_id = %(register)s AND s.low = s.high"""

# A statement of its own: on a sharded PostgreSQL it reads the clock by which writers record, not that of the
# node of a register.
_CLOCK = "SELECT clock_timestamp()"

# A writer locks the row FOR NO KEY UPDATE and takes the record time after that. So after this statement has
# waited for the lock, later mutations get later record times.
_WAIT_FOR_WRITER = "SELECT 1 FROM register_head WHERE register_id = %(register)s FOR SHARE"

# The same for several registers: one that is being written must not hold up the writers of the others.
_UNLESS_WRITTEN = f"{_WAIT_FOR_WRITER} SKIP LOCKED"


class _Found(NamedTuple):
    revision: int
    record_time: datetime
    """When the last mutation of the register was recorded."""
    oldest_revision: int
    oldest_time: datetime | None
    """When oldest_revision was recorded; None = trimmed away."""


async def resolve_time(engine: AsyncEngine, register_id: int, instant: datetime) -> int:
    """The last revision recorded at or before `instant` in one register, see `resolve_times`."""
    return (await resolve_times(engine, [register_id], instant))[register_id]


async def resolve_times(
    engine: AsyncEngine, register_ids: Sequence[int], instant: datetime
) -> Mapping[int, int]:
    """The last revision recorded at or before `instant` in each register; 0 when there is none.

    The answer never changes later: for an instant after the last record time, the call waits for a write in
    progress that could still be recorded before it. Raises Refused at `at_time`:
    VALUE_INVALID (FUTURE_INSTANT) more than a second after the clock of the store, REVISION_EXPIRED before
    the part of the log that is kept.
    """
    found = await _search(engine, register_ids, instant)
    # A record time may be ahead of a clock that was set back; an instant up to it is not in the future.
    if any(instant > each.record_time for each in found.values()):
        ((clock,),) = await fetch(engine, _CLOCK, {})
        if await await_instant(instant, clock):
            return await resolve_times(engine, register_ids, instant)
    quiet = [register_id for register_id, each in found.items() if instant >= each.record_time]
    written: Collection[int] = ()
    if quiet:
        again, written = await _search_after_writers(engine, quiet, instant)
        found |= again
    revisions = {id_: _kept(found[id_], instant) for id_ in register_ids if id_ not in written}
    for register_id in written:
        revisions[register_id] = await resolve_time(engine, register_id, instant)
    return revisions


async def _search(engine: AsyncEngine, register_ids: Collection[int], instant: datetime) -> dict[int, _Found]:
    registers = sorted(register_ids)
    each = [{"register": register_id, "instant": instant} for register_id in registers]
    rows_of_registers = await fetch_each(engine, _SEARCH, each)
    return {id_: _found(rows) for id_, rows in zip(registers, rows_of_registers, strict=True)}


async def _search_after_writers(
    engine: AsyncEngine, quiet: Sequence[int], instant: datetime
) -> tuple[dict[int, _Found], Collection[int]]:
    """The registers searched after their writers, and those that a writer holds at the moment.

    A single register is waited for.
    """
    wait = _WAIT_FOR_WRITER if len(quiet) == 1 else _UNLESS_WRITTEN
    waits = [(wait, {"register": register_id}) for register_id in quiet]
    searches = [(_SEARCH, {"register": register_id, "instant": instant}) for register_id in quiet]
    rows = await fetch_together(engine, [*waits, *searches])
    locked, searched = rows[: len(quiet)], rows[len(quiet) :]
    found = {id_: _found(rows) for id_, rows in zip(quiet, searched, strict=True)}
    return found, [id_ for id_, rows in zip(quiet, locked, strict=True) if not rows]


def _found(rows: Sequence[Row]) -> _Found:
    if not rows:
        raise StoreFault("the head of the register is gone")
    return _Found(*rows[0])


def _kept(found: _Found, instant: datetime) -> int:
    """The revision found. Raises Refused REVISION_EXPIRED when it may be one that was trimmed away."""
    oldest = found.oldest_revision
    if found.revision == oldest > 0 and (found.oldest_time is None or instant < found.oldest_time):
        raise refuse(Reason.REVISION_EXPIRED, "at_time", oldest_revision=str(oldest))
    return found.revision

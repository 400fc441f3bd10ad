"""The history of the statuses of numbers: reading it, and writing the statuses of a transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonStatus
from raas.storage.connection.query import fetch
from raas.storage.rows.arrays import array, array_or_null
from raas.storage.writes.load import ADDITIONS_LOCK, PERSONS_LOCK
from raas.usecases.ports.niss_history import ReadAs
from raas.usecases.ports.persons import NissStatus

_INSTANT = "SELECT %(instant)s::timestamptz AS at"

# One instant before revision + 1, unless revision has the same record time; without revision + 1, now.
_BEFORE_NEXT = """
SELECT coalesce((
  SELECT greatest(next.record_time - interval '1 microsecond', this.record_time)
  FROM mutation next
  LEFT JOIN mutation this ON this.register_id = %(register)s AND this.revision = next.revision - 1
  WHERE next.register_id = %(register)s AND next.revision = %(revision)s::bigint + 1), 'infinity') AS at"""

_LAST_UNTIL = """
  SELECT status, successor FROM niss_status
  WHERE niss = {niss} AND time <= moment.at ORDER BY time DESC LIMIT 1"""

_READ_AS = """
WITH moment AS MATERIALIZED ({moment})
SELECT asked.niss, coalesce(s.successor, asked.niss),
       CASE WHEN s.successor IS NULL THEN s.status ELSE f.status END
FROM niss_status_bounds b JOIN moment ON moment.at >= b.begin_time
CROSS JOIN unnest(%(nisses)s::bigint[]) AS asked (niss)
LEFT JOIN LATERAL ({of_number}) s ON true
LEFT JOIN LATERAL ({of_successor}) f ON true"""

READ_AS_AT_INSTANT, READ_AS_AT_REVISION = (
    _READ_AS.format(
        moment=moment,
        of_number=_LAST_UNTIL.format(niss="asked.niss"),
        of_successor=_LAST_UNTIL.format(niss="s.successor"),
    )
    for moment in (_INSTANT, _BEFORE_NEXT)
)

_EVER_REPLACED = "SELECT DISTINCT niss FROM niss_status WHERE successor = %(niss)s"

# Granted once the change of statuses that is being written has ended. Every later one has a later instant.
_WAIT_FOR_CHANGE = f"SELECT pg_advisory_xact_lock_shared({PERSONS_LOCK})"
_WAIT_FOR_ADDITIONS = f"SELECT pg_advisory_xact_lock({ADDITIONS_LOCK})"

_WRITE = """
INSERT INTO niss_status (niss, time, status, replaced_by, successor)
SELECT s.niss, %(time)s, s.status, s.replaced_by, s.successor
FROM unnest(%(nisses)s::bigint[], %(statuses)s::smallint[], %(replaced_by)s::bigint[],
            %(successors)s::bigint[]) AS s (niss, status, replaced_by, successor)
ON CONFLICT (niss, time) DO UPDATE SET
  status = excluded.status, replaced_by = excluded.replaced_by, successor = excluded.successor"""

_MOVE_LAST_TIME = "UPDATE niss_status_bounds SET last_time = %(time)s"


class PostgresNissHistory:
    """The NissHistory of ports/niss_history.py; `engine` in autocommit."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def at_instant(self, nisses: Collection[Niss], instant: datetime) -> Mapping[Niss, ReadAs]:
        """The statuses with which these numbers were read at an instant that is not in the future."""
        await fetch(self._engine, _WAIT_FOR_CHANGE, {})
        return await self._read(READ_AS_AT_INSTANT, {"nisses": array(nisses), "instant": instant})

    async def at_revision(
        self, register_id: int, revision: int, nisses: Collection[Niss]
    ) -> Mapping[Niss, ReadAs]:
        """The statuses with which these numbers were read just before the next revision was recorded."""
        parameters = {"nisses": array(nisses), "register": register_id, "revision": revision}
        return await self._read(READ_AS_AT_REVISION, parameters)

    async def ever_replaced_by(self, niss: Niss) -> Collection[Niss]:
        """The numbers of which this one was the final successor at any time."""
        return [Niss(each) for (each,) in await fetch(self._engine, _EVER_REPLACED, {"niss": niss})]

    async def _read(self, statement: str, parameters: Mapping[str, Any]) -> Mapping[Niss, ReadAs]:
        rows = await fetch(self._engine, statement, parameters)
        if any(status is None for _, _, status in rows):
            # The number may be on its way into the store, with an earlier instant.
            await fetch(self._engine, _WAIT_FOR_ADDITIONS, {})
            rows = await fetch(self._engine, statement, parameters)
        return {
            Niss(niss): ReadAs(Niss(read_as), None if status is None else PersonStatus(status))
            for niss, read_as, status in rows
        }


def status_statements(
    statuses: Mapping[Niss, NissStatus], time: datetime
) -> list[tuple[str, Mapping[str, Any]]]:
    """The statements that record these statuses as of one instant."""
    parameters = {
        "time": time,
        "nisses": array(statuses),
        "statuses": array(s.status.value for s in statuses.values()),
        "replaced_by": array_or_null(s.replaced_by for s in statuses.values()),
        "successors": array_or_null(s.successor for s in statuses.values()),
    }
    return [(_WRITE, parameters), (_MOVE_LAST_TIME, {"time": time})]

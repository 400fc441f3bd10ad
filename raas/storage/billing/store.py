"""The BillingStore on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.billing import BillingCounts, BillingKey, Month, UsageRow
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.storage.billing.months import CountedMonths
from raas.storage.connection.database import in_autocommit
from raas.storage.connection.lease import Connection, on_connection
from raas.storage.connection.query import Row, fetch
from raas.storage.rows.arrays import array
from raas.usecases.ports.billing import RowPlace, UsageFilter, place_of

_NEW_BATCH = """
INSERT INTO usage_batch AS b (process, number, time)
VALUES (%(process)s, %(number)s, clock_timestamp())
ON CONFLICT (process) DO UPDATE SET number = excluded.number, time = excluded.time
WHERE b.number < excluded.number RETURNING 1"""

_NEW_MONTH = "INSERT INTO usage_month (month) VALUES (%(month)s) ON CONFLICT DO NOTHING"

# Held until COMMIT, so that the month is not closed meanwhile.
_HOLD_MONTH = "SELECT close_time IS NOT NULL FROM usage_month WHERE month = %(month)s FOR SHARE"

# Rows are taken in the order of their keys: concurrent additions do not deadlock.
_ADD = """
INSERT INTO usage_count AS u
  (month, caller, on_behalf_of, register, partner, rpc, calls, items, deliveries, refused)
SELECT * FROM unnest(
  %(months)s::int[], %(callers)s::bigint[], %(behalves)s::bigint[], %(registers)s::bigint[],
  %(partners)s::bigint[], %(rpcs)s::text[],
  %(calls)s::bigint[], %(items)s::bigint[], %(deliveries)s::bigint[], %(refused)s::bigint[])
ON CONFLICT (month, caller, on_behalf_of, register, partner, rpc) DO UPDATE SET
  calls = u.calls + excluded.calls, items = u.items + excluded.items,
  deliveries = u.deliveries + excluded.deliveries, refused = u.refused + excluded.refused"""

_ROWS = """
SELECT r.month, r.caller, r.on_behalf_of, r.register, r.partner, r.rpc,
  r.calls, r.items, r.deliveries, r.refused, r.dossiers, m.close_time IS NOT NULL
FROM (
  SELECT month, caller, on_behalf_of, register, partner, rpc, calls, items, deliveries, refused,
    NULL::bigint AS dossiers
  FROM usage_count WHERE month BETWEEN %(first)s AND %(last)s
  UNION ALL
  SELECT month, register, 0, register, partner, '', 0, 0, 0, 0, dossiers
  FROM usage_dossiers WHERE month BETWEEN %(first)s AND %(last)s) AS r
JOIN usage_month m ON m.month = r.month
WHERE true {conditions}
ORDER BY r.month, r.caller, r.on_behalf_of, r.register, r.partner, r.rpc COLLATE "C"
LIMIT %(limit)s"""

_OF_CALLER = "AND (r.caller = %(caller)s OR r.on_behalf_of = %(caller)s)"
_OF_REGISTER = "AND r.register = %(register)s"
_AFTER = """AND (r.month, r.caller, r.on_behalf_of, r.register, r.partner, r.rpc COLLATE "C")
  > (%(month)s, %(after_caller)s, %(behalf)s, %(after_register)s, %(partner)s, %(rpc)s)"""


class PostgresBillingStore:
    """Counts of one process; `engine` must be one in autocommit, on the primary."""

    def __init__(self, engine: AsyncEngine) -> None:
        if not in_autocommit(engine):
            raise RuntimeError("transactions are begun here: the engine must be one in autocommit")
        self._engine = engine
        self._process = uuid4()
        self._months = CountedMonths(engine)

    async def add(self, number: int, counts: Mapping[BillingKey, BillingCounts]) -> None:
        """Add the counts of a batch, once."""
        await on_connection(self._engine, lambda c: self._add(c, number, counts), writes=True)

    async def close_months(self) -> None:
        """Count the dossiers of months that have ended, and close those that ended an hour ago."""
        await self._months.close()

    async def rows(self, which: UsageFilter, after: RowPlace | None, limit: int) -> Sequence[UsageRow]:
        """The rows that match, after a place."""
        conditions, given = [], {"first": which.first_month, "last": which.last_month, "limit": limit}
        parameters: dict[str, Any] = dict(given)
        if which.caller is not None:
            conditions.append(_OF_CALLER)
            parameters["caller"] = which.caller
        if which.register is not None:
            conditions.append(_OF_REGISTER)
            parameters["register"] = which.register
        if after is not None:
            conditions.append(_AFTER)
            names = ("month", "after_caller", "behalf", "after_register", "partner", "rpc")
            parameters.update(zip(names, after, strict=True))
        statement = _ROWS.format(conditions=" ".join(conditions))
        return list(map(_row, await fetch(self._engine, statement, parameters)))

    async def _add(
        self, connection: Connection, number: int, counts: Mapping[BillingKey, BillingCounts]
    ) -> None:
        async with connection.transaction():
            batch = {"process": self._process, "number": number}
            if await (await connection.execute(_NEW_BATCH, batch)).fetchone() is None:
                return
            months = {
                month: await _open_month(connection, month) for month in sorted({key.month for key in counts})
            }
            moved: dict[BillingKey, BillingCounts] = {}
            for key, count in counts.items():
                place = key._replace(month=months[key.month])
                moved[place] = moved.get(place, BillingCounts()).plus(count)
            await connection.execute(_ADD, _columns(moved))


async def _open_month(connection: Connection, month: Month) -> Month:
    """The first month from this one on that is open; it stays open until the transaction ends."""
    while True:
        await connection.execute(_NEW_MONTH, {"month": month})
        row = await (await connection.execute(_HOLD_MONTH, {"month": month})).fetchone()
        if row is not None and not row[0]:
            return month
        month += 1


def _columns(counts: Mapping[BillingKey, BillingCounts]) -> dict[str, Any]:
    rows = sorted((place_of(key), count) for key, count in counts.items())
    months, callers, behalves, registers, partners, rpcs = zip(*(place for place, _ in rows), strict=True)
    calls, items, deliveries, refused = zip(*(count for _, count in rows), strict=True)
    return {
        "months": array(months),
        "callers": array(callers),
        "behalves": array(behalves),
        "registers": array(registers),
        "partners": array(partners),
        "rpcs": list(rpcs),
        "calls": array(calls),
        "items": array(items),
        "deliveries": array(deliveries),
        "refused": array(refused),
    }


def _row(row: Row) -> UsageRow:
    month, caller, behalf, register, partner, rpc, *counts, dossiers, closed = row
    key = BillingKey(
        month, EnterpriseNumber(caller), _number(behalf), _number(register), _number(partner), rpc
    )
    return UsageRow(key, BillingCounts(*counts), closed, dossiers)


def _number(stored: int) -> EnterpriseNumber | None:
    return EnterpriseNumber(stored) if stored else None

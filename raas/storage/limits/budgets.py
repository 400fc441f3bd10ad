"""The BudgetStore on PostgreSQL: the entries of concurrent calls are added in one statement."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.concurrency.batch_loader import BatchLoader
from raas.storage.connection.query import write
from raas.storage.rows.arrays import array
from raas.usecases.ports.limits.budget_store import BudgetEntry

SALT_BYTES = 32

_NEW_SALT = (
    "INSERT INTO budget_salt (day, value) VALUES (%(day)s, %(value)s) ON CONFLICT DO NOTHING RETURNING 1"
)
_SALT = "SELECT value FROM budget_salt WHERE day = %(day)s"

# The answer waits neither for the disk nor for a synchronous standby: a crash loses what was counted in its
# last moments. Rows are taken in the order of their keys, entries before sums: statements do not deadlock.
ADD = """
WITH asked AS MATERIALIZED (
  SELECT DISTINCT a.day, a.caller, a.budget, a.entry
  FROM unnest(%(days)s::date[], %(callers)s::text[], %(budgets)s::smallint[], %(entries)s::bigint[])
    AS a (day, caller, budget, entry), (SELECT set_config('synchronous_commit', 'off', true)) AS quick),
added AS (
  INSERT INTO budget_entry (day, caller, budget, entry)
  SELECT day, caller, budget, entry FROM asked ORDER BY day, caller COLLATE "C", budget, entry
  ON CONFLICT DO NOTHING RETURNING day, caller, budget),
sums AS (SELECT day, caller, budget, count(*) AS number FROM added GROUP BY day, caller, budget)
INSERT INTO budget_use AS u (day, caller, budget, used)
SELECT each.day, each.caller, each.budget, coalesce(sums.number, 0)
FROM (SELECT DISTINCT day, caller, budget FROM asked) AS each
LEFT JOIN sums ON (sums.day, sums.caller, sums.budget) = (each.day, each.caller, each.budget)
ORDER BY each.day, each.caller COLLATE "C", each.budget
ON CONFLICT (day, caller, budget) DO UPDATE SET used = u.used + excluded.used
RETURNING day, caller, budget, used"""


class PostgresBudgetStore:
    """Counts in autocommit: `engine` must be one in autocommit, on the primary."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        # One statement at a time: two would wait for each other's rows of the same caller.
        self._loader: BatchLoader[BudgetEntry, int] = BatchLoader(self._add, concurrent_fetches=1)

    async def salt(self, day: int) -> bytes:
        """The key of this day, made by the first process that asks."""
        parameters = {"day": date.fromordinal(day), "value": secrets.token_bytes(SALT_BYTES)}
        # Two statements: the second one sees a key that another process has just made.
        await write(self._engine, _NEW_SALT, parameters)
        ((value,),) = await write(self._engine, _SALT, {"day": parameters["day"]})
        return bytes(value)

    async def add(self, entries: Sequence[BudgetEntry]) -> Sequence[int]:
        """Add entries; returns how many entries their caller, day and budget have now."""
        return await self._loader.of(entries)

    async def _add(self, entries: Sequence[BudgetEntry]) -> Sequence[int]:
        parameters = {
            "days": [date.fromordinal(each.day) for each in entries],
            "callers": [each.caller for each in entries],
            "budgets": array(each.budget for each in entries),
            "entries": array(each.entry for each in entries),
        }
        rows = await write(self._engine, ADD, parameters)
        used = {(day.toordinal(), caller, budget): number for day, caller, budget, number in rows}
        return [used[each.day, each.caller, each.budget] for each in entries]

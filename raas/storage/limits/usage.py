"""The UsageStore on PostgreSQL: one row for each process, which it alone writes."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from psycopg.types.json import Json
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.query import fetch, write
from raas.usecases.ports.limits.usage_store import Report

ALIVE_SECONDS = 3
"""A process that has not reported for so long counts as dead."""

# Nothing of this is written to the WAL, so that neither the disk nor a synchronous standby is waited for.
_REPORT = """
INSERT INTO caller_usage AS u (process, time, report) VALUES (%(process)s, clock_timestamp(), %(report)s)
ON CONFLICT (process) DO UPDATE SET time = excluded.time, report = excluded.report
RETURNING 1"""

_READ = """
SELECT report FROM caller_usage
WHERE process <> %(process)s AND time > clock_timestamp() - make_interval(secs => %(alive)s)"""


class PostgresUsageStore:
    """Exchanges the reports of this process; `engine` must be one in autocommit, on the primary."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._process = uuid4()

    async def exchange(self, report: Report) -> Sequence[Report]:
        """Replace the report of this process, and return those of all others that are alive.

        The report is committed before the others are read. So of two processes that exchange at once,
        at least one sees the report of the other.
        """
        await write(self._engine, _REPORT, {"process": self._process, "report": Json(report)})
        others = {"process": self._process, "alive": ALIVE_SECONDS}
        return [row[0] for row in await fetch(self._engine, _READ, others)]

"""The partitions of the records: one for each month, made ahead of time."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.query import write

MONTHS_AHEAD = 13
"""The months after this one for which there are partitions, when all is well."""
FEWEST_MONTHS_AHEAD = 2
"""With fewer, operators are alerted: records would soon pile up in the default partition."""

_ADD = "SELECT audit_add_partitions()"


class PostgresAuditPartitions:
    """Makes partitions by the function that the migration left; `engine` is one in autocommit."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self) -> int:
        """Make those that are missing; answers the number of months ahead that have one, without gaps.

        Raises StoreUnavailable, StoreFault.
        """
        ((months,),) = await write(self._engine, _ADD, {})
        return int(months)

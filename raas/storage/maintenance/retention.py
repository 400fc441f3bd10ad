"""Delete what is stored for a limited time: answers to request ids, and deleted subscribers."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.lease import Connection, on_connection
from raas.storage.connection.query import write

KEPT_DAYS = 7
"""The period in which a repeated request_id gets the stored answer, as the contract promises."""

_BATCH = 5_000

_DELETE = """
DELETE FROM {table} WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM {table} WHERE time < clock_timestamp() - make_interval(days => %s) LIMIT %s))"""
_STATEMENTS = tuple(_DELETE.format(table=table) for table in ("request", "person_request"))

_DELETE_SUBSCRIBERS = (
    "DELETE FROM subscriber WHERE deleted AND connected_until < clock_timestamp() RETURNING 1"
)


class PostgresRetention:
    """Deletes in small transactions, so as not to delay writers; `engine` must be one in autocommit."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def delete_expired_requests(self) -> int:
        """Delete requests older than KEPT_DAYS; returns the number. Raises StoreUnavailable, StoreFault."""
        return sum([await self._delete(statement) for statement in _STATEMENTS])

    async def delete_disconnected_subscribers(self) -> int:
        """Delete subscribers that were deleted while connected and no longer are; returns the number."""
        return len(await write(self._engine, _DELETE_SUBSCRIBERS, {}))

    async def _delete(self, statement: str) -> int:
        async def delete(connection: Connection) -> int:
            return (await connection.execute(statement, (KEPT_DAYS, _BATCH))).rowcount

        total = 0
        while True:
            deleted = await on_connection(self._engine, delete, writes=True)
            total += deleted
            if deleted < _BATCH:
                return total

"""Forgetting what was kept only for a while: answers to request ids."""

from __future__ import annotations

import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.errors import translated_errors

KEPT_DAYS = 7
"""For so long a repeated request is answered as the first time (contract, request_id)."""

_BATCH = 5_000

_FORGET = """
DELETE FROM {table} WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM {table} WHERE time < clock_timestamp() - make_interval(days => %s) LIMIT %s))"""
_STATEMENTS = tuple(_FORGET.format(table=table) for table in ("request", "person_request"))


class PostgresRetention:
    """Deletes in small transactions, so that writers hardly notice; `engine` must be one in autocommit."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def delete_expired_requests(self) -> int:
        """Forget the answers older than KEPT_DAYS; answers how many. Raises StoreUnavailable, StoreFault."""
        return sum([await self._forget(statement) for statement in _STATEMENTS])

    async def _forget(self, statement: str) -> int:
        forgotten = 0
        while True:
            with translated_errors():
                async with self._engine.connect() as pooled:
                    connection = (await pooled.get_raw_connection()).driver_connection
                    assert isinstance(connection, psycopg.AsyncConnection)
                    deleted = (await connection.execute(statement, (KEPT_DAYS, _BATCH))).rowcount
            forgotten += deleted
            if deleted < _BATCH:
                return forgotten

"""Erase contents about persons beside the log."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.niss import Niss
from raas.storage.connection.query import fetch, write
from raas.storage.persons.search import UNITED
from raas.storage.rows.arrays import array

# Locked in the order of the index, so that concurrent erasures wait for each other without a deadlock.
_ERASE = """
WITH chosen AS (
  SELECT id FROM content WHERE {which} AND erased_time IS NULL
  ORDER BY {order} LIMIT %(limit)s FOR UPDATE),
erased AS (
  UPDATE content c SET body = NULL, salt = NULL, erased_time = statement_timestamp()
  FROM chosen WHERE c.id = chosen.id AND c.erased_time IS NULL RETURNING 1)
SELECT count(*) FROM erased"""

_ERASE_BEFORE = _ERASE.format(which="create_time < %(instant)s", order="create_time, id")
_ERASE_OF = _ERASE.format(which="niss = ANY(%(nisses)s::bigint[])", order="id")

_COUNT = "SELECT count(*) FROM content WHERE create_time < %(instant)s AND erased_time IS NULL"

# By the index on the number, from the last one on.
_PERSONS = """
SELECT niss FROM content WHERE niss > %(after)s::bigint
GROUP BY niss HAVING bool_or(erased_time IS NULL) AND max(create_time) < %(instant)s
ORDER BY niss LIMIT %(limit)s"""


class PostgresContentStore:
    """The ContentStore on PostgreSQL; `engine` in autocommit: each erasure is a transaction."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def erase_before(self, instant: datetime, limit: int) -> int:
        """Erase at most `limit` contents older than the instant; returns the number."""
        return await self._count(_ERASE_BEFORE, {"instant": instant, "limit": limit})

    async def erase_of(self, nisses: Collection[Niss], limit: int) -> int:
        """Erase at most `limit` contents about these numbers; returns the number."""
        return await self._count(_ERASE_OF, {"nisses": array(nisses), "limit": limit})

    async def numbers_of(self, niss: Niss) -> Collection[Niss]:
        """All numbers of the person that has this number, including it."""
        return {row[0] for row in await fetch(self._engine, UNITED, {"niss": niss})}

    async def count_before(self, instant: datetime) -> int:
        """The number of contents older than the instant that are not erased."""
        ((count,),) = await fetch(self._engine, _COUNT, {"instant": instant})
        return int(count)

    async def persons_before(self, instant: datetime, after: Niss, limit: int) -> Sequence[Niss]:
        """The first numbers after `after` with contents that are not erased, all older than the instant."""
        parameters = {"instant": instant, "after": after, "limit": limit}
        return [row[0] for row in await fetch(self._engine, _PERSONS, parameters)]

    async def _count(self, statement: str, parameters: Mapping[str, Any]) -> int:
        ((count,),) = await write(self._engine, statement, parameters)
        return int(count)

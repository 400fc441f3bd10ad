"""The numbers of the checkpoints that a database lacks: none is ever deleted."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.query import fetch

_GAPS = """
SELECT before + 1, number - 1
FROM (SELECT number, lag(number, 1, 0::bigint) OVER (ORDER BY number) AS before
      FROM audit_checkpoint WHERE log = %(log)s) AS c
WHERE number > before + 1 ORDER BY number LIMIT 1000"""


async def missing_checkpoints(engine: AsyncEngine, log: int) -> Sequence[tuple[int, int]]:
    """The first and the last number of each gap; `engine` is one in autocommit.

    Raises StoreUnavailable, StoreFault.
    """
    return [(first, last) for first, last in await fetch(engine, _GAPS, {"log": log})]

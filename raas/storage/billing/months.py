"""The end of a month of billable usage: its dossiers are counted, and then it is closed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.billing import Month, brussels_month, end_of_month
from raas.storage.connection.lease import Connection, on_connection

GRACE = timedelta(hours=1)
"""After the end of a month, so long counts of it are still awaited from processes."""

_LOCK = "SELECT pg_try_advisory_xact_lock(%(key)s), clock_timestamp()"
_KEY = 7_236_552_143
"""The advisory lock of the process that closes months."""

_NEW_MONTH = "INSERT INTO usage_month (month) VALUES (%(month)s) ON CONFLICT DO NOTHING"

_OPEN = """
SELECT month, count_time IS NOT NULL FROM usage_month
WHERE close_time IS NULL AND month < %(month)s ORDER BY month"""

_REGISTERS = "SELECT id, enterprise_number FROM register ORDER BY id"

_PARTNERS = "SELECT id, partner FROM dossier_type WHERE register_id = %(register)s AND partner IS NOT NULL"

_DOSSIERS = """
SELECT dossier_type_id, count(*) FROM dossier
WHERE register_id = %(register)s AND NOT isempty(periods) GROUP BY dossier_type_id"""

_KEEP = """
INSERT INTO usage_dossiers (month, register, partner, dossiers)
VALUES (%(month)s, %(register)s, %(partner)s, %(dossiers)s)"""

_COUNTED = "UPDATE usage_month SET count_time = clock_timestamp() WHERE month = %(month)s"

_CLOSE = "UPDATE usage_month SET close_time = clock_timestamp() WHERE month = %(month)s"

_FORGET_BATCHES = "DELETE FROM usage_batch WHERE time < clock_timestamp() - interval '1 day'"


class CountedMonths:
    """Closes months, one process at a time; `engine` must be one in autocommit, on the primary."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def close(self) -> None:
        """Count the dossiers of months that have ended, and close those that ended an hour ago."""
        await on_connection(self._engine, _close, writes=True)


async def _close(connection: Connection) -> None:
    async with connection.transaction():
        row = await (await connection.execute(_LOCK, {"key": _KEY})).fetchone()
        if row is None or not row[0]:
            return
        await close_months(connection, row[1])


async def close_months(connection: Connection, now: datetime) -> None:
    """Do what is due at an instant, in the transaction of the connection."""
    current = brussels_month(now)
    # So that its dossiers are counted at its end, whether anybody calls or not.
    await connection.execute(_NEW_MONTH, {"month": current})
    for month, counted in await (await connection.execute(_OPEN, {"month": current})).fetchall():
        if not counted:
            await _count_dossiers(connection, month)
        if end_of_month(month) + GRACE <= now:
            await connection.execute(_CLOSE, {"month": month})
    await connection.execute(_FORGET_BATCHES)


async def _count_dossiers(connection: Connection, month: Month) -> None:
    for register_id, number in await (await connection.execute(_REGISTERS)).fetchall():
        named = {"register": register_id}
        partners: Mapping[int, int] = dict(await (await connection.execute(_PARTNERS, named)).fetchall())
        dossiers: Counter[int] = Counter()
        for type_id, count in await (await connection.execute(_DOSSIERS, named)).fetchall():
            dossiers[partners.get(type_id, 0)] += count
        for partner in sorted(dossiers):
            kept = {"month": month, "register": number, "partner": partner, "dossiers": dossiers[partner]}
            await connection.execute(_KEEP, kept)
    await connection.execute(_COUNTED, {"month": month})

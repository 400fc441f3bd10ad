"""The registers that hold a number, and the numbers that a register holds."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.niss import Niss
from raas.domain.registers.register import Register
from raas.storage.connection.query import fetch
from raas.storage.rows.arrays import array
from raas.storage.rows.registers import REGISTER_COLUMNS, register_of

_HOLDERS = f"""
SELECT {REGISTER_COLUMNS}, held.niss
FROM (SELECT DISTINCT register_id, niss FROM dossier WHERE niss = ANY(%(nisses)s::bigint[])) held
JOIN register r ON r.id = held.register_id
JOIN register_head h ON h.register_id = r.id
ORDER BY r.enterprise_number, held.niss"""

_NUMBERS = """
SELECT DISTINCT niss FROM dossier
WHERE register_id = %(register)s AND niss > %(after)s::bigint AND NOT isempty(periods)
ORDER BY niss LIMIT %(limit)s"""


async def read_holders(engine: AsyncEngine, nisses: Sequence[Niss]) -> Sequence[tuple[Register, Niss]]:
    """The registers that have, or had, a dossier of these numbers, by enterprise number, then niss."""
    rows = await fetch(engine, _HOLDERS, {"nisses": array(nisses)})
    return [(register_of(row), Niss(row[-1])) for row in rows]


async def read_numbers(
    engine: AsyncEngine, register_id: int, after: Niss | None, limit: int
) -> Sequence[Niss]:
    """Distinct numbers with at least one line, ascending, after `after`."""
    parameters = {"register": register_id, "after": after or 0, "limit": limit}
    return [Niss(niss) for (niss,) in await fetch(engine, _NUMBERS, parameters)]

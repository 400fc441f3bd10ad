"""The registers that hold a number, and the numbers that a register holds."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.niss import Niss
from raas.domain.registers.register import RegisterIdentity
from raas.storage.connection.query import fetch
from raas.storage.rows.arrays import array
from raas.storage.rows.register_numbers import RegisterNumbers

_HOLDERS = "SELECT DISTINCT register_id, niss FROM dossier WHERE niss = ANY(%(nisses)s::bigint[])"

_NUMBERS = """
SELECT DISTINCT niss FROM dossier
WHERE register_id = %(register)s AND niss > %(after)s::bigint AND NOT isempty(periods)
ORDER BY niss LIMIT %(limit)s"""


async def read_holders(
    engine: AsyncEngine, numbers: RegisterNumbers, nisses: Sequence[Niss]
) -> Sequence[tuple[RegisterIdentity, Niss]]:
    """The registers that have, or had, a dossier of these numbers, by enterprise number, then niss."""
    rows = await fetch(engine, _HOLDERS, {"nisses": array(nisses)})
    number_of = await numbers.of({register_id for register_id, _ in rows})
    found = sorted((number_of[register_id], niss, register_id) for register_id, niss in rows)
    return [(RegisterIdentity(register_id, number), Niss(niss)) for number, niss, register_id in found]


async def read_numbers(
    engine: AsyncEngine, register_id: int, after: Niss | None, limit: int
) -> Sequence[Niss]:
    """Distinct numbers with at least one line, ascending, after `after`."""
    parameters = {"register": register_id, "after": after or 0, "limit": limit}
    return [Niss(niss) for (niss,) in await fetch(engine, _NUMBERS, parameters)]

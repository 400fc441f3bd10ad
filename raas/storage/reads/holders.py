"""The registers that hold a number, and the numbers that a register holds."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.niss import Niss
from raas.domain.registers.register import RegisterIdentity
from raas.domain.rights.view import VisibleTypes
from raas.storage.connection.query import Row, fetch
from raas.storage.rows.arrays import array
from raas.storage.rows.register_numbers import RegisterNumbers

_HOLDERS = "SELECT DISTINCT register_id, niss FROM dossier WHERE niss = ANY(%(nisses)s::bigint[])"

_DOSSIERS = """
SELECT DISTINCT register_id, niss, dossier_type_id FROM dossier WHERE niss = ANY(%(nisses)s::bigint[])"""

# A sharded PostgreSQL cannot join the types with rows of several registers.
_OF_THESE_TYPES = """
SELECT id FROM dossier_type WHERE id = ANY(%(ids)s::int[]) AND code = ANY(%(within)s::text[])"""

_NUMBERS = """
SELECT DISTINCT niss FROM dossier
WHERE register_id = %(register)s AND niss > %(after)s::bigint AND NOT isempty(periods)
ORDER BY niss LIMIT %(limit)s"""


async def read_holders(
    engine: AsyncEngine, numbers: RegisterNumbers, nisses: Sequence[Niss], within: VisibleTypes
) -> Sequence[tuple[RegisterIdentity, Niss]]:
    """The registers that have, or had, a dossier of these numbers, by enterprise number, then niss.

    `within`: only dossiers of these types count; None = all.
    """
    if within is None:
        rows = await fetch(engine, _HOLDERS, {"nisses": array(nisses)})
    else:
        rows = await _within(engine, nisses, within)
    number_of = await numbers.of({register_id for register_id, _ in rows})
    found = sorted((number_of[register_id], niss, register_id) for register_id, niss in rows)
    return [(RegisterIdentity(register_id, number), Niss(niss)) for number, niss, register_id in found]


async def _within(engine: AsyncEngine, nisses: Sequence[Niss], within: frozenset[str]) -> list[Row]:
    """The registers with a dossier of these types; as many statements whether there are others or not."""
    dossiers = await fetch(engine, _DOSSIERS, {"nisses": array(nisses)})
    ids = array({type_id for _, _, type_id in dossiers})
    found = await fetch(engine, _OF_THESE_TYPES, {"ids": ids, "within": sorted(within)})
    of_these = {type_id for (type_id,) in found}
    return list({(register, niss): None for register, niss, type_id in dossiers if type_id in of_these})


async def read_numbers(
    engine: AsyncEngine, register_id: int, after: Niss | None, limit: int
) -> Sequence[Niss]:
    """Distinct numbers with at least one line, ascending, after `after`."""
    parameters = {"register": register_id, "after": after or 0, "limit": limit}
    return [Niss(niss) for (niss,) in await fetch(engine, _NUMBERS, parameters)]

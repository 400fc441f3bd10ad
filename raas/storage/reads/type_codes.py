"""A cache of the codes of dossier types."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.storage.connection.query import fetch
from raas.storage.rows.arrays import array

_KNOWN = """
SELECT code FROM dossier_type WHERE register_id = %(register)s AND code = ANY(%(codes)s::text[])"""

_NAMES = """
SELECT register_id, id, code, partner FROM dossier_type WHERE register_id = ANY(%(registers)s::bigint[])"""


class TypeName(NamedTuple):
    """The code of a dossier type, and the institution that it is kept for."""

    code: str
    partner: EnterpriseNumber | None


TypeInUse = tuple[int, int, int]
"""The id of a register, its types_revision, and the id of a dossier type, in a row that was read."""


@dataclass(frozen=True, slots=True)
class _Names:
    types_revision: int
    by_id: Mapping[int, TypeName]


class TypeCodes:
    """Caches codes that exist, and the names of types until a type of their register changes.

    A dossier type is never deleted and never gets another code.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._known: dict[int, set[str]] = {}
        self._names: dict[int, _Names] = {}

    async def unknown(self, register_id: int, codes: Collection[str]) -> Collection[str]:
        """Those of the codes that no dossier type of the register has, as committed now."""
        known = self._known.setdefault(register_id, set())
        unseen = set(codes) - known
        if unseen:
            rows = await fetch(self._engine, _KNOWN, {"register": register_id, "codes": sorted(unseen)})
            known.update(code for (code,) in rows)
            unseen -= known
        return unseen

    async def load(self, used: Collection[TypeInUse]) -> None:
        """Make the names of these types known, as they were when the rows were read, or later.

        A sharded PostgreSQL cannot join them with rows of several registers, and on a plain one the join
        takes a quarter of the time of a lookup.
        """
        outdated = {each[0]: each[1] for each in used if not self._has(*each)}
        if not outdated:
            return
        loaded: dict[int, dict[int, TypeName]] = {register_id: {} for register_id in outdated}
        rows = await fetch(self._engine, _NAMES, {"registers": array(outdated)})
        for register_id, type_id, code, partner in rows:
            named = TypeName(code, None if partner is None else EnterpriseNumber(partner))
            loaded[register_id][type_id] = named
        for register_id, names in loaded.items():
            self._names[register_id] = _Names(outdated[register_id], names)

    def name(self, register_id: int, type_id: int) -> TypeName:
        """The name of a type that `load` made known."""
        return self._names[register_id].by_id[type_id]

    def _has(self, register_id: int, types_revision: int, type_id: int) -> bool:
        names = self._names.get(register_id)
        return names is not None and names.types_revision == types_revision and type_id in names.by_id

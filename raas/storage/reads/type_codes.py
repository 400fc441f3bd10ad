"""A cache of the codes of dossier types."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.query import fetch

_KNOWN = """
SELECT code FROM dossier_type WHERE register_id = %(register)s AND code = ANY(%(codes)s::text[])"""


class TypeCodes:
    """Caches codes that exist: a dossier type is never deleted and never gets another code."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._known: dict[int, set[str]] = {}

    async def unknown(self, register_id: int, codes: Collection[str]) -> Collection[str]:
        """Those of the codes that no dossier type of the register has, as committed now."""
        known = self._known.setdefault(register_id, set())
        unseen = set(codes) - known
        if unseen:
            rows = await fetch(self._engine, _KNOWN, {"register": register_id, "codes": sorted(unseen)})
            known.update(code for (code,) in rows)
            unseen -= known
        return unseen

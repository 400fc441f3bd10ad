"""A cache of the enterprise numbers of registers, which never change."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.storage.connection.query import fetch
from raas.storage.rows.arrays import array

_READ = "SELECT id, enterprise_number FROM register WHERE id = ANY(%(registers)s::bigint[])"


class RegisterNumbers:
    """Reads the enterprise number of each register once; `engine` must be one in autocommit."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._known: dict[int, EnterpriseNumber] = {}

    async def of(self, register_ids: Collection[int]) -> Mapping[int, EnterpriseNumber]:
        """The enterprise numbers of these registers, and of others, by id."""
        unseen = [register_id for register_id in register_ids if register_id not in self._known]
        if unseen:
            self._known.update(await fetch(self._engine, _READ, {"registers": array(unseen)}))
        return self._known

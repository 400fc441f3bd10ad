"""Rights for tests that are about other things."""

from __future__ import annotations

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.snapshot import Right
from raas.memory.rights import MemoryRights
from raas.usecases.calls.rights_cache import RightsCache
from raas.usecases.ports.rights import RightsReader


class StillRights(RightsCache):
    """A cache that is always fresh, since its clock stands still, and that does not wait for changes."""

    def __init__(self, reader: RightsReader, administrators: frozenset[EnterpriseNumber]) -> None:
        super().__init__(reader, administrators, clock=lambda: 0.0)

    async def reached(self, version: int) -> None:
        """Return at once."""


async def known_rights(
    *rights: Right, administrators: frozenset[EnterpriseNumber] = frozenset()
) -> RightsCache:
    """A cache that knows these rights."""
    store = MemoryRights()
    async with store.change() as transaction:
        for right in rights:
            await transaction.put(right)
    cache = StillRights(store.reader(), administrators)
    await cache.read()
    return cache

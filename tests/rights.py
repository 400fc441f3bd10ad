"""Rights for tests that are about other things."""

from __future__ import annotations

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.snapshot import Right
from raas.memory.rights import MemoryRights
from raas.usecases.calls.rights_cache import RightsCache


async def known_rights(
    *rights: Right, administrators: frozenset[EnterpriseNumber] = frozenset()
) -> RightsCache:
    """A cache that knows these rights, and that never ages: its clock stands still."""
    store = MemoryRights()
    async with store.change() as transaction:
        for right in rights:
            await transaction.put(right)
    cache = RightsCache(store.reader(), administrators, clock=lambda: 0.0)
    await cache.read()
    return cache

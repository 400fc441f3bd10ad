"""Rights for tests that are about other things."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.authorisation import PERSON_IDENTITY, Authorisation
from raas.domain.rights.identity_fields import NO_IDENTITY, IdentityFields
from raas.domain.rights.snapshot import Right
from raas.domain.rights.validity import ALWAYS
from raas.memory.rights import MemoryRights
from raas.usecases.calls.rights_cache import RightsCache


class StillRights(RightsCache):
    """A cache that is always fresh, since its clock stands still, and that does not wait for changes."""

    def __init__(self, store: MemoryRights, administrators: frozenset[EnterpriseNumber]) -> None:
        super().__init__(store.reader(), administrators, clock=lambda: 0.0)
        self._store = store

    async def put(self, *rights: Right) -> None:
        """Add or change rights, which then count."""
        async with self._store.change() as transaction:
            for right in rights:
                await transaction.put(right)
        await self.read()

    async def reached(self, version: int) -> None:
        """Return at once."""


async def known_rights(
    *rights: Right, administrators: frozenset[EnterpriseNumber] = frozenset()
) -> StillRights:
    """A cache that knows these rights."""
    cache = StillRights(MemoryRights(), administrators)
    await cache.put(*rights)
    return cache


def identity_authorisation(register: EnterpriseNumber, **restricted: Any) -> Authorisation:
    """An authorisation to see the whole identities of all persons that a register knows, or part of it."""
    by, time = EnterpriseNumber(999999922), datetime(2024, 1, 1, tzinfo=UTC)
    given = {"confirmed_by": by, "confirm_time": time, **restricted}
    return Authorisation(uuid4(), PERSON_IDENTITY, register, "24/001", ALWAYS, by, time, **given)


async def no_identity() -> IdentityFields:
    """The fields of identities for a stream without an authorisation."""
    return NO_IDENTITY

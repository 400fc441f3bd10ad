"""Ending a right: the same for mandates, role grants, legal contexts, authorisations and blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast
from uuid import UUID

from raas.domain.errors import Reason, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.usecases.calls.rights_cache import RightsCache
from raas.usecases.ports.rights import AnyRight, RightsStore


async def end_right(
    store: RightsStore,
    rights: RightsCache,
    kind: type[AnyRight],
    id_: UUID,
    by: EnterpriseNumber,
    unknown: tuple[Reason, str],
    exists: Callable[[AnyRight], bool] = lambda _: True,
) -> AnyRight:
    """The right after it has ended, which is in force in this process when this returns.

    One that has ended already stays as it is. Raises Refused with the reason and the field of `unknown` when
    there is none with this id, or `exists` denies it. StoreUnavailable, StoreFault, CommitUnknown.
    """
    async with store.change() as transaction:
        before = await transaction.find(kind, id_)
        if before is None or not exists(before):
            raise refuse(*unknown)
        ended = cast(AnyRight, before.revoked(by, transaction.time))  # of the same kind
        if ended is before:
            return before
        await transaction.put(ended)
    await rights.reached(transaction.version)
    return ended

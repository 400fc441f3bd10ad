"""The fields of identities that a call may show: those that the authorisations of its register allow now.

They belong to the register acted on, not to the caller, and count under development identity too. The audit
record of a call names the authorisations that counted for it.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.identity_fields import NO_IDENTITY, IdentityFields
from raas.usecases.calls.call import Call
from raas.usecases.calls.rights_cache import RightsCache
from raas.usecases.ports.registers import RegisterStore

_PARTNERS_SECONDS = 1.0
"""The time for which partners of dossier types are kept. They change only while there are no dossiers."""


class IdentityAccess:
    """Decides about identities by the rights that this process knows."""

    def __init__(self, registers: RegisterStore, rights: RightsCache) -> None:
        self._registers = registers
        self._rights = rights
        self._partners: dict[int, tuple[float, Mapping[str, EnterpriseNumber]]] = {}

    async def fields(self, call: Call, register_id: int, number: EnterpriseNumber) -> IdentityFields:
        """The fields that a call on this register may show now. Raises StoreUnavailable, StoreFault."""
        if not self._rights.is_fresh:
            await self._rights.fresh(call.deadline)
        granted = self._granted(call, number)
        _note(call, granted)
        return await self._resolved(register_id, granted)

    def following(self, call: Call, register_id: int, number: EnterpriseNumber) -> LiveIdentityFields:
        """The fields that a stream on this register may show, asked for with each message."""

        async def fresh() -> IdentityFields:
            if not self._rights.is_fresh:
                await self._rights.fresh_again()
            granted = self._granted(call, number)
            _note(call, granted)
            return granted

        return LiveIdentityFields(
            fresh, lambda: self._granted(call, number), lambda granted: self._resolved(register_id, granted)
        )

    def _granted(self, call: Call, number: EnterpriseNumber) -> IdentityFields:
        return self._rights.identity_fields(number, call.legal_context)

    async def _resolved(self, register_id: int, granted: IdentityFields) -> IdentityFields:
        if not granted.names_partners:
            return granted
        return granted.with_partners(await self.partners(register_id))

    async def partners(self, register_id: int) -> Mapping[str, EnterpriseNumber]:
        """The partners of dossier types, by their codes. Raises StoreUnavailable, StoreFault."""
        until, partners = self._partners.get(register_id, (0.0, {}))
        if time.monotonic() >= until:
            partners = await self._registers.partners(register_id)
            self._partners[register_id] = time.monotonic() + _PARTNERS_SECONDS, partners
        return partners


def _note(call: Call, granted: IdentityFields) -> None:
    """Name the authorisations in the audit record of the call."""
    if call.audit is None:
        return
    named = [str(each) for each in granted.authorisations]
    if named != (call.audit.details or {}).get("authorisations", []):
        call.audit.note(authorisations=named)


class LiveIdentityFields:
    """The fields that a stream may show, as of each message."""

    def __init__(
        self,
        fresh: Callable[[], Awaitable[IdentityFields]],
        known: Callable[[], IdentityFields],
        resolved: Callable[[IdentityFields], Awaitable[IdentityFields]],
    ) -> None:
        self._fresh = fresh
        self._known = known
        self._resolved = resolved
        self._granted = NO_IDENTITY

    async def __call__(self) -> IdentityFields:
        """The fields for the next message, by rights that are fresh enough. Raises StoreUnavailable."""
        self._granted = await self._fresh()
        return await self._resolved(self._granted)

    @property
    def may_be_sent(self) -> bool:
        """Whether what was allowed for the last message is still allowed, as far as is known."""
        return self._granted.rules <= self._known().rules

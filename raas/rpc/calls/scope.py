"""What the servicers have in common: the call at hand, admission, and the refusal of what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from raas.domain.calendar.day import brussels_day
from raas.domain.errors import Category, Reason, Refused, Violation
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import NissProfile
from raas.domain.registers.register import Register
from raas.rpc.wire.fields import Faults, NissRules
from raas.usecases.calls.access import AccessControl, AdmittedRegister, AuditScope


class RequestScope:
    """Receives calls: `faults` are what is wrong so far, `visit` is what the audit will be told."""

    def __init__(self, access: AccessControl, profile: NissProfile) -> None:
        self.access = access
        self._profile = profile
        self._rules = NissRules(profile, 0)

    def rules(self) -> NissRules:
        """Which NISS are accepted, now."""
        today = brussels_day(datetime.now(UTC))
        if self._rules.today != today:
            self._rules = NissRules(self._profile, today)
        return self._rules

    async def admit(
        self, audit_scope: AuditScope, number: EnterpriseNumber | None, faults: Faults
    ) -> AdmittedRegister:
        """The register acted on.

        Raises Refused when there is none that the caller may act on. A malformed number and a register
        that the caller does not have are said together with the other faults; a missing mandate alone.
        """
        _no_fault_at_register(faults)
        audit_scope.register = audit_scope.call.caller.enterprise_number if number is None else number
        try:
            return await self.access.admit_id(audit_scope.call, number)
        except Refused as refused:
            raise _with_faults(refused, faults) from None

    async def admit_to_see(
        self, audit_scope: AuditScope, number: EnterpriseNumber | None, faults: Faults
    ) -> Register:
        """Like `admit`; the register as committed now."""
        _no_fault_at_register(faults)
        audit_scope.register = audit_scope.call.caller.enterprise_number if number is None else number
        try:
            return await self.access.admit(audit_scope.call, number)
        except Refused as refused:
            raise _with_faults(refused, faults) from None


def refuse_faults(faults: Faults) -> None:
    """Raise Refused when anything is wrong."""
    if faults:
        raise Refused(faults)


def together(faults: Faults, found: Iterable[Violation]) -> Faults:
    """What is wrong with a request as it is written, with what the state finds wrong with the rest of it.

    A missing permission stands alone. A field that could not be read has said so already.
    """
    found = list(found)
    alone = [violation for violation in found if violation.reason.category is Category.PERMISSION]
    unread = {fault.field for fault in faults}
    return alone or [*faults, *(violation for violation in found if violation.field not in unread)]


def _no_fault_at_register(faults: Faults) -> None:
    if any(fault.field == "register" for fault in faults):
        raise Refused(faults)


def _with_faults(refused: Refused, faults: Faults) -> Refused:
    if refused.violations[0].reason is Reason.REGISTER_UNKNOWN:
        return Refused([*refused.violations, *faults])
    return refused

"""The steps that every servicer takes with a request: read, authorise, refuse, audit.

async with self._request(request) as r:          # ROLE_MISSING is raised here
niss = r.niss("niss", request.niss)          # reading: violations are collected in r.faults
register = await r.admit()                   # MANDATE_MISSING is raised alone
r.refuse_faults()                            # everything else that is wrong, at once
...
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import Protocol, Self, TypeVar

from raas.domain.calendar.day import brussels_day
from raas.domain.errors import Category, Reason, Refused, Violation
from raas.domain.json_value import JsonObject
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss, NissProfile
from raas.domain.registers.register import Register
from raas.rpc.calls.context import RequestContext, current
from raas.rpc.calls.usage.call_budget import CallBudget
from raas.rpc.wire.fields import Faults, NamesRegister, NissRules, check_page_size, read_niss, read_register
from raas.usecases.calls.access import AccessControl, AdmittedRegister
from raas.usecases.calls.audit.extents import StreamExtents
from raas.usecases.calls.audit.scope import AuditScope
from raas.usecases.calls.call import Call
from raas.usecases.calls.identity_access import LiveIdentityFields
from raas.usecases.limits.budgets import Budgets

_Page = TypeVar("_Page")


class AsksForPage(Protocol):
    """A request for one page of a list."""

    page_size: int
    page_token: str


class RequestScope:
    """One request while it is served.

    `faults` are the violations found so far. `audit` is completed by the servicer, and recorded by the
    interceptor before the answer leaves. `tally` is what is counted of the call. `budget` is that of the
    caller; a refusal with NISS_UNKNOWN counts in it.
    """

    __slots__ = ("_access", "_guard", "_number", "audit", "budget", "call", "faults", "rules", "tally")

    def __init__(
        self, access: AccessControl, rules: NissRules, context: RequestContext, budgets: Budgets | None
    ) -> None:
        self.call: Call = context.call
        self.faults: Faults = list(context.faults)
        self.rules = rules
        self.audit = context.call.audit or AuditScope()
        self._access = access
        self._guard = None if context.call.caller.all_rights else context.guard
        self._number: EnterpriseNumber | None = None
        self.tally = context.tally
        self.budget = CallBudget(budgets, context.call.caller)

    async def __aenter__(self) -> Self:
        """Raises the errors of `AccessControl.enter`: the caller may not make this call."""
        await self._access.enter(self.call)
        self._guard_rights(None)
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        if isinstance(error, Refused):
            try:
                await self.budget.count_refusal(error)
            except BaseException as instead:
                raise instead from None

    def read_register(self, request: NamesRegister) -> None:
        """Read the field `register`; absent, the caller's own register is meant."""
        self._number = read_register(request, self.faults)

    def name_register(self, number: EnterpriseNumber | None) -> None:
        """Act on the register of this number; None = the caller's own."""
        self._number = number

    def niss(self, field: str, text: str) -> Niss | None:
        """The NISS in a mandatory field, noted for the audit; None when it is among the faults."""
        niss = read_niss(field, text, self.rules, self.faults)
        if niss is not None:
            self.audit.touched = (*self.audit.touched, niss)
            self.budget.asked[field] = niss
        return niss

    async def admit(self, faults: Iterable[Violation] = ()) -> AdmittedRegister:
        """The register acted on.

        Raises Refused when there is none that the caller may act on: MANDATE_MISSING alone; a malformed
        number, or the caller's own register that does not exist, together with the faults of the request and
        with `faults`, which the servicer keeps apart.
        """
        admitted = await self._admitted(self._access.admit_id, faults)
        self.tally.register = admitted.enterprise_number
        self._guard_rights(admitted)
        return admitted

    async def name_types(self, register: AdmittedRegister, dossier_types: Collection[str]) -> None:
        """Count the call for the partner of the one dossier type that it names, if there is one."""
        self.tally.partner = await self._access.partner(register, dossier_types)

    def guard_contents(self, identity: LiveIdentityFields) -> None:
        """From now on a stream sends no message with fields that `identity` no longer allows."""
        guard = current().guard
        if guard is not None:
            guard.contents = identity

    async def admit_committed(self) -> Register:
        """Like `admit`; the register as committed now."""
        register = await self._admitted(self._access.admit, ())
        self.tally.register = register.enterprise_number
        return register

    def _guard_rights(self, admitted: AdmittedRegister | None) -> None:
        """From now on a stream ends when it would no longer be admitted as it was."""
        if self._guard is not None:
            access, call = self._access, self.call
            self._guard.rest_on(access.rights, lambda: access.lost(call, admitted))

    async def _admitted(
        self, admit: Callable[[Call, EnterpriseNumber | None], Awaitable[_Page]], faults: Iterable[Violation]
    ) -> _Page:
        if any(fault.field == "register" for fault in self.faults):
            raise Refused([*self.faults, *faults])
        number = self._number
        own = self.call.caller.acts_as
        self.audit.register = own if number is None else number
        try:
            admitted = await admit(self.call, number)
        except Refused as refused:
            if refused.violations[0].reason is Reason.REGISTER_UNKNOWN:
                raise Refused([*refused.violations, *self.faults, *faults]) from None
            raise
        if number not in (None, own) and (grounds := self._access.grounds(self.call, number)):
            self.audit.note(**grounds)
        return admitted

    def refuse_faults(self, found: Iterable[Violation] = ()) -> None:
        """Raise Refused when anything is wrong with the request as it is written.

        `found` is what the state finds wrong with the rest of it. A missing permission stands alone. A field
        that could not be read has been reported already.
        """
        if not self.faults:
            return
        found = list(found)
        alone = [violation for violation in found if violation.reason.category is Category.PERMISSION]
        unread = {fault.field for fault in self.faults}
        raise Refused(
            alone or [*self.faults, *(violation for violation in found if violation.field not in unread)]
        )

    def require_bulk_reads(self) -> None:
        """Raise Refused AUDIT_UNAVAILABLE while answers about many persons are refused for want of space."""
        if self._access.audit is not None:
            self._access.audit.require_bulk_reads()

    def extents(self) -> StreamExtents | None:
        """The extents of a stream; None = calls are not recorded."""
        audit = self._access.audit
        return None if audit is None else StreamExtents(audit, self.call)

    async def keep_part(self, touched: Iterable[Niss], details: JsonObject) -> None:
        """Keep the record of one message of a stream before it is answered. Raises AUDIT_UNAVAILABLE."""
        if self._access.audit is not None:
            await self._access.audit.part(self.call, touched, details)


class RequestScopes:
    """Opens the scope of each request of a server."""

    def __init__(self, access: AccessControl, profile: NissProfile, budgets: Budgets | None = None) -> None:
        self.access = access
        self._budgets = budgets
        self._profile = profile
        self._rules = NissRules(profile, 0)
        self._second = 0

    def open(self, request: NamesRegister | None = None) -> RequestScope:
        """The scope of the current call; `request` where it names the register acted on by a field."""
        scope = RequestScope(self.access, self._today(), current(), self._budgets)
        if request is not None:
            scope.read_register(request)
        return scope

    def _today(self) -> NissRules:
        second = int(time.time())
        # The day is computed once a second: days begin at whole seconds.
        if second != self._second:
            today = brussels_day(datetime.fromtimestamp(second, UTC))
            if self._rules.today != today:
                self._rules = NissRules(self._profile, today)
            self._second = second
        return self._rules


async def list_page(
    scope: RequestScope,
    request: AsksForPage,
    page: Callable[[Call, AdmittedRegister, int, str], Awaitable[_Page]],
) -> _Page:
    """One page of a list of a register. Raises Refused."""
    check_page_size(request.page_size, scope.faults)
    register = await scope.admit()
    scope.refuse_faults()
    return await page(scope.call, register, request.page_size, request.page_token)

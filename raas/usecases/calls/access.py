"""Access control: the one place that decides who may call what.

The permission that each RPC requires is handed in; an RPC without one is refused. A register on which the
caller may not act cannot be told from one that does not exist: both are MANDATE_MISSING. Only the caller's
own number is REGISTER_UNKNOWN.

Decisions rest on the rights of the RightsCache, which are a second old at most; otherwise StoreUnavailable is
raised. Callers under development identity have all rights, and nothing is looked up for them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Container, Iterable, Mapping
from dataclasses import dataclass, field, replace

from raas.domain.errors import Reason, Refused, refuse
from raas.domain.json_value import Json
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.registers.register import Register
from raas.domain.rights.identity_fields import IdentityFields
from raas.domain.rights.mandate import MandatePermission
from raas.domain.rights.role import Role
from raas.domain.rights.view import WHOLE, RegisterView, union
from raas.usecases.calls.audit.call_audit import CallAudit, RecordKeeper
from raas.usecases.calls.call import Call
from raas.usecases.calls.call_rules import CallRules
from raas.usecases.calls.identity_access import IdentityAccess, LiveIdentityFields
from raas.usecases.calls.permission import MANDATES, ROLES, Permission
from raas.usecases.calls.rights_cache import RightsCache
from raas.usecases.ports.registers import RegisterStore

Lost = Callable[[], Refused | None]
"""Decides anew about a call that was admitted."""


@dataclass(frozen=True, slots=True)
class AdmittedRegister:
    """A register that exists and on which the caller of this call may act, within `view`.

    `lost` answers the refusal of a call under a mandate that would not be admitted any more, None = it would.
    """

    id: int
    enterprise_number: EnterpriseNumber
    view: RegisterView = field(default=WHOLE, hash=False)
    lost: Lost | None = field(default=None, compare=False, repr=False)


class AccessControl:
    """Admits calls to registers. `audit` records the calls of the server; None = they are not recorded."""

    def __init__(
        self,
        registers: RegisterStore,
        keeper: RecordKeeper | None,
        permissions: Mapping[str, Permission],
        rights: RightsCache,
        legal_context_rpcs: Container[str] = (),
        *,
        admissions_required: bool = False,
    ) -> None:
        self._registers = registers
        self.audit = None if keeper is None else CallAudit(keeper)
        self._permissions = permissions
        self.rights = rights
        self._rules = CallRules(
            permissions, rights, legal_context_rpcs, admissions_required=admissions_required
        )
        self._identities = IdentityAccess(registers, rights)
        self._known: dict[EnterpriseNumber, AdmittedRegister] = {}

    # ---- decisions ------------------------------------------------------------------------------

    async def enter(self, call: Call) -> None:
        """Decide about the call as a whole; the first thing that happens to it.

        A token that names scopes is narrowed to them, whatever the caller may do otherwise. Raises
        ADMISSION_MISSING, SCOPE_MISSING, ROLE_MISSING; StoreUnavailable when no rights are known that are
        fresh enough.
        """
        await self._know(call)
        self._rules.require(call)

    async def admit(self, call: Call, number: EnterpriseNumber | None) -> Register:
        """The register of this number (None = the caller's own) as committed now, and as the caller sees it.

        Raises REGISTER_UNKNOWN when the caller's own register does not exist, MANDATE_MISSING for any other
        that does not exist or on which the caller may not act.
        """
        await self._know(call)
        asked = call.caller.acts_as if number is None else number
        types = self._view_of(call, asked).dossier_types
        if types is None:
            register = await self._registers.find(asked)
        else:
            register = await self._registers.find_within(asked, types)
        if register is None:
            raise _unknown(call, asked)
        return register

    async def admit_id(self, call: Call, number: EnterpriseNumber | None) -> AdmittedRegister:
        """Like `admit`, without asking the store again for a register that was found before.

        A register is never deleted and never gets another id, so an earlier answer stays true.
        """
        await self._know(call)
        asked = call.caller.acts_as if number is None else number
        view = self._view_of(call, asked)
        known = self._known.get(asked)
        if known is None:
            register = await self._registers.find(asked)
            if register is None:
                raise _unknown(call, asked)
            known = self._known[asked] = AdmittedRegister(register.id, asked)
        return known if view is WHOLE else self._within(call, known, view)

    async def admitting(
        self, call: Call, numbers: Iterable[EnterpriseNumber]
    ) -> Callable[[EnterpriseNumber], Awaitable[AdmittedRegister]]:
        """A function that admits each of these numbers like `admit_id`, all as of one instant."""
        await self._know(call)
        views = {n: self._view(call, n) for n in dict.fromkeys(numbers)}
        unseen = [n for n, view in views.items() if view is not None and n not in self._known]
        found = await self._registers.ids_of(unseen) if unseen else {}
        self._known.update((n, AdmittedRegister(register_id, n)) for n, register_id in found.items())

        async def admit(number: EnterpriseNumber) -> AdmittedRegister:
            view, known = views[number], self._known.get(number)
            if view is None:
                raise _not_mandated(number)
            if known is None:
                raise _unknown(call, number)
            return known if view is WHOLE else self._within(call, known, view)

        return admit

    def routed_view(self, call: Call) -> RegisterView:
        """The part of every register that the caller sees as a router. Raises ROLE_MISSING."""
        if call.caller.all_rights:
            return WHOLE
        view = self._rules.router_view(call)
        if view is None:
            raise refuse(Reason.ROLE_MISSING, role=Role.ROUTER.name)
        return view.of_types(self._rules.allowed_types(call))

    def has_role(self, call: Call, role: Role) -> bool:
        """Whether the caller has a role now; under development identity it has every role."""
        return self._rules.has_role(call, role)

    def administers(self, call: Call, admitted: AdmittedRegister) -> bool:
        """Whether the caller owns the register, or has a mandate to administer it."""
        caller, register = call.caller.acts_as, admitted.enterprise_number
        if caller == register:
            return True
        return self.rights.view(caller, register, MandatePermission.ADMINISTER) is not None

    def is_administrator(self, call: Call) -> bool:
        """Whether the caller has the role ADMINISTRATOR, which the scopes of its token do not exclude."""
        return self._rules.is_administrator(call)

    async def identity_fields(self, call: Call, register: AdmittedRegister) -> IdentityFields:
        """The fields of identities that the call may show now. Raises StoreUnavailable, StoreFault.

        For a mandatary they count within the contents that `register.view` shows.
        """
        return await self._identities.fields(call, register.id, register.enterprise_number)

    async def partner(
        self, register: AdmittedRegister, dossier_types: Collection[str]
    ) -> EnterpriseNumber | None:
        """The partner for which the one dossier type that a call names is kept.

        None where it names none or several, or there is no such type. Raises StoreUnavailable, StoreFault.
        """
        if len(dossier_types) != 1:
            return None
        (code,) = dossier_types
        partners = await self._identities.partners(register.id)
        return partners.get(code) if register.view.shows_type(code) else None

    def live_identity_fields(self, call: Call, register: AdmittedRegister) -> LiveIdentityFields:
        """`identity_fields` for a stream, asked for with each message."""
        return self._identities.following(call, register.id, register.enterprise_number)

    def grounds(self, call: Call, register: EnterpriseNumber) -> dict[str, Json]:
        """The rights that open a register to the caller, for the audit; the owner needs none."""
        caller = call.caller
        if register == caller.acts_as or caller.all_rights:
            return {}
        permission = self._permissions[call.rpc]
        if permission in ROLES:
            return {"role": ROLES[permission].name}
        grounds: dict[str, Json] = {}
        rights = self.rights
        mandates = rights.snapshot.mandates_of(
            caller.acts_as, register, MANDATES[permission], rights.moment()
        )
        if mandates:
            grounds["mandates"] = sorted(str(mandate.id) for mandate in mandates)
        if any(mandate.reason is not None for mandate in mandates):
            grounds["break_glass"] = True
        if permission is Permission.CHECK and self._rules.router_view(call) is not None:
            grounds["role"] = Role.ROUTER.name
        return grounds

    def lost(self, call: Call, admitted: AdmittedRegister | None) -> Refused | None:
        """The refusal of an open stream that would not be admitted now as it was; None = it goes on.

        `admitted` is the register that it was admitted to; a view that has become narrower ends it.
        """
        return self._lost(call, admitted, WHOLE if admitted is None else admitted.view)

    def _within(self, call: Call, known: AdmittedRegister, view: RegisterView) -> AdmittedRegister:
        number = known.enterprise_number
        return AdmittedRegister(known.id, number, view, lambda: self._lost(call, known, view))

    def _lost(self, call: Call, admitted: AdmittedRegister | None, shown: RegisterView) -> Refused | None:
        try:
            self._rules.require(call)
            if admitted is not None:
                number = admitted.enterprise_number
                view = self._view(call, number)
                if view is None or not shown.within(view):
                    raise _not_mandated(number)
        except Refused as refused:
            return refused
        return None

    async def _know(self, call: Call) -> None:
        """Wait until rights are known that are fresh enough. Raises StoreUnavailable."""
        if not call.caller.all_rights and not self.rights.is_fresh:
            await self.rights.fresh(call.deadline)

    def _view_of(self, call: Call, asked: EnterpriseNumber) -> RegisterView:
        view = self._view(call, asked)
        if view is None:
            raise _not_mandated(asked)
        return view

    def _view(self, call: Call, asked: EnterpriseNumber) -> RegisterView | None:
        """The part of a register that the caller may act on; None = it may not act on it at all.

        It is what the caller's rights and its legal context both allow.
        """
        view, types = self._granted_view(call, asked), self._rules.allowed_types(call)
        if view is None:
            return None
        view = view if types is None else view.of_types(types)
        return replace(view, shows_restricted=True) if self._audits(call) else view

    def _audits(self, call: Call) -> bool:
        """Whether the call reads with the role of an auditor, which nobody has by development identity."""
        reads = self._permissions[call.rpc] in (Permission.READ, Permission.CHECK)
        return reads and not call.caller.all_rights and self._rules.has_role(call, Role.AUDITOR)

    def _granted_view(self, call: Call, asked: EnterpriseNumber) -> RegisterView | None:
        caller = call.caller
        if asked == caller.acts_as or caller.all_rights:
            return WHOLE
        permission = self._permissions[call.rpc]
        if permission in ROLES:
            # The role was required when the call began, and opens every register.
            return WHOLE
        view = self.rights.view(caller.acts_as, asked, MANDATES[permission])
        if permission is Permission.CHECK:
            view = union(each for each in (view, self._rules.router_view(call)) if each is not None)
        return view


def _unknown(call: Call, asked: EnterpriseNumber) -> Refused:
    if asked == call.caller.acts_as:
        return refuse(Reason.REGISTER_UNKNOWN, "register", register=enterprise_number_text(asked))
    return _not_mandated(asked)


def _not_mandated(asked: EnterpriseNumber) -> Refused:
    return refuse(Reason.MANDATE_MISSING, "register", register=enterprise_number_text(asked))

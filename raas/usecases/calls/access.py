"""Access control: the one place that decides who may call what, and that tells the audit what was shown.

The permission that each RPC requires is handed in; an RPC without one is refused. A register on which the
caller may not act cannot be told from one that does not exist: both are MANDATE_MISSING. Only the caller's
own number is REGISTER_UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from raas.domain.errors import Reason, Refused, Violation, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.numbers.niss import Niss
from raas.domain.registers.register import Register
from raas.usecases.calls.call import Call, Role
from raas.usecases.ports.audit import Audit, AuditRecord
from raas.usecases.ports.errors import PortError
from raas.usecases.ports.registers import RegisterStore


class Permission(Enum):
    """The permission that an RPC requires; the owner of a register may do everything with it.

    Names equal those of the proto enum CallPermission.
    """

    READ = "a mandate to read the register"
    WRITE = "a mandate to write the register"
    SUBSCRIBE = "a mandate to subscribe to the mutations of the register"
    ADMINISTER = "a mandate to administer the register"
    CHECK = "a mandate to read the register, or the role of router"
    ROUTE = "the role of router"
    ADMINISTRATION = "the role of administration"
    PERSON_REGISTRATION = "the role of person registrar"
    PERSON_CHECK = "the role of person checker"
    SOURCE = "the role of authentic source"


_ROLES = {
    Permission.CHECK: Role.ROUTER,
    Permission.ROUTE: Role.ROUTER,
    Permission.ADMINISTRATION: Role.ADMINISTRATION,
    Permission.PERSON_REGISTRATION: Role.PERSON_REGISTRAR,
    Permission.PERSON_CHECK: Role.PERSON_CHECKER,
    Permission.SOURCE: Role.AUTHENTIC_SOURCE,
}


@dataclass(frozen=True, slots=True)
class AdmittedRegister:
    """A register that exists and on which the caller of this call may act."""

    id: int
    enterprise_number: EnterpriseNumber


class AccessControl:
    """Admits calls to registers and reports every call to the audit."""

    def __init__(self, registers: RegisterStore, audit: Audit, permissions: Mapping[str, Permission]) -> None:
        self._registers = registers
        self._audit = audit
        self._permissions = permissions
        self._known: dict[EnterpriseNumber, AdmittedRegister] = {}

    def require_role(self, call: Call) -> None:
        """Refuse a caller without the role that the RPC requires. Raises ROLE_MISSING, SCOPE_MISSING.

        CHECK requires the role only for registers for which the caller has no mandate: see `admitting`. A
        token that names scopes is narrowed to them, whatever the caller may do otherwise.
        """
        permission = self._permissions[call.rpc]
        credential = call.caller.credential
        if credential is not None and credential.rights is not None:
            right = permission.name.lower()
            if right not in credential.rights:
                raise refuse(Reason.SCOPE_MISSING, scope=right)
        role = None if permission is Permission.CHECK else _ROLES.get(permission)
        if role is not None and role not in call.caller.roles:
            raise refuse(Reason.ROLE_MISSING, role=role.name)

    async def admit(self, call: Call, number: EnterpriseNumber | None) -> Register:
        """The register of this number (None = the caller's own) as committed now.

        Raises REGISTER_UNKNOWN when the caller's own register does not exist, MANDATE_MISSING for any other
        that does not exist or on which the caller may not act.
        """
        asked = self._asked(call, number)
        register = await self._registers.find(asked)
        if register is None:
            raise _unknown(call, asked)
        return register

    async def admit_id(self, call: Call, number: EnterpriseNumber | None) -> AdmittedRegister:
        """Like `admit`, without asking the store again for a register that was found before.

        A register is never deleted and never gets another id, so an earlier answer stays true.
        """
        asked = self._asked(call, number)
        known = self._known.get(asked)
        if known is None:
            register = await self._registers.find(asked)
            if register is None:
                raise _unknown(call, asked)
            known = self._known[asked] = AdmittedRegister(register.id, asked)
        return known

    async def admitting(
        self, call: Call, numbers: Iterable[EnterpriseNumber]
    ) -> Callable[[EnterpriseNumber], Awaitable[AdmittedRegister]]:
        """A function that admits each of these numbers like `admit_id`, all as of one snapshot."""
        unseen = [n for n in dict.fromkeys(numbers) if n not in self._known and self._may(call, n)]
        found = await self._registers.find_many(unseen) if unseen else ()
        self._known.update((r.enterprise_number, AdmittedRegister(r.id, r.enterprise_number)) for r in found)

        async def admit(number: EnterpriseNumber) -> AdmittedRegister:
            known = self._known.get(self._asked(call, number))
            if known is None:
                raise _unknown(call, number)
            return known

        return admit

    def note(
        self,
        call: Call,
        register: EnterpriseNumber | None,
        nisses: Iterable[Niss],
        revisions: tuple[int, int] | None,
        outcome: str,
    ) -> None:
        """Tell the audit what a call touched or showed, before its answer leaves."""
        self._audit.record(
            AuditRecord(call.rpc, call.caller.enterprise_number, register, nisses, revisions, outcome)
        )

    def note_unread(self, call: Call, violations: Iterable[Violation]) -> None:
        """Tell the audit of a call whose request was refused before it was read."""
        self.audit_scope(call).close(Refused(violations))

    def audit_scope(self, call: Call) -> AuditScope:
        """The audit record of a call, to be completed while it is served and then closed."""
        return AuditScope(self, call)

    def _asked(self, call: Call, number: EnterpriseNumber | None) -> EnterpriseNumber:
        asked = call.caller.enterprise_number if number is None else number
        if not self._may(call, asked):
            raise _not_mandated(asked)
        return asked

    def _may(self, call: Call, asked: EnterpriseNumber) -> bool:
        caller = call.caller
        return (
            asked == caller.enterprise_number
            or caller.all_mandates
            or _ROLES.get(self._permissions[call.rpc]) in caller.roles
        )


@dataclass(slots=True)
class AuditScope:
    """The audit record of a call while it is collected; refusals are recorded too."""

    access: AccessControl
    call: Call
    register: EnterpriseNumber | None = None
    nisses: Iterable[Niss] = ()
    revisions: tuple[int, int] | None = None
    by_register: Mapping[EnterpriseNumber, Iterable[Niss]] = field(default_factory=dict)
    """For a call on several registers: one record per register, so that each owner sees the caller."""

    def close(self, error: BaseException | None) -> None:
        """Record the call; `error` is the exception that ended it, None when it is answered."""
        outcome = _outcome(error)
        for register, nisses in self.by_register.items():
            self.access.note(self.call, register, nisses, self.revisions, outcome)
        if not self.by_register:
            self.access.note(self.call, self.register, self.nisses, self.revisions, outcome)


def _outcome(error: BaseException | None) -> str:
    match error:
        case None:
            return "OK"
        case Refused(violations=[first, *_]):
            return first.reason.name
        case PortError():
            return Reason.UNAVAILABLE.name
        case Exception():
            return Reason.INTERNAL.name
        case _:
            return "CANCELLED"


def _unknown(call: Call, asked: EnterpriseNumber) -> Refused:
    if asked == call.caller.enterprise_number:
        return refuse(Reason.REGISTER_UNKNOWN, "register", register=enterprise_number_text(asked))
    return _not_mandated(asked)


def _not_mandated(asked: EnterpriseNumber) -> Refused:
    return refuse(Reason.MANDATE_MISSING, "register", register=enterprise_number_text(asked))

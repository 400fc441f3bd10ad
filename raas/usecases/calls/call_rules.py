"""The rules for a call as a whole: who may make it, with which role, and about which dossier types.

They rest on the rights that the process knows; AccessControl sees to it that these are fresh.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from raas.domain.errors import Reason, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.legal_context import LegalContext
from raas.domain.rights.role import Role
from raas.domain.rights.view import RegisterView, VisibleTypes, union
from raas.usecases.calls.call import Call
from raas.usecases.calls.permission import ROLES, Permission
from raas.usecases.calls.rights_cache import RightsCache

_WITHOUT_ADMISSION = frozenset(
    {"/raas.v1.AdministrationService/SetAdmission", "/raas.v1.AdministrationService/ListAdmissions"}
)
"""The RPCs that admit organisations; an administrator may call them before its own is admitted."""


class CallRules:
    """Decides about calls by blocks, admissions, gateways, legal contexts, scopes and roles."""

    def __init__(
        self,
        permissions: Mapping[str, Permission],
        rights: RightsCache,
        legal_context_rpcs: Container[str],
        *,
        admissions_required: bool,
    ) -> None:
        self._permissions = permissions
        self._rights = rights
        self._legal_context_rpcs = legal_context_rpcs
        self._admissions_required = admissions_required

    def require(self, call: Call) -> None:
        """Raise Refused unless the caller may make this call.

        UNAUTHENTICATED where it is blocked, ADMISSION_MISSING, ROLE_MISSING, LEGAL_CONTEXT_REQUIRED,
        LEGAL_CONTEXT_NOT_ALLOWED, SCOPE_MISSING.
        """
        self._require_unblocked(call)
        self._require_admission(call, call.caller.enterprise_number)
        self._require_gateway(call)
        self._require_legal_context(call)
        permission = self._permissions[call.rpc]
        if not _is_in_scope(call, permission):
            raise refuse(Reason.SCOPE_MISSING, scope=permission.name.lower())
        role = ROLES.get(permission)
        if role is not None and not self.has_role(call, role):
            raise refuse(Reason.ROLE_MISSING, role=role.name)

    def has_role(self, call: Call, role: Role) -> bool:
        """Whether the caller has the role; on behalf of another organisation it has none of anybody's."""
        caller = call.caller
        if caller.all_rights:
            return True
        if caller.on_behalf_of is not None:
            return False
        rights = self._rights
        if role is Role.ROUTER:
            return self.router_view(call) is not None
        return rights.snapshot.has_role(caller.enterprise_number, role, rights.moment())

    def is_administrator(self, call: Call) -> bool:
        """Whether the caller has the role ADMINISTRATOR, which the scopes of its token do not exclude."""
        return _is_in_scope(call, Permission.ADMINISTRATION) and self.has_role(call, Role.ADMINISTRATOR)

    def router_view(self, call: Call) -> RegisterView | None:
        """The part of every register that the caller sees as a router; None = it is no router now."""
        if call.caller.on_behalf_of is not None:
            return None
        rights = self._rights
        grants = rights.snapshot.grants_of(call.caller.enterprise_number, Role.ROUTER, rights.moment())
        return union(
            RegisterView(grant.dossier_types)
            for grant in grants
            if grant.legal_contexts is None or call.legal_context in grant.legal_contexts
        )

    def allowed_types(self, call: Call) -> VisibleTypes:
        """The dossier types that the legal context of the call allows; None = all."""
        if call.rpc not in self._legal_context_rpcs or call.caller.all_rights:
            return None
        types: frozenset[str] = frozenset()
        for context in self._contexts(call):
            if context.dossier_types is None:
                return None
            types |= context.dossier_types
        return types

    def _require_unblocked(self, call: Call) -> None:
        """Refuse a blocked credential."""
        credential, snapshot = call.caller.credential, self._rights.snapshot
        if credential is not None and snapshot.blocks and snapshot.is_blocked(credential):
            raise refuse(Reason.UNAUTHENTICATED)

    def _require_admission(self, call: Call, organisation: EnterpriseNumber) -> None:
        """Refuse a call in production unless this organisation is admitted."""
        if not self._admissions_required or call.caller.all_rights or call.rpc in _WITHOUT_ADMISSION:
            return
        if not self._rights.snapshot.is_admitted(organisation, self._rights.moment()):
            raise refuse(Reason.ADMISSION_MISSING)

    def _require_legal_context(self, call: Call) -> None:
        """Refuse a call that needs a legal context in which the catalogue does not allow it."""
        if call.rpc not in self._legal_context_rpcs or call.caller.all_rights:
            return
        if call.legal_context is None:
            raise refuse(Reason.LEGAL_CONTEXT_REQUIRED, "metadata.raas-legal-context")
        if not self._contexts(call):
            raise refuse(Reason.LEGAL_CONTEXT_NOT_ALLOWED, "metadata.raas-legal-context")

    def _contexts(self, call: Call) -> Sequence[LegalContext]:
        rights, organisation = self._rights, call.caller.acts_as
        if call.legal_context is None:
            return ()
        return rights.snapshot.contexts_of(organisation, call.legal_context, call.rpc, rights.moment())

    def _require_gateway(self, call: Call) -> None:
        """Refuse a call on behalf of an organisation for which the caller is no gateway with this RPC.

        Only a gateway learns whether the organisation is blocked or not admitted.
        """
        caller, snapshot = call.caller, self._rights.snapshot
        organisation = caller.on_behalf_of
        if organisation is None or caller.all_rights:
            return
        grants = snapshot.grants_of(caller.enterprise_number, Role.GATEWAY, self._rights.moment())
        if not any(organisation in each.organisations and call.rpc in each.rpcs for each in grants):
            raise refuse(Reason.ROLE_MISSING, role=Role.GATEWAY.name)
        if snapshot.is_blocked_organisation(organisation):
            raise refuse(Reason.UNAUTHENTICATED)
        self._require_admission(call, organisation)


def _is_in_scope(call: Call, permission: Permission) -> bool:
    """Whether the scopes of the caller's token include a permission; a credential without scopes has all."""
    credential = call.caller.credential
    return credential is None or credential.rights is None or permission.name.lower() in credential.rights

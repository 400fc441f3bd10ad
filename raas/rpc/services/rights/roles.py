"""AdministrationService: the roles of organisations."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from collections.abc import Container

from raas.domain.errors import Reason, Violation
from raas.domain.rights.role import Role
from raas.rpc.calls.request_scope import RequestScopes
from raas.rpc.wire.fields import check_page_size, read_enum, read_optional_number
from raas.rpc.wire.rights.authorisations import authorisation_message
from raas.rpc.wire.rights.grants import grant_message, read_active_on, read_id, read_new_grant
from raas.usecases.admin.authorisations import Authorisations
from raas.usecases.admin.roles import Roles
from raas.v1 import administration_service_pb2 as v1


class RoleCalls:
    """GrantRole, ConfirmGrant, RevokeRole and ListRoles; `rpcs` are the names of all RPCs."""

    def __init__(
        self,
        use_cases: Roles,
        authorisations: Authorisations,
        scopes: RequestScopes,
        rpcs: Container[str],
    ) -> None:
        self._use_cases = use_cases
        self._authorisations = authorisations
        self._request = scopes.open
        self._rpcs = rpcs

    async def GrantRole(self, request: v1.GrantRoleRequest, context: object) -> v1.GrantRoleResponse:
        """Grant a role."""
        async with self._request() as r:
            new = read_new_grant(request, self._rpcs, r.faults)
            r.refuse_faults(() if new is None else self._use_cases.violations(new))
            assert new is not None
            grant = await self._use_cases.grant(r.call, new)
            return v1.GrantRoleResponse(grant=grant_message(grant))

    async def ConfirmGrant(self, request: v1.ConfirmGrantRequest, context: object) -> v1.ConfirmGrantResponse:
        """Confirm a grant as the second administrator."""
        async with self._request() as r:
            subject = request.WhichOneof("subject")
            if subject is None:
                r.faults.append(Violation("subject", Reason.REQUIRED))
                r.refuse_faults()
            elif subject == "authorisation_id":
                authorisation_id = read_id("authorisation_id", request.authorisation_id, r.faults)
                r.refuse_faults()
                assert authorisation_id is not None
                authorisation = await self._authorisations.confirm(r.call, authorisation_id)
                return v1.ConfirmGrantResponse(authorisation=authorisation_message(authorisation))
            grant_id = read_id("grant_id", request.grant_id, r.faults)
            r.refuse_faults()
            assert grant_id is not None
            grant = await self._use_cases.confirm(r.call, grant_id)
            return v1.ConfirmGrantResponse(grant=grant_message(grant))

    async def RevokeRole(self, request: v1.RevokeRoleRequest, context: object) -> v1.RevokeRoleResponse:
        """Revoke a role."""
        async with self._request() as r:
            grant_id = read_id("grant_id", request.grant_id, r.faults)
            r.refuse_faults()
            assert grant_id is not None
            grant = await self._use_cases.revoke(r.call, grant_id)
            return v1.RevokeRoleResponse(grant=grant_message(grant))

    async def ListRoles(self, request: v1.ListRolesRequest, context: object) -> v1.ListRolesResponse:
        """List the grants of roles."""
        async with self._request() as r:
            number = read_optional_number("enterprise_number", request, r.faults)
            role = read_enum("role", request.role, Role, r.faults) if request.role else None
            active_on = read_active_on(request, r.faults)
            check_page_size(request.page_size, r.faults)
            r.refuse_faults()
            grants, token = await self._use_cases.page(
                r.call, number, role, active_on, request.page_size, request.page_token
            )
            return v1.ListRolesResponse(grants=map(grant_message, grants), next_page_token=token)

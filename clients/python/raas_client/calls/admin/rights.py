"""AdministrationService: mandates on registers, and roles of organisations."""

from __future__ import annotations

from collections.abc import Sequence

from raas.v1.administration_service_pb2 import (
    BreakGlassRequest,
    ConfirmGrantRequest,
    GrantMandateRequest,
    GrantRoleRequest,
    ListMandatesRequest,
    ListMandatesResponse,
    ListRolesRequest,
    ListRolesResponse,
    RevokeMandateRequest,
    RevokeRoleRequest,
)
from raas.v1.mandate_pb2 import Mandate, MandateContent, MandatePermission
from raas.v1.role_pb2 import Role, RoleGrant
from raas_client.calls.invoke import Calls
from raas_client.calls.pages import LARGEST_PAGE, Pages
from raas_client.days import Day, optional_day_text


class Rights:
    """Mandates and roles. Grants are not repeated when the answer is lost: list them then."""

    _calls: Calls

    async def grant_mandate(
        self,
        mandatary: str,
        permissions: Sequence[MandatePermission.ValueType],
        *,
        dossier_types: Sequence[str] = (),
        contents: Sequence[MandateContent.ValueType] = (),
        valid_from: Day | None = None,
        valid_until: Day | None = None,
        legal_basis: str | None = None,
    ) -> Mandate:
        """A mandate on the register for another organisation.

        `dossier_types`: for these only; empty = all. `contents`: the contents about persons that mutations
        show; empty = none. Both days are inclusive.
        """
        request = GrantMandateRequest(
            register=self._calls.register,
            mandatary=mandatary,
            permissions=permissions,
            dossier_types=dossier_types,
            contents=contents,
            valid_from=optional_day_text(valid_from),
            valid_until=optional_day_text(valid_until),
            legal_basis=legal_basis,
        )
        answer = await self._calls.unary(
            lambda stubs: stubs.administration.GrantMandate, request, repeatable=False
        )
        return answer.mandate

    async def revoke_mandate(self, mandate_id: str) -> Mandate:
        """End a mandate on the register at once."""
        request = RevokeMandateRequest(register=self._calls.register, mandate_id=mandate_id)
        return (await self._calls.unary(lambda stubs: stubs.administration.RevokeMandate, request)).mandate

    def mandates(
        self, *, mandatary: str | None = None, active_on: Day | None = None
    ) -> Pages[ListMandatesResponse, Mandate]:
        """The mandates on the register, or those of the caller: as `mandatary`, and without a register."""
        request = ListMandatesRequest(
            register=self._calls.register,
            mandatary=mandatary,
            active_on=optional_day_text(active_on),
            page_size=LARGEST_PAGE,
        )
        return self._calls.listed(
            lambda stubs: stubs.administration.ListMandates, request, lambda page: page.mandates
        )

    async def grant_role(
        self,
        enterprise_number: str,
        role: Role.ValueType,
        *,
        organisations: Sequence[str] = (),
        rpcs: Sequence[str] = (),
        dossier_types: Sequence[str] = (),
        legal_contexts: Sequence[str] = (),
        valid_from: Day | None = None,
        valid_until: Day | None = None,
    ) -> RoleGrant:
        """A role for an organisation; `awaits_confirmation` tells whether a second administrator confirms it.

        `organisations` and `rpcs` (`raas.v1.RegisterService/Consult`) are those of a gateway, `dossier_types`
        and `legal_contexts` restrict a router. Both days are inclusive.
        """
        request = GrantRoleRequest(
            enterprise_number=enterprise_number,
            role=role,
            organisations=organisations,
            rpcs=rpcs,
            dossier_types=dossier_types,
            legal_contexts=legal_contexts,
            valid_from=optional_day_text(valid_from),
            valid_until=optional_day_text(valid_until),
        )
        answer = await self._calls.unary(
            lambda stubs: stubs.administration.GrantRole, request, repeatable=False
        )
        return answer.grant

    async def confirm_grant(self, grant_id: str) -> RoleGrant:
        """Confirm a grant of a role, as the second administrator."""
        request = ConfirmGrantRequest(grant_id=grant_id)
        return (await self._calls.unary(lambda stubs: stubs.administration.ConfirmGrant, request)).grant

    async def revoke_role(self, grant_id: str) -> RoleGrant:
        """End a grant of a role at once."""
        request = RevokeRoleRequest(grant_id=grant_id)
        return (await self._calls.unary(lambda stubs: stubs.administration.RevokeRole, request)).grant

    def roles(
        self,
        *,
        enterprise_number: str | None = None,
        role: Role.ValueType = Role.ROLE_UNSPECIFIED,
        active_on: Day | None = None,
    ) -> Pages[ListRolesResponse, RoleGrant]:
        """The grants of roles, of all by default, in order of grant time."""
        request = ListRolesRequest(
            enterprise_number=enterprise_number,
            role=role,
            active_on=optional_day_text(active_on),
            page_size=LARGEST_PAGE,
        )
        return self._calls.listed(
            lambda stubs: stubs.administration.ListRoles, request, lambda page: page.grants
        )

    async def break_glass(self, register: str, reason: str, ticket: str, hours: int) -> Mandate:
        """A mandate to read a register for at most 4 hours; its owner is told by a mutation."""
        request = BreakGlassRequest(register=register, reason=reason, ticket=ticket, hours=hours)
        answer = await self._calls.unary(
            lambda stubs: stubs.administration.BreakGlass, request, repeatable=False
        )
        return answer.mandate

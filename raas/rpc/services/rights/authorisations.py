"""DistributionService: the authorisations of registers."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from raas.rpc.calls.request_scope import RequestScopes
from raas.rpc.wire.fields import check_page_size, read_optional_number
from raas.rpc.wire.rights.authorisations import (
    authorisation_message,
    read_new_authorisation,
    read_service,
)
from raas.rpc.wire.rights.grants import read_active_on, read_id, read_mandatory_number
from raas.usecases.admin.authorisations import Authorisations
from raas.v1 import distribution_service_pb2 as v1


class AuthorisationCalls:
    """GrantAuthorisation, RevokeAuthorisation and ListAuthorisations."""

    def __init__(self, use_cases: Authorisations, scopes: RequestScopes) -> None:
        self._use_cases = use_cases
        self._access = scopes.access
        self._request = scopes.open

    async def GrantAuthorisation(
        self, request: v1.GrantAuthorisationRequest, context: object
    ) -> v1.GrantAuthorisationResponse:
        """Grant an authorisation."""
        async with self._request() as r:
            number = read_mandatory_number("register", request.register, r.faults)
            new = read_new_authorisation(request, r.faults)
            r.audit.register = number
            if number is None:
                r.refuse_faults()
            register = await self._access.admit_id(r.call, number)
            if r.faults:
                r.refuse_faults(await self._use_cases.violations(register, new.dossier_types))
            authorisation = await self._use_cases.grant(r.call, register, new)
            return v1.GrantAuthorisationResponse(authorisation=authorisation_message(authorisation))

    async def RevokeAuthorisation(
        self, request: v1.RevokeAuthorisationRequest, context: object
    ) -> v1.RevokeAuthorisationResponse:
        """Revoke an authorisation."""
        async with self._request() as r:
            authorisation_id = read_id("authorisation_id", request.authorisation_id, r.faults)
            r.refuse_faults()
            assert authorisation_id is not None
            authorisation = await self._use_cases.revoke(r.call, authorisation_id)
            r.audit.register = authorisation.register
            return v1.RevokeAuthorisationResponse(authorisation=authorisation_message(authorisation))

    async def ListAuthorisations(
        self, request: v1.ListAuthorisationsRequest, context: object
    ) -> v1.ListAuthorisationsResponse:
        """List the authorisations of all registers, or of one that the caller may administer."""
        is_administrator = self._access.is_administrator
        async with self._request() as r:
            service = read_service(request, r.faults)
            register = read_optional_number("register", request, r.faults)
            active_on = read_active_on(request, r.faults)
            check_page_size(request.page_size, r.faults)
            r.audit.register = register
            if not is_administrator(r.call):
                r.name_register(register)
                register = (await r.admit()).enterprise_number
            r.refuse_faults()
            authorisations, token = await self._use_cases.page(
                r.call, service, register, active_on, request.page_size, request.page_token
            )
            return v1.ListAuthorisationsResponse(
                authorisations=map(authorisation_message, authorisations), next_page_token=token
            )

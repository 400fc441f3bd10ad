"""AdministrationService: the mandates on registers."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from raas.rpc.calls.request_scope import RequestScopes
from raas.rpc.wire.fields import check_page_size, read_optional_number
from raas.rpc.wire.rights.grants import (
    mandate_message,
    read_active_on,
    read_break_glass,
    read_id,
    read_mandatory_number,
    read_new_mandate,
)
from raas.usecases.admin.break_glass import BreakGlass
from raas.usecases.admin.mandates import Mandates
from raas.v1 import administration_service_pb2 as v1


class MandateCalls:
    """GrantMandate, RevokeMandate, ListMandates and BreakGlass."""

    def __init__(self, use_cases: Mandates, break_glass: BreakGlass, scopes: RequestScopes) -> None:
        self._use_cases = use_cases
        self._break_glass = break_glass
        self._access = scopes.access
        self._request = scopes.open

    async def GrantMandate(self, request: v1.GrantMandateRequest, context: object) -> v1.GrantMandateResponse:
        """Grant a mandate."""
        async with self._request(request) as r:
            new = read_new_mandate(request, r.faults)
            register = await r.admit()
            if r.faults:
                r.refuse_faults(await self._use_cases.violations(register, new))
            mandate = await self._use_cases.grant(r.call, register, new)
            return v1.GrantMandateResponse(mandate=mandate_message(mandate))

    async def RevokeMandate(
        self, request: v1.RevokeMandateRequest, context: object
    ) -> v1.RevokeMandateResponse:
        """Revoke a mandate."""
        async with self._request(request) as r:
            mandate_id = read_id("mandate_id", request.mandate_id, r.faults)
            register = await r.admit()
            r.refuse_faults()
            assert mandate_id is not None
            mandate = await self._use_cases.revoke(r.call, register, mandate_id)
            return v1.RevokeMandateResponse(mandate=mandate_message(mandate))

    async def ListMandates(self, request: v1.ListMandatesRequest, context: object) -> v1.ListMandatesResponse:
        """List the mandates on a register, or those of the caller."""
        async with self._request(request) as r:
            register = None
            mandatary = read_optional_number("mandatary", request, r.faults)
            active_on = read_active_on(request, r.faults)
            check_page_size(request.page_size, r.faults)
            if request.HasField("register") or mandatary != r.call.caller.acts_as:
                register = (await r.admit()).enterprise_number
            r.refuse_faults()
            mandates, token = await self._use_cases.page(
                r.call, register, mandatary, active_on, request.page_size, request.page_token
            )
            return v1.ListMandatesResponse(mandates=map(mandate_message, mandates), next_page_token=token)

    async def BreakGlass(self, request: v1.BreakGlassRequest, context: object) -> v1.BreakGlassResponse:
        """Take a mandate to read a register for some hours."""
        async with self._request() as r:
            number = read_mandatory_number("register", request.register, r.faults)
            reason, ticket, hours = read_break_glass(request, r.faults)
            r.audit.register = number
            r.refuse_faults()
            assert reason is not None
            assert ticket is not None
            register = await self._access.admit_id(r.call, number)
            mandate = await self._break_glass.take(r.call, register, reason, ticket, hours)
            return v1.BreakGlassResponse(mandate=mandate_message(mandate))

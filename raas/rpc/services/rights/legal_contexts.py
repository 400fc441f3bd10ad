"""AdministrationService: the catalogue of legal contexts."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from collections.abc import Container

from raas.rpc.calls.request_scope import RequestScopes
from raas.rpc.wire.fields import check_page_size, read_optional_number
from raas.rpc.wire.rights.catalogue import legal_context_message, read_new_legal_context
from raas.rpc.wire.rights.grants import read_active_on, read_id
from raas.usecases.admin.legal_contexts import LegalContexts
from raas.v1 import administration_service_pb2 as v1


class LegalContextCalls:
    """AllowLegalContext, RevokeLegalContext and ListLegalContexts; `rpcs` are the names of all RPCs."""

    def __init__(self, use_cases: LegalContexts, scopes: RequestScopes, rpcs: Container[str]) -> None:
        self._use_cases = use_cases
        self._request = scopes.open
        self._rpcs = rpcs

    async def AllowLegalContext(
        self, request: v1.AllowLegalContextRequest, context: object
    ) -> v1.AllowLegalContextResponse:
        """Add an entry to the catalogue."""
        async with self._request() as r:
            new = read_new_legal_context(request, self._rpcs, r.faults)
            r.refuse_faults()
            assert new is not None
            allowed = await self._use_cases.allow(r.call, new)
            return v1.AllowLegalContextResponse(legal_context=legal_context_message(allowed))

    async def RevokeLegalContext(
        self, request: v1.RevokeLegalContextRequest, context: object
    ) -> v1.RevokeLegalContextResponse:
        """End an entry of the catalogue."""
        async with self._request() as r:
            context_id = read_id("legal_context_id", request.legal_context_id, r.faults)
            r.refuse_faults()
            assert context_id is not None
            revoked = await self._use_cases.revoke(r.call, context_id)
            return v1.RevokeLegalContextResponse(legal_context=legal_context_message(revoked))

    async def ListLegalContexts(
        self, request: v1.ListLegalContextsRequest, context: object
    ) -> v1.ListLegalContextsResponse:
        """List the catalogue."""
        async with self._request() as r:
            caller = read_optional_number("caller", request, r.faults)
            active_on = read_active_on(request, r.faults)
            check_page_size(request.page_size, r.faults)
            r.refuse_faults()
            found, token = await self._use_cases.page(
                r.call, caller, active_on, request.page_size, request.page_token
            )
            return v1.ListLegalContextsResponse(
                legal_contexts=map(legal_context_message, found), next_page_token=token
            )

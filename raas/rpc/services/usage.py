"""AdministrationService: the billable usage of organisations."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from raas.domain.rights.role import Role
from raas.rpc.calls.request_scope import RequestScopes
from raas.rpc.wire.usage import read_asked_usage, usage_message
from raas.usecases.billing.list_usage import ListUsage
from raas.v1 import administration_service_pb2 as v1


class UsageCalls:
    """GetUsage."""

    def __init__(self, use_case: ListUsage, scopes: RequestScopes) -> None:
        self._use_case = use_case
        self._access = scopes.access
        self._request = scopes.open

    async def GetUsage(self, request: v1.GetUsageRequest, context: object) -> v1.GetUsageResponse:
        """List usage by month."""
        async with self._request() as r:
            asked = read_asked_usage(request, r.faults)
            r.audit.register = asked.register
            r.refuse_faults()
            is_auditor = self._access.has_role(r.call, Role.AUDITOR)
            rows, token = await self._use_case.page(
                r.call, asked, is_auditor, request.page_size, request.page_token
            )
            return v1.GetUsageResponse(usage=map(usage_message, rows), next_page_token=token)

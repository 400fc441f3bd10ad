"""AdministrationService: the admissions of organisations."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from raas.rpc.calls.request_scope import RequestScopes
from raas.rpc.wire.fields import check_page_size, read_optional_number
from raas.rpc.wire.rights.admissions import admission_message, read_new_admission
from raas.rpc.wire.rights.grants import read_active_on
from raas.usecases.admin.admissions import Admissions
from raas.v1 import administration_service_pb2 as v1


class AdmissionCalls:
    """SetAdmission and ListAdmissions."""

    def __init__(self, use_cases: Admissions, scopes: RequestScopes) -> None:
        self._use_cases = use_cases
        self._request = scopes.open

    async def SetAdmission(self, request: v1.SetAdmissionRequest, context: object) -> v1.SetAdmissionResponse:
        """Replace the admission of an organisation."""
        async with self._request() as r:
            new = read_new_admission(request, r.faults)
            r.refuse_faults()
            assert new is not None
            admission = await self._use_cases.set(r.call, new)
            return v1.SetAdmissionResponse(admission=admission_message(admission))

    async def ListAdmissions(
        self, request: v1.ListAdmissionsRequest, context: object
    ) -> v1.ListAdmissionsResponse:
        """List the admissions."""
        async with self._request() as r:
            number = read_optional_number("enterprise_number", request, r.faults)
            active_on = read_active_on(request, r.faults)
            check_page_size(request.page_size, r.faults)
            r.refuse_faults()
            found, token = await self._use_cases.page(
                r.call, number, active_on, request.page_size, request.page_token
            )
            return v1.ListAdmissionsResponse(admissions=map(admission_message, found), next_page_token=token)

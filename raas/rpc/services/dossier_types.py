"""RegisterService: the dossier types."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from raas.domain.errors import Reason, Violation
from raas.rpc.calls.request_scope import RequestScopes, list_page
from raas.rpc.wire.registers import dossier_type_message, read_dossier_type, read_dossier_type_changes
from raas.usecases.writes.dossier_types import ManageDossierTypes
from raas.v1 import register_service_pb2 as v1


class DossierTypes:
    """CreateDossierType, UpdateDossierType and ListDossierTypes."""

    def __init__(self, use_cases: ManageDossierTypes, scopes: RequestScopes) -> None:
        self._use_cases = use_cases
        self._request = scopes.open

    async def CreateDossierType(
        self, request: v1.CreateDossierTypeRequest, context: object
    ) -> v1.CreateDossierTypeResponse:
        """Declare a dossier type."""
        async with self._request(request) as r:
            dossier_type = None
            if request.HasField("dossier_type"):
                dossier_type = read_dossier_type(request.dossier_type, r.faults)
            else:
                r.faults.append(Violation("dossier_type", Reason.REQUIRED))
            register = await r.admit()
            r.refuse_faults()
            assert dossier_type is not None
            created, revision = await self._use_cases.create(r.call, register, dossier_type)
            return v1.CreateDossierTypeResponse(dossier_type=dossier_type_message(created), revision=revision)

    async def UpdateDossierType(
        self, request: v1.UpdateDossierTypeRequest, context: object
    ) -> v1.UpdateDossierTypeResponse:
        """Change a dossier type."""
        async with self._request(request) as r:
            changes: Mapping[str, Any] = {}
            if request.HasField("dossier_type"):
                changes = read_dossier_type_changes(request.dossier_type, request.update_mask, r.faults)
            else:
                r.faults.append(Violation("dossier_type", Reason.REQUIRED))
            register = await r.admit()
            code = request.dossier_type.code
            if r.faults:
                r.refuse_faults(await self._use_cases.violations(register, code) if code else ())
            changed, revision = await self._use_cases.update(r.call, register, code, changes)
            return v1.UpdateDossierTypeResponse(dossier_type=dossier_type_message(changed), revision=revision)

    async def ListDossierTypes(
        self, request: v1.ListDossierTypesRequest, context: object
    ) -> v1.ListDossierTypesResponse:
        """List the dossier types of a register."""
        async with self._request(request) as r:
            types, token = await list_page(r, request, self._use_cases.page)
            return v1.ListDossierTypesResponse(
                dossier_types=[dossier_type_message(each) for each in types], next_page_token=token
            )

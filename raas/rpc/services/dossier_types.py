"""RegisterService: the dossier types."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from typing import Any

from raas.domain.errors import Reason, Violation
from raas.rpc.calls.context import current
from raas.rpc.calls.scope import RequestScope, refuse_faults, together
from raas.rpc.services.use_cases import UseCases
from raas.rpc.wire.fields import check_page_size, read_register
from raas.rpc.wire.registers import dossier_type_message, read_dossier_type, read_dossier_type_changes
from raas.v1 import register_service_pb2 as v1


class RegisterTypes:
    """The roles in which a register may know persons."""

    def __init__(self, use_cases: UseCases, scope: RequestScope) -> None:
        self._use_cases = use_cases
        self._scope = scope

    async def CreateDossierType(
        self, request: v1.CreateDossierTypeRequest, context: object
    ) -> v1.CreateDossierTypeResponse:
        """Declare a dossier type."""
        request_context = current()
        with self._scope.access.audit_scope(request_context.call) as audit_scope:
            faults = list(request_context.faults)
            number = read_register(request, faults)
            dossier_type = None
            if request.HasField("dossier_type"):
                dossier_type = read_dossier_type(request.dossier_type, faults)
            else:
                faults.append(Violation("dossier_type", Reason.REQUIRED))
            register = await self._scope.admit(audit_scope, number, faults)
            refuse_faults(faults)
            assert dossier_type is not None
            created, revision = await self._use_cases.dossier_types.create(
                request_context.call, register, dossier_type
            )
            return v1.CreateDossierTypeResponse(dossier_type=dossier_type_message(created), revision=revision)

    async def UpdateDossierType(
        self, request: v1.UpdateDossierTypeRequest, context: object
    ) -> v1.UpdateDossierTypeResponse:
        """Change a dossier type."""
        request_context = current()
        with self._scope.access.audit_scope(request_context.call) as audit_scope:
            faults = list(request_context.faults)
            number = read_register(request, faults)
            changes: Any = {}
            if request.HasField("dossier_type"):
                changes = read_dossier_type_changes(request.dossier_type, request.update_mask, faults)
            else:
                faults.append(Violation("dossier_type", Reason.REQUIRED))
            register = await self._scope.admit(audit_scope, number, faults)
            code = request.dossier_type.code
            if faults and code:
                faults = together(faults, await self._use_cases.dossier_types.violations(register, code))
            refuse_faults(faults)
            changed, revision = await self._use_cases.dossier_types.update(
                request_context.call, register, code, changes
            )
            return v1.UpdateDossierTypeResponse(dossier_type=dossier_type_message(changed), revision=revision)

    async def ListDossierTypes(
        self, request: v1.ListDossierTypesRequest, context: object
    ) -> v1.ListDossierTypesResponse:
        """List the dossier types of a register."""
        request_context = current()
        with self._scope.access.audit_scope(request_context.call) as audit_scope:
            faults = list(request_context.faults)
            number = read_register(request, faults)
            check_page_size(request.page_size, faults)
            register = await self._scope.admit(audit_scope, number, faults)
            refuse_faults(faults)
            types, token = await self._use_cases.dossier_types.page(
                request_context.call, register, request.page_size, request.page_token
            )
            return v1.ListDossierTypesResponse(
                dossier_types=[dossier_type_message(each) for each in types], next_page_token=token
            )

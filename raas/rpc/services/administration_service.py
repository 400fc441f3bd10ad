"""AdministrationService: the registers of the server."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from raas.rpc.calls.context import current
from raas.rpc.calls.scope import RequestScope, refuse_faults
from raas.rpc.services.use_cases import UseCases
from raas.rpc.wire.fields import check_page_size
from raas.rpc.wire.registers import read_new_register, read_renamed_register, register_message
from raas.v1 import administration_service_pb2 as v1
from raas.v1.administration_service_pb2_grpc import AdministrationServiceServicer


class AdministrationService(AdministrationServiceServicer):
    """Creates, renames and lists registers."""

    def __init__(self, use_cases: UseCases, scope: RequestScope) -> None:
        self._registers = use_cases.registers
        self._access = scope.access

    async def CreateRegister(
        self, request: v1.CreateRegisterRequest, context: object
    ) -> v1.CreateRegisterResponse:
        """Create an empty register."""
        request_context = current()
        with self._access.audit_scope(request_context.call) as audit_scope:
            self._access.require(request_context.call)
            faults = list(request_context.faults)
            number, name = read_new_register(request, faults)
            audit_scope.register = number
            refuse_faults(faults)
            assert number is not None
            assert name is not None
            register = await self._registers.create(number, name)
            return v1.CreateRegisterResponse(register=register_message(register))

    async def UpdateRegister(
        self, request: v1.UpdateRegisterRequest, context: object
    ) -> v1.UpdateRegisterResponse:
        """Change the name of a register."""
        request_context = current()
        with self._access.audit_scope(request_context.call) as audit_scope:
            self._access.require(request_context.call)
            faults = list(request_context.faults)
            number, name = read_renamed_register(request, faults)
            audit_scope.register = number
            refuse_faults(faults)
            assert name is not None
            admitted = await self._access.admit_id(request_context.call, number)
            register = await self._registers.rename(admitted.enterprise_number, name)
            return v1.UpdateRegisterResponse(register=register_message(register))

    async def ListRegisters(
        self, request: v1.ListRegistersRequest, context: object
    ) -> v1.ListRegistersResponse:
        """List the registers."""
        request_context = current()
        with self._access.audit_scope(request_context.call):
            self._access.require(request_context.call)
            faults = list(request_context.faults)
            check_page_size(request.page_size, faults)
            refuse_faults(faults)
            registers, token = await self._registers.page(
                request_context.call, request.page_size, request.page_token
            )
            return v1.ListRegistersResponse(
                registers=[register_message(register) for register in registers], next_page_token=token
            )

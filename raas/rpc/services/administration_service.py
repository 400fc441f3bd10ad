"""AdministrationService: the registers of the server."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from raas.rpc.calls.context import current
from raas.rpc.calls.scope import Reception, refuse_faults
from raas.rpc.services.use_cases import Verbs
from raas.rpc.wire.fields import check_page_size
from raas.rpc.wire.registers import read_new_register, read_renamed_register, register_message
from raas.v1 import administration_service_pb2 as v1
from raas.v1.administration_service_pb2_grpc import AdministrationServiceServicer


class AdministrationService(AdministrationServiceServicer):
    """Creates, renames and lists registers."""

    def __init__(self, verbs: Verbs, reception: Reception) -> None:
        self._registers = verbs.registers
        self._gate = reception.gate

    async def CreateRegister(
        self, request: v1.CreateRegisterRequest, context: object
    ) -> v1.CreateRegisterResponse:
        """Create an empty register."""
        exchange = current()
        with self._gate.visit(exchange.call) as visit:
            self._gate.require(exchange.call)
            faults = list(exchange.faults)
            number, name = read_new_register(request, faults)
            visit.register = number
            refuse_faults(faults)
            assert number is not None
            assert name is not None
            register = await self._registers.create(number, name)
            return v1.CreateRegisterResponse(register=register_message(register))

    async def UpdateRegister(
        self, request: v1.UpdateRegisterRequest, context: object
    ) -> v1.UpdateRegisterResponse:
        """Change the name of a register."""
        exchange = current()
        with self._gate.visit(exchange.call) as visit:
            self._gate.require(exchange.call)
            faults = list(exchange.faults)
            number, name = read_renamed_register(request, faults)
            visit.register = number
            refuse_faults(faults)
            assert name is not None
            admitted = await self._gate.admit_id(exchange.call, number)
            register = await self._registers.rename(admitted.enterprise_number, name)
            return v1.UpdateRegisterResponse(register=register_message(register))

    async def ListRegisters(
        self, request: v1.ListRegistersRequest, context: object
    ) -> v1.ListRegistersResponse:
        """List the registers."""
        exchange = current()
        with self._gate.visit(exchange.call):
            self._gate.require(exchange.call)
            faults = list(exchange.faults)
            check_page_size(request.page_size, faults)
            refuse_faults(faults)
            registers, token = await self._registers.page(
                exchange.call, request.page_size, request.page_token
            )
            return v1.ListRegistersResponse(
                registers=[register_message(register) for register in registers], next_page_token=token
            )

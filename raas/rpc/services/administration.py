"""AdministrationService: the registers of the server."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from raas.domain.environment import Environment
from raas.rpc.calls.request_scope import RequestScopes
from raas.rpc.wire.fields import check_page_size
from raas.rpc.wire.registers import read_changed_register, read_new_register, register_message
from raas.usecases.admin.registers import Registers
from raas.v1 import administration_service_pb2 as v1


class Administration:
    """CreateRegister, UpdateRegister and ListRegisters."""

    def __init__(self, registers: Registers, scopes: RequestScopes, environment: Environment) -> None:
        self._registers = registers
        self._environment = environment
        self._access = scopes.access
        self._request = scopes.open

    async def CreateRegister(
        self, request: v1.CreateRegisterRequest, context: object
    ) -> v1.CreateRegisterResponse:
        """Create an empty register."""
        async with self._request() as r:
            number, name, sector, institution = read_new_register(request, r.faults)
            r.audit.register = number
            r.refuse_faults()
            assert number is not None
            assert name is not None
            register = await self._registers.create(number, name, sector, institution)
            return v1.CreateRegisterResponse(register=register_message(register, self._environment))

    async def UpdateRegister(
        self, request: v1.UpdateRegisterRequest, context: object
    ) -> v1.UpdateRegisterResponse:
        """Change the name or the codes of a register."""
        async with self._request() as r:
            number, changes = read_changed_register(request, r.faults)
            r.audit.register = number
            r.refuse_faults()
            admitted = await self._access.admit_id(r.call, number)
            register = await self._registers.update(admitted.enterprise_number, changes)
            return v1.UpdateRegisterResponse(register=register_message(register, self._environment))

    async def ListRegisters(
        self, request: v1.ListRegistersRequest, context: object
    ) -> v1.ListRegistersResponse:
        """List the registers."""
        async with self._request() as r:
            check_page_size(request.page_size, r.faults)
            r.refuse_faults()
            registers, token = await self._registers.page(r.call, request.page_size, request.page_token)
            return v1.ListRegistersResponse(
                registers=[register_message(register, self._environment) for register in registers],
                next_page_token=token,
            )

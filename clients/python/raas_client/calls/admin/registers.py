"""AdministrationService: the registers of a server."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.field_mask_pb2 import FieldMask

from raas.v1.administration_service_pb2 import (
    CreateRegisterRequest,
    ListRegistersRequest,
    ListRegistersResponse,
    UpdateRegisterRequest,
)
from raas.v1.register_pb2 import Register
from raas_client.calls.invoke import Calls
from raas_client.calls.pages import LARGEST_PAGE, Pages


class Registers:
    """The registers of a server."""

    _calls: Calls

    async def create_register(
        self,
        enterprise_number: str,
        name: str,
        *,
        sector: int | None = None,
        institution: int | None = None,
    ) -> Register:
        """A new, empty register. Not repeated when the answer is lost: then check whether it exists.

        `sector` and `institution` are older codes of the organisation, 0 to 999.
        """
        request = CreateRegisterRequest(
            enterprise_number=enterprise_number, name=name, sector=sector, institution=institution
        )
        return (
            await self._calls.unary(
                lambda stubs: stubs.administration.CreateRegister, request, repeatable=False
            )
        ).register

    async def rename_register(self, enterprise_number: str, name: str) -> Register:
        """Change the name of a register; its revision stays the same."""
        request = UpdateRegisterRequest(
            register=Register(enterprise_number=enterprise_number, name=name),
            update_mask=FieldMask(paths=["name"]),
        )
        return (await self._calls.unary(lambda stubs: stubs.administration.UpdateRegister, request)).register

    async def update_register(self, register: Register, fields: Sequence[str]) -> Register:
        """Set the named fields (`name`, `sector`, `institution`) of the register with this number.

        A code that is named and not set is removed. The revision stays the same.
        """
        request = UpdateRegisterRequest(register=register, update_mask=FieldMask(paths=fields))
        return (await self._calls.unary(lambda stubs: stubs.administration.UpdateRegister, request)).register

    def registers(self) -> Pages[ListRegistersResponse, Register]:
        """The registers of the server, ordered by enterprise number."""
        request = ListRegistersRequest(page_size=LARGEST_PAGE)
        return self._calls.listed(
            lambda stubs: stubs.administration.ListRegisters, request, lambda page: page.registers
        )

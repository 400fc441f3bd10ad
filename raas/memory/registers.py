"""The RegisterStore in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from raas.domain.errors import Reason, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.registers.register import Register
from raas.memory.state import MemoryState, RegisterState
from raas.usecases.ports.registers import CHANGEABLE


class MemoryRegisterStore:
    """The registers themselves."""

    def __init__(self, state: MemoryState) -> None:
        self._state = state

    async def find(self, number: EnterpriseNumber) -> Register | None:
        """The register of an organisation."""
        state = self._state.register_of(number)
        return None if state is None else state.register()

    async def find_within(self, number: EnterpriseNumber, dossier_types: frozenset[str]) -> Register | None:
        """The register with the dossiers of these types alone, and without a checksum."""
        register = self._state.register_of(number)
        if register is None:
            return None
        views = register.views(register.revision)
        count = sum(1 for view in views if view.dossier_type in dossier_types)
        return replace(register.register(), dossier_count=count, checksum=b"")

    async def ids_of(self, numbers: Sequence[EnterpriseNumber]) -> Mapping[EnterpriseNumber, int]:
        """The ids of the registers of these organisations, without those that do not exist."""
        found = (self._state.register_of(number) for number in numbers)
        return {state.enterprise_number: state.id for state in found if state is not None}

    async def partners(self, register_id: int) -> Mapping[str, EnterpriseNumber]:
        """The partner of each dossier type that is kept for one."""
        types = self._state.registers[register_id].dossier_types().by_code
        return {code: each.partner for code, (_, each) in types.items() if each.partner is not None}

    async def create(
        self, number: EnterpriseNumber, name: str, sector: int | None = None, institution: int | None = None
    ) -> Register:
        """A new, empty register."""
        if self._state.register_of(number) is not None:
            text = enterprise_number_text(number)
            raise refuse(Reason.REGISTER_EXISTS, "enterprise_number", register=text)
        state = RegisterState(
            max(self._state.registers, default=0) + 1, number, name, sector=sector, institution=institution
        )
        self._state.registers[state.id] = state
        return state.register()

    async def update(self, number: EnterpriseNumber, changes: Mapping[str, str | int | None]) -> Register:
        """Change fields."""
        state = self._state.register_of(number)
        if state is None:
            raise refuse(Reason.REGISTER_UNKNOWN, "register", register=enterprise_number_text(number))
        async with self._state.writing:
            for field in CHANGEABLE:
                if field in changes:
                    setattr(state, field, changes[field])
        return state.register()

    async def page(self, after: EnterpriseNumber | None, limit: int) -> Sequence[Register]:
        """Registers in order of enterprise number."""
        states = sorted(self._state.registers.values(), key=lambda state: state.enterprise_number)
        later = [state for state in states if after is None or state.enterprise_number > after]
        return [state.register() for state in later[:limit]]

"""The RestrictionStore in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from raas.domain.numbers.niss import Niss
from raas.domain.registers.restriction import Grounds, Restriction
from raas.memory.state import MemoryState


class MemoryRestrictionStore:
    """Restrictions, with the registers that they belong to."""

    def __init__(self, state: MemoryState) -> None:
        self._state = state

    async def numbers_of(self, niss: Niss) -> Collection[Niss]:
        """All numbers of the person, including this one."""
        final = self._state.final(niss)
        return {niss, final} | {
            each for each in self._state.niss_statuses if self._state.final(each) == final
        }

    async def add(self, register_id: int, restriction: Restriction) -> datetime:
        """Add a restriction; returns its time."""
        made = replace(restriction, time=datetime.now(UTC))
        self._state.registers[register_id].restrictions.append(made)
        return made.time

    async def of_register(self, register_id: int) -> Sequence[Restriction]:
        """All restrictions of a register, the oldest first."""
        return tuple(self._state.registers[register_id].restrictions)

    async def lift(self, register_id: int, restriction_id: UUID, grounds: Grounds) -> bool:
        """End the effect of a restriction."""
        restrictions = self._state.registers[register_id].restrictions
        for place, each in enumerate(restrictions):
            if each.id == restriction_id and each.lift_time is None:
                restrictions[place] = replace(each, lifted=grounds, lift_time=datetime.now(UTC))
                return True
        return False

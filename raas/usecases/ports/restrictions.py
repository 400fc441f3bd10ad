"""The port for restricting inscriptions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from raas.domain.numbers.niss import Niss
from raas.domain.registers.restriction import Grounds, Restriction


class RestrictionStore(Protocol):
    """Adds, lists and lifts restrictions; they are never deleted."""

    async def numbers_of(self, niss: Niss) -> Collection[Niss]:
        """All numbers of the person that has this number, including it."""

    async def add(self, register_id: int, restriction: Restriction) -> datetime:
        """Add a restriction, all of it or nothing; reads that begin afterwards leave its days out.

        The dossier type exists. Returns its `time`, which is set by the clock of the store.
        """

    async def of_register(self, register_id: int) -> Sequence[Restriction]:
        """All restrictions of a register, lifted ones too, in the order in which they were made."""

    async def lift(self, register_id: int, restriction_id: UUID, grounds: Grounds) -> bool:
        """End the effect of a restriction; False = there is none with this id that is not lifted."""

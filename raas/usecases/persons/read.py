"""GetPerson, and CheckPersons for the registers of other servers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from raas.domain.errors import Reason, refuse
from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import IdentityClaim
from raas.domain.persons.record import Person
from raas.domain.persons.status import PersonState
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.persons.identities import compared
from raas.usecases.ports.authentic_source import AuthenticSource
from raas.usecases.ports.persons import PersonStore


@dataclass(frozen=True, slots=True)
class CheckedPerson:
    """The state of a number (None = unknown), the claimed fields that differ, and former numbers."""

    state: PersonState | None
    mismatches: tuple[str, ...]
    former: tuple[Niss, ...]


@dataclass(frozen=True, slots=True)
class PersonCheck:
    """A number to check, and what to answer beside its state."""

    niss: Niss
    claim: IdentityClaim | None = None
    with_former: bool = False


class ReadPersons:
    """The use cases GetPerson and CheckPersons."""

    def __init__(self, store: PersonStore, source: AuthenticSource) -> None:
        self._store = store
        self._source = source

    async def get(self, register: AdmittedRegister, niss: Niss) -> Person:
        """The record of a number whose person the register holds.

        Raises Refused NISS_UNKNOWN, whether there is no such number or the register does not hold it.
        """
        held = await self._store.holds(register.id, niss)
        person = (await self._store.persons([niss])).get(niss)
        if not held or person is None:
            raise refuse(Reason.NISS_UNKNOWN, "niss")
        return person

    async def record(self, niss: Niss) -> Person:
        """The record of a number, for callers who may see every person. Raises Refused NISS_UNKNOWN."""
        person = (await self._store.persons([niss])).get(niss)
        if person is None:
            raise refuse(Reason.NISS_UNKNOWN, "niss")
        return person

    async def check(self, checks: Sequence[PersonCheck]) -> tuple[CheckedPerson, ...]:
        """Check numbers; answers in the order of the checks."""
        states = await self._source.states([check.niss for check in checks])
        claims = [(check.niss, check.claim) for check in checks if check.claim is not None]
        persons = await self._store.finals([niss for niss, _ in claims])
        differing = iter(await compared(persons, claims))
        uniting = [check.niss for check in checks if check.with_former]
        numbers = await self._source.numbers_of(uniting) if uniting else {}
        return tuple(
            CheckedPerson(
                states.get(check.niss),
                next(differing) if check.claim is not None else (),
                numbers[check.niss][1:] if check.with_former else (),
            )
            for check in checks
        )

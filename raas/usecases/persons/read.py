"""GetPerson, and CheckPersons for the registers of other servers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class HeldPerson:
    """A record, and the dossier types under which the register knows the person on a day."""

    person: Person
    types: frozenset[str]


class ReadPersons:
    """The use cases GetPerson and CheckPersons."""

    def __init__(self, store: PersonStore, source: AuthenticSource) -> None:
        self._store = store
        self._source = source

    async def get(self, register: AdmittedRegister, niss: Niss, day: int) -> HeldPerson:
        """The record of a number whose person the register holds under a dossier type that the caller sees.

        Raises Refused NISS_UNKNOWN, whether there is no such number or the register does not hold it.
        """
        held = (await self._store.held_types(register.id, [niss], day)).get(niss, {})
        person = (await self._store.persons([niss])).get(niss)
        if person is None or not any(map(register.view.shows_type, held)):
            raise refuse(Reason.NISS_UNKNOWN, "niss")
        return HeldPerson(person, _covering(register, held))

    async def types_on(
        self, register: AdmittedRegister, nisses: Collection[Niss], day: int
    ) -> Mapping[Niss, frozenset[str]]:
        """The dossier types with a line of each person on a day; a person without any is absent."""
        held = await self._store.held_types(register.id, nisses, day)
        return {niss: _covering(register, types) for niss, types in held.items()}

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


def _covering(register: AdmittedRegister, held: Mapping[str, bool]) -> frozenset[str]:
    """The types with a line on the day, of those that the caller sees."""
    return frozenset(code for code, on_day in held.items() if on_day and register.view.shows_type(code))

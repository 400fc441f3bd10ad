"""Following a replaced number to its final successor."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonState
from raas.usecases.ports.authentic_source import AuthenticSource
from raas.usecases.ports.niss_history import ReadAs


def final_niss(niss: Niss, persons: Mapping[Niss, PersonState]) -> Niss:
    """The final successor of a replaced number; any other number itself."""
    person = persons.get(niss)
    return niss if person is None or person.successor is None else person.successor


@dataclass(frozen=True, slots=True)
class Followed:
    """The numbers of a request, and the numbers they are read as."""

    persons: Mapping[Niss, PersonState]
    """Their states, and those of the numbers they are read as; an unknown number is absent."""
    resolved: tuple[tuple[Niss, Niss], ...]
    """The replaced ones, each with its final successor, in the order of the request."""

    def read_as(self, niss: Niss) -> Niss:
        """The number that this one is read as."""
        return final_niss(niss, self.persons)

    def number_and_status(self, niss: Niss) -> ReadAs:
        """The number that this one is read as, and its status."""
        final = self.read_as(niss)
        person = self.persons.get(niss)
        return ReadAs(final, None if person is None else self.persons.get(final, person).status)

    def versions(self, niss: Niss) -> tuple[int, ...]:
        """The versions of the records of this number and of the number that it is read as."""
        records = (self.persons.get(each) for each in (niss, self.read_as(niss)))
        return tuple(0 if person is None else person.version for person in records)

    def doubtful(self, nisses: Collection[Niss], held: Collection[Niss]) -> Sequence[Niss]:
        """The numbers whose status may have changed between the two reads.

        `held` has the numbers of which dossiers were found after the numbers were followed. A number that is
        replaced in between has no dossiers left; one that is restored is no longer read as another one.
        """
        return [n for n in dict.fromkeys(nisses) if self.read_as(n) != n or n not in held]


@dataclass(frozen=True, slots=True)
class United:
    """All numbers of the person whose number is in a request."""

    asked: Niss
    numbers: tuple[Niss, ...]
    """First the final successor, then the numbers that it replaced, in order."""

    @property
    def resolved(self) -> tuple[tuple[Niss, Niss], ...]:
        """The requested number and its final successor, if it was replaced."""
        final = self.numbers[0]
        return () if final == self.asked else ((self.asked, final),)


async def unite(source: AuthenticSource, niss: Niss) -> United:
    """All numbers of the person to whom this one belongs now. Raises SourceUnavailable."""
    return United(niss, (await source.numbers_of([niss]))[niss])


async def states_of(source: AuthenticSource, nisses: Sequence[Niss]) -> Mapping[Niss, PersonState]:
    """The states of these numbers and of the final successors of the replaced ones.

    The source is asked a second time only if there are successors. Raises SourceUnavailable.
    """
    persons = await source.states(nisses) if nisses else {}
    finals = {state.successor for state in persons.values() if state.successor is not None} - persons.keys()
    return {**persons, **await source.states(sorted(finals))} if finals else persons


async def follow(source: AuthenticSource, nisses: Sequence[Niss]) -> Followed:
    """The numbers of a request about now, and the numbers they are read as. Raises SourceUnavailable.

    For a question as of an earlier time see reads/past_numbers.py.
    """
    persons = await states_of(source, nisses)
    finals = ((niss, final_niss(niss, persons)) for niss in dict.fromkeys(nisses))
    return Followed(persons, tuple((niss, final) for niss, final in finals if final != niss))


async def is_current(source: AuthenticSource, followed: Followed, nisses: Collection[Niss]) -> bool:
    """Whether the status of none of these numbers changed since they were followed.

    Then dossiers that were read in between belong to the numbers as they were followed. A remote source is
    not asked again.
    """
    if not nisses or not source.in_store:
        return True
    now = await follow(source, list(nisses))
    return all(
        now.number_and_status(niss) == followed.number_and_status(niss)
        and now.versions(niss) == followed.versions(niss)
        for niss in nisses
    )

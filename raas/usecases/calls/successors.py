"""Following a replaced number to the one that stands for the person now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    """Numbers of a question, and what they are read as."""

    persons: Mapping[Niss, PersonState]
    """What the source knows of them, and of what they are read as; one it does not know is absent."""
    resolved: tuple[tuple[Niss, Niss], ...]
    """Those that were replaced, each with its final successor, in the order asked."""

    def read_as(self, niss: Niss) -> Niss:
        """The number that this one is read as."""
        return final_niss(niss, self.persons)

    def number_and_status(self, niss: Niss) -> ReadAs:
        """The number that this one is read as, and its status."""
        final = self.read_as(niss)
        person = self.persons.get(niss)
        return ReadAs(final, None if person is None else self.persons.get(final, person).status)


@dataclass(frozen=True, slots=True)
class United:
    """All numbers of the person that a question is about."""

    asked: Niss
    numbers: tuple[Niss, ...]
    """First the one that stands for the person now, then those it replaced in the end, in order."""

    @property
    def resolved(self) -> tuple[tuple[Niss, Niss], ...]:
        """The number asked and its final successor, when it was replaced."""
        final = self.numbers[0]
        return () if final == self.asked else ((self.asked, final),)


async def unite(source: AuthenticSource, niss: Niss) -> United:
    """All numbers of the person to whom this one belongs now. Raises SourceUnavailable."""
    return United(niss, (await source.numbers_of([niss]))[niss])


async def states_of(source: AuthenticSource, nisses: Sequence[Niss]) -> Mapping[Niss, PersonState]:
    """What the source knows of these numbers and of the final successors of those that were replaced.

    A second question, for the successors, is asked only where there are any. Raises SourceUnavailable.
    """
    persons = await source.states(nisses) if nisses else {}
    finals = {state.successor for state in persons.values() if state.successor is not None} - persons.keys()
    return {**persons, **await source.states(sorted(finals))} if finals else persons


async def follow(source: AuthenticSource, nisses: Sequence[Niss]) -> Followed:
    """What the numbers of a question about now stand for. Raises SourceUnavailable.

    For a question as of an earlier time see reads/past_numbers.py.
    """
    persons = await states_of(source, nisses)
    finals = ((niss, final_niss(niss, persons)) for niss in dict.fromkeys(nisses))
    return Followed(persons, tuple((niss, final) for niss, final in finals if final != niss))

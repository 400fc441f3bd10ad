"""The authentic source in memory: the status of numbers, and the identities that were told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from raas.domain.numbers.niss import Niss
from raas.domain.persons.confrontation import mismatches
from raas.domain.persons.status import PersonState
from raas.memory.state import MemoryState
from raas.usecases.calls.successors import final_niss
from raas.usecases.ports.persons import Claim, Comparison


class MemoryAuthenticSource:
    """An AuthenticSource that knows every number as active, but for those it was told otherwise of.

    `in_store`: writes read the persons under their lock, as with persons in the register's own database.
    """

    def __init__(self, state: MemoryState, *, in_store: bool = True) -> None:
        self._state = state
        self.in_store = in_store

    async def states(self, nisses: Sequence[Niss]) -> Mapping[Niss, PersonState]:
        """The persons of these numbers; unknown numbers are absent."""
        return self._state.persons(nisses)

    async def numbers_of(self, nisses: Sequence[Niss]) -> Mapping[Niss, tuple[Niss, ...]]:
        """For each number all those of its person, the final successor first."""
        persons = self._state.persons(nisses)
        finals = {niss: final_niss(niss, persons) for niss in nisses}
        statuses = sorted(self._state.niss_statuses.items())
        return {
            niss: (final, *(each for each, status in statuses if status.successor == final))
            for niss, final in finals.items()
        }


class MemoryIdentitySource:
    """An IdentitySource: a person whose identity was not told differs from no claim."""

    def __init__(self, state: MemoryState) -> None:
        self._state = state

    async def compare(self, claims: Sequence[Claim]) -> Sequence[Comparison]:
        """One comparison per claim."""
        compared = []
        for niss, claim in claims:
            identity = self._state.identity(niss)
            differing = mismatches(claim, identity) if identity else ()
            compared.append(Comparison(self._state.final(niss), differing))
        return compared

"""SearchPersons: who may be meant by a name and a date of birth."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

from raas.domain.errors import Reason, refuse
from raas.domain.numbers.niss import Niss
from raas.domain.persons.record import Person
from raas.domain.search.person_search import THRESHOLD, PersonQuery, Probe, score
from raas.usecases.ports.persons import Findable

MOST_RESULTS = 100

MOST_LOOKED_AT = 5_000
"""Records that sound alike and are scored for one question; some hundred milliseconds of work."""
_SLICE_SECONDS = 0.005
"""How long records are scored before the event loop gets a turn."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person who may be meant, and how well it fits (above 0, at most 1)."""

    person: Person
    score: float


class Findables(Protocol):
    """Where candidates come from: the store, or a transaction on it."""

    async def find(self, probe: Probe, limit: int) -> tuple[Sequence[Findable], bool]:
        """`PersonStore.find`."""

    async def persons(self, nisses: Collection[Niss]) -> Mapping[Niss, Person]:
        """`PersonStore.persons`."""


async def candidates(findables: Findables, query: PersonQuery, most: int) -> tuple[Candidate, ...]:
    """Everybody who fits, best first, equal ones in order of number.

    A person found by several records counts with the best of them, under the number that stands for it.
    Raises Refused TOO_MANY_RESULTS (metadata limit) when more than `most` fit, or more sound alike than
    can be looked at.
    """
    found, more = await findables.find(query.probe(), MOST_LOOKED_AT)
    scores: dict[Niss, float] = {}
    began = perf_counter()
    for findable in found:
        fit = score(query, findable.identity)
        if fit >= THRESHOLD and fit > scores.get(findable.niss, 0.0):
            scores[findable.niss] = fit
        if perf_counter() - began > _SLICE_SECONDS:
            await asyncio.sleep(0)
            began = perf_counter()
    if more or len(scores) > most:
        raise refuse(Reason.TOO_MANY_RESULTS, limit=str(most))
    persons = await findables.persons(scores) if scores else {}
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Candidate(persons[niss], fit) for niss, fit in ranked if niss in persons)


class SearchPersons:
    """The verb SearchPersons."""

    def __init__(self, findables: Findables) -> None:
        self._findables = findables

    async def search(self, query: PersonQuery, max_results: int) -> tuple[Candidate, ...]:
        """At most `max_results` candidates: all there are, or Refused TOO_MANY_RESULTS."""
        return await candidates(self._findables, query, max_results)

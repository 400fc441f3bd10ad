"""SearchPersons: find persons by name and date of birth."""

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

MOST_SCORED = 5_000
"""Records that are scored for one query; scoring them takes some hundred milliseconds."""
_SLICE_SECONDS = 0.005
"""Seconds of scoring after which the event loop may run other tasks."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person who may be the one searched for, and its score (above 0, at most 1)."""

    person: Person
    score: float


class Findables(Protocol):
    """The source of candidates: the store, or a transaction on it."""

    async def find(self, probe: Probe, limit: int) -> tuple[Sequence[Findable], bool]:
        """`PersonStore.find`."""

    async def persons(self, nisses: Collection[Niss]) -> Mapping[Niss, Person]:
        """`PersonStore.persons`."""


async def candidates(findables: Findables, query: PersonQuery, most: int) -> tuple[Candidate, ...]:
    """All persons who match, best score first, equal scores in order of number.

    A person found by several records has the best of their scores, under its final number. Raises Refused
    TOO_MANY_RESULTS (metadata limit) when more than `most` match, or when the index finds more records
    than are scored.
    """
    found, more = await findables.find(query.probe(), MOST_SCORED)
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
    """The use case SearchPersons."""

    def __init__(self, findables: Findables) -> None:
        self._findables = findables

    async def search(self, query: PersonQuery, max_results: int) -> tuple[Candidate, ...]:
        """All candidates, if there are at most `max_results`; else raises Refused TOO_MANY_RESULTS."""
        return await candidates(self._findables, query, max_results)

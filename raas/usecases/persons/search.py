"""SearchPersons: find persons by name and date of birth."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Protocol

from raas.domain.errors import Reason, refuse
from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import Identity
from raas.domain.persons.record import Person
from raas.domain.search.ladder import CONVINCING, SearchStep, ladder
from raas.domain.search.person_search import THRESHOLD, DayProbe, GivenNameMatching, PersonQuery, Probe
from raas.domain.search.scoring import score
from raas.usecases.ports.persons import Findable

MOST_RESULTS = 100

MOST_SCORED = 5_000
"""Records that are scored for one probe; scoring them takes some hundred milliseconds."""

MOST_BORN = 2_000
"""Records of given days that the ladder scores; if there are more, the keys of the names select."""

FEW_BORN = 250
"""Records of a day up to which scoring all of them costs less than asking for the keys of the names."""

MOST_NAMESAKES = 1_000
"""Records that are scored for a step that compares no date: it is made for names that few persons have."""

_SLICE_SECONDS = 0.005
"""Seconds of scoring after which the event loop may run other tasks."""

Score = Callable[[Identity], float]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person who may be the one searched for, and its score (above 0, at most 1).

    `step` is the step of the ladder that found it; None in the other modes.
    """

    person: Person
    score: float
    step: SearchStep | None = None


class Findables(Protocol):
    """The source of candidates: the store, or a transaction on it."""

    async def find(self, probe: Probe | DayProbe, limit: int) -> tuple[Sequence[Findable], bool]:
        """As `PersonStore.find`."""

    async def persons(self, nisses: Collection[Niss]) -> Mapping[Niss, Person]:
        """As `PersonStore.persons`."""


async def candidates(findables: Findables, query: PersonQuery, most: int) -> tuple[Candidate, ...]:
    """All persons who match, best score first, equal scores in order of number.

    A person found by several records has the best of their scores, under its final number. Raises Refused
    TOO_MANY_RESULTS (metadata limit) when more than `most` match, or when the index finds more records
    than are scored.
    """
    if query.given_name_matching is GivenNameMatching.LADDER:
        return await _climb(findables, query, most)
    found, more = await _found(findables, query.day_probe() or query.probe(), FEW_BORN, MOST_SCORED)
    scores = await _scores(found, partial(score, query))
    if more or len(scores) > most:
        raise refuse(Reason.TOO_MANY_RESULTS, limit=str(most))
    return await _ranked(findables, scores, {})


async def _climb(findables: Findables, query: PersonQuery, most: int) -> tuple[Candidate, ...]:
    """The matches of all steps through the first one that finds somebody convincing.

    A person has the score of the first step that found it. Refuses as `candidates` does.
    """
    asked: dict[Probe | DayProbe, tuple[Sequence[Findable], bool]] = {}
    scores: dict[Niss, float] = {}
    steps: dict[Niss, SearchStep] = {}
    convinced = False
    for rung in ladder(query):
        here: dict[Niss, float] = {}
        more = False
        for probe in rung.probes:
            if probe not in asked:
                limit = MOST_SCORED if rung.at_most is None else MOST_NAMESAKES
                asked[probe] = await _found(findables, probe, MOST_BORN, limit)
            found, too_many = asked[probe]
            more |= too_many
            for niss, fit in (await _scores(found, rung.score)).items():
                if niss not in steps:
                    here[niss] = max(fit, here.get(niss, 0.0))
        if rung.at_most is not None and (more or scores or len(here) > rung.at_most):
            continue
        scores |= here
        steps |= dict.fromkeys(here, rung.step)
        if more or len(scores) > most:
            raise refuse(Reason.TOO_MANY_RESULTS, limit=str(most))
        convinced = convinced or any(fit >= CONVINCING for fit in here.values())
        if convinced and rung.may_be_last:
            break
    return await _ranked(findables, scores, steps)


async def _found(
    findables: Findables, probe: Probe | DayProbe, born: int, limit: int
) -> tuple[Sequence[Findable], bool]:
    """The records that the index finds, and whether there are too many to score."""
    if isinstance(probe, Probe):
        return await findables.find(probe, limit)
    found, more = await findables.find(probe, born)
    return (found, False) if not more else await findables.find(probe.fallback(), limit)


async def _scores(found: Sequence[Findable], score_of: Score) -> dict[Niss, float]:
    """The best score of each person who matches."""
    scores: dict[Niss, float] = {}
    began = perf_counter()
    for findable in found:
        fit = score_of(findable.identity)
        if fit >= THRESHOLD and fit > scores.get(findable.niss, 0.0):
            scores[findable.niss] = fit
        if perf_counter() - began > _SLICE_SECONDS:
            await asyncio.sleep(0)
            began = perf_counter()
    return scores


async def _ranked(
    findables: Findables, scores: Mapping[Niss, float], steps: Mapping[Niss, SearchStep]
) -> tuple[Candidate, ...]:
    persons = await findables.persons(scores) if scores else {}
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Candidate(persons[niss], fit, steps.get(niss)) for niss, fit in ranked if niss in persons)


class SearchPersons:
    """The use case SearchPersons."""

    def __init__(self, findables: Findables) -> None:
        self._findables = findables

    async def search(self, query: PersonQuery, max_results: int) -> tuple[Candidate, ...]:
        """All candidates, if there are at most `max_results`; else raises Refused TOO_MANY_RESULTS."""
        return await candidates(self._findables, query, max_results)

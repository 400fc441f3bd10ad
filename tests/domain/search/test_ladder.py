"""The steps of the ladder: their order, what each of them finds, and how much it is worth."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.memory_index import MemoryIndex
from raas.domain.calendar.incomplete_date import parse_incomplete_date
from raas.domain.persons.identity import Identity, Sex
from raas.domain.search.ladder import CONVINCING, Rung, SearchStep, ladder
from raas.domain.search.person_search import THRESHOLD, GivenNameMatching, PersonQuery

BORN = "1968-03-05"


def person(last_name: str, *first_names: str, born: str = BORN, **more: object) -> Identity:
    return replace(Identity(last_name, first_names, parse_incomplete_date(born)), **more)  # type: ignore[arg-type]


def query(last_name: str, *first_names: str, born: str = BORN, tolerance: int = 0) -> PersonQuery:
    mode = GivenNameMatching.LADDER
    return PersonQuery(last_name, parse_incomplete_date(born), tolerance, first_names, mode)


def found_by(asked: PersonQuery, known: Identity) -> SearchStep | None:
    """The first step of which the score is high enough."""
    return next((rung.step for rung in ladder(asked) if rung.score(known) >= THRESHOLD), None)


def is_asked_for(rung: Rung, known: Identity) -> bool:
    """Whether the index finds the person for this step."""

    async def found() -> bool:
        index = MemoryIndex([known])
        return any([(await index.find(probe, 10))[0] for probe in rung.probes])

    return asyncio.run(found())


DATE_AS_GIVEN, MISSPELLED, GIVEN_IGNORED, MONTH, SWAPPED, YEAR_NEAR, YEAR_FAR, LAST_IGNORED, DATE_IGNORED = (
    SearchStep
)


@pytest.mark.parametrize(
    ("asked", "known", "step"),
    [
        (query("Wouters", "Anne"), person("Wouters", "Anne"), DATE_AS_GIVEN),
        (query("Janssens", "Tom"), person("Jansens", "Thomas"), DATE_AS_GIVEN),
        (query("Bernard", "Anne"), person("Bemard", "Anne"), DATE_AS_GIVEN),
        (query("Claes", "Anne"), person("Daes", "Anne"), DATE_AS_GIVEN),
        (query("Cai", "Li"), person("Tsai", "Li"), DATE_AS_GIVEN),
        (query("Wojtkowiak", "Wojtek"), person("Wojtkowiak", "Wojciech"), DATE_AS_GIVEN),
        (query("Woxtezs", "Anne"), person("Wouters", "Anne"), MISSPELLED),
        (query("Wouters", "Zoë"), person("Wouters", "Anne"), GIVEN_IGNORED),
        (query("Anne", "Wouters"), person("Wouters", "Zoë"), GIVEN_IGNORED),
        (query("Wouters", "Anne"), person("Wouters", "Anne", born="1968-04-30"), MONTH),
        (query("Wouters", "Anne"), person("Wouters", "Anne", born="1968-02-01"), MONTH),
        (query("Wouters", "Anne"), person("Wouters", "Anne", born="1968-11-05"), MONTH),
        (query("Wouters", "Anne"), person("Wouters", "Anne", born="1968-05-03"), SWAPPED),
        (query("Wouters", "Anne"), person("Wouters", "Anne", born="1969-03-05"), YEAR_NEAR),
        (query("Wouters", "Anne"), person("Wouters", "Anne", born="1977-03-05"), YEAR_FAR),
        (query("Wouters", "Anne"), person("Wouters", "Anne", born="1986-03-05"), YEAR_FAR),
        (query("Wouters", "Anne"), person("Wouters", "Anne", born="1928-03-05"), YEAR_FAR),
        (query("Wouters", "Anne"), person("Peeters", "Anne"), LAST_IGNORED),
        (query("Wouters", "Zoë"), person("Anne", "Wouters"), LAST_IGNORED),
        (query("Wouters", "Anne"), person("Wouters", "Anne", born="1943-12-24"), DATE_IGNORED),
        (query("Wouters", "Anne"), person("Wauters", "Anne", born="1943-12-24"), None),
        (query("Wouters", "Anne"), person("Wouters", "Zoë", born="1943-12-24"), None),
        (query("Wouters", "Anne"), person("Peeters", "Zoë"), None),
        (query("Wouters"), person("Wouters", "Anne", born="1968-05-03"), SWAPPED),
        (query("Wouters"), person("Peeters", "Anne"), None),
        (query("Wouters", "Anne", born="1968-06-00"), person("Wouters", "Anne", born="1968-07-09"), MONTH),
        (
            query("Wouters", "Anne", born="1968-06-00"),
            person("Wouters", "Anne", born="1969-06-09"),
            YEAR_NEAR,
        ),
        (query("Wouters", "Anne", born="1968-00-00"), person("Wouters", "Anne", born="1975-06-09"), YEAR_FAR),
        (query("Wouters", "Anne", tolerance=3), person("Wouters", "Anne", born="1968-03-07"), DATE_AS_GIVEN),
    ],
)
def test_each_step_finds_what_it_changes_and_the_index_is_asked_for_it(
    asked: PersonQuery, known: Identity, step: SearchStep | None
):
    assert found_by(asked, known) is step
    for rung in ladder(asked):
        if rung.score(known) >= THRESHOLD:
            assert is_asked_for(rung, known), rung.step


def test_steps_come_in_the_order_of_their_numbers():
    steps = [rung.step for rung in ladder(query("Wouters", "Anne"))]
    assert steps == list(SearchStep)


@pytest.mark.parametrize(
    ("asked", "missing"),
    [
        (
            query("Wouters"),
            {MISSPELLED, GIVEN_IGNORED, LAST_IGNORED, DATE_IGNORED},
        ),
        (query("Wouters", "Anne", born="1968-03-13"), {SearchStep.DAY_AND_MONTH_SWAPPED}),
        (
            query("Wouters", "Anne", born="1968-03-00"),
            {SearchStep.DAY_AND_MONTH_SWAPPED, SearchStep.LAST_NAME_IGNORED},
        ),
        (
            query("Wouters", "Anne", born="1968-00-00"),
            {SearchStep.MONTH_NEAR, SearchStep.DAY_AND_MONTH_SWAPPED, SearchStep.LAST_NAME_IGNORED},
        ),
    ],
)
def test_steps_that_change_an_unknown_part_are_left_out(asked: PersonQuery, missing: set[SearchStep]):
    assert {rung.step for rung in ladder(asked)} == set(SearchStep) - missing


def test_filters_hold_in_every_step():
    asked = replace(query("Wouters", "Anne"), sex=Sex.FEMALE)
    for born in (BORN, "1968-05-03", "1969-03-05", "1986-03-05", "1943-12-24"):
        assert found_by(asked, person("Wouters", "Anne", born=born, sex=Sex.MALE)) is None
        assert found_by(asked, person("Wouters", "Anne", born=born, sex=Sex.FEMALE)) is not None


NAMES = st.sampled_from(
    ["Wouters", "Wauters", "Woutres", "Peeters", "Anne", "Annick", "Zoë", "Tom", "Thomas"]
)
DATES = st.sampled_from(
    [
        "1968-03-05",
        "1968-05-03",
        "1968-03-00",
        "1968-00-00",
        "1968-04-17",
        "1969-03-05",
        "1986-03-05",
        "1943-12-24",
    ]
)


@given(NAMES, st.lists(NAMES, max_size=2), DATES, NAMES, st.lists(NAMES, max_size=2), DATES)
def test_scores_lie_between_nothing_and_the_first_step(
    asked_last: str, asked_first: list[str], asked_born: str, last: str, first: list[str], born: str
):
    asked, known = query(asked_last, *asked_first, born=asked_born), person(last, *first, born=born)
    scores = {rung.step: rung.score(known) for rung in ladder(asked)}
    for step, score in scores.items():
        assert score == 0.0 or 0.0 < score <= 1.0
        if step is not SearchStep.DATE_AS_GIVEN:
            assert score == 0.0 or THRESHOLD <= score <= 0.95
    # Where the names do not agree, no step is convincing.
    for step in (
        SearchStep.LAST_NAME_MISSPELLED,
        SearchStep.GIVEN_NAMES_IGNORED,
        SearchStep.LAST_NAME_IGNORED,
    ):
        assert scores.get(step, 0.0) < CONVINCING

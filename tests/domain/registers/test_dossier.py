"""Inscribing and removing: outcomes by example, the engine against a set of days, a replay of vectors."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raas.domain.calendar.day import BEGINNING, OPEN, parse_period, period_text
from raas.domain.calendar.periods import Lines, Period
from raas.domain.errors import Reason, Refused, Violation
from raas.domain.registers.dossier import Change, InscribeOutcome, RemoveOutcome, inscribe, remove
from tests.oracle.days import Days, inscribe_outcome, remove_outcome
from tests.vectors import LineRow, lines, lines_after_half, operations

HORIZON = 60
INSCRIBE, REMOVE = "inscribe", "remove"


def days(begin: str, end: str | None) -> Period:
    """A period by its first and last day."""
    last = OPEN if end is None else (date.fromisoformat(end) + timedelta(days=1)).toordinal()
    return Period(date.fromisoformat(begin).toordinal(), last)


JANUARY, FEBRUARY = days("2024-01-01", "2024-01-31"), days("2024-02-01", "2024-02-29")
MARCH, FROM_JUNE = days("2024-03-01", "2024-03-31"), days("2024-06-01", None)


@pytest.mark.parametrize(
    ("before", "period", "after", "outcome", "absorbed"),
    [
        ((), JANUARY, (JANUARY,), InscribeOutcome.CREATED, ()),
        ((), FROM_JUNE, (FROM_JUNE,), InscribeOutcome.CREATED, ()),
        ((JANUARY,), MARCH, (JANUARY, MARCH), InscribeOutcome.ADDED, ()),
        ((MARCH,), JANUARY, (JANUARY, MARCH), InscribeOutcome.ADDED, ()),
        # Nothing lies between 31 January and 1 February: they touch.
        ((JANUARY,), FEBRUARY, (days("2024-01-01", "2024-02-29"),), InscribeOutcome.EXTENDED, (JANUARY,)),
        ((FEBRUARY,), JANUARY, (days("2024-01-01", "2024-02-29"),), InscribeOutcome.EXTENDED, (FEBRUARY,)),
        # One day apart, they do not.
        (
            (JANUARY,),
            days("2024-02-02", "2024-02-29"),
            (JANUARY, days("2024-02-02", "2024-02-29")),
            InscribeOutcome.ADDED,
            (),
        ),
        (
            (JANUARY, MARCH),
            FEBRUARY,
            (days("2024-01-01", "2024-03-31"),),
            InscribeOutcome.MERGED,
            (JANUARY, MARCH),
        ),
        (
            (JANUARY, MARCH, FROM_JUNE),
            days("2024-01-15", None),
            (days("2024-01-01", None),),
            InscribeOutcome.MERGED,
            (JANUARY, MARCH, FROM_JUNE),
        ),
        # One day: 29 February between two lines.
        (
            (days("2024-02-01", "2024-02-28"), MARCH),
            days("2024-02-29", "2024-02-29"),
            (days("2024-02-01", "2024-03-31"),),
            InscribeOutcome.MERGED,
            (days("2024-02-01", "2024-02-28"), MARCH),
        ),
        ((JANUARY,), JANUARY, (JANUARY,), InscribeOutcome.UNCHANGED, ()),
        ((JANUARY,), days("2024-01-15", "2024-01-15"), (JANUARY,), InscribeOutcome.UNCHANGED, ()),
        ((FROM_JUNE,), days("2030-01-01", None), (FROM_JUNE,), InscribeOutcome.UNCHANGED, ()),
    ],
)
def test_inscription_has_the_expected_outcome(before, period, after, outcome, absorbed):
    change = inscribe(before, period)
    assert change == Change(before, after, outcome, absorbed)
    assert change.changed == (before != after)


@pytest.mark.parametrize(
    ("before", "period", "after", "outcome", "removed"),
    [
        ((JANUARY,), None, (), RemoveOutcome.REMOVED, (JANUARY,)),
        ((JANUARY, FROM_JUNE), None, (), RemoveOutcome.REMOVED, (JANUARY, FROM_JUNE)),
        ((JANUARY,), days("2023-12-01", None), (), RemoveOutcome.REMOVED, (JANUARY,)),
        (
            (JANUARY,),
            days("2024-01-10", "2024-01-10"),
            (days("2024-01-01", "2024-01-09"), days("2024-01-11", "2024-01-31")),
            RemoveOutcome.SPLIT,
            (days("2024-01-10", "2024-01-10"),),
        ),
        (
            (JANUARY,),
            Period(BEGINNING, days("2024-01-10", None).begin),
            (days("2024-01-10", "2024-01-31"),),
            RemoveOutcome.TRIMMED,
            (days("2024-01-01", "2024-01-09"),),
        ),
        (
            (FROM_JUNE,),
            days("2025-01-01", None),
            (days("2024-06-01", "2024-12-31"),),
            RemoveOutcome.TRIMMED,
            (days("2025-01-01", None),),
        ),
        ((JANUARY, MARCH), MARCH, (JANUARY,), RemoveOutcome.TRIMMED, (MARCH,)),
        (
            (JANUARY, MARCH, FROM_JUNE),
            days("2024-01-15", "2024-06-14"),
            (days("2024-01-01", "2024-01-14"), days("2024-06-15", None)),
            RemoveOutcome.TRIMMED,
            (days("2024-01-15", "2024-01-31"), MARCH, days("2024-06-01", "2024-06-14")),
        ),
        ((JANUARY,), FEBRUARY, (JANUARY,), RemoveOutcome.UNCHANGED, ()),
        ((), JANUARY, (), RemoveOutcome.UNCHANGED, ()),
        ((), None, (), RemoveOutcome.UNCHANGED, ()),
    ],
)
def test_removal_has_the_expected_outcome(before, period, after, outcome, removed):
    change = remove(before, period)
    assert change == Change(before, after, outcome, removed)
    assert change.changed == (before != after)


def test_operation_beyond_the_limit_of_lines_is_refused():
    before = (Period(10, 20), Period(30, 40))
    too_large = Refused([Violation("period", Reason.DOSSIER_TOO_LARGE, "", {"limit": "2"})])
    with pytest.raises(Refused) as added:
        inscribe(before, Period(50, 60), max_lines=2)
    with pytest.raises(Refused) as split:
        remove(before, Period(13, 15), max_lines=2)
    assert [added.value.violations, split.value.violations] == [too_large.violations] * 2
    assert len(inscribe(before, Period(50, 60), max_lines=3).after) == 3
    assert len(remove(before, Period(13, 15), max_lines=3).after) == 3


def test_first_line_is_refused_under_a_limit_of_zero():
    with pytest.raises(Refused):
        inscribe((), Period(10, 20), max_lines=0)


def test_dossier_over_the_limit_accepts_operations_that_add_no_line():
    before = (Period(10, 20), Period(30, 40), Period(50, 60))
    assert inscribe(before, Period(20, 30), max_lines=1).outcome is InscribeOutcome.MERGED
    assert inscribe(before, Period(20, 25), max_lines=1).outcome is InscribeOutcome.EXTENDED
    assert inscribe(before, Period(12, 15), max_lines=1).outcome is InscribeOutcome.UNCHANGED
    assert remove(before, Period(15, 25), max_lines=1).outcome is RemoveOutcome.TRIMMED


Step = tuple[str, Period | None]


def steps(horizon: int, longest: int) -> st.SearchStrategy[Step]:
    """Inscriptions and removals of short, long, one-day and open periods, and of everything."""
    begin = st.integers(BEGINNING, horizon - 1)
    closed = st.tuples(begin, st.integers(1, longest)).map(
        lambda pair: Period(pair[0], min(sum(pair), horizon))
    )
    one_day = begin.map(lambda day: Period(day, day + 1))
    opened = begin.map(lambda day: Period(day, OPEN))
    until = begin.map(lambda day: Period(BEGINNING, day + 1))
    inscribed = st.tuples(st.just(INSCRIBE), closed | one_day | opened)
    removed = st.tuples(st.just(REMOVE), closed | one_day | opened | until | st.none())
    return inscribed | inscribed | removed


def check_against_days(sequence: list[Step], horizon: int) -> None:
    """Apply the steps to the engine and to the set of days: lines, outcome and what is gone agree."""
    lines: Lines = ()
    oracle = Days(frozenset(), horizon)
    for action, period in sequence:
        if action == INSCRIBE:
            assert period is not None
            change, after = inscribe(lines, period), oracle.inscribed(period)
            outcome, gone = inscribe_outcome(oracle, after)
        else:
            change, after = remove(lines, period), oracle.removed(period)
            outcome, gone = remove_outcome(oracle, after)  # type: ignore[assignment]
        assert change == Change(oracle.lines(), after.lines(), outcome, gone)
        assert change.changed == (oracle != after)
        lines, oracle = change.after, after


@given(st.lists(steps(HORIZON, 15), max_size=40))
def test_any_sequence_of_operations_agrees_with_a_set_of_days(sequence):
    check_against_days(sequence, HORIZON)


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32))
def test_hundreds_of_lines_agree_with_a_set_of_days(seed):
    random, horizon = Random(seed), 2_000
    sequence: list[Step] = [(INSCRIBE, Period(day, day + 1)) for day in range(2, 1_000, 3)]
    random.shuffle(sequence)
    for _ in range(60):
        begin = random.randrange(BEGINNING, 1_000)
        period = Period(begin, min(begin + random.choice((1, 2, 3, 7, 40, 300)), horizon))
        sequence.append((random.choice((INSCRIBE, REMOVE)), period))
    check_against_days(sequence, horizon)


def test_replay_of_the_operation_vectors_leaves_the_expected_lines():
    dossiers: defaultdict[tuple[str, str], Lines] = defaultdict(tuple)

    def remaining() -> list[LineRow]:
        return [LineRow(*key, *period_text(line)) for key in sorted(dossiers) for line in dossiers[key]]

    for number, row in enumerate(operations(), start=1):
        key = row.niss, row.dossier_type
        inscribes = row.operation == "INSCRIBE"
        period = None
        if row.begin or row.end:
            period = parse_period("period", row.begin, row.end, begin_required=inscribes)
            assert isinstance(period, Period)
        if inscribes:
            assert period is not None
            dossiers[key] = inscribe(dossiers[key], period).after
        else:
            dossiers[key] = remove(dossiers[key], period).after
        if number == 10_000:
            assert remaining() == lines_after_half()
    assert number == 20_000
    assert remaining() == lines()

"""The algebra on lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from raas.domain.calendar.day import OPEN
from raas.domain.calendar.periods import Period, covers, difference, normalise, overlaps, union
from tests.oracle.days import Days

HORIZON = 40


def periods() -> st.SearchStrategy[Period]:
    """Periods within the horizon, every fifth or so open."""
    closed = st.tuples(st.integers(1, HORIZON - 1), st.integers(1, 12)).map(
        lambda pair: Period(pair[0], min(pair[0] + pair[1], HORIZON))
    )
    opened = st.integers(1, HORIZON - 1).map(lambda begin: Period(begin, OPEN))
    return closed | closed | closed | closed | opened


def days_of(many: list[Period]) -> Days:
    days = Days(frozenset(), HORIZON)
    for period in many:
        days = days.inscribed(period)
    return days


@given(st.lists(periods(), max_size=12))
def test_normalise_keeps_the_same_days(many):
    assert normalise(many) == days_of(many).lines()


@given(st.lists(periods(), max_size=12), periods())
def test_union_and_difference_agree_with_sets_of_days(many, period):
    days, lines = days_of(many), normalise(many)
    added, absorbed = union(lines, period)
    assert added == days.inscribed(period).lines()
    assert absorbed == tuple(line for line in lines if line not in added)
    left, removed = difference(lines, period)
    assert left == days.removed(period).lines()
    assert removed == Days(days.days & days.of(period), HORIZON).lines()


@given(st.lists(periods(), max_size=12), periods(), st.integers(1, HORIZON - 1))
def test_overlaps_and_covers_agree_with_sets_of_days(many, period, day):
    days, lines = days_of(many), normalise(many)
    assert overlaps(lines, period) == bool(days.days & days.of(period))
    assert covers(lines, day) == (day in days.days)


def test_operation_without_effect_returns_the_same_lines():
    lines = (Period(10, 20), Period(30, OPEN))
    assert union(lines, Period(12, 15)) == (lines, ())
    assert difference(lines, Period(20, 30)) == (lines, ())


def test_line_has_named_bounds():
    (line,), _ = union((Period(10, 20), Period(25, 30)), Period(20, 25))
    assert (line.begin, line.end) == (10, 30)

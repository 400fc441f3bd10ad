"""Conditions of a dossier filter, day by day."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from raas.domain.calendar.day import OPEN
from raas.domain.calendar.periods import Lines, Period, normalise
from raas.usecases.ports.read_store import DossierFilter

days = st.integers(1, 30)
periods = st.tuples(days, st.integers(1, 10) | st.none()).map(
    lambda pair: Period(pair[0], OPEN if pair[1] is None else pair[0] + pair[1])
)
lines = st.lists(periods, max_size=4).map(normalise)


@given(lines, days)
def test_active_on_matches_a_line_that_covers_the_day(some: Lines, day: int) -> None:
    expected = any(line.begin <= day < line.end for line in some)
    assert DossierFilter(active_on=day).meets_period(some) == expected


@given(lines, periods)
def test_overlaps_matches_a_line_that_shares_a_day(some: Lines, period: Period) -> None:
    expected = any(line.begin < period.end and period.begin < line.end for line in some)
    assert DossierFilter(overlaps=period).meets_period(some) == expected


@given(lines, periods)
def test_ends_between_matches_a_last_day_within(some: Lines, period: Period) -> None:
    last_days = [line.end - 1 for line in some if line.end != OPEN]
    expected = any(period.begin <= day < period.end for day in last_days)
    assert DossierFilter(ends_between=period).meets_period(some) == expected


@given(lines)
def test_filter_without_condition_matches_any_line(some: Lines) -> None:
    assert DossierFilter().meets_period(some) == (some != ())


def test_type_filter_matches_the_given_types_only() -> None:
    line = (Period(1, 2),)
    assert DossierFilter().matches("A", line)
    assert DossierFilter(dossier_types=("B", "A")).matches("A", line)
    assert not DossierFilter(dossier_types=("B",)).matches("A", line)
    assert not DossierFilter(dossier_types=("A",)).matches("A", ())

"""Which dossiers a filter means, day by day."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from raas.domain.calendar.day import OPEN
from raas.domain.calendar.periods import Lines, Period, normalise
from raas.usecases.ports.read_store import DossierFilter
from raas.usecases.reads.filters import matches, meets_period

days = st.integers(1, 30)
periods = st.tuples(days, st.integers(1, 10) | st.none()).map(
    lambda pair: Period(pair[0], OPEN if pair[1] is None else pair[0] + pair[1])
)
lines = st.lists(periods, max_size=4).map(normalise)


@given(lines, days)
def test_active_on_means_that_a_line_holds_the_day(some: Lines, day: int) -> None:
    expected = any(line.begin <= day < line.end for line in some)
    assert meets_period(DossierFilter(active_on=day), some) == expected


@given(lines, periods)
def test_overlaps_means_that_a_line_shares_a_day(some: Lines, period: Period) -> None:
    expected = any(line.begin < period.end and period.begin < line.end for line in some)
    assert meets_period(DossierFilter(overlaps=period), some) == expected


@given(lines, periods)
def test_ends_between_means_that_a_last_day_lies_within(some: Lines, period: Period) -> None:
    last_days = [line.end - 1 for line in some if line.end != OPEN]
    expected = any(period.begin <= day < period.end for day in last_days)
    assert meets_period(DossierFilter(ends_between=period), some) == expected


@given(lines)
def test_without_a_condition_any_line_does(some: Lines) -> None:
    assert meets_period(DossierFilter(), some) == (some != ())


def test_a_type_must_be_one_of_those_asked() -> None:
    line = (Period(1, 2),)
    assert matches(DossierFilter(), "A", line)
    assert matches(DossierFilter(dossier_types=("B", "A")), "A", line)
    assert not matches(DossierFilter(dossier_types=("B",)), "A", line)
    assert not matches(DossierFilter(dossier_types=("A",)), "A", ())

"""Birth windows, compared with a model that enumerates days."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raas.domain.calendar.incomplete_date import IncompleteDate, parse_incomplete_date
from raas.domain.search.birth_window import birth_code, birth_window, coded_birth_date, maximum_tolerance


@st.composite
def dates(draw: st.DrawFn) -> IncompleteDate:
    year, month = draw(st.integers(1990, 1993)), draw(st.none() | st.integers(1, 12))
    day = draw(st.none() | st.integers(1, monthrange(year, month)[1])) if month else None
    return IncompleteDate(year, month, day)


def possible_days(born: IncompleteDate) -> range:
    """The days that an incomplete birth date may stand for."""
    year, month, day = born
    assert year is not None
    if month is None:
        return range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1)
    if day is None:
        last = monthrange(year, month)[1]
        return range(date(year, month, 1).toordinal(), date(year, month, last).toordinal() + 1)
    return range(date(year, month, day).toordinal(), date(year, month, day).toordinal() + 1)


def days_asked(asked: IncompleteDate, tolerance: int) -> set[int]:
    """The days of a query, computed unit by unit."""
    year, month, day = asked
    assert year is not None
    if day:
        return {possible_days(asked)[0] + shift for shift in range(-tolerance, tolerance + 1)}
    days: set[int] = set()
    for shift in range(-tolerance, tolerance + 1):
        if month:
            years, months = divmod(year * 12 + month - 1 + shift, 12)
            days.update(possible_days(IncompleteDate(years, months + 1, None)))
        else:
            days.update(possible_days(IncompleteDate(year + shift, None, None)))
    return days


@given(dates(), st.integers(0, 14), dates())
def test_window_admits_every_possible_birth_date(
    asked: IncompleteDate, tolerance: int, known: IncompleteDate
):
    window = birth_window(asked, tolerance)
    wanted = days_asked(asked, tolerance)
    assert (min(wanted), max(wanted)) == (window.first, window.last)
    assert window.admits(birth_code(known)) == any(day in wanted for day in possible_days(known))


@given(dates())
def test_birth_code_survives_the_round_trip(born: IncompleteDate):
    assert coded_birth_date(birth_code(born)) == born


def test_june_within_one_month_is_may_to_july():
    first, last = birth_window(parse_incomplete_date("1968-06-00"), 1)
    assert (date.fromordinal(first), date.fromordinal(last)) == (date(1968, 5, 1), date(1968, 7, 31))


@pytest.mark.parametrize(("born", "most"), [("1968-06-14", 3_653), ("1968-06-00", 120), ("1968-00-00", 10)])
def test_largest_tolerance_is_ten_years_each_way(born: str, most: int):
    asked = parse_incomplete_date(born)
    assert maximum_tolerance(asked) == most
    first, last = birth_window(asked, most)
    assert date.fromordinal(first).year == 1958
    assert date.fromordinal(last).year == 1978


@pytest.mark.parametrize("born", ["0001-01-02", "0001-01-00", "0001-00-00", "9999-12-30", "9999-00-00"])
def test_window_is_clipped_to_the_calendar(born: str):
    asked = parse_incomplete_date(born)
    window = birth_window(asked, maximum_tolerance(asked))
    assert date.min.toordinal() <= window.first <= window.last <= date.max.toordinal()
    assert window.admits(birth_code(asked))


def test_window_without_a_year_raises_value_error():
    with pytest.raises(ValueError, match="year of birth"):
        birth_window(IncompleteDate(None, None, None), 0)

"""Birth dates that a date may stand for, against their definitions."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from raas.domain.calendar.incomplete_date import IncompleteDate, parse_incomplete_date
from raas.domain.search.birth_slips import (
    FAR_YEARS,
    day_and_month_swapped,
    same_day_of_far_years,
    same_day_of_near_years,
    same_day_of_other_months,
)

DAYS = st.dates(date(1850, 1, 1), date(2030, 12, 31)).map(
    lambda day: IncompleteDate(day.year, day.month, day.day)
)


def exists(day: IncompleteDate) -> bool:
    try:
        date(*day)  # type: ignore[arg-type]
    except ValueError:
        return False
    return True


@given(DAYS)
def test_swapping_day_and_month_twice_gives_the_same_date(day: IncompleteDate):
    swapped = day_and_month_swapped(day)
    if swapped is None:
        assert day.day == day.month or not exists(IncompleteDate(day.year, day.day, day.month))
    else:
        assert exists(swapped)
        assert day_and_month_swapped(swapped) == day


@given(DAYS)
def test_other_months_have_the_same_day_of_the_same_year(day: IncompleteDate):
    every = [IncompleteDate(day.year, month, day.day) for month in range(1, 13) if month != day.month]
    assert list(same_day_of_other_months(day)) == [each for each in every if exists(each)]


@given(DAYS)
def test_near_years_are_the_year_before_and_after(day: IncompleteDate):
    every = [day._replace(year=(day.year or 0) + years) for years in (-1, 1)]
    assert list(same_day_of_near_years(day)) == [each for each in every if exists(each)]


def may_be_meant(asked: int, year: int) -> bool:
    """The definition, for two years of four digits."""
    a, b = f"{asked:04d}", f"{year:04d}"
    differing = [at for at in range(4) if a[at] != b[at]]
    swapped = len(differing) == 2 and differing[1] == differing[0] + 1 and sorted(a) == sorted(b)
    one_digit = len(differing) == 1 and differing[0] >= 2
    return abs(asked - year) <= FAR_YEARS or one_digit or (swapped and differing[0] >= 1)


@given(DAYS)
def test_far_years_are_those_of_the_definition(day: IncompleteDate):
    year = day.year or 0
    every = [
        day._replace(year=other) for other in range(1000, 2999) if other != year and may_be_meant(year, other)
    ]
    assert list(same_day_of_far_years(day)) == [each for each in every if exists(each)]


def test_incomplete_dates_have_no_other_days():
    for text in ("1968-06-00", "1968-00-00"):
        asked = parse_incomplete_date(text)
        assert day_and_month_swapped(asked) is None
        assert (
            same_day_of_other_months(asked)
            == same_day_of_near_years(asked)
            == same_day_of_far_years(asked)
            == ()
        )

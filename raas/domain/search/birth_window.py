"""The range of birth dates that a query admits.

A query has a birth date, complete or not, and a tolerance in the unit of its last known part: days for
1968-06-14, months for 1968-06-00, years for 1968-00-00. 1968-06-00 with a tolerance of one is May to July
1968. A person with a complete birth date matches if it lies in that window; a person with an incomplete one
(1968-06-00) matches if the known month or year shares a day with the window.

The index stores a birth date as a number that keeps its zeros: 1968-06-14 is 19680614, 1968-06-00 is
19680600. In that order an incomplete date precedes the days that it may stand for, so the matching persons
are one range of numbers and two single ones (`BirthWindow.codes`).
"""

from __future__ import annotations

from calendar import monthrange
from datetime import MAXYEAR, MINYEAR, date
from functools import lru_cache
from typing import NamedTuple

from raas.domain.calendar.incomplete_date import IncompleteDate

MAXIMUM_DAYS, MAXIMUM_MONTHS, MAXIMUM_YEARS = 3_653, 120, 10
"""The largest tolerance per unit: ten years each way."""


def birth_code(birth_date: IncompleteDate) -> int:
    """The birth date as the number yyyymmdd, 00 for an unknown part; 0 when nothing is known."""
    return (birth_date.year or 0) * 10_000 + (birth_date.month or 0) * 100 + (birth_date.day or 0)


def coded_birth_date(code: int) -> IncompleteDate:
    """The birth date of which this is the code."""
    year, month_and_day = divmod(code, 10_000)
    month, day = divmod(month_and_day, 100)
    return IncompleteDate(year or None, month or None, day or None)


def maximum_tolerance(birth_date: IncompleteDate) -> int:
    """The largest tolerance allowed with this date, in the unit of its precision."""
    if birth_date.day:
        return MAXIMUM_DAYS
    return MAXIMUM_MONTHS if birth_date.month else MAXIMUM_YEARS


class BirthCodes(NamedTuple):
    """The birth codes that match: all from `first` through `last`, and the single ones."""

    first: int
    last: int
    single: tuple[int, ...]


class BirthWindow(NamedTuple):
    """The first and the last day (Day, inclusive) of the births that a query admits."""

    first: int
    last: int

    def codes(self) -> BirthCodes:
        """The codes of the birth dates that match this window; see the module."""
        return _codes(self)

    def admits(self, code: int) -> bool:
        """Whether a person with this birth code may have been born in the window."""
        first, last, single = self.codes()
        return first <= code <= last or code in single


@lru_cache(maxsize=1_024)
def birth_window(birth_date: IncompleteDate, tolerance: int) -> BirthWindow:
    """The window of a question; `tolerance` >= 0 in the unit of the date's precision, the year known."""
    year, month, day = birth_date
    if year is None:
        raise ValueError("a query needs at least the year of birth")
    if month is None:
        return BirthWindow(_month_start(year - tolerance, 1), _month_end(year + tolerance, 12))
    if day is None:
        months = year * 12 + month - 1
        first, last = divmod(months - tolerance, 12), divmod(months + tolerance, 12)
        return BirthWindow(_month_start(first[0], first[1] + 1), _month_end(last[0], last[1] + 1))
    middle = date(year, month, day).toordinal()
    return BirthWindow(
        max(date.min.toordinal(), middle - tolerance), min(date.max.toordinal(), middle + tolerance)
    )


@lru_cache(maxsize=1_024)
def _codes(window: BirthWindow) -> BirthCodes:
    first, last = date.fromordinal(window.first), date.fromordinal(window.last)
    # The month and the year that began before the window: their codes lie before its first day's.
    month = birth_code(IncompleteDate(first.year, first.month, None))
    year = birth_code(IncompleteDate(first.year, None, None))
    return BirthCodes(_code(first), _code(last), (year, month))


def _code(day: date) -> int:
    return birth_code(IncompleteDate(day.year, day.month, day.day))


def _month_start(year: int, month: int) -> int:
    return date.min.toordinal() if year < MINYEAR else date(year, month, 1).toordinal()


def _month_end(year: int, month: int) -> int:
    if year > MAXYEAR:
        return date.max.toordinal()
    return date(year, month, monthrange(year, month)[1]).toordinal()

"""Birth dates that a complete date may stand for when it was typed or read wrongly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import MAXYEAR, MINYEAR, date

from raas.domain.calendar.incomplete_date import IncompleteDate

FAR_YEARS = 10
"""Years before and after the date within which the year may simply be wrong."""


def day_and_month_swapped(birth_date: IncompleteDate) -> IncompleteDate | None:
    """The date with day and month swapped; None if that is no other date: 1968-03-05 for 1968-05-03."""
    year, month, day = birth_date
    if not (month and day) or month == day or day > 12:
        return None
    return IncompleteDate(year, day, month)


def same_day_of_other_months(birth_date: IncompleteDate) -> tuple[IncompleteDate, ...]:
    """The same day in the other months of the year, sorted; empty for an incomplete date."""
    year, month, day = birth_date
    if not (year and month and day):
        return ()
    return tuple(
        IncompleteDate(year, other, day)
        for other in range(1, 13)
        if other != month and _exists(year, other, day)
    )


def same_day_of_near_years(birth_date: IncompleteDate) -> tuple[IncompleteDate, ...]:
    """The same day and month in the year before and in the year after; empty for an incomplete date."""
    return _in_years(birth_date, lambda year: {year - 1, year + 1})


def same_day_of_far_years(birth_date: IncompleteDate) -> tuple[IncompleteDate, ...]:
    """The same day and month in each other year that may be meant, sorted; empty for an incomplete date.

    The years within `FAR_YEARS`, those with another digit in one of the last two places, and those with two
    neighbouring digits of the last three swapped (1986, 1968; 1959, 1995).
    """
    return _in_years(birth_date, _years)


def _in_years(birth_date: IncompleteDate, years_of: Callable[[int], set[int]]) -> tuple[IncompleteDate, ...]:
    year, month, day = birth_date
    if not (year and month and day):
        return ()
    years = sorted(years_of(year) - {year})
    return tuple(IncompleteDate(other, month, day) for other in years if _exists(other, month, day))


def _years(year: int) -> set[int]:
    years = set(range(year - FAR_YEARS, year + FAR_YEARS + 1))
    digits = f"{year:04d}"
    years.update(int(changed) for at in (2, 3) for changed in _with_other_digit(digits, at))
    years.update(int(digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]) for at in (1, 2))
    return years


def _with_other_digit(digits: str, at: int) -> Iterator[str]:
    return (digits[:at] + other + digits[at + 1 :] for other in "0123456789")


def _exists(year: int, month: int, day: int) -> bool:
    if not MINYEAR <= year <= MAXYEAR:
        return False
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True

"""The BIS numbers that a person may get, in the order in which they are given out.

    YY MM DD  CCC  KK      as in niss.py, with the month + 40 when the sex is known, + 20 when it is not

The counter is odd for men and even for women; if the sex is not known, it has no meaning. When the counters
of a day run out, numbers are given under month 00 of the year, day 00, then 01, 02 and so on; under month 00
the day is a mere number that may exceed 31. A birth date with an unknown day or month starts at 00.
"""

from __future__ import annotations

from collections.abc import Iterator

from raas.domain.calendar.incomplete_date import IncompleteDate
from raas.domain.numbers.niss import Niss, NissProfile
from raas.domain.persons.identity import Sex

FIRST_YEAR, LAST_YEAR = 1900, 2099
"""The years of birth that a number can express."""

_SEX_KNOWN, _SEX_UNKNOWN, _FICTITIOUS = 40, 20, 60
_COUNTERS = {Sex.MALE: range(1, 998, 2), Sex.FEMALE: range(2, 999, 2)}
_ANY_COUNTER = range(1, 999)
_NOTHING_KNOWN = ((1900, 1), (2000, 1))
"""Year and day under month 00 that stand for a completely unknown date."""


def bis_numbers(birth_date: IncompleteDate, sex: Sex | None, profile: NissProfile) -> Iterator[Niss]:
    """All numbers for this birth date, which has a year that a number can tell; some tens of thousands.

    Under the test profile they are those of fictitious persons (month + 60) instead.
    """
    year, month, day = birth_date
    if year is None or not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError("no number can express this year of birth")
    counters = _COUNTERS.get(sex or Sex.UNKNOWN, _ANY_COUNTER)
    if profile is NissProfile.TEST:
        series = _FICTITIOUS
    else:
        series = _SEX_UNKNOWN if counters is _ANY_COUNTER else _SEX_KNOWN
    if month:
        yield from _numbers(year, series + month, day or 0, counters)
    for day_part in range(100):
        if (year, day_part) not in _NOTHING_KNOWN:
            yield from _numbers(year, series, day_part, counters)


def _numbers(year: int, month_part: int, day_part: int, counters: range) -> Iterator[Niss]:
    first = (((year % 100) * 100 + month_part) * 100 + day_part) * 1000
    born_2000_or_later = 2_000_000_000 if year >= 2000 else 0
    for counter in counters:
        nine = first + counter
        yield Niss(nine * 100 + 97 - (born_2000_or_later + nine) % 97)

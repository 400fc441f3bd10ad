"""The number that identifies a person: NISS (INSZ, SSIN).

    YY MM DD  CCC  KK      birth date, counter of that day (odd = male), check digits

KK = 97 - (the nine digits before it mod 97); for a birth in 2000 or later a 2 is put before the nine.
2,000,000,000 mod 97 is 68, so no number fits both centuries: the check digits decide.

The month shows the series: unchanged (national register), + 20 or + 40 (BIS, given by the CBSS; + 40
if the sex was known), + 60 (fictitious persons, never given to a real one).

The birth date may be legally incomplete: day 00 = day unknown; month 00 = month and day unknown, or
all counters of that day were used. When the counters under 00-00 run out too, the day part is a mere
number that counts on (00-01, 00-02, ... past 31), so under month 00 it has no meaning. 1900-00-01 and
2000-00-01 stand for a completely unknown date.
"""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import NewType

from raas.domain.calendar.incomplete_date import IncompleteDate
from raas.domain.errors import Reason
from raas.domain.invalid import Invalid

Niss = NewType("Niss", int)
"""The eleven digits as a number."""

_BORN_2000_OR_LATER = 2_000_000_000
_NATIONAL_REGISTER, _FICTITIOUS, _BEYOND = 0, 3, 4


class NissProfile(Enum):
    """The kinds of numbers that are accepted."""

    PRODUCTION = "numbers that can be given to a person"
    TEST = "these, and the fictitious ones (month + 60)"


def parse_niss(text: str, profile: NissProfile, today: int) -> Niss:
    """The NISS written as exactly eleven ASCII digits, without separators.

    Checked, in this order: form, check digits, month, series allowed by `profile`, existence of the
    birth date, counter (001 to 998 in the national register and among fictitious persons, 000 to 999
    for BIS), birth date not after `today` (an incomplete one counts from the first day it can be).
    Raises `Invalid` with NISS_MALFORMED and one sentence per cause. A well-formed number need not exist:
    only the authentic source knows.
    """
    if len(text) != 11 or not (text.isascii() and text.isdigit()):
        raise _malformed("NISS_FORMAT")
    number = int(text)
    century, year, month_part, day, counter = _parts(number)
    if not century:
        raise _malformed("NISS_CHECK_DIGITS")
    series, month = divmod(month_part, 20)
    if series == _BEYOND or month > 12:
        raise _malformed("NISS_MONTH")
    if series == _FICTITIOUS and profile is not NissProfile.TEST:
        raise _malformed("NISS_FICTITIOUS")
    try:
        earliest = date(century + year, month or 1, day or 1 if month else 1).toordinal()
    except ValueError:
        raise _malformed("NISS_BIRTH_DATE") from None
    if series in (_NATIONAL_REGISTER, _FICTITIOUS) and not 1 <= counter <= 998:
        raise _malformed("NISS_COUNTER")
    if earliest > today:
        raise _malformed("NISS_FUTURE")
    return Niss(number)


def niss_text(niss: Niss) -> str:
    """The eleven digits of the number."""
    return f"{niss:011d}"


def birth_date(niss: Niss) -> IncompleteDate:
    """The birth date in the number itself; the authentic source may know a better one."""
    century, year, month_part, day, _ = _parts(niss)
    month = month_part % 20
    if month:
        return IncompleteDate(century + year, month, day or None)
    if year == 0 and day == 1:
        return IncompleteDate(None, None, None)
    return IncompleteDate(century + year, None, None)


def _parts(number: int) -> tuple[int, int, int, int, int]:
    """Century (1900, 2000, or 0 when the check digits are wrong), year, month part, day part, counter."""
    nine, check = divmod(number, 100)
    if 97 - nine % 97 == check:
        century = 1900
    elif 97 - (_BORN_2000_OR_LATER + nine) % 97 == check:
        century = 2000
    else:
        century = 0
    day_number, counter = divmod(nine, 1000)
    year_month, day = divmod(day_number, 100)
    year, month_part = divmod(year_month, 100)
    return century, year, month_part, day, counter


def _malformed(sentence: str) -> Invalid:
    return Invalid(Reason.NISS_MALFORMED, sentence)

"""A birth date with unknown parts."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from raas.domain.errors import Reason
from raas.domain.invalid import Invalid

_FORM = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


class IncompleteDate(NamedTuple):
    """A date whose day, month or even year may be unknown (None).

    A known day has a known month, a known month a known year.
    """

    year: int | None
    month: int | None
    day: int | None

    def earliest(self) -> int | None:
        """The earliest possible day; None if the year is unknown."""
        if self.year is None:
            return None
        return date(self.year, self.month or 1, self.day or 1).toordinal()


def parse_incomplete_date(text: str) -> IncompleteDate:
    """The date written as `1968-06-14`, `1968-06-00` (day unknown) or `1968-00-00` (only the year known).

    Raises `Invalid` for every other form and for dates that no calendar has.
    """
    form = _FORM.fullmatch(text)
    if form is None:
        raise Invalid(Reason.VALUE_INVALID, "INCOMPLETE_DATE_FORMAT")
    year, month, day = map(int, form.groups())
    if day and not month:
        raise Invalid(Reason.VALUE_INVALID, "INCOMPLETE_DATE_FORMAT")
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        raise Invalid(Reason.VALUE_INVALID, "DAY_NOT_IN_CALENDAR") from None
    return IncompleteDate(year, month or None, day or None)

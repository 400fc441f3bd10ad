"""Durations in calendar units, as ISO 8601 writes them: `P10Y`, `P1Y6M`, `P90D`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

from raas.domain.calendar.age import MAX_DAYS, MAX_MONTHS, Age
from raas.domain.errors import Reason
from raas.domain.invalid import Invalid

_DURATION = re.compile(r"P(?:(?:(\d{1,5})Y)?(?:(\d{1,5})M)?|(\d{1,5})D)", re.ASCII)
_YEAR = 12


def parse_duration(text: str) -> Age:
    """Years and months, or days: at least one day, at most 1,200 months or 36,500 days.

    Raises Invalid VALUE_INVALID (DURATION_FORMAT).
    """
    found = _DURATION.fullmatch(text)
    years, months, days = (int(each or 0) for each in found.groups()) if found else (0, 0, 0)
    age = Age(months=_YEAR * years + months, days=days)
    if age.months + age.days == 0 or age.months > MAX_MONTHS or age.days > MAX_DAYS:
        raise Invalid(Reason.VALUE_INVALID, "DURATION_FORMAT")
    return age


def duration_text(age: Age) -> str:
    """The text of a duration, with as many whole years as it has: `P18M` becomes `P1Y6M`."""
    if age.days:
        return f"P{age.days}D"
    years, months = divmod(age.months, _YEAR)
    return f"P{f'{years}Y' if years else ''}{f'{months}M' if months else ''}"


def day_before(today: int, age: Age) -> int:
    """The day that lies a duration before `today`; the last day of a month that is too short."""
    midnight = datetime.combine(date.fromordinal(today), time(), UTC)
    return age.before(midnight).toordinal()

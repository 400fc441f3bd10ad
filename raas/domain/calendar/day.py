"""Days, and periods as callers write them.

A Day is an int, the proleptic Gregorian ordinal (`date.toordinal()`); outside it is `YYYY-MM-DD`.
Callers write both bounds of a period inclusive and leave an open one out; inside, a `Period` is
half-open: the end is the day after the last one, and `OPEN` when there is no end.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from raas.domain.bounded_memo import BoundedMemo
from raas.domain.calendar.periods import Period
from raas.domain.errors import Reason, Violation
from raas.domain.invalid import Invalid

OPEN = 3_652_060
"""The exclusive end of a period without end: one day past 9999-12-31."""

BEGINNING = 1
"""The begin of a removal or a filter without begin: 0001-01-01, the first day there is."""

_BRUSSELS = ZoneInfo("Europe/Brussels")
_LAST_DAY = OPEN - 1
_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _parse_day(text: str) -> int:
    if not text:
        raise Invalid(Reason.VALUE_INVALID, "DAY_EMPTY")
    if _FORM.fullmatch(text) is None:
        raise Invalid(Reason.VALUE_INVALID, "DAY_FORMAT")
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        raise Invalid(Reason.VALUE_INVALID, "DAY_NOT_IN_CALENDAR") from None


parse_day = BoundedMemo(_parse_day).__getitem__
"""The day written as `YYYY-MM-DD`, 0001-01-01 to 9999-12-31.

Raises `Invalid` with VALUE_INVALID for another form (also for the empty text, which is never taken for
"absent") and for a day that no calendar has.
"""


def parse_bound(text: str) -> int:
    """The day written as the first or last one of a period or a validity.

    Like `parse_day`, and refuses 9999-12-31: it is the habit of writing "no end" as a day, and would
    make two kinds of open periods.
    """
    day = parse_day(text)
    if day == _LAST_DAY:
        raise Invalid(Reason.VALUE_INVALID, "DAY_LAST")
    return day


def _day_text(day: int) -> str:
    return date.fromordinal(day).isoformat()


day_text = BoundedMemo(_day_text).__getitem__
"""The day as `YYYY-MM-DD`."""


def brussels_day(instant: datetime) -> int:
    """The day on which an instant falls in Belgium; the instant must carry its time zone."""
    if instant.tzinfo is None:
        raise ValueError("an instant without time zone falls on no particular day")
    return instant.astimezone(_BRUSSELS).date().toordinal()


def seconds_to_next_day(instant: datetime) -> float:
    """The seconds from an instant to the next midnight in Brussels."""
    tomorrow = date.fromordinal(brussels_day(instant) + 1)
    midnight = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=_BRUSSELS)
    return midnight.timestamp() - instant.timestamp()


def end_of_brussels_day(day: int) -> datetime:
    """The instant at which a day has ended in Belgium, in UTC."""
    return datetime.combine(date.fromordinal(day + 1), time(), _BRUSSELS).astimezone(UTC)


def brussels_time_text(instant: datetime) -> str:
    """An instant as the clocks in Belgium show it, to the minute: `2024-03-01 14:05`."""
    return instant.astimezone(_BRUSSELS).strftime("%Y-%m-%d %H:%M")


def parse_period(
    field: str, begin: str | None, end: str | None, *, begin_required: bool
) -> Period | list[Violation]:
    """The period a caller wrote, or everything that is wrong with it.

    None is an absent bound. `begin_required`: for an inscription; otherwise (a removal, a filter)
    either bound may be missing, not both, and a missing begin is `BEGINNING`. A missing end is `OPEN`.
    Violations are at `field`, `field.begin` and `field.end`: PERIOD_INVALID, and REQUIRED for a
    begin that is missing.
    """
    violations: list[Violation] = []
    first, last = BEGINNING, _LAST_DAY
    if begin is not None:
        try:
            first = parse_bound(begin)
        except Invalid as invalid:
            violations.append(Violation(f"{field}.begin", Reason.PERIOD_INVALID, invalid.sentence))
    elif begin_required:
        violations.append(Violation(f"{field}.begin", Reason.REQUIRED, "PERIOD_BEGIN_REQUIRED"))
    elif end is None:
        violations.append(Violation(field, Reason.PERIOD_INVALID, "PERIOD_WITHOUT_BOUNDS"))
    if end is not None:
        try:
            last = parse_bound(end)
        except Invalid as invalid:
            violations.append(Violation(f"{field}.end", Reason.PERIOD_INVALID, invalid.sentence))
    if not violations and last < first:
        violations.append(Violation(f"{field}.end", Reason.PERIOD_INVALID, "PERIOD_END_BEFORE_BEGIN"))
    return violations or Period(first, last + 1)


def through_open_end(period: Period) -> Period:
    """The days that a removal of this period takes away: through 9999-12-30 means through the open end.

    Otherwise the removal would leave 9999-12-31 of an open line, a day that no request can name.
    """
    return Period(period.begin, OPEN) if period.end == _LAST_DAY else period


def period_text(period: Period) -> tuple[str, str | None]:
    """First and last day of a period, both inclusive, as texts; None = it has no end."""
    return day_text(period.begin), None if period.end == OPEN else day_text(period.end - 1)

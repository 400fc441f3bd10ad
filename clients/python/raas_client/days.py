"""Days and periods. A day is a `date`, or a text `YYYY-MM-DD`; both bounds of a period are inclusive."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from raas.v1.period_pb2 import Period

Day = date | str

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Line(NamedTuple):
    """One period of a dossier; `end` None = open."""

    begin: date
    end: date | None

    def holds(self, day: date) -> bool:
        """Whether the day lies in the line."""
        return self.begin <= day and (self.end is None or day <= self.end)


def day_text(day: Day) -> str:
    """The day as RaaS writes it. A text is passed on: the server checks it."""
    if isinstance(day, datetime):
        raise TypeError("a day is a date, not an instant: which day it is depends on the place")
    return day if isinstance(day, str) else day.isoformat()


def period(begin: Day | None = None, end: Day | None = None) -> Period:
    """A period; without `end` it is open, without `begin` (in removals and filters) unbounded."""
    return Period(
        begin=None if begin is None else day_text(begin), end=None if end is None else day_text(end)
    )


def lines_of(periods: Iterable[Period]) -> tuple[Line, ...]:
    """The lines of a dossier, or of `before` or `after` of a mutation, as days."""
    return tuple(line_of(each.begin, each.end) for each in periods)


def line_of(begin: str, end: str) -> Line:
    """A line from the texts of its days; an empty end is an open one."""
    return Line(_day(begin), _day(end) if end else None)


def day_of(day: Day) -> date:
    """The day as a date. Raises ValueError for a text that is not a day written as `YYYY-MM-DD`."""
    text = day_text(day)
    if _DAY.fullmatch(text) is None:
        # `fromisoformat` takes 20240301 and 2024-W09-5 as well.
        raise ValueError("a day is written as YYYY-MM-DD")
    return _day(text)


_day = lru_cache(maxsize=65_536)(date.fromisoformat)


def optional_day_text(day: Day | None) -> str | None:
    """The text of a day that may be absent. Raises like `day_text`."""
    return None if day is None else day_text(day)

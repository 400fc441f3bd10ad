"""Lines as PostgreSQL writes them: `{[2024-01-01,2024-02-01),[2024-05-01,)}`."""

from __future__ import annotations

from datetime import date

from raas.domain.bounded_memo import BoundedMemo
from raas.domain.calendar.day import OPEN, day_text
from raas.domain.calendar.periods import Lines, Period

_FIRST_DAY, _DAY_AFTER = slice(0, 10), slice(11, 21)


def lines_of(text: str) -> Lines:
    """The lines of a datemultirange in its text form (DateStyle ISO).

    PostgreSQL normalises it as lines are: in order, half-open, neither overlapping nor touching. An absent
    upper bound is `OPEN`. Raises ValueError for a text that no dossier can hold.
    """
    if text == "{}":
        return ()
    if text[:2] != "{[" or text[-2:] != ")}":
        raise ValueError("not a set of half-open periods")
    return tuple(map(_period, text[2:-2].split("),[")))


def multirange_text(lines: Lines) -> str:
    """The text that PostgreSQL writes for these lines: the inverse of `lines_of`."""
    return "{" + ",".join(range_text(line) for line in lines) + "}"


def range_text(period: Period) -> str:
    """A period as a daterange: `[2024-01-01,2024-02-01)`, without end `[2024-05-01,)`."""
    return f"[{day_text(period.begin)},{'' if period.end >= OPEN else day_text(period.end)})"


def _ordinal(text: str) -> int:
    return date.fromisoformat(text).toordinal()


_day = BoundedMemo(_ordinal).__getitem__


def _period(text: str) -> Period:
    if len(text) == 11:
        return Period(_day(text[_FIRST_DAY]), OPEN)
    return Period(_day(text[_FIRST_DAY]), _day(text[_DAY_AFTER]))

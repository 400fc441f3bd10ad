"""Sets of days, as the normalised lines of a dossier.

Days are discrete: two lines touch if one ends on the day before the other begins, and then they are one
line. So lines are sorted half-open periods of ints, with at least one day between any two.

An operation reads only the lines near its period, which bisection finds. For none or one of them, two
comparisons suffice; for several, the interval algebra (portion) works on these alone. Over a whole dossier it
would take milliseconds; so the time does not depend on the size of the dossier.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

import portion


class Period(NamedTuple):
    """The days from `begin` up to, not including, `end`; never empty (begin < end)."""

    begin: int
    end: int


Lines = tuple[Period, ...]
"""Periods in order that never overlap nor touch."""


def normalise(many: Iterable[Period]) -> Lines:
    """The lines of the days that are in any of the periods; these may overlap and come in any order."""
    return _lines(_interval(many))


def union(lines: Lines, period: Period) -> tuple[Lines, Lines]:
    """The lines with the days of `period` added, and the lines absorbed: those that no longer exist.

    If no line is absorbed and their number is as before, the period was covered already.
    """
    # A line that ends where the period begins, or begins where it ends, touches it and is merged with it.
    first = bisect_left(lines, (period.begin,))
    if first and lines[first - 1].end >= period.begin:
        first -= 1
    behind = bisect_left(lines, (period.end + 1,), first)
    if first == behind:
        return (*lines[:first], period, *lines[first:]), ()
    if lines[first].begin <= period.begin and period.end <= lines[first].end:
        return lines, ()
    if behind - first == 1:
        merged = Period(min(lines[first].begin, period.begin), max(lines[first].end, period.end))
    else:
        # The lines between the outermost two lie inside the period.
        (merged,) = _lines(_interval((lines[first], period, lines[behind - 1])))
    return (*lines[:first], merged, *lines[behind:]), lines[first:behind]


def difference(lines: Lines, period: Period) -> tuple[Lines, Lines]:
    """The lines without the days of `period`, and the days removed, as lines."""
    first, behind = _overlapping(lines, period)
    if first == behind:
        return lines, ()
    if behind - first == 1:
        kept, removed = _cut(lines[first], period)
    else:
        # The lines between the outermost two are removed entirely.
        outermost, gap = _interval((lines[first], lines[behind - 1])), _interval((period,))
        kept = _lines(outermost - gap)
        first_part, last_part = _lines(outermost & gap)
        removed = (first_part, *lines[first + 1 : behind - 1], last_part)
    return lines[:first] + kept + lines[behind:], removed


def overlaps(lines: Lines, period: Period) -> bool:
    """Whether at least one day of `period` is in the lines."""
    first, behind = _overlapping(lines, period)
    return first < behind


def covers(lines: Lines, day: int) -> bool:
    """Whether the day is in the lines."""
    return overlaps(lines, Period(day, day + 1))


def _overlapping(lines: Lines, period: Period) -> tuple[int, int]:
    """The slice of the lines that share a day with `period`: its start and its end."""
    first = bisect_left(lines, (period.begin,))
    if first and lines[first - 1].end > period.begin:
        first -= 1
    return first, bisect_left(lines, (period.end,), first)


def _cut(line: Period, period: Period) -> tuple[Lines, Lines]:
    """The rest of a line without the days of a period that overlaps it, and the days they share."""
    begin, end = max(line.begin, period.begin), min(line.end, period.end)
    left = () if line.begin == begin else (Period(line.begin, begin),)
    right = () if line.end == end else (Period(end, line.end),)
    return left + right, (Period(begin, end),)


def _interval(many: Iterable[Period]) -> portion.Interval:
    # In bulk: joining them one by one takes quadratic time.
    return portion.Interval(*(portion.closedopen(begin, end) for begin, end in many))


def _lines(interval: portion.Interval) -> Lines:
    return tuple(Period(atomic.lower, atomic.upper) for atomic in interval)

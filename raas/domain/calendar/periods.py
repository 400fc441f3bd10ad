"""Sets of days, as the normalised lines of a dossier.

Days are discrete: a line that ends the day before another one begins touches it, and the two are one
line. So lines are half-open int periods, sorted, with at least one day between any two.

Only the lines near the period are looked at: bisecting finds them. When it meets none or one of them,
two comparisons say everything; when it meets several, the algebra (portion) works on these alone. Over
a whole dossier it would cost milliseconds; so the size of the dossier does not matter.
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

    Nothing absorbed and as many lines as before: the period was covered already.
    """
    # A line that ends where the period begins, or begins where it ends, touches it: it is one with it.
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
        # What lies between the outermost two is inside the period.
        (merged,) = _lines(_interval((lines[first], period, lines[behind - 1])))
    return (*lines[:first], merged, *lines[behind:]), lines[first:behind]


def difference(lines: Lines, period: Period) -> tuple[Lines, Lines]:
    """The lines without the days of `period`, and, as lines, the days really taken away."""
    first, behind = _overlapping(lines, period)
    if first == behind:
        return lines, ()
    if behind - first == 1:
        kept, removed = _cut(lines[first], period)
    else:
        # What lies between the outermost two goes entirely.
        outermost, gap = _interval((lines[first], lines[behind - 1])), _interval((period,))
        kept = _lines(outermost - gap)
        head, recent_log = _lines(outermost & gap)
        removed = (head, *lines[first + 1 : behind - 1], recent_log)
    return lines[:first] + kept + lines[behind:], removed


def overlaps(lines: Lines, period: Period) -> bool:
    """Whether at least one day of `period` is in the lines."""
    first, behind = _overlapping(lines, period)
    return first < behind


def covers(lines: Lines, day: int) -> bool:
    """Whether the day is in the lines."""
    return overlaps(lines, Period(day, day + 1))


def _overlapping(lines: Lines, period: Period) -> tuple[int, int]:
    """Where the lines that share a day with `period` begin, and where they are over."""
    first = bisect_left(lines, (period.begin,))
    if first and lines[first - 1].end > period.begin:
        first -= 1
    return first, bisect_left(lines, (period.end,), first)


def _cut(line: Period, period: Period) -> tuple[Lines, Lines]:
    """What remains of a line without the days of a period that overlaps it, and the days they share."""
    begin, end = max(line.begin, period.begin), min(line.end, period.end)
    left = () if line.begin == begin else (Period(line.begin, begin),)
    right = () if line.end == end else (Period(end, line.end),)
    return left + right, (Period(begin, end),)


def _interval(many: Iterable[Period]) -> portion.Interval:
    # In bulk: joining them one by one takes quadratic time.
    return portion.Interval(*(portion.closedopen(begin, end) for begin, end in many))


def _lines(interval: portion.Interval) -> Lines:
    return tuple(Period(atomic.lower, atomic.upper) for atomic in interval)

"""Expired lines: those that ended longer ago than `keep_after_end` of their dossier type."""

from __future__ import annotations

from raas.domain.calendar.age import Age
from raas.domain.calendar.duration import day_before
from raas.domain.calendar.periods import Lines


def first_day_kept(today: int, keep_after_end: Age) -> int:
    """The first day kept: lines that ended before it have expired.

    No line expires earlier than `keep_after_end` allows: a line that ended on the 31st is kept through
    the last day of a shorter month.
    """
    return day_before(today, keep_after_end)


def expired_lines(lines: Lines, first_kept: int) -> Lines:
    """The lines whose last day lies before the day `first_kept`: the first ones of the dossier."""
    return tuple(line for line in lines if line.end <= first_kept)

"""A simple model of a dossier: the set of its days.

The model has no lines, no bisection and no special case for adjacent periods: consecutive days form one
line. All days from `horizon` on are one element, so that an open period is finite. Periods must end at or
before the horizon, or be open.
"""

from __future__ import annotations

from dataclasses import dataclass

from raas.domain.calendar.day import OPEN
from raas.domain.calendar.periods import Lines, Period
from raas.domain.registers.dossier import InscribeOutcome, RemoveOutcome


@dataclass(frozen=True, slots=True)
class Days:
    """A set of days up to `horizon`, which stands for itself and every later day."""

    days: frozenset[int]
    horizon: int

    def of(self, period: Period) -> frozenset[int]:
        """The days of a period."""
        end = self.horizon + 1 if period.end == OPEN else period.end
        return frozenset(range(period.begin, end))

    def inscribed(self, period: Period) -> Days:
        """These days and those of the period."""
        return Days(self.days | self.of(period), self.horizon)

    def removed(self, period: Period | None) -> Days:
        """These days without those of the period; without a period none."""
        return Days(frozenset() if period is None else self.days - self.of(period), self.horizon)

    def lines(self) -> Lines:
        """The days as lines, one for each run of consecutive days."""
        lines: list[Period] = []
        for day in sorted(self.days):
            if lines and lines[-1].end == day:
                lines[-1] = Period(lines[-1].begin, day + 1)
            else:
                lines.append(Period(day, day + 1))
        if self.horizon in self.days:
            lines[-1] = Period(lines[-1].begin, OPEN)
        return tuple(lines)


def inscribe_outcome(before: Days, after: Days) -> tuple[InscribeOutcome, Lines]:
    """The outcome of an inscription by its definition, and the lines absorbed."""
    remaining = set(after.lines())
    absorbed = tuple(line for line in before.lines() if line not in remaining)
    if before == after:
        return InscribeOutcome.UNCHANGED, ()
    if not before.days:
        return InscribeOutcome.CREATED, ()
    if not absorbed:
        return InscribeOutcome.ADDED, ()
    return (InscribeOutcome.EXTENDED if len(absorbed) == 1 else InscribeOutcome.MERGED), absorbed


def remove_outcome(before: Days, after: Days) -> tuple[RemoveOutcome, Lines]:
    """The outcome of a removal by its definition, and the removed days as lines."""
    gone = Days(before.days - after.days, before.horizon).lines()
    if not gone:
        return RemoveOutcome.UNCHANGED, ()
    if not after.days:
        return RemoveOutcome.REMOVED, gone
    if len(after.lines()) == len(before.lines()) + 1:
        return RemoveOutcome.SPLIT, gone
    return RemoveOutcome.TRIMMED, gone

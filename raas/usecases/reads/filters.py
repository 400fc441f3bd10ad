"""Whether a dossier is one of those a filter asks for."""

from __future__ import annotations

from raas.domain.calendar.day import OPEN
from raas.domain.calendar.periods import Lines, covers, overlaps
from raas.usecases.ports.read_store import DossierFilter


def matches(which: DossierFilter, dossier_type: str, lines: Lines) -> bool:
    """Whether a dossier of one of the numbers asked has a line and is of a type and time asked."""
    if which.dossier_types and dossier_type not in which.dossier_types:
        return False
    return meets_period(which, lines)


def meets_period(which: DossierFilter, lines: Lines) -> bool:
    """Whether there is a line that meets the condition on periods, or any line where there is none."""
    if which.overlaps is not None:
        return overlaps(lines, which.overlaps)
    if which.active_on is not None:
        return covers(lines, which.active_on)
    if which.ends_between is not None:
        begin, end = which.ends_between
        return any(begin < line.end <= end and line.end < OPEN for line in lines)
    return bool(lines)

"""Inscribing and removing a period in the lines of one dossier.

Pure functions: lines and a period in, a `Change` out, with the lines afterwards and the outcome. This is the
definition of a merge; every other implementation is tested against it.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from raas.domain.calendar.day import through_open_end
from raas.domain.calendar.periods import Lines, Period, difference, union
from raas.domain.errors import Reason, Refused, refuse

MAX_LINES = 1_000
"""The default of the most lines that a dossier may have."""


class InscribeOutcome(Enum):
    """The outcome of an inscription; names and values equal those of the proto enum."""

    CREATED = 1
    """The dossier had no line."""
    ADDED = 2
    """A further line, apart from the others."""
    EXTENDED = 3
    """One line was absorbed."""
    MERGED = 4
    """Two or more lines were absorbed."""
    UNCHANGED = 5
    """Every day was inscribed already."""


class RemoveOutcome(Enum):
    """The outcome of a removal; names and values equal those of the proto enum."""

    REMOVED = 1
    """No line is left."""
    SPLIT = 2
    """One line became two."""
    TRIMMED = 3
    """Lines became shorter or fewer."""
    UNCHANGED = 4
    """No day was inscribed; that is no error."""


_UNCHANGED = (InscribeOutcome.UNCHANGED, RemoveOutcome.UNCHANGED)


class Change(NamedTuple):
    """The effect of one operation on one dossier; a tuple, since Import creates hundreds of thousands.

    `gone`: for an inscription the lines absorbed, as they were, that no longer exist; for a removal the
    days removed, as lines. UNCHANGED means `after == before` and nothing gone.
    """

    before: Lines
    after: Lines
    outcome: InscribeOutcome | RemoveOutcome
    gone: Lines

    @property
    def changed(self) -> bool:
        """Whether the dossier changed; only then a mutation is recorded."""
        return self.outcome not in _UNCHANGED


def inscribe(before: Lines, period: Period, max_lines: int = MAX_LINES) -> Change:
    """Add a period: after = before ∪ period.

    Raises `Refused` with DOSSIER_TOO_LARGE when the lines become more than before and more than
    `max_lines`; a dossier that has too many already can still be merged.
    """
    after, absorbed = union(before, period)
    if absorbed:
        outcome = InscribeOutcome.EXTENDED if len(absorbed) == 1 else InscribeOutcome.MERGED
    elif len(after) == len(before):
        outcome = InscribeOutcome.UNCHANGED
    else:
        outcome = InscribeOutcome.ADDED if before else InscribeOutcome.CREATED
        if len(after) > max_lines:
            raise _too_large(max_lines)
    return Change(before, after, outcome, absorbed)


def remove(before: Lines, period: Period | None, max_lines: int = MAX_LINES) -> Change:
    """Remove a period: after = before − period; without a period the whole dossier.

    A period that ends on 9999-12-30 takes the open end away too: see `through_open_end`.

    Raises `Refused` with DOSSIER_TOO_LARGE when it splits a line and that makes more than `max_lines`.
    """
    after, removed = ((), before) if period is None else difference(before, through_open_end(period))
    if not removed:
        outcome = RemoveOutcome.UNCHANGED
    elif not after:
        outcome = RemoveOutcome.REMOVED
    elif len(after) > len(before):
        outcome = RemoveOutcome.SPLIT
        if len(after) > max_lines:
            raise _too_large(max_lines)
    else:
        outcome = RemoveOutcome.TRIMMED
    return Change(before, after, outcome, removed)


def _too_large(max_lines: int) -> Refused:
    return refuse(Reason.DOSSIER_TOO_LARGE, "period", limit=str(max_lines))

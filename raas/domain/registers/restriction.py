"""A restriction hides a mistaken inscription, once removed, from reads as of an earlier time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from raas.domain.calendar.periods import Lines, difference
from raas.domain.errors import Violation
from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import Mutation
from raas.domain.text import text_violations

REASON_LIMIT = 256
TICKET_LIMIT = 36


@dataclass(frozen=True, slots=True)
class HiddenDays:
    """Days that are hidden in the states of a dossier from the first to the last of these revisions."""

    niss: Niss
    dossier_type: str
    lines: Lines
    first_revision: int
    last_revision: int

    def hides_at(self, revision: int) -> bool:
        """Whether the state at this revision is shown without the days."""
        return self.first_revision <= revision <= self.last_revision

    def of(self, niss: Niss | None, dossier_type: str | None) -> bool:
        """Whether they belong to this dossier."""
        return (self.niss, self.dossier_type) == (niss, dossier_type)


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why, under which ticket, and by which user of the operating system."""

    reason: str
    ticket: str
    user: str

    @property
    def violations(self) -> list[Violation]:
        """Everything wrong with the reason and the ticket."""
        return [
            *text_violations("reason", self.reason, REASON_LIMIT),
            *text_violations("ticket", self.ticket, TICKET_LIMIT),
        ]


@dataclass(frozen=True, slots=True)
class Restriction:
    """The restriction of an inscription under all numbers of a person.

    The days were not inscribed before `first_revision`, nor at `last_revision`: so an earlier inscription of
    the same days, and a later one, are shown.
    """

    id: UUID
    nisses: tuple[Niss, ...]
    dossier_type: str
    lines: Lines
    first_revision: int
    last_revision: int
    grounds: Grounds
    time: datetime
    lifted: Grounds | None = None
    lift_time: datetime | None = None

    @property
    def hidden_days(self) -> tuple[HiddenDays, ...]:
        """The effect while it is not lifted: one entry for each number."""
        if self.lift_time is not None:
            return ()
        bounds = self.first_revision, self.last_revision
        return tuple(HiddenDays(niss, self.dossier_type, self.lines, *bounds) for niss in self.nisses)


def shown_lines(lines: Lines, revision: int, hidden: Iterable[HiddenDays]) -> Lines:
    """The lines of a dossier at a revision without its hidden days; `hidden` are those of this dossier."""
    for each in hidden:
        if each.hides_at(revision):
            lines = without(lines, each.lines)
    return lines


def without(lines: Lines, days: Lines) -> Lines:
    """The lines without these days."""
    for period in days:
        lines, _ = difference(lines, period)
    return lines


def shown_mutation(mutation: Mutation, hidden: Iterable[HiddenDays]) -> Mutation | None:
    """A mutation of a dossier without the hidden days; None = nothing else changed.

    If its lines change, it is shown without its checksum, which covers them.
    """
    of_dossier = [each for each in hidden if each.of(mutation.niss, mutation.dossier_type)]
    before = shown_lines(mutation.before, mutation.revision - 1, of_dossier)
    after = shown_lines(mutation.after, mutation.revision, of_dossier)
    if (before, after) == (mutation.before, mutation.after):
        return mutation
    return None if before == after else replace(mutation, before=before, after=after, checksum=b"")

"""The state that the stores in memory share: every register with its whole log, and the persons."""

from __future__ import annotations

import asyncio
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from raas.domain.calendar.day import OPEN, parse_day
from raas.domain.calendar.periods import Lines, Period
from raas.domain.errors import Violation
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import Identity
from raas.domain.persons.record import Person, RegisterOfOrigin
from raas.domain.persons.status import PersonState, PersonStatus
from raas.domain.registers.content import Content
from raas.domain.registers.dossier_type import DossierType
from raas.domain.registers.register import Register, first_checksum
from raas.domain.registers.restriction import HiddenDays, Restriction, shown_lines
from raas.domain.registers.shares import Shares
from raas.memory.audit.store import MemoryAuditLog
from raas.usecases.ports.log import LogPoint
from raas.usecases.ports.persons import NissStatus, Rejection
from raas.usecases.ports.read_store import DossierView
from raas.usecases.ports.write_store import (
    AnsweredRequest,
    DossierKey,
    DossierState,
    DossierTypes,
    ImportKey,
    NewMutation,
    RequestKey,
)

_ACTIVE = NissStatus(PersonStatus.ACTIVE)
_LINE = re.compile(r"\[([^,]+),([^]]*)\]")


class Logged(NamedTuple):
    """A mutation in the log."""

    mutation: NewMutation
    record_time: datetime


@dataclass
class RegisterState:
    """One register."""

    id: int
    enterprise_number: EnterpriseNumber
    name: str
    log_id: UUID = field(default_factory=uuid4)
    create_time: datetime = field(default_factory=lambda: datetime.now(UTC))
    oldest_revision: int = 0
    types_revision: int = 0
    types: dict[str, tuple[int, DossierType]] = field(default_factory=dict)
    """Ids and dossier types by code."""
    log: list[Logged] = field(default_factory=list)
    """Revision r at index r - 1. Trimmed mutations stay here; the stores do not return them."""
    dossiers: dict[DossierKey, list[DossierState]] = field(default_factory=dict)
    """Every state of every dossier, oldest first."""
    shares: dict[DossierKey, Shares] = field(default_factory=dict)
    requests: dict[RequestKey, AnsweredRequest] = field(default_factory=dict)
    imports: dict[ImportKey, int] = field(default_factory=dict)
    rejections: dict[tuple[ImportKey, int], Sequence[Violation]] = field(default_factory=dict)
    sector: int | None = None
    institution: int | None = None
    restrictions: list[Restriction] = field(default_factory=list)
    """All restrictions, lifted ones too, in the order in which they were made."""

    @property
    def revision(self) -> int:
        """The last revision."""
        return len(self.log)

    def point(self, revision: int) -> LogPoint:
        """The log point at a revision."""
        if revision == 0:
            return LogPoint(0, self.create_time, first_checksum(self.enterprise_number))
        mutation, record_time = self.log[revision - 1]
        return LogPoint(revision, record_time, mutation.checksum)

    def register(self) -> Register:
        """The register as its owner sees it."""
        latest = self.point(self.revision)
        count = sum(1 for states in self.dossiers.values() if states[-1].lines)
        return Register(
            self.id,
            self.enterprise_number,
            self.name,
            self.log_id,
            self.revision,
            self.oldest_revision,
            latest.record_time,
            self.types_revision,
            count,
            latest.checksum,
            self.create_time,
            self.sector,
            self.institution,
        )

    def dossier_types(self) -> DossierTypes:
        """The current dossier types."""
        return DossierTypes(self.types_revision, dict(self.types), dict(self.types.values()))

    def code_of(self, type_id: int) -> str:
        """The code of a dossier type."""
        return next(code for code, (id_, _) in self.types.items() if id_ == type_id)

    def hidden_days(self) -> Sequence[HiddenDays]:
        """The days that restrictions hide."""
        return [days for restriction in self.restrictions for days in restriction.hidden_days]

    def views(self, revision: int, *, hiding: bool = False) -> list[DossierView]:
        """The dossiers with lines as of a revision, in order of number and code.

        With `hiding`, without the days that restrictions hide.
        """
        views = []
        hidden = self.hidden_days() if hiding else ()
        for (niss, type_id), states in self.dossiers.items():
            known = bisect_right(states, revision, key=lambda state: state.revision)
            if known:
                code, state = self.code_of(type_id), states[known - 1]
                of_dossier = [days for days in hidden if days.of(niss, code)]
                if lines := shown_lines(state.lines, revision, of_dossier):
                    partner = self.types[code][1].partner
                    views.append(DossierView(niss, code, partner, lines, state.revision))
        return sorted(views, key=lambda view: (view.niss, view.dossier_type))


@dataclass
class MemoryState:
    """All registers of a store, and the persons behind the numbers."""

    registers: dict[int, RegisterState] = field(default_factory=dict)
    niss_statuses: dict[Niss, NissStatus] = field(default_factory=dict)
    past_statuses: dict[Niss, list[tuple[datetime, NissStatus]]] = field(default_factory=dict)
    """The changes of the statuses, with their instants; before the first one a number is ACTIVE."""
    identities: dict[Niss, Identity] = field(default_factory=dict)
    contents: dict[int, Content] = field(default_factory=dict)
    """The contents beside the logs, by their ids."""
    person_imports: dict[ImportKey, int] = field(default_factory=dict)
    """The offsets that imports of persons have reached."""
    person_rejections: dict[ImportKey, list[Rejection]] = field(default_factory=dict)
    """The rows that they skipped, in order of offset."""
    unknown: set[Niss] = field(default_factory=set)
    """Numbers that the authentic source does not know; it knows every other number."""
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by every write transaction."""
    audit: MemoryAuditLog = field(default_factory=MemoryAuditLog)

    def register_of(self, number: EnterpriseNumber) -> RegisterState | None:
        """The register of an organisation."""
        return next((each for each in self.registers.values() if each.enterprise_number == number), None)

    def niss_status(self, niss: Niss) -> NissStatus | None:
        """The status of a number; None = the source does not know the number."""
        return None if niss in self.unknown else self.niss_statuses.get(niss, _ACTIVE)

    def record(self, niss: Niss) -> Person:
        """The record of a known number; every number is of the BIS register."""
        status = self.niss_statuses.get(niss, _ACTIVE)
        identity = self.identities.get(niss, Identity())
        return Person(
            niss, RegisterOfOrigin.BIS, identity, status.status, status.replaced_by, status.successor
        )

    def persons(self, nisses: Iterable[Niss]) -> Mapping[Niss, PersonState]:
        """The persons of these numbers; unknown numbers are absent."""
        known = ((niss, self.niss_status(niss)) for niss in nisses)
        return {niss: self._person(niss, status) for niss, status in known if status is not None}

    def identity(self, niss: Niss) -> Identity | None:
        """The identity of the person of a number, replaced or not; None = not known."""
        return self.identities.get(self.final(niss))

    def final(self, niss: Niss) -> Niss:
        """The final successor of a number."""
        status = self.niss_status(niss)
        return status.successor or niss if status else niss

    def set_status(self, niss: Niss, niss_status: NissStatus, time: datetime) -> None:
        """Give a number another status."""
        self.niss_statuses[niss] = niss_status
        self.past_statuses.setdefault(niss, []).append((time, niss_status))

    def last_status_time(self) -> datetime:
        """Now, or the instant of the last change of a status if that is later."""
        times = [past[-1][0] for past in self.past_statuses.values()]
        return max([datetime.now(UTC), *times])

    def status_at(self, niss: Niss, instant: datetime) -> NissStatus:
        """The status that a number had at an instant."""
        past = [status for time, status in self.past_statuses.get(niss, ()) if time <= instant]
        return past[-1] if past else _ACTIVE

    def _person(self, niss: Niss, niss_status: NissStatus) -> PersonState:
        identity = self.identity(niss) or Identity()
        born = identity.birth_date.earliest() if identity.birth_date else None
        return PersonState(niss_status.status, niss_status.successor, born, identity.death_date is not None)


def lines_from(text: str) -> Lines:
    """The lines in the text of a mutation (`domain.registers.mutation.lines_text`)."""
    return tuple(
        Period(parse_day(begin), parse_day(end) + 1 if end else OPEN) for begin, end in _LINE.findall(text)
    )

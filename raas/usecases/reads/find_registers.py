"""FindRegisters: the registers that know a person, to route a message to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from raas.domain.calendar.periods import Lines, Period
from raas.domain.errors import Reason, Refused, Violation, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.register import RegisterIdentity
from raas.domain.rights.view import WHOLE, RegisterView
from raas.usecases.calls.instants import await_instant
from raas.usecases.calls.successors import follow, is_current
from raas.usecases.ports.authentic_source import AuthenticSource
from raas.usecases.ports.niss_history import NissHistory
from raas.usecases.ports.read_store import DossierFilter, ReadStore, RegisterReading
from raas.usecases.reads.past_numbers import history_unknown
from raas.usecases.reads.restricted import ReadsOfCallers


@dataclass(frozen=True, slots=True)
class Match:
    """A matching dossier of a register, with all its lines."""

    register: EnterpriseNumber
    dossier_type: str
    partner: EnterpriseNumber | None
    lines: Lines
    revision: int
    """The revision at which that register was read."""


@dataclass(frozen=True, slots=True)
class RoutingAnswer:
    """Matches in order of register and dossier type code."""

    matches: tuple[Match, ...]
    decision_time: datetime
    resolved: tuple[tuple[Niss, Niss], ...]
    """The number asked and its final successor, when it was replaced."""


class FindRegisters:
    """The use case FindRegisters."""

    def __init__(
        self,
        reads: ReadStore,
        source: AuthenticSource,
        history: NissHistory,
        clock: Callable[[], datetime],
    ) -> None:
        self._reads = ReadsOfCallers(reads, history)
        self._source = source
        self._clock = clock

    async def find(
        self,
        niss: Niss,
        dossier_types: tuple[str, ...],
        active_on: int | None,
        overlaps: Period | None,
        at_time: datetime | None,
        view: RegisterView = WHOLE,
    ) -> RoutingAnswer:
        """Every matching dossier of every register; without a condition on days any with lines matches.

        `view` is the part of every register that the caller sees. A type that a register does not have
        matches nothing there. As of `at_time` the number has the status and the final successor that it had
        then. Raises Refused: NISS_UNKNOWN; for `at_time` NISS_HISTORY_UNKNOWN, VALUE_INVALID
        (FUTURE_INSTANT), REVISION_EXPIRED; StoreUnavailable, SourceUnavailable.
        """
        decision_time = self._clock() if at_time is None else at_time
        if at_time is None:
            read_as, holders, readings = await self._now(niss, view)
        else:
            read_as, holders, at_revisions = await self._then(niss, at_time, view)
            reads = self._reads.within(view).store
            readings = await reads.readings([(r.id, read_as) for r in holders], at_revisions)
        which = DossierFilter(dossier_types=dossier_types, active_on=active_on, overlaps=overlaps)
        found = [
            Match(register.enterprise_number, d.dossier_type, d.partner, d.lines, reading.revision)
            for register in holders
            for reading in (readings[register.id],)
            for d in reading.dossiers[read_as]
            if which.matches(d.dossier_type, d.lines)
        ]
        resolved = () if read_as == niss else ((niss, read_as),)
        return RoutingAnswer(tuple(found), decision_time, resolved)

    async def _now(
        self, niss: Niss, view: RegisterView
    ) -> tuple[Niss, list[RegisterIdentity], Mapping[int, RegisterReading]]:
        """The number that this one is read as, the registers of that one, and their dossiers.

        The reads are repeated when the number is replaced or restored between them.
        """
        reads = self._reads.within(view).store
        while True:
            followed = await follow(self._source, [niss])
            if niss not in followed.persons:
                raise refuse(Reason.NISS_UNKNOWN, "niss")
            read_as = followed.read_as(niss)
            holders = [register for register, _ in await reads.holders([read_as], view.dossier_types)]
            readings = await reads.readings([(r.id, read_as) for r in holders], {})
            found = holders and all(readings[register.id].dossiers[read_as] for register in holders)
            if await is_current(self._source, followed, followed.doubtful([niss], [niss] if found else [])):
                return read_as, holders, readings

    async def _then(
        self, niss: Niss, at_time: datetime, view: RegisterView
    ) -> tuple[Niss, list[RegisterIdentity], Mapping[int, int]]:
        """The number that this one was read as, the registers of that one, and the revisions of the time."""
        holders, at_revisions = await self._holders(niss, at_time, view)
        if not holders:
            # No register whose clock could decide knows the number.
            await await_instant(at_time, self._clock())
        read_as = await self._reads.within(view).past.anywhere(niss, at_revisions, at_time)
        if read_as is None:
            raise Refused([history_unknown("niss")])
        if read_as.status is None:
            raise refuse(Reason.NISS_UNKNOWN, "niss")
        if read_as.niss != niss:
            holders, at_revisions = await self._holders(read_as.niss, at_time, view)
        return read_as.niss, holders, at_revisions

    async def _holders(
        self, niss: Niss, at_time: datetime, view: RegisterView
    ) -> tuple[list[RegisterIdentity], Mapping[int, int]]:
        """The registers that have, or had, a dossier of the number, and the revisions of the time there."""
        reads = self._reads.within(view).store
        holders = [register for register, _ in await reads.holders([niss], view.dossier_types)]
        return holders, await reads.resolve_times([r.id for r in holders], at_time)

    async def violations(
        self, niss: Niss, at_time: datetime | None, view: RegisterView = WHOLE
    ) -> Sequence[Violation]:
        """Violations of the state by the number and the instant, for a request that has others already."""
        try:
            await self.find(niss, (), None, None, at_time, view)
        except Refused as refused:
            return refused.violations
        return ()

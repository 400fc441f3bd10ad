"""CheckInscriptions: the integration control, before data about persons are exchanged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from raas.domain.calendar.day import brussels_day
from raas.domain.calendar.periods import Period
from raas.domain.errors import Category, Reason, Refused, Violation, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonStatus
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.answer_size import ANSWER_BYTES, DOSSIER_BYTES, LINE_BYTES
from raas.usecases.calls.successors import follow, is_current
from raas.usecases.ports.authentic_source import AuthenticSource
from raas.usecases.ports.niss_history import NissHistory, ReadAs
from raas.usecases.ports.read_store import DossierFilter, DossierView, ReadStore, RegisterReading
from raas.usecases.reads.past_numbers import history_unknown
from raas.usecases.reads.restricted import Reads, ReadsOfCallers


@dataclass(frozen=True, slots=True)
class Check:
    """Whether a register knows a person under one of some types (none = any), on a day or in a period.

    With neither `active_on` nor `overlaps` the day is today in Belgium.
    """

    register: EnterpriseNumber
    niss: Niss
    dossier_types: tuple[str, ...] = ()
    active_on: int | None = None
    overlaps: Period | None = None


class DecisionReason(Enum):
    """The reason of a decision; names and values equal those of the proto enum."""

    INSCRIBED = 1
    NOT_KNOWN = 2
    OUTSIDE_PERIOD = 3
    OTHER_DOSSIER_TYPE = 4
    NISS_UNKNOWN = 5
    NISS_CANCELLED = 6


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one check; `dossiers` are the matching ones with all lines, in order of code."""

    inscribed: bool
    reason: DecisionReason
    dossiers: tuple[DossierView, ...]
    revision: int
    """The revision at which the register was read."""
    successor_niss: Niss | None
    """The final successor under which a replaced number was read."""


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """One decision per check, in their order."""

    decisions: tuple[Decision, ...]
    decision_time: datetime
    first_dossiers_only: bool = False
    """Whether a dossier has its lines only in the first decision that names it, to limit the size."""


class CheckInscriptions:
    """The use case CheckInscriptions."""

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

    async def decide(
        self,
        checks: Mapping[int, Check],
        at_time: datetime | None,
        admit: Callable[[EnterpriseNumber], Awaitable[AdmittedRegister]],
    ) -> CheckAnswer:
        """One decision per check, in order; a register is read at one revision for all its checks.

        An unknown or cancelled number is a decision, not an error. As of `at_time` a number has the
        status and the final successor that it had then.

        Raises Refused with all violations, at `checks[i]`: those of `admit`, DOSSIER_TYPE_UNKNOWN,
        NISS_HISTORY_UNKNOWN (alone); for `at_time` VALUE_INVALID, REVISION_EXPIRED; BATCH_TOO_LARGE when the
        dossiers are too much for one answer; StoreUnavailable, SourceUnavailable.
        """
        decision_time = self._clock() if at_time is None else at_time
        registers, reads, at_revisions, violations = await self._asked(checks, at_time, admit)
        if violations:
            raise Refused(violations)
        keys = [(registers[c.register].id, c.niss) for c in checks.values()]
        if at_time is None:
            read, readings = await self._read_now(reads.store, keys)
        else:
            read = await reads.past.at_instant(keys, at_revisions, at_time)
            unknown = [index for index, key in zip(checks, keys, strict=True) if key not in read]
            if unknown:
                raise Refused(history_unknown(f"checks[{index}].niss") for index in unknown)
            readings = await reads.store.readings([(key[0], read[key].niss) for key in keys], at_revisions)
        today = brussels_day(decision_time)
        decisions = [
            _decide(check, read[key], readings[key[0]], today)
            for check, key in zip(checks.values(), keys, strict=True)
        ]
        if _bytes(decisions) <= ANSWER_BYTES:
            return CheckAnswer(tuple(decisions), decision_time)
        shorter = _first_only(checks.values(), decisions)
        if _bytes(shorter) > ANSWER_BYTES:
            raise refuse(Reason.BATCH_TOO_LARGE, "checks", "ANSWER_TOO_LARGE")
        return CheckAnswer(tuple(shorter), decision_time, first_dossiers_only=True)

    async def _read_now(
        self, reads: ReadStore, keys: Sequence[tuple[int, Niss]]
    ) -> tuple[Mapping[tuple[int, Niss], ReadAs], Mapping[int, RegisterReading]]:
        """The numbers as they are read now, and the dossiers of the registers.

        Both reads are repeated when a number is replaced or restored between them.
        """
        while True:
            followed = await follow(self._source, [niss for _, niss in keys])
            read = {key: followed.number_and_status(key[1]) for key in keys}
            readings = await reads.readings([(key[0], read[key].niss) for key in keys], {})
            empty = {niss for id_, niss in keys if not readings[id_].dossiers[read[id_, niss].niss]}
            held = {niss for _, niss in keys} - empty
            if await is_current(self._source, followed, followed.doubtful([n for _, n in keys], held)):
                return read, readings

    async def violations(
        self,
        checks: Mapping[int, Check],
        at_time: datetime | None,
        admit: Callable[[EnterpriseNumber], Awaitable[AdmittedRegister]],
    ) -> Sequence[Violation]:
        """Violations of the state, for a request that has others already."""
        *_, violations = await self._asked(checks, at_time, admit)
        return violations

    async def _asked(
        self,
        checks: Mapping[int, Check],
        at_time: datetime | None,
        admit: Callable[[EnterpriseNumber], Awaitable[AdmittedRegister]],
    ) -> tuple[Mapping[EnterpriseNumber, AdmittedRegister], Reads, Mapping[int, int], Sequence[Violation]]:
        """The registers asked, their reads, the revisions of `at_time` by id, and all that is wrong."""
        known: dict[EnterpriseNumber, AdmittedRegister] = {}
        refused: dict[EnterpriseNumber, Refused] = {}
        for number in dict.fromkeys(check.register for check in checks.values()):
            try:
                known[number] = await admit(number)
            except Refused as refusal:
                refused[number] = refusal
        violations = [
            violation.below(f"checks[{index}]")
            for index, check in checks.items()
            if check.register in refused
            for violation in refused[check.register].violations
        ]
        reads = self._reads.within_each({register.id: register.view for register in known.values()})
        if any(violation.reason.category is Category.PERMISSION for violation in violations):
            # A missing permission is reported alone.
            return known, reads, {}, [v for v in violations if v.reason.category is Category.PERMISSION]
        violations += await self._unknown_types(reads.store, checks, known)
        at_revisions: Mapping[int, int] = {}
        try:
            if at_time is not None:
                registers = [register.id for register in known.values()]
                at_revisions = await reads.store.resolve_times(registers, at_time)
        except Refused as refusal:
            violations += refusal.violations
        return known, reads, at_revisions, violations

    async def _unknown_types(
        self,
        reads: ReadStore,
        checks: Mapping[int, Check],
        known: Mapping[EnterpriseNumber, AdmittedRegister],
    ) -> Sequence[Violation]:
        unknown = {
            number: await reads.unknown_types(
                register.id,
                {code for c in checks.values() if c.register == number for code in c.dossier_types},
            )
            for number, register in known.items()
        }
        return [
            Violation(f"checks[{index}].dossier_types[{place}]", Reason.DOSSIER_TYPE_UNKNOWN)
            for index, check in checks.items()
            for place, code in enumerate(check.dossier_types)
            if code in unknown.get(check.register, ())
        ]


def _decide(check: Check, read_as: ReadAs, reading: RegisterReading, today: int) -> Decision:
    """The first of the reasons that applies, in the order of the enum DecisionReason of the contract.

    `read_as` is the final successor of the number, then or now.
    """
    niss = read_as.niss
    successor = niss if niss != check.niss else None

    def decision(reason: DecisionReason, dossiers: tuple[DossierView, ...] = ()) -> Decision:
        inscribed = reason is DecisionReason.INSCRIBED
        return Decision(inscribed, reason, dossiers, reading.revision, successor)

    if read_as.status is None:
        return decision(DecisionReason.NISS_UNKNOWN)
    if read_as.status is PersonStatus.CANCELLED:
        return decision(DecisionReason.NISS_CANCELLED)
    held = reading.dossiers[niss]
    if not held:
        return decision(DecisionReason.NOT_KNOWN)
    of_type = [d for d in held if not check.dossier_types or d.dossier_type in check.dossier_types]
    if not of_type:
        return decision(DecisionReason.OTHER_DOSSIER_TYPE)
    day = today if check.active_on is None and check.overlaps is None else check.active_on
    when = DossierFilter(overlaps=check.overlaps, active_on=day)
    met = tuple(dossier for dossier in of_type if when.meets_period(dossier.lines))
    return decision(DecisionReason.INSCRIBED, met) if met else decision(DecisionReason.OUTSIDE_PERIOD)


def _bytes(decisions: Iterable[Decision]) -> int:
    return sum(DOSSIER_BYTES + LINE_BYTES * len(d.lines) for each in decisions for d in each.dossiers)


def _first_only(checks: Iterable[Check], decisions: Iterable[Decision]) -> Sequence[Decision]:
    told: set[tuple[EnterpriseNumber, Niss, str]] = set()

    def shorter(check: Check, view: DossierView) -> DossierView:
        key = check.register, view.niss, view.dossier_type
        if key in told:
            return replace(view, lines=())
        told.add(key)
        return view

    return [
        replace(decision, dossiers=tuple(shorter(check, view) for view in decision.dossiers))
        for check, decision in zip(checks, decisions, strict=True)
    ]

"""ExplainDossier: why a person is, or is not, known to a register on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from raas.domain.calendar.day import brussels_time_text, day_text
from raas.domain.errors import Reason, Refused, Violation
from raas.domain.numbers.enterprise_number import enterprise_number_text
from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonStatus
from raas.domain.registers.mutation import Mutation, MutationKind, Replacement
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.call import Call
from raas.usecases.calls.successors import follow, is_current
from raas.usecases.ports.authentic_source import AuthenticSource
from raas.usecases.ports.niss_history import NissHistory
from raas.usecases.ports.read_store import ReadStore
from raas.usecases.reads.hidden import shown_at
from raas.usecases.reads.past_numbers import history_unknown
from raas.usecases.reads.restricted import Reads, ReadsOfCallers
from raas.usecases.reads.transitions import CoverageTransition, coverage_transitions, trace_replacements

_NOTHING = "–"
_MOVED_AWAY = "EXPLAIN_MOVED_AWAY"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether a line of the person covers the day, and the mutation that made it so."""

    known: bool
    mutation: Mutation | None
    """None = nothing ever changed it, or the mutation was trimmed."""
    numbers: tuple[Niss, ...]
    """First the final successor, then the numbers that it replaced, directly or not."""
    resolved: tuple[tuple[Niss, Niss], ...]
    """The number asked and the successor it was read as, when it had been replaced."""
    revision: int
    sentence: str
    """The key of the sentence for people."""
    values: Mapping[str, str]


class ExplainDossier:
    """The use case ExplainDossier."""

    def __init__(self, reads: ReadStore, source: AuthenticSource, history: NissHistory) -> None:
        self._reads = ReadsOfCallers(reads, history)
        self._source = source

    async def explain(
        self,
        call: Call,
        register: AdmittedRegister,
        niss: Niss,
        dossier_type: str | None,
        day: int,
        at_time: datetime | None,
    ) -> Explanation:
        """The reason why a line of the person covers the day, or why none does; of one type, or of any.

        The person is read as its final successor, as Consult reads it. The deciding mutation is the last
        one by which a dossier began, or ceased, to cover the day; when a number took the day over from one
        that it replaced, it is that by which the replaced one had got it.

        Raises Refused with all violations: DOSSIER_TYPE_UNKNOWN; for `at_time` VALUE_INVALID,
        REVISION_EXPIRED, NISS_HISTORY_UNKNOWN; StoreUnavailable, also when the deadline passed;
        SourceUnavailable.
        """
        at, violations = await self._asked(register, dossier_type, at_time)
        if violations:
            raise Refused(violations)
        seen = self._reads.within(register.view)
        reads = seen.store
        while True:
            followed = await follow(self._source, [niss] if at is None else [])
            if at is None or at_time is None:
                numbers, status = await self._numbers_now(niss)
            else:
                numbers, status = await self._numbers_then(seen, register, niss, at, at_time)
            revision, chains = await reads.chains(register.id, numbers, dossier_type, day)
            # Repeated when the number is replaced or restored between the reads of it and of the dossiers.
            if at is not None or await is_current(self._source, followed, [niss]):
                break
        at = revision if at is None else at
        found = await coverage_transitions(reads, register.id, chains, at, day, call)
        covering = [each for each in found if each.covers]
        final = [each for each in covering if each.niss == numbers[0]]
        # With a remote authentic source, a number can be replaced there and still have lines here.
        deciding = final or covering or found
        if final:
            deciding = await trace_replacements(reads, register.id, final, day, call)
        last = max((each.revision for each in deciding if each.revision is not None), default=None)
        mutation = None if last is None else await shown_at(reads, register.id, last)
        key = "EXPLAIN_STALE" if covering else _not_known(mutation, deciding)
        if final:
            key = _known(mutation)
        elif (
            key == _MOVED_AWAY and mutation is not None and not await _in_force(reads, register, mutation, at)
        ):
            key = "EXPLAIN_NOT_GIVEN_BACK"
        key = _with_status(key, status)
        resolved = () if numbers[0] == niss else ((niss, numbers[0]),)
        values = {"day": day_text(day), **_values(mutation)}
        return Explanation(bool(final), mutation, numbers, resolved, at, key, values)

    async def violations(
        self, register: AdmittedRegister, dossier_type: str | None, at_time: datetime | None
    ) -> Sequence[Violation]:
        """Violations of the state by the type and the instant, for a request that has others already."""
        return (await self._asked(register, dossier_type, at_time))[1]

    async def _asked(
        self, register: AdmittedRegister, dossier_type: str | None, at_time: datetime | None
    ) -> tuple[int | None, Sequence[Violation]]:
        """The revision that `at_time` means (None = now), and all that is wrong."""
        reads = self._reads.within(register.view).store
        violations = []
        if dossier_type is not None and await reads.unknown_types(register.id, [dossier_type]):
            violations.append(Violation("dossier_type", Reason.DOSSIER_TYPE_UNKNOWN))
        at = None
        if at_time is not None:
            try:
                at = await reads.resolve_time(register.id, at_time)
            except Refused as refused:
                violations += refused.violations
        return at, violations

    async def _numbers_now(self, niss: Niss) -> tuple[tuple[Niss, ...], PersonStatus | None]:
        """All numbers of the person, the final successor first, and its status (None = unknown)."""
        numbers = (await self._source.numbers_of([niss]))[niss]
        person = (await self._source.states(numbers[:1])).get(numbers[0])
        return numbers, None if person is None else person.status

    async def _numbers_then(
        self, seen: Reads, register: AdmittedRegister, niss: Niss, at: int, at_time: datetime
    ) -> tuple[tuple[Niss, ...], PersonStatus | None]:
        """The same as of an instant. Raises Refused NISS_HISTORY_UNKNOWN."""
        key = register.id, niss
        read_as = (await seen.past.at_instant([key], {register.id: at}, at_time)).get(key)
        if read_as is None:
            raise Refused([history_unknown("niss")])
        now = await self._source.numbers_of([niss, read_as.niss])
        candidates = {each for numbers in now.values() for each in numbers}
        others = await seen.past.united_with(register.id, at, read_as.niss, candidates, at_time)
        return (read_as.niss, *others), read_as.status


async def _in_force(reads: ReadStore, register: AdmittedRegister, replaced: Mutation, at: int) -> bool:
    """Whether a replacement that took lines from a number has not been undone since.

    Then both of its numbers are read as the same one. After a restoration the number is read as itself or
    as the successor of a later replacement. The log shows all of these, because lines moved.
    """
    assert isinstance(replaced.detail, Replacement)
    pair = replaced.detail.replaced_niss, replaced.detail.successor_niss
    read = await reads.logged_numbers([(register.id, niss) for niss in pair], {register.id: at})
    finals = {read_as.niss if (read_as := read.get((register.id, niss))) else niss for niss in pair}
    return len(finals) == 1


def _with_status(key: str, status: PersonStatus | None) -> str:
    """The sentence that also says that the number is unknown or cancelled."""
    if key == "EXPLAIN_NEVER" and status is None:
        return "EXPLAIN_NISS_UNKNOWN"
    if key == "EXPLAIN_INSCRIBED" and status is PersonStatus.CANCELLED:
        return "EXPLAIN_INSCRIBED_CANCELLED"
    return key


def _known(mutation: Mutation | None) -> str:
    match mutation.kind if mutation else None:
        case None:
            return "EXPLAIN_KNOWN_BEFORE_LOG"
        case MutationKind.NISS_REPLACED:
            return "EXPLAIN_TAKEN_OVER"
        case MutationKind.NISS_RESTORED:
            return "EXPLAIN_GIVEN_BACK"
        case _:
            return "EXPLAIN_INSCRIBED"


def _not_known(mutation: Mutation | None, found: Sequence[CoverageTransition]) -> str:
    match mutation.kind if mutation else None:
        case None if not all(each.whole for each in found):
            return "EXPLAIN_NOT_KNOWN_BEFORE_LOG"
        case None:
            return "EXPLAIN_OTHER_DAYS" if any(each.begun for each in found) else "EXPLAIN_NEVER"
        case MutationKind.NISS_REPLACED:
            return _MOVED_AWAY
        case MutationKind.NISS_RESTORED:
            return "EXPLAIN_SEPARATED"
        case _:
            return "EXPLAIN_REMOVED"


def _values(mutation: Mutation | None) -> Mapping[str, str]:
    if mutation is None:
        return {}
    return {
        "dossier_type": mutation.dossier_type or _NOTHING,
        "actor": enterprise_number_text(mutation.stamp.actor),
        "recorded": brussels_time_text(mutation.record_time),
        "legal_context": mutation.stamp.legal_context or _NOTHING,
    }

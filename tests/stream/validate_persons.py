"""Checks the guarantees about persons whose numbers are replaced, restored and cancelled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from raas.v1.mutation_pb2 import Mutation, MutationKind
from tests.stream.history import Lines, Record, State, apply, lines_of


def histories_whole(record: Record) -> Iterator[str]:
    """The history of a number is that of all numbers with the same final successor."""
    for niss, revisions in record.histories.items():
        final = record.successors.get(niss, niss)
        numbers = {each for each, successor in record.successors.items() if successor == final} | {
            niss,
            final,
        }
        expected = [m.revision for m in record.log if m.niss in numbers]
        if revisions != expected:
            yield f"the history of a person misses {sorted(set(expected) - set(revisions))[:5]}"


def transfers_paired(record: Record) -> Iterator[str]:
    """A replacement, or its undoing, is one group of two consecutive mutations per dossier type.

    No day is lost.
    """
    log = {mutation.revision: mutation for mutation in record.log}
    for first in record.log:
        if not first.HasField("replacement"):
            continue
        old, new = first.replacement.replaced_niss, first.replacement.successor_niss
        if first.niss == new:
            first = log.get(first.revision - 1, Mutation())
            if not first.revision and record.first_after:
                continue  # trimmed since
        second = log.get(first.revision + 1, Mutation())
        logged = [(m.niss, m.kind, m.dossier_type, m.replacement) for m in (first, second)]
        of = first.kind, first.dossier_type, first.replacement
        if logged != [(old, *of), (new, *of)] or first.batch_last_revision <= first.revision:
            yield f"{first.revision} is no half of a pair"
        elif _parted(second, log.get(second.revision + 1, Mutation())):
            yield f"{second.revision} ends a group inside a replacement"
        elif _united(first.after, second.after) != _united(first.before, second.before):
            yield f"{first.revision} loses days on the way"
        elif first.kind == MutationKind.MUTATION_KIND_NISS_REPLACED and first.after:
            yield f"{first.revision} leaves lines under a replaced number"


def _parted(second: Mutation, following: Mutation) -> bool:
    """Whether a pair and the next one belong to the same replacement, but not to the same group."""
    same = (second.call_id, second.kind, second.replacement) == (
        following.call_id,
        following.kind,
        following.replacement,
    )
    return same and second.batch_last_revision != following.batch_last_revision


def gone_numbers_rest(record: Record) -> Iterator[str]:
    """A replaced number has no mutation, and a cancelled one no inscription, until it is restored.

    A register whose last dossier of a cancelled number was removed is not told of a restoration.
    """
    replaced: set[str] = set()
    cancelled: set[str] = set()
    state: State = {}
    for mutation in record.log:
        niss, kind = mutation.niss, mutation.kind
        apply(state, mutation)
        # A record that does not begin with the log does not tell of all dossiers.
        unknown = bool(record.first_after) or not any(known == niss for known, _ in state)
        if mutation.HasField("dossier_type") and not mutation.after and unknown:
            cancelled.discard(niss)
        if kind == MutationKind.MUTATION_KIND_NISS_RESTORED:
            if niss in (mutation.replacement.replaced_niss, ""):
                replaced.discard(niss)
            if not mutation.HasField("replacement"):
                cancelled.discard(niss)
        # The pairs of one replacement, one per dossier type, are consecutive.
        moves = (
            kind == MutationKind.MUTATION_KIND_NISS_REPLACED and mutation.replacement.replaced_niss == niss
        )
        if niss in replaced and not moves:
            yield f"{mutation.revision} is of a number that was replaced"
        if niss in cancelled and kind == MutationKind.MUTATION_KIND_INSCRIBED:
            yield f"{mutation.revision} inscribes a number that was cancelled"
        if moves:
            replaced.add(niss)
        if kind == MutationKind.MUTATION_KIND_NISS_CANCELLED:
            cancelled.add(niss)


def news_concerns_the_known(record: Record) -> Iterator[str]:
    """A change of a person changes no dossier and names the types under which the register knows the person.

    That is so for dossier types that hear of changes WHILE_KNOWN, as all in a run do.
    """
    if record.first_after:
        return
    state: State = {}
    for mutation in record.log:
        apply(state, mutation)
        if mutation.HasField("dossier_type") or not mutation.niss:
            continue
        known = sorted(code for niss, code in state if niss == mutation.niss)
        if list(mutation.dossier_types) != known or not known or mutation.before or mutation.after:
            yield f"{mutation.revision} is news about dossiers that the register does not have"


PERSON_VALIDATORS: Sequence[Callable[[Record], Iterator[str]]] = (
    histories_whole,
    transfers_paired,
    gone_numbers_rest,
    news_concerns_the_known,
)


def _united(*dossiers: Sequence[object]) -> Lines:
    """The union of several dossiers, normalised: lines that overlap or touch are one line."""
    united: list[tuple[date, date]] = []
    for begin, end in sorted(
        (date.fromisoformat(begin), date.fromisoformat(end) if end else date.max)
        for periods in dossiers
        for begin, end in lines_of(periods)
    ):
        if united and (united[-1][1] == date.max or begin <= united[-1][1] + timedelta(days=1)):
            united[-1] = united[-1][0], max(end, united[-1][1])
        else:
            united.append((begin, end))
    return tuple((str(begin), "" if end == date.max else str(end)) for begin, end in united)

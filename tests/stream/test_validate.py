"""The validators accept a correct run and find every kind of violation."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from raas.v1.dossier_pb2 import Dossier
from raas.v1.mutation_pb2 import Mutation, MutationKind
from raas.v1.period_pb2 import Period
from tests.oracle import numbers
from tests.stream.history import (
    Answered,
    Begun,
    Ended,
    Event,
    Lines,
    Marked,
    Mutations,
    Part,
    Record,
    Subscriber,
    lines_of,
    microseconds,
    replay,
)
from tests.stream.validate import canonical, validate

REGISTER = "0999999922"
ANN, BOB = numbers.niss(1985, 67, 30, 33), numbers.niss(2017, 67, 3, 33)
JANUARY, MARCH = ("2024-01-01", "2024-01-31"), ("2024-03-01", "")


def test_correct_run_passes_every_validator() -> None:
    assert validate(_sound()) == []


def test_correct_run_with_a_trimmed_log_passes_every_validator() -> None:
    record = _sound()
    record.log, record.first_after = record.log[3:], 3
    assert validate(record) == []


def test_checksum_of_the_register_covers_every_mutation() -> None:
    record = _sound()
    assert record.checksum == record.log[-1].checksum


Breaker = Callable[[Record], None]


def _a_hole_in_the_log(record: Record) -> None:
    record.log = [m for m in record.log if m.revision != 4]


def _a_record_time_that_goes_back(record: Record) -> None:
    record.log[4].record_time.seconds -= 60


def _a_swapped_pair(record: Record) -> None:
    first, second = _messages(record, 0)[:2]
    _exchange(record, 0, first, second)


def _a_revision_twice(record: Record) -> None:
    events = record.subscribers[0].events
    events.insert(2, events[1])


def _a_lost_mutation(record: Record) -> None:
    events = record.subscribers[0].events
    message = _messages(record, 0)[1]
    kept = [m for m in message.mutations if m.revision != 4]
    events[events.index(message)] = replace(message, mutations=kept)


def _a_place_inside_a_group(record: Record) -> None:
    record.subscribers[0].events.insert(2, _mark(record, 4))


def _a_place_that_goes_back(record: Record) -> None:
    record.subscribers[0].events.insert(5, _mark(record, 2))


def _a_bookmark_too_far(record: Record) -> None:
    record.subscribers[0].events.insert(2, _mark(record, 6))


def _a_bookmark_of_another_log(record: Record) -> None:
    events = record.subscribers[0].events
    events[-1] = replace(_mark(record, 6), checksum=bytes(32))


def _a_bookmark_beyond_the_log(record: Record) -> None:
    record.subscribers[0].events.append(Marked(7, False, bytes(32), 0))


def _a_gap_between_two_connections(record: Record) -> None:
    events = record.subscribers[0].events
    events[events.index(Begun(5))] = Begun(6)


def _a_mutation_nobody_asked_for(record: Record) -> None:
    events = record.subscribers[1].events
    events.insert(1, Mutations([record.log[0]], 1))


def _another_content(record: Record) -> None:
    message = _messages(record, 0)[1]
    message.mutations[0].ticket = "other"


def _a_snapshot_with_another_line(record: Record) -> None:
    part = next(e for e in record.subscribers[2].events if isinstance(e, Part))
    part.dossiers[0].periods[0].end = "2024-01-30"


def _a_snapshot_without_a_dossier(record: Record) -> None:
    events = record.subscribers[2].events
    part = next(e for e in events if isinstance(e, Part))
    events[events.index(part)] = replace(part, dossiers=part.dossiers[1:])


def _a_broken_chain(record: Record) -> None:
    record.log[5].before[0].end = "2024-01-30"


def _a_forged_mutation(record: Record) -> None:
    record.log[2].actor = "0999999823"


def _another_register_checksum(record: Record) -> None:
    record.checksum = bytes(32)


def _another_past(record: Record) -> None:
    record.as_of[2] = {(ANN, "A"): (JANUARY,)}


def _another_export(record: Record) -> None:
    record.exported = {**record.exported, (ANN, "C"): (JANUARY,)}


def _a_lost_answer(record: Record) -> None:
    record.writers.append(Answered(7, (ANN, "A"), (JANUARY,), True))


def _an_answer_that_did_something_else(record: Record) -> None:
    record.writers[0] = replace(record.writers[0], lines=(MARCH,))


@pytest.mark.parametrize(
    ("break_it", "validator"),
    [
        (_a_hole_in_the_log, "gapless"),
        (_a_record_time_that_goes_back, "gapless"),
        (_a_swapped_pair, "ordered"),
        (_a_place_that_goes_back, "ordered"),
        (_a_revision_twice, "unique"),
        (_a_lost_mutation, "reliable"),
        (_a_lost_mutation, "resumable"),
        (_a_lost_mutation, "mirrored"),
        (_a_bookmark_too_far, "reliable"),
        (_a_mutation_nobody_asked_for, "reliable"),
        (_another_content, "true_to_the_log"),
        (_a_place_inside_a_group, "atomic"),
        (_a_gap_between_two_connections, "resumable"),
        (_a_bookmark_of_another_log, "bookmarks_true"),
        (_a_bookmark_beyond_the_log, "bookmarks_true"),
        (_a_snapshot_with_another_line, "snapshots_true"),
        (_a_snapshot_without_a_dossier, "snapshots_true"),
        (_a_broken_chain, "chained"),
        (_a_forged_mutation, "checksums"),
        (_another_register_checksum, "checksums"),
        (_another_export, "mirrored"),
        (_another_past, "as_of_true"),
        (_a_lost_answer, "observed"),
        (_an_answer_that_did_something_else, "observed"),
    ],
)
def test_broken_run_fails_its_validator(break_it: Breaker, validator: str) -> None:
    record = _sound()
    break_it(record)
    found = {finding.partition(":")[0] for finding in validate(record)}
    assert validator in found


def _sound() -> Record:
    """Six mutations, of which 3 to 5 are one batch, and three subscribers that received all of them."""
    log = _log()
    record = Record(REGISTER, log, replay(log), log[-1].checksum)
    record.writers = [
        Answered(m.revision, (m.niss, m.dossier_type), lines_of(m.after), True) for m in log
    ] + [Answered(6, (BOB, "A"), (), False)]
    everything: list[Event] = [
        Begun(0),
        Mutations(log[:2], 2),
        Mutations(log[2:4], 2),
        Mutations(log[4:5], 5),
        _mark(record, 5),
        Ended("UNAVAILABLE"),
        Begun(5),
        Mutations(log[5:], 6),
        _mark(record, 6),
    ]
    only_b: list[Event] = [Begun(0), Mutations([log[3]], 5), _mark(record, 6), Ended("CANCELLED")]
    copy: list[Event] = [
        Begun(None),
        Part([_dossier(ANN, "A", JANUARY)], 2),
        Ended("UNAVAILABLE"),
        Begun(None, resumes_snapshot=True),
        Part([_dossier(BOB, "A", MARCH)], 2),
        replace(_mark(record, 2), complete=True),
        Mutations(log[2:], 6),
    ]
    record.subscribers = [
        Subscriber("everything", events=everything),
        Subscriber("only B", frozenset({"B"}), events=only_b),
        Subscriber("copy", events=copy),
    ]
    record.as_of = {revision: replay(log, revision) for revision in (0, 2, 4)}
    # The log and the received messages become different objects: changing one leaves the other intact.
    return replace(deepcopy(record), log=deepcopy(log))


def _log() -> list[Mutation]:
    log: list[Mutation] = []
    append(log, 1, ANN, "A", (), (JANUARY,))
    append(log, 2, BOB, "A", (), (MARCH,))
    append(log, 5, BOB, "A", (MARCH,), (JANUARY, MARCH))
    append(log, 5, ANN, "B", (), (MARCH,))
    append(log, 5, BOB, "A", (JANUARY, MARCH), ())
    append(log, 6, ANN, "A", (JANUARY,), (JANUARY, MARCH))
    return log


def append(
    log: list[Mutation],
    batch_last: int,
    niss: str,
    code: str | None,
    before: Lines = (),
    after: Lines = (),
    **more: Any,
) -> None:
    """Add a mutation with its chained checksum; `code` None = a change of the person."""
    mutation = Mutation(
        register=REGISTER,
        revision=len(log) + 1,
        batch_last_revision=batch_last,
        niss=niss,
        dossier_type=code,
        before=_periods(before),
        after=_periods(after),
        actor=REGISTER,
        call_id="00000000-0000-4000-8000-000000000001",
        **{"kind": _kind(after), **more},
    )
    mutation.record_time.seconds = 1_700_000_000 + len(log)
    previous = log[-1].checksum if log else sha256(REGISTER.encode()).digest()
    mutation.checksum = sha256(previous + canonical(mutation)).digest()
    log.append(mutation)


def _kind(after: Lines) -> MutationKind:
    return MutationKind.MUTATION_KIND_INSCRIBED if after else MutationKind.MUTATION_KIND_REMOVED


def _periods(lines: Lines) -> list[Period]:
    return [Period(begin=begin, end=end) if end else Period(begin=begin) for begin, end in lines]


def _dossier(niss: str, code: str, *lines: tuple[str, str]) -> Dossier:
    return Dossier(register=REGISTER, niss=niss, dossier_type=code, periods=_periods(lines))


def _mark(record: Record, revision: int) -> Marked:
    at = record.log[revision - 1]
    return Marked(revision, False, at.checksum, microseconds(at))


def _messages(record: Record, subscriber: int) -> list[Mutations]:
    return [e for e in record.subscribers[subscriber].events if isinstance(e, Mutations)]


def _exchange(record: Record, subscriber: int, one: Mutations, other: Mutations) -> None:
    events = record.subscribers[subscriber].events
    first, second = events.index(one), events.index(other)
    events[first], events[second] = other, one

"""The validators about persons accept a correct run and find every kind of violation."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from raas.v1.mutation_pb2 import IdentityChange, Mutation, MutationKind, Replacement
from raas.v1.period_pb2 import Period
from tests.oracle import numbers
from tests.stream.history import Record, replay
from tests.stream.test_validate import ANN, BOB, JANUARY, MARCH, REGISTER, append
from tests.stream.validate import validate

OLD = numbers.niss(1990, 61, 1, 7)
FEBRUARY = ("2024-02-01", "2024-02-29")
WINTER = (("2024-01-01", "2024-02-29"), MARCH)

REPLACED = MutationKind.MUTATION_KIND_NISS_REPLACED
RESTORED = MutationKind.MUTATION_KIND_NISS_RESTORED
CANCELLED = MutationKind.MUTATION_KIND_NISS_CANCELLED
CHANGED = MutationKind.MUTATION_KIND_IDENTITY_CHANGED

Breaker = Callable[[Record], None]


def _log() -> list[Mutation]:
    """Two numbers united and separated again, and changes of their persons."""
    log: list[Mutation] = []
    detail = Replacement(replaced_niss=OLD, successor_niss=ANN)
    change = IdentityChange(fields=["last_name", "sex"], content_hash=bytes(32))
    append(log, 1, ANN, "A", (), (JANUARY,))
    append(log, 2, OLD, "A", (), (FEBRUARY, MARCH))
    append(log, 3, OLD, "B", (), (MARCH,))
    append(log, 7, OLD, "A", (FEBRUARY, MARCH), (), kind=REPLACED, replacement=detail)
    append(log, 7, ANN, "A", (JANUARY,), WINTER, kind=REPLACED, replacement=detail)
    append(log, 7, OLD, "B", (MARCH,), (), kind=REPLACED, replacement=detail)
    append(log, 7, ANN, "B", (), (MARCH,), kind=REPLACED, replacement=detail)
    append(log, 8, ANN, None, kind=CHANGED, dossier_types=["A", "B"], identity_change=change)
    append(log, 10, OLD, "A", (), (FEBRUARY,), kind=RESTORED, replacement=detail)
    append(log, 10, ANN, "A", WINTER, (JANUARY, MARCH), kind=RESTORED, replacement=detail)
    append(log, 11, OLD, None, kind=CANCELLED, dossier_types=["A"])
    append(log, 12, OLD, None, kind=RESTORED, dossier_types=["A"])
    append(log, 13, OLD, "A", (FEBRUARY,), (FEBRUARY, MARCH))
    append(log, 14, BOB, "A", (), (MARCH,))
    return log


def _sound() -> Record:
    log = _log()
    record = Record(REGISTER, log, replay(log), log[-1].checksum)
    record.successors = {ANN: ANN, OLD: OLD, BOB: BOB}
    record.histories = {niss: [m.revision for m in log if m.niss == niss] for niss in (ANN, OLD, BOB)}
    return record


def test_correct_run_passes_every_validator() -> None:
    assert validate(_sound()) == []


@pytest.mark.parametrize("first_after", [4, 9, 10])
def test_correct_run_with_a_trimmed_log_passes_every_validator(first_after: int) -> None:
    record = _sound()
    record.log, record.first_after, record.histories = record.log[first_after:], first_after, {}
    assert validate(record) == []


def test_history_of_a_person_covers_all_its_numbers() -> None:
    record = _sound()
    record.successors[OLD] = ANN
    everything = sorted(record.histories[ANN] + record.histories[OLD])
    record.histories |= {ANN: everything, OLD: everything}
    assert validate(record) == []


def _a_history_of_one_number_only(record: Record) -> None:
    record.successors[OLD] = ANN


def _a_half_of_a_pair(record: Record) -> None:
    record.log[4].niss = BOB


def _a_pair_of_two_types(record: Record) -> None:
    record.log[6].dossier_type = "C"


def _a_pair_that_can_be_parted(record: Record) -> None:
    record.log[8].batch_last_revision = 9


def _a_replacement_that_can_be_parted(record: Record) -> None:
    for mutation in record.log[3:5]:
        mutation.batch_last_revision = 5


def _a_lost_day(record: Record) -> None:
    record.log[4].after[0].end = "2024-02-28"


def _a_won_day(record: Record) -> None:
    record.log[9].after[0].end = "2024-02-01"
    record.log[9].after.append(Period(begin="2023-01-01", end="2023-01-01"))


def _a_line_under_a_replaced_number(record: Record) -> None:
    record.log[3].after.append(Period(begin="2024-03-01"))


def _an_inscription_of_a_replaced_number(record: Record) -> None:
    record.log[7].CopyFrom(Mutation(revision=8, batch_last_revision=8, niss=OLD, dossier_type="A"))


def _an_inscription_of_a_cancelled_number(record: Record) -> None:
    record.log[11].CopyFrom(record.log[12])


def _news_of_a_type_too_many(record: Record) -> None:
    record.log[10].dossier_types.append("B")


def _news_that_leaves_a_type_out(record: Record) -> None:
    del record.log[7].dossier_types[1]


def _news_of_a_stranger(record: Record) -> None:
    record.log[7].niss = BOB


def _other_fields(record: Record) -> None:
    record.log[7].identity_change.fields.append("address")


def _another_content(record: Record) -> None:
    record.log[7].identity_change.content_hash = bytes(31) + b"1"


@pytest.mark.parametrize(
    ("break_it", "validator"),
    [
        (_a_history_of_one_number_only, "histories_whole"),
        (_a_half_of_a_pair, "transfers_paired"),
        (_a_pair_of_two_types, "transfers_paired"),
        (_a_pair_that_can_be_parted, "transfers_paired"),
        (_a_replacement_that_can_be_parted, "transfers_paired"),
        (_a_lost_day, "transfers_paired"),
        (_a_won_day, "transfers_paired"),
        (_a_line_under_a_replaced_number, "transfers_paired"),
        (_an_inscription_of_a_replaced_number, "gone_numbers_rest"),
        (_an_inscription_of_a_cancelled_number, "gone_numbers_rest"),
        (_news_of_a_type_too_many, "news_concerns_the_known"),
        (_news_that_leaves_a_type_out, "news_concerns_the_known"),
        (_news_of_a_stranger, "news_concerns_the_known"),
        (_other_fields, "checksums"),
        (_another_content, "checksums"),
    ],
)
def test_broken_run_fails_its_validator(break_it: Breaker, validator: str) -> None:
    record = _sound()
    break_it(record)
    found = {finding.partition(":")[0] for finding in validate(record)}
    assert validator in found

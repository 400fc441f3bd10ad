"""ReplaceNiss, RestoreNiss and CancelNiss through a server: chains, cycles and restorations."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from raas.v1.mutation_pb2 import MutationKind
from raas.v1.person_pb2 import PersonStatus
from raas.v1.person_service_pb2 import (
    AffectedRegister,
    CancelNissRequest,
    GetPersonRequest,
    ReplaceNissRequest,
    ReplaceNissResponse,
    RestoreNissRequest,
    RestoreNissResponse,
)
from tests.e2e.persons import SOURCE, TYPE, Persons, new_niss
from tests.e2e.registers import TYPES, TestRegister, new_register
from tests.e2e.servers import Server
from tests.rpc.harness import told


@pytest.fixture
def persons(person_server: Server) -> Persons:
    return Persons(person_server)


@pytest.fixture
def registers(person_server: Server) -> list[TestRegister]:
    """In order of enterprise number."""
    made = [new_register(person_server) for _ in range(2)]
    return sorted(made, key=lambda register: register.number)


def replaced(persons: Persons, old: str, new: str, *, validate_only: bool = False) -> ReplaceNissResponse:
    request = ReplaceNissRequest(niss=old, successor_niss=new, validate_only=validate_only)
    answer: ReplaceNissResponse = persons.service.ReplaceNiss(request, metadata=SOURCE)
    return answer


def restored(persons: Persons, niss: str, *, validate_only: bool = False) -> RestoreNissResponse:
    request = RestoreNissRequest(niss=niss, validate_only=validate_only)
    answer: RestoreNissResponse = persons.service.RestoreNiss(request, metadata=SOURCE)
    return answer


def refusals(call: Any, *given: Any, **more: Any) -> list[tuple[str, str]]:
    with pytest.raises(grpc.RpcError) as raised:
        call(*given, **more)
    return told(raised.value).violations


def shown(affected: AffectedRegister) -> tuple[str, list[tuple[str, str, str]], list[tuple[str, str, str]]]:
    before, after = (
        [(dossier.niss, line.begin, line.end) for dossier in dossiers for line in dossier.periods]
        for dossiers in (affected.dossiers_before, affected.dossiers_after)
    )
    return affected.register, before, after


def test_validate_only_answers_the_effect_of_the_real_call(
    persons: Persons, registers: list[TestRegister]
) -> None:
    old, new = persons.known(2)
    first, second = registers
    persons.inscribe(first, old, "2024-01-01", "2024-06-30")
    persons.inscribe(first, new, "2024-07-01", "2024-12-31")
    persons.inscribe(second, old, "2024-03-01", "2024-03-31")
    untouched = [register.state() for register in registers]

    would = replaced(persons, old, new, validate_only=True)

    assert [register.state() for register in registers] == untouched
    assert persons.lines(second, old) == [(old, "2024-03-01", "2024-03-31")]
    assert [shown(each) for each in would.registers] == [
        (
            first.number,
            [(old, "2024-01-01", "2024-06-30"), (new, "2024-07-01", "2024-12-31")],
            [(new, "2024-01-01", "2024-12-31")],
        ),
        (second.number, [(old, "2024-03-01", "2024-03-31")], [(new, "2024-03-01", "2024-03-31")]),
    ]
    assert replaced(persons, old, new) == would
    assert persons.lines(first, old) == persons.lines(first, new) == [(new, "2024-01-01", "2024-12-31")]
    # A repetition changes nothing.
    after = [register.state() for register in registers]
    assert list(replaced(persons, old, new).registers) == []
    assert [register.state() for register in registers] == after

    would_be = restored(persons, old, validate_only=True)
    assert [register.state() for register in registers] == after
    assert restored(persons, old) == would_be
    assert persons.lines(first, old) == [(old, "2024-01-01", "2024-06-30")]
    assert persons.lines(first, new) == [(new, "2024-07-01", "2024-12-31")]
    assert persons.lines(second, new) == []


def test_two_consecutive_mutations_per_dossier_type(persons: Persons, registers: list[TestRegister]) -> None:
    (register, _), (old, new) = registers, persons.known(2)
    persons.inscribe(register, old, "2024-01-01", "2024-01-31")
    persons.inscribe(register, new, "2024-01-01", "2024-12-31")
    replaced(persons, old, new)
    persons.inscribe(register, old, "2025-01-01", "2025-01-31")
    gone, whole, through = persons.log(register)[-3:]
    kind = MutationKind.MUTATION_KIND_NISS_REPLACED
    assert [gone.kind, whole.kind] == [kind, kind]
    assert [each.batch_last_revision for each in (gone, whole)] == [whole.revision] * 2
    assert (gone.niss, list(gone.after)) == (old, [])
    # The second mutation is recorded even if the successor's lines stay the same.
    assert whole.niss == new
    assert list(whole.before) == list(whole.after)
    assert (through.niss, through.requested_niss) == (new, old)


def test_chains_are_followed_to_the_end_and_cycles_are_refused(
    persons: Persons, registers: list[TestRegister]
) -> None:
    register, _ = registers
    first, second, third, other, gone = persons.known(5)
    for niss, month in ((first, "01"), (second, "03"), (third, "05"), (other, "07")):
        persons.inscribe(register, niss, f"2024-{month}-01", f"2024-{month}-31")
    replaced(persons, first, second)
    replaced(persons, second, third)
    replaced(persons, other, third)  # several old ones to one new one
    everything = [(third, f"2024-{month}-01", f"2024-{month}-31") for month in ("01", "03", "05", "07")]
    for niss in (first, second, third, other):
        assert persons.lines(register, niss) == everything
        person = persons.service.GetPerson(GetPersonRequest(niss=niss), metadata=register.caller).person
        assert person.successor == ("" if niss == third else third)
    direct = persons.service.GetPerson(GetPersonRequest(niss=first), metadata=register.caller).person
    assert (direct.status, direct.replaced_by) == (PersonStatus.PERSON_STATUS_REPLACED, second)

    persons.service.CancelNiss(CancelNissRequest(niss=gone), metadata=SOURCE)
    revision = register.state().revision
    for old, new, violations in (
        (third, first, [("successor_niss", "NISS_REPLACED")]),
        (first, third, [("niss", "NISS_REPLACED")]),
        (third, third, [("successor_niss", "VALUE_INVALID")]),
        (third, new_niss(), [("successor_niss", "NISS_UNKNOWN")]),
        (new_niss(), third, [("niss", "NISS_UNKNOWN")]),
        (third, gone, [("successor_niss", "NISS_CANCELLED")]),
        (gone, third, [("niss", "NISS_CANCELLED")]),
        (gone, first, [("niss", "NISS_CANCELLED"), ("successor_niss", "NISS_REPLACED")]),
    ):
        assert refusals(replaced, persons, old, new) == violations
        assert refusals(replaced, persons, old, new, validate_only=True) == violations
    assert register.state().revision == revision

    # The number in the middle is restored with the numbers that it had replaced.
    restored(persons, second)
    assert persons.lines(register, first) == [
        (second, "2024-01-01", "2024-01-31"),
        (second, "2024-03-01", "2024-03-31"),
    ]
    assert persons.lines(register, other) == [
        (third, "2024-05-01", "2024-05-31"),
        (third, "2024-07-01", "2024-07-31"),
    ]


def test_restoration_after_later_changes(persons: Persons, registers: list[TestRegister]) -> None:
    (register, _), (old, new) = registers, persons.known(2)
    persons.inscribe(register, old, "2024-01-01", "2024-03-31")
    persons.inscribe(register, new, "2024-03-01", "2024-04-30")
    replaced(persons, old, new)
    # The days are covered already, but from now on they also belong to the successor itself.
    witness = persons.inscribe(register, new, "2024-01-10", "2024-01-20")
    persons.inscribe(register, old, "2024-06-01", "2024-06-30")
    persons.inscribe(register, new, "2024-08-01", "2024-08-31")
    persons.remove(register, new, "2024-02-11", "2024-02-20")
    persons.remove(register, old, "2024-06-30", "2024-06-30")
    assert witness.outcome == 5  # UNCHANGED

    would = restored(persons, old, validate_only=True)
    answer = restored(persons, old)

    assert answer == would
    assert persons.lines(register, old) == [
        (old, "2024-01-01", "2024-02-10"),
        (old, "2024-02-21", "2024-03-31"),
        (old, "2024-06-01", "2024-06-29"),
    ]
    assert persons.lines(register, new) == [
        (new, "2024-01-10", "2024-01-20"),
        (new, "2024-03-01", "2024-04-30"),
        (new, "2024-08-01", "2024-08-31"),
    ]
    (apart,) = answer.inseparable
    assert (apart.register, apart.dossier_type) == (register.number, TYPE)
    assert [(period.begin, period.end) for period in apart.periods] == [("2024-02-11", "2024-02-20")]
    # The numbers are separate again.
    assert persons.inscribe(register, old, "2025-01-01", "2025-01-01").dossier.niss == old
    assert list(restored(persons, old).registers) == []


def test_cancellation_notifies_holders_and_can_be_undone(
    persons: Persons, registers: list[TestRegister]
) -> None:
    (register, other), (niss,) = registers, persons.known(1)
    persons.inscribe(register, niss, "2024-01-01", "2024-01-31")
    for _ in range(2):
        answer = persons.service.CancelNiss(CancelNissRequest(niss=niss), metadata=SOURCE)
        assert answer.person.status == PersonStatus.PERSON_STATUS_CANCELLED
    refused = refusals(persons.inscribe, register, niss, "2024-02-01", "2024-02-02")
    assert refused == [("niss", "NISS_CANCELLED")]
    persons.remove(register, niss, "2024-01-31", "2024-01-31")
    assert persons.lines(register, niss) == [(niss, "2024-01-01", "2024-01-30")]
    restored(persons, niss)
    persons.inscribe(register, niss, "2024-01-31", "2024-01-31")
    assert persons.lines(register, niss) == [(niss, "2024-01-01", "2024-01-31")]
    kinds = [MutationKind.Name(each.kind) for each in persons.log(register)[len(TYPES) :]]
    assert [kind.removeprefix("MUTATION_KIND_") for kind in kinds] == [
        "INSCRIBED",
        "NISS_CANCELLED",
        "REMOVED",
        "NISS_RESTORED",
        "INSCRIBED",
    ]
    assert other.state().revision == len(TYPES)

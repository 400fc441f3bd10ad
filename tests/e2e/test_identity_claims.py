"""Claims about persons are compared before an inscription: in single calls, batches and imports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import grpc
import pytest

from raas.v1.error_reason_pb2 import ErrorReason
from raas.v1.identity_pb2 import IdentityClaim, Sex
from raas.v1.niss_pb2 import ReplacedNissPolicy
from raas.v1.register_service_pb2 import ApplyBatchRequest, BatchOperation, ImportRequest
from tests.e2e.persons import CANCELLED, REPLACED, Persons, a_person, inscription, new_niss
from tests.e2e.registers import TYPES, TestRegister, new_register
from tests.e2e.servers import Server
from tests.rpc.harness import told

SECRETS = ("Hondt", "HONDT", "Müller", "Muller", "Sophie", "Élise", "Elise", "1968", "06-14", "FEMALE")
WRONG = {"last_name": "Janssens", "first_names": ["Jan"], "birth_date": "1970-01-01", "sex": Sex.SEX_MALE}
FIELDS = "last_name,first_names,birth_date,sex"
REFUSE = ReplacedNissPolicy.REPLACED_NISS_POLICY_REFUSE

Write = Callable[[Persons, TestRegister, str, Mapping[str, Any]], list[tuple[str, str]]]


def by_inscribe(persons: Persons, register: TestRegister, person: str, more: Any) -> list[tuple[str, str]]:
    with pytest.raises(grpc.RpcError) as raised:
        persons.inscribe(register, person, "2024-01-01", "2024-12-31", **more)
    return _refused(raised.value)


def by_apply_batch(persons: Persons, register: TestRegister, person: str, more: Any) -> list[tuple[str, str]]:
    made = BatchOperation(inscribe=inscription(person, "2024-01-01", "2024-12-31", **more))
    with pytest.raises(grpc.RpcError) as raised:
        persons.registers.ApplyBatch(ApplyBatchRequest(operations=[made]), metadata=register.caller)
    return [(field.removeprefix("operations[0]."), said) for field, said in _refused(raised.value)]


def by_import(persons: Persons, register: TestRegister, person: str, more: Any) -> list[tuple[str, str]]:
    made = BatchOperation(inscribe=inscription(person, "2024-01-01", "2024-12-31", **more))
    request = ImportRequest(operations=[made])
    (answer,) = persons.registers.Import(iter([request]), metadata=register.caller)
    assert not any(secret in str(answer) for secret in SECRETS)
    (row,) = answer.rejected
    reasons = [ErrorReason.Name(each.reason).removeprefix("ERROR_REASON_") for each in row.violations]
    found = zip(row.violations, reasons, strict=True)
    return [(each.field, f"{reason}: {each.message}") for each, reason in found]


def _refused(error: grpc.RpcError) -> list[tuple[str, str]]:
    """Fields, reasons and sentences of the refusal, which contains no fact about the person."""
    call: Any = error
    everything = str([call.details(), *call.trailing_metadata(), *call.initial_metadata()])
    # A call id may contain the digits of a year by chance.
    everything = everything.replace(dict(call.trailing_metadata())["raas-call-id"], "")
    assert not any(secret in everything for secret in SECRETS)
    refusal = told(error)
    found = zip(refusal.violations, refusal.descriptions, strict=True)
    return [(field, f"{reason}: {sentence}") for (field, reason), sentence in found]


@pytest.fixture
def persons(person_server: Server) -> Persons:
    return Persons(person_server)


@pytest.fixture
def register(person_server: Server) -> TestRegister:
    return new_register(person_server)


@pytest.mark.parametrize("write", [by_inscribe, by_apply_batch, by_import])
def test_all_differing_fields_are_named_without_their_true_values(
    persons: Persons, register: TestRegister, write: Write
) -> None:
    (ann,) = persons.known(1)
    ((field, said),) = write(persons, register, ann, {"identity": IdentityClaim(**WRONG)})
    assert field == "identity"
    assert said.startswith("IDENTITY_MISMATCH: ")
    assert FIELDS in said
    for name, value in WRONG.items():
        ((_, said),) = write(persons, register, ann, {"identity": IdentityClaim(**{name: value})})
        assert said.endswith(f": {name}.")
    assert register.state().revision == len(TYPES)


def test_error_metadata_names_the_fields(persons: Persons, register: TestRegister) -> None:
    (ann,) = persons.known(1)
    with pytest.raises(grpc.RpcError) as raised:
        persons.inscribe(register, ann, "2024-01-01", "2024-12-31", identity=IdentityClaim(**WRONG))
    refusal = told(raised.value)
    assert (refusal.status, refusal.info.reason) == ("FAILED_PRECONDITION", "IDENTITY_MISMATCH")
    assert refusal.info.metadata["fields"] == FIELDS


@pytest.mark.parametrize(
    "claim",
    [
        {"last_name": "d’hondt müller"},
        {"last_name": "DHONDT-MULLER"},
        {"first_names": ["elise", "ANNE SOPHIE"]},
        {"first_names": ["Elise"]},
        {"birth_date": "1968-06-00"},
        {"birth_date": "1968-00-00", "sex": Sex.SEX_FEMALE},
    ],
)
def test_claim_in_another_spelling_is_accepted(
    persons: Persons, register: TestRegister, claim: dict[str, Any]
) -> None:
    (ann,) = persons.known(1)
    answer = persons.inscribe(register, ann, "2024-01-01", "2024-12-31", identity=IdentityClaim(**claim))
    assert answer.revision == len(TYPES) + 1


def test_field_unknown_to_the_source_never_differs(persons: Persons, register: TestRegister) -> None:
    row = a_person()
    row.identity.ClearField("sex")
    row.identity.ClearField("first_names")
    persons.import_rows([row])
    claim = IdentityClaim(first_names=["Jan"], sex=Sex.SEX_MALE)
    assert persons.inscribe(register, row.niss, "2024-01-01", "2024-12-31", identity=claim).revision


def test_claim_about_a_replaced_number_is_compared_with_its_successor(
    persons: Persons, register: TestRegister
) -> None:
    new, old = a_person(), a_person(last_name="Janssens")
    old.status, old.replaced_by = REPLACED, new.niss
    persons.import_rows([new, old])
    right, wrong = IdentityClaim(last_name="D'Hondt-Müller"), IdentityClaim(last_name="Janssens")
    answer = persons.inscribe(register, old.niss, "2024-01-01", "2024-12-31", identity=right)
    assert (answer.dossier.niss, answer.replaced_niss) == (new.niss, old.niss)
    ((_, said),) = by_inscribe(persons, register, old.niss, {"identity": wrong})
    assert said.startswith("IDENTITY_MISMATCH")


@pytest.mark.parametrize("write", [by_inscribe, by_apply_batch, by_import])
def test_cancelled_and_unknown_numbers_refuse_inscriptions(
    persons: Persons, register: TestRegister, write: Write
) -> None:
    new, old, gone = a_person(), a_person(), a_person()
    old.status, old.replaced_by, gone.status = REPLACED, new.niss, CANCELLED
    persons.import_rows([new, old, gone])
    policy = {"replaced_niss_policy": REFUSE}
    for number, more, reason in (
        (new_niss(), {}, "NISS_UNKNOWN"),
        (gone.niss, {}, "NISS_CANCELLED"),
        (old.niss, policy, "NISS_REPLACED"),
    ):
        ((field, said),) = write(persons, register, number, more)
        assert (field, said.partition(":")[0]) == ("niss", reason)
    assert register.state().revision == len(TYPES)


def test_identity_and_other_violations_are_reported_together(
    persons: Persons, register: TestRegister
) -> None:
    gone = a_person()
    gone.status = CANCELLED
    persons.import_rows([gone])
    made = inscription(gone.niss, "2024-12-31", "2024-01-01", identity=IdentityClaim(last_name="Janssens"))
    made.dossier_type = "NOTHING"
    batch = ApplyBatchRequest(operations=[BatchOperation(inscribe=made)])
    with pytest.raises(grpc.RpcError) as raised:
        persons.registers.ApplyBatch(batch, metadata=register.caller)
    assert {field.removeprefix("operations[0].") for field, _ in _refused(raised.value)} == {
        "niss",
        "period.end",
        "dossier_type",
        "identity",
    }


def test_notices_for_deceased_and_unborn_persons(persons: Persons, register: TestRegister) -> None:
    dead = a_person(death_date="2020-03-01")
    persons.import_rows([dead])
    single = persons.inscribe(register, dead.niss, "1960-01-01", "2024-12-31")
    made = BatchOperation(inscribe=inscription(dead.niss, "1968-06-13", "2024-12-31"))
    batch = persons.registers.ApplyBatch(ApplyBatchRequest(operations=[made]), metadata=register.caller)
    born = BatchOperation(inscribe=inscription(dead.niss, "1968-06-14", "2025-12-31"))
    later = persons.registers.ApplyBatch(ApplyBatchRequest(operations=[born]), metadata=register.caller)
    both = [("PERSON_DECEASED", "niss"), ("PERIOD_BEFORE_BIRTH", "period.begin")]
    found = [single.notices, batch.results[0].inscribe.notices, later.results[0].inscribe.notices]
    assert [
        [(ErrorReason.Name(n.reason).removeprefix("ERROR_REASON_"), n.field) for n in notices]
        for notices in found
    ] == [both, both, both[:1]]


def test_caller_over_the_budget_of_wrong_claims_is_refused(persons: Persons, register: TestRegister) -> None:
    ann, bob = persons.known(2)
    days = [f"1968-{month:02}-{day:02}" for month in (5, 6) for day in range(1, 29)]
    guesses = [
        BatchOperation(
            inscribe=inscription(ann, "2024-01-01", "2024-12-31", identity=IdentityClaim(birth_date=day))
        )
        for day in days
    ]
    request = ApplyBatchRequest(operations=guesses, validate_only=True)
    answer = persons.registers.ApplyBatch(request, metadata=register.caller)
    reasons = [result.rejected.violations[0].reason for result in answer.results]
    mismatch, exceeded = ErrorReason.ERROR_REASON_IDENTITY_MISMATCH, ErrorReason.ERROR_REASON_LIMIT_EXCEEDED
    assert reasons == [mismatch] * 30 + [exceeded] * (len(days) - 30)

    right = IdentityClaim(birth_date="1968-06-14")
    with pytest.raises(grpc.RpcError) as raised:
        persons.inscribe(register, ann, "2024-01-01", "2024-12-31", identity=right)
    assert (told(raised.value).status, told(raised.value).retry) == ("RESOURCE_EXHAUSTED", True)
    assert persons.inscribe(register, ann, "2024-01-01", "2024-12-31").revision
    assert persons.inscribe(register, bob, "2024-01-01", "2024-12-31", identity=right).revision

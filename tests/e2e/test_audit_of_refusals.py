"""The audit records of refused calls: one for each, with its reason and the numbers named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from raas.v1 import distribution_service_pb2 as distribution_v1
from raas.v1 import person_service_pb2 as person_v1
from raas.v1 import register_service_pb2 as v1
from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.niss_pb2 import ReplacedNissPolicy
from raas.v1.period_pb2 import Period
from tests.e2e.audited import BEGIN, END, AuditedCalls, World, numbers
from tests.e2e.persons import SOURCE, TYPE, a_person, new_niss
from tests.e2e.servers import Server


@pytest.fixture
def world(person_server: Server) -> Iterator[World]:
    made = World(person_server)
    yield made
    made.persons.channel.close()


def test_refusals_are_recorded_with_their_reason_and_the_numbers_named(world: World) -> None:
    persons, ann, unknown = world.persons, world.ann, new_niss()
    registers, service = persons.registers, persons.service
    old = new_niss()
    persons.import_rows([a_person(old)])
    replaced = person_v1.ReplaceNissRequest(niss=old, successor_niss=world.bob)
    service.ReplaceNiss(replaced, metadata=SOURCE)
    nobody = "0403101811"

    def inscribe(niss: str, dossier_type: str = TYPE, **more: Any) -> v1.InscribeRequest:
        period = Period(begin=BEGIN, end=more.pop("end", END))
        return v1.InscribeRequest(niss=niss, dossier_type=dossier_type, period=period, **more)

    mine, touched = {"register": world.number}, numbers(ann)
    cases: list[tuple[str, Any, Any, dict[str, Any]]] = [
        ("PERIOD_INVALID", registers.Inscribe, inscribe(ann, end="2023-01-01"), {"touched": touched, **mine}),
        ("DOSSIER_TYPE_UNKNOWN", registers.Inscribe, inscribe(ann, "NONE"), {"touched": touched, **mine}),
        ("NISS_UNKNOWN", registers.Inscribe, inscribe(unknown), {"touched": numbers(unknown), **mine}),
        (
            "NISS_REPLACED",
            registers.Inscribe,
            inscribe(old, replaced_niss_policy=ReplacedNissPolicy.REPLACED_NISS_POLICY_REFUSE),
            {"touched": numbers(old), "shown": numbers(world.bob), **mine},
        ),
        ("NISS_MALFORMED", registers.Inscribe, inscribe("1"), mine),
        ("REQUIRED", registers.ApplyBatch, v1.ApplyBatchRequest(), mine),
        ("REVISION_IN_FUTURE", registers.Consult, v1.ConsultRequest(at_revision=99), mine),
        ("PAGE_TOKEN_INVALID", registers.Consult, v1.ConsultRequest(page_token="x"), mine),
        ("DOSSIER_TYPE_EXISTS", registers.CreateDossierType, create_type(TYPE), mine),
        (
            "MANDATE_MISSING",
            registers.GetHistory,
            v1.GetHistoryRequest(register=nobody, niss=ann),
            {"touched": touched, "register": int(nobody)},
        ),
        (
            "NISS_UNKNOWN",
            service.GetPerson,
            person_v1.GetPersonRequest(niss=unknown),
            {"touched": numbers(unknown), **mine},
        ),
        (
            "AUTHORISATION_MISSING",
            world.distribution.RevokeAuthorisation,
            distribution_v1.RevokeAuthorisationRequest(authorisation_id=str(UUID(int=7))),
            {},
        ),
    ]
    for reason, rpc, request, expected in cases:
        refused = world.calls.call(rpc, request)
        assert refused.outcome == reason
        name = refused.record.rpc.removeprefix("/raas.v1.")
        world.require(refused.record, name, outcome=reason, **expected)


def create_type(code: str) -> v1.CreateDossierTypeRequest:
    return v1.CreateDossierTypeRequest(dossier_type=DossierType(code=code))


def test_caller_without_a_register_is_recorded(world: World) -> None:
    stranger = AuditedCalls(world.register.server.dsn, (("raas-enterprise-number", "0403101811"),))
    refused = stranger.call(world.persons.registers.GetRegister, v1.GetRegisterRequest())
    record = refused.record
    assert (record.outcome, record.register) == ("REGISTER_UNKNOWN", 403101811)
    assert record.actor.enterprise_number == 403101811


def test_unreadable_and_oversized_requests_are_recorded(world: World) -> None:
    path = "/raas.v1.RegisterService/Consult"
    raw = world.persons.channel.unary_unary(path)
    for sent, reason in ((b"\xff\xff", "VALUE_INVALID"), (b"\x0a\x01x" * 1_000_000, "MESSAGE_TOO_LARGE")):
        record = world.calls.call(raw, sent).record
        world.require(record, "RegisterService/Consult", outcome=reason)

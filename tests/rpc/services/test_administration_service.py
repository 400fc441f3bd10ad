"""AdministrationService through a real server."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict, ParseDict

from raas.rpc.calls.identity.identify import development_identity
from raas.usecases.calls.call import Caller
from raas.v1 import administration_service_pb2 as v1
from raas.v1 import register_service_pb2
from tests.rpc.harness import ANN, CALLER, NOBODY, OTHER, OWN, Harness, Refusal, open_harness, told


async def call(harness: Harness, rpc: str, request: dict[str, Any]) -> dict[str, Any]:
    message = ParseDict(request, getattr(v1, f"{rpc}Request")())
    answer = await getattr(harness.administration, rpc)(message, metadata=CALLER)
    return MessageToDict(answer, preserving_proto_field_name=True)


async def refused(harness: Harness, rpc: str, request: dict[str, Any]) -> Refusal:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call(harness, rpc, request)
    return told(raised.value)


async def test_a_register_is_created_and_can_be_used(harness: Harness) -> None:
    created = await call(harness, "CreateRegister", {"enterprise_number": NOBODY, "name": "Caisse ééé"})
    assert (created["register"]["enterprise_number"], created["register"]["name"]) == (NOBODY, "Caisse ééé")
    request = register_service_pb2.GetRegisterRequest(register=NOBODY)
    assert (await harness.stub.GetRegister(request, metadata=CALLER)).register.name == "Caisse ééé"


async def test_a_register_that_exists_is_refused(harness: Harness) -> None:
    refusal = await refused(harness, "CreateRegister", {"enterprise_number": OTHER, "name": "x"})
    assert (refusal.status, refusal.violations) == (
        "ALREADY_EXISTS",
        [("enterprise_number", "REGISTER_EXISTS")],
    )


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({}, [("enterprise_number", "REQUIRED"), ("name", "REQUIRED")]),
        (
            {"enterprise_number": "123", "name": "a\nb" + "c" * 256},
            [
                ("enterprise_number", "ENTERPRISE_NUMBER_MALFORMED"),
                ("name", "VALUE_INVALID"),
                ("name", "VALUE_INVALID"),
            ],
        ),
        ({"enterprise_number": NOBODY, "name": " "}, [("name", "VALUE_INVALID")]),
        ({"enterprise_number": NOBODY, "name": "one\u2028two"}, [("name", "VALUE_INVALID")]),
    ],
)
async def test_wrong_new_register_is_refused_with_all_violations(
    harness: Harness, request_: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert (await refused(harness, "CreateRegister", request_)).violations == expected


async def test_a_register_is_renamed(harness: Harness) -> None:
    answer = await call(
        harness,
        "UpdateRegister",
        {"register": {"enterprise_number": OWN, "name": "New"}, "update_mask": "name"},
    )
    assert answer["register"]["name"] == "New"


async def test_codes_of_a_register_are_set_and_removed(harness: Harness) -> None:
    request = {"enterprise_number": NOBODY, "name": "x", "sector": 0, "institution": 999}
    created = await call(harness, "CreateRegister", request)
    assert (created["register"]["sector"], created["register"]["institution"]) == (0, 999)
    assert created["register"]["environment"] == "ENVIRONMENT_TEST"
    change = {"register": {"enterprise_number": NOBODY, "sector": 12}, "update_mask": "sector,institution"}
    changed = (await call(harness, "UpdateRegister", change))["register"]
    assert (changed["name"], changed["sector"]) == ("x", 12)
    assert "institution" not in changed
    wrong = {"register": {"enterprise_number": NOBODY, "sector": 1_000}, "update_mask": "sector"}
    assert (await refused(harness, "UpdateRegister", wrong)).violations == [
        ("register.sector", "VALUE_INVALID")
    ]
    negative = {"enterprise_number": NOBODY, "name": "x", "institution": -1}
    assert (await refused(harness, "CreateRegister", negative)).violations == [
        ("institution", "VALUE_INVALID")
    ]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({}, [("register", "REQUIRED")]),
        (
            {"register": {"name": "x"}},
            [("register.enterprise_number", "REQUIRED"), ("update_mask", "REQUIRED")],
        ),
        (
            {"register": {"enterprise_number": OWN}, "update_mask": "name,revision,enterpriseNumber"},
            [
                ("update_mask", "VALUE_INVALID"),
                ("update_mask", "VALUE_INVALID"),
                ("register.name", "REQUIRED"),
            ],
        ),
        (
            {"register": {"enterprise_number": NOBODY, "name": "x"}, "update_mask": "name"},
            [("register", "MANDATE_MISSING")],
        ),
    ],
)
async def test_wrong_new_name_is_refused_with_all_violations(
    harness: Harness, request_: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    refusal = await refused(harness, "UpdateRegister", request_)
    assert (refusal.violations or [("register", refusal.info.reason)]) == expected


async def test_registers_are_listed_by_page(harness: Harness) -> None:
    first = await call(harness, "ListRegisters", {"page_size": 1})
    second = await call(harness, "ListRegisters", {"page_size": 1, "page_token": first["next_page_token"]})
    found = [each["enterprise_number"] for page in (first, second) for each in page["registers"]]
    assert found == sorted([OWN, OTHER])
    assert "next_page_token" not in second


async def test_a_negative_page_size_is_refused(harness: Harness) -> None:
    refusal = await refused(harness, "ListRegisters", {"page_size": -1})
    assert refusal.violations == [("page_size", "VALUE_INVALID")]


def without_roles(context: Any, metadata: Any) -> Caller:
    return Caller(development_identity(context, metadata).enterprise_number)


async def test_missing_role_is_reported_alone() -> None:
    async with open_harness(without_roles) as harness:
        for rpc in ("CreateRegister", "UpdateRegister", "ListRegisters"):
            refusal = await refused(harness, rpc, {})
            assert (refusal.status, refusal.info.reason) == ("PERMISSION_DENIED", "ROLE_MISSING")
            assert refusal.info.metadata["role"] == "ADMINISTRATOR"
        request = register_service_pb2.FindRegistersRequest(niss=ANN)
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await harness.stub.FindRegisters(request, metadata=CALLER)
        assert told(raised.value).info.metadata["role"] == "ROUTER"


async def test_register_without_a_mandate_is_refused_like_a_missing_one() -> None:
    async with open_harness(without_roles) as harness:
        told_of = []
        for register in (OTHER, NOBODY):
            request = register_service_pb2.ConsultRequest(register=register)
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await harness.stub.Consult(request, metadata=CALLER)
            refusal = told(raised.value)
            told_of.append((refusal.status, refusal.message, refusal.info.reason))
        assert told_of[0] == told_of[1]
        assert told_of[0][2] == "MANDATE_MISSING"
        # One's own needs none.
        await harness.stub.GetRegister(register_service_pb2.GetRegisterRequest(), metadata=CALLER)

"""DistributionService through a real server: authorisations are granted, confirmed, revoked and listed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc.aio
import pytest
from google.protobuf.json_format import MessageToDict, ParseDict

from raas.v1 import administration_service_pb2, distribution_service_pb2
from raas.v1.administration_service_pb2_grpc import AdministrationServiceStub
from raas.v1.distribution_service_pb2_grpc import DistributionServiceStub
from tests.rpc.harness import NOBODY, OTHER, OWN, Harness, Refusal, open_harness, told
from tests.rpc.services.test_rights_service import (
    ADMINISTRATORS,
    FIRST,
    FRIEND,
    NO_ID,
    SECOND,
    THIRD,
    proven,
)

NEW = {
    "service": "PERSON_IDENTITY",
    "register": OWN,
    "deliberation": "24/001",
    "valid_from": "2024-01-01",
}


@pytest.fixture
async def harness() -> AsyncIterator[Harness]:
    async with open_harness(proven, ADMINISTRATORS) as opened:
        yield opened


async def call(harness: Harness, caller: str, rpc: str, request: dict[str, Any]) -> dict[str, Any]:
    administration = hasattr(administration_service_pb2, f"{rpc}Request")
    module: Any = administration_service_pb2 if administration else distribution_service_pb2
    stub: Any = (AdministrationServiceStub if administration else DistributionServiceStub)(harness.channel)
    message = ParseDict(request, getattr(module, f"{rpc}Request")())
    answer = await getattr(stub, rpc)(message, metadata=(("raas-enterprise-number", caller),))
    return MessageToDict(answer, preserving_proto_field_name=True)


async def refused(harness: Harness, caller: str, rpc: str, request: dict[str, Any]) -> Refusal:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call(harness, caller, rpc, request)
    return told(raised.value)


async def granted(harness: Harness, caller: str = FIRST, **request: Any) -> dict[str, Any]:
    answer = await call(harness, caller, "GrantAuthorisation", {**NEW, **request})
    authorisation: dict[str, Any] = answer["authorisation"]
    return authorisation


async def listed(harness: Harness, caller: str, **request: Any) -> list[dict[str, Any]]:
    answer = await call(harness, caller, "ListAuthorisations", request)
    found: list[dict[str, Any]] = answer.get("authorisations", [])
    return found


async def test_authorisation_is_granted_confirmed_by_another_administrator_and_revoked(
    harness: Harness,
) -> None:
    given = {
        "partner": FRIEND,
        "dossier_types": ["HEALTH"],
        "legal_context": "PCSA:X",
        "fields": ["last_name", "birth_date"],
        "valid_until": "2999-12-31",
    }
    waiting = await granted(harness, **given)
    expected = {**NEW, **given, "fields": ["birth_date", "last_name"], "granted_by": FIRST}
    assert {key: waiting[key] for key in expected} == expected
    assert waiting["awaits_confirmation"]
    confirm = {"authorisation_id": waiting["id"]}
    first = await refused(harness, FIRST, "ConfirmGrant", confirm)
    assert first.violations == [("authorisation_id", "SECOND_ADMINISTRATOR_REQUIRED")]
    assert (await refused(harness, OWN, "ConfirmGrant", confirm)).info.reason == "ROLE_MISSING"
    confirmed = (await call(harness, SECOND, "ConfirmGrant", confirm))["authorisation"]
    assert confirmed["confirmed_by"] == SECOND
    assert "awaits_confirmation" not in confirmed
    assert (await call(harness, FIRST, "ConfirmGrant", confirm))["authorisation"] == confirmed
    revoked = (await call(harness, SECOND, "RevokeAuthorisation", confirm))["authorisation"]
    assert revoked["revoked_by"] == SECOND
    assert (await call(harness, FIRST, "RevokeAuthorisation", confirm))["authorisation"] == revoked


async def test_revoked_authorisation_cannot_be_confirmed(harness: Harness) -> None:
    subject = {"authorisation_id": (await granted(harness))["id"]}
    await call(harness, FIRST, "RevokeAuthorisation", subject)
    assert (await refused(harness, SECOND, "ConfirmGrant", subject)).info.reason == "GRANT_REVOKED"


@pytest.mark.parametrize("rpc", ["RevokeAuthorisation", "ConfirmGrant"])
async def test_authorisation_that_does_not_exist_is_missing(harness: Harness, rpc: str) -> None:
    refusal = await refused(harness, FIRST, rpc, {"authorisation_id": NO_ID})
    assert (refusal.status, refusal.violations) == (
        "NOT_FOUND",
        [("authorisation_id", "AUTHORISATION_MISSING")],
    )


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (
            {},
            [
                ("register", "REQUIRED"),
                ("service", "REQUIRED"),
                ("deliberation", "REQUIRED"),
                ("valid_from", "REQUIRED"),
            ],
        ),
        ({**NEW, "service": "OTHER"}, [("service", "SERVICE_UNKNOWN")]),
        ({**NEW, "dossier_types": ["NONE"]}, [("dossier_types[0]", "DOSSIER_TYPE_UNKNOWN")]),
        (
            {
                **NEW,
                "partner": "1",
                "fields": ["last_name", "niss"],
                "event_types": ["BIRTH"],
                "legal_context": " ",
                "valid_from": "2024-13-01",
                "dossier_types": ["NONE"],
            },
            [
                ("partner", "ENTERPRISE_NUMBER_MALFORMED"),
                ("legal_context", "VALUE_INVALID"),
                ("event_types[0]", "VALUE_INVALID"),
                ("fields[1]", "VALUE_INVALID"),
                ("valid_from", "VALUE_INVALID"),
                ("dossier_types[0]", "DOSSIER_TYPE_UNKNOWN"),
            ],
        ),
        ({**NEW, "valid_until": "2023-12-31"}, [("valid_until", "VALUE_INVALID")]),
    ],
)
async def test_wrong_authorisation_is_refused_with_all_violations(
    harness: Harness, request_: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert (await refused(harness, FIRST, "GrantAuthorisation", request_)).violations == expected


async def test_register_that_does_not_exist_gets_no_authorisation(harness: Harness) -> None:
    refusal = await refused(harness, FIRST, "GrantAuthorisation", {**NEW, "register": NOBODY})
    assert refusal.info.reason == "MANDATE_MISSING"
    own = await refused(harness, FIRST, "GrantAuthorisation", {**NEW, "register": FIRST})
    assert own.info.reason == "REGISTER_UNKNOWN"


async def test_register_sees_its_own_authorisations_and_administrators_all(harness: Harness) -> None:
    own = await granted(harness)
    other = await granted(harness, register=OTHER, valid_until="2025-12-31")
    assert await listed(harness, FIRST) == [own, other]
    assert await listed(harness, FIRST, register=OTHER) == [other]
    assert await listed(harness, FIRST, active_on="2026-01-01") == [own]
    assert await listed(harness, FIRST, service="PERSON_IDENTITY", register=OWN) == [own]
    assert await listed(harness, FIRST, service="ELSE") == []
    assert await listed(harness, OWN) == [own]
    assert await listed(harness, OWN, register=OWN) == [own]
    assert await listed(harness, OTHER) == [other]
    refusal = await refused(harness, OWN, "ListAuthorisations", {"register": OTHER})
    assert refusal.info.reason == "MANDATE_MISSING"
    await call(
        harness,
        OTHER,
        "GrantMandate",
        {"mandatary": THIRD, "permissions": ["MANDATE_PERMISSION_ADMINISTER"]},
    )
    assert await listed(harness, THIRD, register=OTHER) == [other]
    assert (await refused(harness, THIRD, "ListAuthorisations", {})).info.reason == "REGISTER_UNKNOWN"
    first = await call(harness, FIRST, "ListAuthorisations", {"page_size": 1})
    token = first["next_page_token"]
    rest = await listed(harness, FIRST, page_size=1, page_token=token)
    assert [*first["authorisations"], *rest] == [own, other]
    for request in ({"service": "ELSE"}, {"register": OWN}):
        asked = {**request, "page_token": token}
        assert (
            await refused(harness, FIRST, "ListAuthorisations", asked)
        ).info.reason == "PAGE_TOKEN_INVALID"


async def test_owner_grants_and_revokes_no_authorisation(harness: Harness) -> None:
    own = await granted(harness)
    for rpc, request in (
        ("GrantAuthorisation", NEW),
        ("RevokeAuthorisation", {"authorisation_id": own["id"]}),
    ):
        assert (await refused(harness, OWN, rpc, request)).info.reason == "ROLE_MISSING"


async def test_development_identity_needs_no_confirmation() -> None:
    async with open_harness() as harness:
        assert (await granted(harness, OWN))["confirmed_by"] == OWN

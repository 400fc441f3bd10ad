"""Admissions of organisations through a real server of production, and their effect on calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from raas.v1 import register_service_pb2
from tests.rpc.harness import OTHER, OWN, Harness, open_harness, told
from tests.rpc.services.test_rights_service import (
    ADMINISTRATORS,
    FIRST,
    FRIEND,
    SECOND,
    call,
    proven,
    reason,
    refused,
    row,
    succeeds,
)

ADMISSION = {
    "security_adviser": "adviser@organisation.example",
    "data_protection_officer": "dpo@organisation.example",
    "norms_version": "2024",
    "valid_until": "2099-12-31",
}


@pytest.fixture
async def harness() -> AsyncIterator[Harness]:
    """A server of production, on which nobody is admitted."""
    async with open_harness(proven, ADMINISTRATORS, admissions_required=True) as opened:
        yield opened


async def admit(harness: Harness, organisation: str, by: str = FIRST, **changes: Any) -> dict[str, Any]:
    request = {"enterprise_number": organisation, **ADMISSION, **changes}
    admission: dict[str, Any] = (await call(harness, by, "SetAdmission", request))["admission"]
    return admission


async def is_admitted(harness: Harness, caller: str) -> bool:
    """Whether a call is answered on the register of the caller."""
    request = register_service_pb2.GetRegisterRequest()
    metadata = (("raas-enterprise-number", caller),)
    return await succeeds(harness.stub.GetRegister(request, metadata=metadata), "ADMISSION_MISSING")


async def test_organisation_has_no_rights_in_production_until_it_is_admitted(harness: Harness) -> None:
    assert not await is_admitted(harness, OWN)
    await admit(harness, OWN)
    assert await is_admitted(harness, OWN)
    assert not await is_admitted(harness, OTHER)
    await admit(harness, OWN, suspended=True)
    assert not await is_admitted(harness, OWN)
    await admit(harness, OWN, valid_until="2020-01-01")
    assert not await is_admitted(harness, OWN)


async def test_administrator_without_admission_may_only_admit(harness: Harness) -> None:
    assert await call(harness, FIRST, "ListAdmissions", {}) == {}
    assert await reason(harness, FIRST, "ListRegisters", {}) == "ADMISSION_MISSING"
    await admit(harness, FIRST)
    assert await call(harness, FIRST, "ListRegisters", {}) != {}
    for rpc in ("SetAdmission", "ListAdmissions"):
        assert (await refused(harness, FRIEND, rpc, {})).info.reason == "ROLE_MISSING"


async def test_admission_is_replaced_and_its_predecessors_stay_listed(harness: Harness) -> None:
    first = await admit(harness, OWN)
    expected = {"enterprise_number": OWN, **ADMISSION, "set_by": FIRST}
    assert first == {**expected, "id": first["id"], "set_time": first["set_time"]}
    assert await admit(harness, OWN, by=SECOND) == first
    second = await admit(harness, OWN, by=SECOND, norms_version="2025", suspended=True)
    replaced, current = (await call(harness, FIRST, "ListAdmissions", {"enterprise_number": OWN}))[
        "admissions"
    ]
    assert replaced == {**first, "replaced_by": SECOND, "replace_time": second["set_time"]}
    assert current == second
    assert await call(harness, FIRST, "ListAdmissions", {"active_on": "2026-01-01"}) == {}
    other = await admit(harness, OTHER)
    valid = await call(harness, FIRST, "ListAdmissions", {"active_on": "2026-01-01"})
    assert valid["admissions"] == [other]
    assert await call(harness, FIRST, "ListAdmissions", {"active_on": "2100-01-01"}) == {}


async def test_everything_wrong_with_an_admission_is_refused_at_once(harness: Harness) -> None:
    nothing = await refused(harness, FIRST, "SetAdmission", {})
    assert nothing.violations == [(name, "REQUIRED") for name in ("enterprise_number", *ADMISSION)]
    wrong = {
        "enterprise_number": "1",
        "security_adviser": "\x00",
        "norms_version": "x" * 65,
        "valid_until": "x",
    }
    refusal = await refused(harness, FIRST, "SetAdmission", {**ADMISSION, **wrong})
    assert refusal.violations == [
        ("enterprise_number", "ENTERPRISE_NUMBER_MALFORMED"),
        ("security_adviser", "VALUE_INVALID"),
        ("norms_version", "VALUE_INVALID"),
        ("valid_until", "VALUE_INVALID"),
    ]


async def test_open_stream_ends_when_its_organisation_is_suspended(harness: Harness) -> None:
    await admit(harness, OWN)
    stream = harness.stub.Import(metadata=(("raas-enterprise-number", OWN),))
    await stream.write(row(0, "2024-01-01"))
    assert (await stream.read()).revision == 1
    await admit(harness, OWN, suspended=True)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await stream.read()
    assert told(raised.value).info.reason == "ADMISSION_MISSING"


async def test_gateway_calls_only_for_organisations_that_are_admitted(harness: Harness) -> None:
    for organisation in (FRIEND, FIRST, SECOND):
        await admit(harness, organisation)
    role = {
        "enterprise_number": FRIEND,
        "role": "ROLE_GATEWAY",
        "organisations": [OWN],
        "rpcs": ["raas.v1.RegisterService/GetRegister"],
    }
    grant = (await call(harness, FIRST, "GrantRole", role))["grant"]
    await call(harness, SECOND, "ConfirmGrant", {"grant_id": grant["id"]})

    async def is_answered() -> bool:
        metadata = (("raas-enterprise-number", FRIEND), ("raas-on-behalf-of", OWN))
        request = register_service_pb2.GetRegisterRequest()
        return await succeeds(harness.stub.GetRegister(request, metadata=metadata), "ADMISSION_MISSING")

    assert not await is_answered()
    await admit(harness, OWN)
    assert await is_answered()
    await admit(harness, FRIEND, suspended=True)
    assert not await is_answered()


async def test_other_servers_ask_for_no_admission() -> None:
    async with open_harness(proven) as opened:
        assert await is_admitted(opened, OWN)

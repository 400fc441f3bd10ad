"""Mandates and roles through a real server, and their effect on calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict, ParseDict

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.rpc.calls.identity.identify import development_identity
from raas.usecases.calls.call import Caller
from raas.v1 import administration_service_pb2 as v1
from raas.v1 import register_service_pb2
from tests.rpc.harness import ANN, NOBODY, OTHER, OWN, Harness, Refusal, open_harness, told

FRIEND, FIRST, SECOND, THIRD = "0206731645", "0316380841", "0244640631", "0403101811"
ADMINISTRATORS = frozenset({EnterpriseNumber(int(FIRST)), EnterpriseNumber(int(SECOND))})
CONSULT = "raas.v1.RegisterService/Consult"
NO_ID = "00000000-0000-4000-8000-000000000000"
READ = ["MANDATE_PERMISSION_READ"]


def proven(context: Any, metadata: Any) -> Caller:
    """Callers as certificates name them: without rights of their own."""
    return Caller(development_identity(context, metadata).enterprise_number)


@pytest.fixture
async def harness() -> AsyncIterator[Harness]:
    async with open_harness(proven, ADMINISTRATORS) as opened:
        yield opened


async def call(harness: Harness, caller: str, rpc: str, request: dict[str, Any]) -> dict[str, Any]:
    message = ParseDict(request, getattr(v1, f"{rpc}Request")())
    metadata = (("raas-enterprise-number", caller),)
    answer = await getattr(harness.administration, rpc)(message, metadata=metadata)
    return MessageToDict(answer, preserving_proto_field_name=True)


async def refused(harness: Harness, caller: str, rpc: str, request: dict[str, Any]) -> Refusal:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call(harness, caller, rpc, request)
    return told(raised.value)


async def reason(harness: Harness, caller: str, rpc: str, request: dict[str, Any]) -> str:
    return (await refused(harness, caller, rpc, request)).info.reason


async def grants(harness: Harness, caller: str, **request: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await call(harness, caller, "GrantMandate", request))["mandate"]
    return answer


async def may_read(harness: Harness, caller: str, register: str = OWN) -> bool:
    request = register_service_pb2.GetRegisterRequest(register=register)
    return await succeeds(
        harness.stub.GetRegister(request, metadata=(("raas-enterprise-number", caller),)), "MANDATE_MISSING"
    )


async def succeeds(answer: Awaitable[object], refusal: str) -> bool:
    """Whether a call is answered; a refusal with another reason than this one is raised."""
    try:
        await answer
    except grpc.aio.AioRpcError as error:
        if told(error).info.reason != refusal:
            raise
        return False
    return True


# ---- mandates -----------------------------------------------------------------------------------


async def test_mandate_opens_a_register_until_it_is_revoked(harness: Harness) -> None:
    assert not await may_read(harness, FRIEND)
    mandate = await grants(harness, OWN, mandatary=FRIEND, permissions=READ, legal_basis="Law")
    assert {key: mandate[key] for key in ("register", "mandatary", "permissions", "granted_by")} == {
        "register": OWN,
        "mandatary": FRIEND,
        "permissions": READ,
        "granted_by": OWN,
    }
    assert await may_read(harness, FRIEND)
    assert not await may_read(harness, THIRD)
    assert not await may_read(harness, FRIEND, OTHER)
    revoked = await call(harness, OWN, "RevokeMandate", {"mandate_id": mandate["id"]})
    assert revoked["mandate"]["revoked_by"] == OWN
    assert not await may_read(harness, FRIEND)
    assert await call(harness, OWN, "RevokeMandate", {"mandate_id": mandate["id"]}) == revoked


@pytest.mark.parametrize(
    ("days", "valid"),
    [
        ({"valid_from": "2000-01-01", "valid_until": "2999-12-31"}, True),
        ({"valid_from": "2999-01-01"}, False),
        ({"valid_until": "2000-01-01"}, False),
    ],
)
async def test_mandate_opens_a_register_on_its_days(
    harness: Harness, days: dict[str, str], valid: bool
) -> None:
    mandate = await grants(harness, OWN, mandatary=FRIEND, permissions=READ, **days)
    assert {key: mandate[key] for key in days} == days
    assert await may_read(harness, FRIEND) is valid


async def test_only_owner_and_administering_mandatary_grant_and_revoke(harness: Harness) -> None:
    other = {"register": OWN, "mandatary": THIRD, "permissions": READ}
    assert await reason(harness, FRIEND, "GrantMandate", other) == "MANDATE_MISSING"
    assert await reason(harness, FIRST, "GrantMandate", other) == "MANDATE_MISSING"
    await grants(harness, OWN, mandatary=FRIEND, permissions=["MANDATE_PERMISSION_ADMINISTER"])
    given = await grants(harness, FRIEND, **other)
    assert given["granted_by"] == FRIEND
    assert await may_read(harness, THIRD)
    assert not await may_read(harness, FRIEND)
    revoke = {"register": OWN, "mandate_id": given["id"]}
    assert await reason(harness, THIRD, "RevokeMandate", revoke) == "MANDATE_MISSING"
    await call(harness, FRIEND, "RevokeMandate", revoke)
    assert not await may_read(harness, THIRD)


async def test_mandate_of_another_register_is_like_one_that_does_not_exist(harness: Harness) -> None:
    given = await grants(harness, OTHER, mandatary=FRIEND, permissions=READ)
    missing = await refused(harness, OWN, "RevokeMandate", {"mandate_id": NO_ID})
    foreign = await refused(harness, OWN, "RevokeMandate", {"mandate_id": given["id"]})
    assert (foreign.status, foreign.info, foreign.violations) == (
        missing.status,
        missing.info,
        missing.violations,
    )
    assert missing.info.reason == "MANDATE_UNKNOWN"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({}, [("permissions", "REQUIRED"), ("mandatary", "REQUIRED")]),
        (
            {
                "mandatary": OWN,
                "permissions": ["MANDATE_PERMISSION_ADMINISTER", "MANDATE_PERMISSION_UNSPECIFIED"],
                "dossier_types": ["HEALTH", "NONE"],
                "contents": [7],
                "valid_from": "2024-01-02",
                "valid_until": "2024-01-01",
                "legal_basis": "",
            },
            [
                ("permissions[1]", "VALUE_INVALID"),
                ("contents[0]", "VALUE_INVALID"),
                ("valid_until", "VALUE_INVALID"),
                ("legal_basis", "VALUE_INVALID"),
                ("mandatary", "VALUE_INVALID"),
                ("dossier_types", "VALUE_INVALID"),
                ("dossier_types[1]", "DOSSIER_TYPE_UNKNOWN"),
            ],
        ),
        (
            {"mandatary": FRIEND, "permissions": READ, "dossier_types": ["X"]},
            [("dossier_types[0]", "DOSSIER_TYPE_UNKNOWN")],
        ),
    ],
)
async def test_wrong_mandate_is_refused_with_all_violations(
    harness: Harness, request_: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    refusal = await refused(harness, OWN, "GrantMandate", request_)
    assert sorted(refusal.violations) == sorted(expected)


@pytest.mark.parametrize("id_", ["", "x", "{00000000-0000-4000-8000-0000000000}"])
async def test_id_that_is_no_uuid_is_refused(harness: Harness, id_: str) -> None:
    expected = "VALUE_INVALID" if id_ else "REQUIRED"
    refusal = await refused(harness, OWN, "RevokeMandate", {"mandate_id": id_})
    assert refusal.violations == [("mandate_id", expected)]
    for rpc in ("RevokeRole", "ConfirmGrant"):
        refusal = await refused(harness, FIRST, rpc, {"grant_id": id_})
        assert refusal.violations == [("grant_id", expected)]


async def test_both_sides_list_their_mandates(harness: Harness) -> None:
    given = [await grants(harness, OWN, mandatary=FRIEND, permissions=READ) for _ in range(3)]
    third = await grants(harness, OWN, mandatary=THIRD, permissions=READ)
    elsewhere = await grants(harness, OTHER, mandatary=FRIEND, permissions=READ)
    await call(harness, OWN, "RevokeMandate", {"mandate_id": given[0]["id"]})

    async def listed(caller: str, **request: Any) -> list[str]:
        found: list[str] = []
        token, first = "", True
        while token or first:
            page = await call(
                harness, caller, "ListMandates", {**request, "page_size": 2, "page_token": token}
            )
            found += [each["id"] for each in page.get("mandates", ())]
            token, first = page.get("next_page_token", ""), False
        return found

    ids = [each["id"] for each in given]
    assert await listed(OWN) == [*ids, third["id"]]
    assert await listed(OWN, mandatary=THIRD) == [third["id"]]
    assert await listed(OWN, active_on="2026-01-01") == [*ids[1:], third["id"]]
    assert await listed(FRIEND, mandatary=FRIEND) == [*ids, elsewhere["id"]]
    assert await listed(THIRD, mandatary=THIRD) == [third["id"]]
    assert await listed(NOBODY, mandatary=NOBODY) == []
    assert await reason(harness, FRIEND, "ListMandates", {"register": OWN}) == "MANDATE_MISSING"
    # A mandatary that may read only is not shown the mandates of others.
    request = {"register": OWN, "mandatary": FRIEND}
    assert await reason(harness, FRIEND, "ListMandates", request) == "MANDATE_MISSING"
    assert await reason(harness, THIRD, "ListMandates", {"mandatary": FRIEND}) == "REGISTER_UNKNOWN"


async def test_page_token_of_another_list_is_refused(harness: Harness) -> None:
    for _ in range(2):
        await grants(harness, OWN, mandatary=FRIEND, permissions=READ)
    token = (await call(harness, OWN, "ListMandates", {"page_size": 1}))["next_page_token"]
    for other in ({"mandatary": FRIEND}, {"active_on": "2026-01-01"}):
        request = {"page_size": 1, "page_token": token, **other}
        assert await reason(harness, OWN, "ListMandates", request) == "PAGE_TOKEN_INVALID"
    request = {"page_token": token, "mandatary": FRIEND}
    assert await reason(harness, FRIEND, "ListMandates", request) == "PAGE_TOKEN_INVALID"


# ---- break-glass --------------------------------------------------------------------------------


async def test_break_glass_opens_a_register_and_tells_its_owner(harness: Harness) -> None:
    assert not await may_read(harness, FIRST)
    request = {"register": OWN, "reason": "Incident", "ticket": "INC-1", "hours": 4}
    mandate = (await call(harness, FIRST, "BreakGlass", request))["mandate"]
    assert (mandate["permissions"], mandate["mandatary"], mandate["ticket"]) == (READ, FIRST, "INC-1")
    assert await may_read(harness, FIRST)
    (register,) = (
        each for each in harness.store.state.registers.values() if each.enterprise_number == int(OWN)
    )
    mutation, _ = register.log[-1]
    assert (mutation.kind.name, mutation.niss) == ("ACCESS_GRANTED", None)
    assert mutation.detail is not None
    assert {key: mutation.detail[key] for key in ("mandate_id", "reason", "ticket")} == {
        "mandate_id": mandate["id"],
        "reason": "Incident",
        "ticket": "INC-1",
    }
    await call(harness, OWN, "RevokeMandate", {"mandate_id": mandate["id"]})
    assert not await may_read(harness, FIRST)


async def test_break_glass_is_for_administrators_on_registers_of_others(harness: Harness) -> None:
    request = {"register": OWN, "reason": "x", "ticket": "x", "hours": 1}
    assert await reason(harness, FRIEND, "BreakGlass", request) == "ROLE_MISSING"
    assert await reason(harness, FIRST, "BreakGlass", {**request, "register": NOBODY}) == "MANDATE_MISSING"
    refusal = await refused(harness, FIRST, "BreakGlass", {"hours": 5})
    assert refusal.violations == [
        ("register", "REQUIRED"),
        ("reason", "REQUIRED"),
        ("ticket", "REQUIRED"),
        ("hours", "VALUE_INVALID"),
    ]


# ---- roles --------------------------------------------------------------------------------------


async def granted(harness: Harness, caller: str, number: str, role: str, **more: Any) -> dict[str, Any]:
    request = {"enterprise_number": number, "role": f"ROLE_{role}", **more}
    grant: dict[str, Any] = (await call(harness, caller, "GrantRole", request))["grant"]
    return grant


async def is_administrator(harness: Harness, caller: str) -> bool:
    return await succeeds(call(harness, caller, "ListRegisters", {}), "ROLE_MISSING")


async def test_role_counts_until_it_is_revoked(harness: Harness) -> None:
    request = register_service_pb2.FindRegistersRequest(niss=ANN, active_on="2024-01-01")

    async def routes() -> bool:
        try:
            await harness.stub.FindRegisters(request, metadata=(("raas-enterprise-number", FRIEND),))
        except grpc.aio.AioRpcError as error:
            return told(error).info.reason != "ROLE_MISSING"
        return True

    assert not await routes()
    grant = await granted(harness, FIRST, FRIEND, "ROUTER")
    assert "awaits_confirmation" not in grant
    assert await routes()
    await call(harness, SECOND, "RevokeRole", {"grant_id": grant["id"]})
    assert not await routes()


async def test_administrators_take_over_from_those_of_the_settings(harness: Harness) -> None:
    assert await is_administrator(harness, FIRST)
    assert not await is_administrator(harness, FRIEND)
    for number in (FRIEND, THIRD):
        grant = await granted(harness, FIRST, number, "ADMINISTRATOR")
        assert grant["awaits_confirmation"]
        assert not await is_administrator(harness, number)
        confirm = {"grant_id": grant["id"]}
        assert await reason(harness, FIRST, "ConfirmGrant", confirm) == "SECOND_ADMINISTRATOR_REQUIRED"
        assert await reason(harness, number, "ConfirmGrant", confirm) == "ROLE_MISSING"
        confirmed = (await call(harness, SECOND, "ConfirmGrant", confirm))["grant"]
        assert confirmed["confirmed_by"] == SECOND
        assert await is_administrator(harness, number)
    assert not await is_administrator(harness, FIRST)
    assert not await is_administrator(harness, SECOND)


async def test_administrator_and_auditor_exclude_each_other(harness: Harness) -> None:
    await granted(harness, FIRST, FRIEND, "AUDITOR")
    request = {"enterprise_number": FRIEND, "role": "ROLE_ADMINISTRATOR"}
    refusal = await refused(harness, SECOND, "GrantRole", request)
    assert refusal.violations == [("role", "ROLES_EXCLUDE")]
    assert refusal.info.metadata["other"] == "AUDITOR"
    first = {"enterprise_number": FIRST, "role": "ROLE_AUDITOR"}
    assert await reason(harness, SECOND, "GrantRole", first) == "ROLES_EXCLUDE"


async def test_grants_of_one_organisation_exclude_each_other_at_the_same_time_too(harness: Harness) -> None:
    requests = [{"enterprise_number": THIRD, "role": f"ROLE_{role}"} for role in ("AUDITOR", "ADMINISTRATOR")]
    answers = await asyncio.gather(
        *(call(harness, FIRST, "GrantRole", request) for request in requests), return_exceptions=True
    )
    assert sum(isinstance(answer, grpc.aio.AioRpcError) for answer in answers) == 1


async def test_revoked_grant_cannot_be_confirmed(harness: Harness) -> None:
    grant = await granted(harness, FIRST, FRIEND, "GATEWAY", organisations=[OWN], rpcs=[CONSULT])
    assert (grant["organisations"], grant["rpcs"]) == ([OWN], [CONSULT])
    await call(harness, FIRST, "RevokeRole", {"grant_id": grant["id"]})
    assert await reason(harness, SECOND, "ConfirmGrant", {"grant_id": grant["id"]}) == "GRANT_REVOKED"
    assert await reason(harness, SECOND, "ConfirmGrant", {"grant_id": NO_ID}) == "GRANT_UNKNOWN"
    assert await reason(harness, SECOND, "RevokeRole", {"grant_id": NO_ID}) == "GRANT_UNKNOWN"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({}, [("enterprise_number", "REQUIRED"), ("role", "REQUIRED")]),
        (
            {"enterprise_number": FRIEND, "role": "ROLE_GATEWAY", "organisations": ["1"], "rpcs": ["a.B/C"]},
            [
                ("organisations[0]", "ENTERPRISE_NUMBER_MALFORMED"),
                ("rpcs[0]", "VALUE_INVALID"),
                ("organisations", "REQUIRED"),
            ],
        ),
        (
            {
                "enterprise_number": FRIEND,
                "role": "ROLE_PUBLISHER",
                "dossier_types": ["A"],
                "rpcs": [CONSULT],
            },
            [("rpcs", "VALUE_INVALID"), ("dossier_types", "VALUE_INVALID")],
        ),
        ({"enterprise_number": FRIEND, "role": 77}, [("role", "VALUE_INVALID")]),
    ],
)
async def test_wrong_grant_is_refused_with_all_violations(
    harness: Harness, request_: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert (await refused(harness, FIRST, "GrantRole", request_)).violations == expected


async def test_confirmation_names_its_subject(harness: Harness) -> None:
    assert (await refused(harness, FIRST, "ConfirmGrant", {})).violations == [("subject", "REQUIRED")]


async def test_roles_are_listed_with_those_that_await_a_confirmation(harness: Harness) -> None:
    router = await granted(harness, FIRST, FRIEND, "ROUTER", dossier_types=["A"], legal_contexts=["X"])
    auditor = await granted(
        harness, FIRST, THIRD, "AUDITOR", valid_from="2024-01-01", valid_until="2024-12-31"
    )

    async def listed(**request: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await call(harness, SECOND, "ListRoles", request)).get("grants", [])
        return found

    assert await listed() == [router, auditor]
    assert await listed(role="ROLE_AUDITOR") == [auditor]
    assert await listed(enterprise_number=FRIEND) == [router]
    assert await listed(active_on="2026-01-01") == [router]
    first = await call(harness, SECOND, "ListRoles", {"page_size": 1})
    second = await call(
        harness, SECOND, "ListRoles", {"page_size": 1, "page_token": first["next_page_token"]}
    )
    assert [*first["grants"], *second["grants"]] == [router, auditor]
    assert await reason(harness, FRIEND, "ListRoles", {}) == "ROLE_MISSING"


async def test_development_identity_needs_no_confirmation() -> None:
    async with open_harness() as harness:
        grant = await granted(harness, OWN, FRIEND, "ADMINISTRATOR")
        assert grant["confirmed_by"] == OWN
        waiting = await granted(harness, OWN, THIRD, "AUDITOR")
        confirmed = await call(harness, OWN, "ConfirmGrant", {"grant_id": waiting["id"]})
        assert confirmed["grant"]["confirmed_by"] == OWN


async def test_nothing_is_decided_while_the_rights_are_unknown(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await may_read(harness, OWN)
    monkeypatch.setattr("raas.usecases.calls.rights_cache.WAIT_SECONDS", 0.1)
    monkeypatch.setattr("raas.usecases.calls.rights_cache.FRESH_SECONDS", 0.3)
    harness.rights.answers = False
    await asyncio.sleep(0.4)
    assert await reason(harness, OWN, "ListMandates", {}) == "UNAVAILABLE"
    harness.rights.answers = True
    monkeypatch.setattr("raas.usecases.calls.rights_cache.WAIT_SECONDS", 10.0)
    assert await may_read(harness, OWN)


# ---- streams ------------------------------------------------------------------------------------


def row(offset: int, day: str) -> register_service_pb2.ImportRequest:
    inscribe = {"niss": ANN, "dossier_type": "HEALTH", "period": {"begin": day, "end": day}}
    message = {"register": OWN, "operations": [{"inscribe": inscribe}], "offset": offset}
    return ParseDict(message, register_service_pb2.ImportRequest())


async def test_import_ends_with_its_mandate_and_applies_nothing_more(harness: Harness) -> None:
    mandate = await grants(harness, OWN, mandatary=FRIEND, permissions=["MANDATE_PERMISSION_WRITE"])
    stream = harness.stub.Import(metadata=(("raas-enterprise-number", FRIEND),))
    await stream.write(row(0, "2024-01-01"))
    assert (await stream.read()).revision == 1
    await call(harness, OWN, "RevokeMandate", {"mandate_id": mandate["id"]})
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await stream.read()
    assert told(raised.value).info.reason == "MANDATE_MISSING"
    register = harness.store.state.register_of(EnterpriseNumber(int(OWN)))
    assert register is not None
    assert register.revision == 1
    (outcome,) = {each.outcome for each in harness.audit.records if each.rpc.endswith("/Import")} - {"OK"}
    assert outcome == "MANDATE_MISSING"


async def test_messages_of_a_stream_wait_while_the_rights_are_unknown(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("raas.usecases.calls.rights_cache.FRESH_SECONDS", 0.4)
    await grants(harness, OWN, mandatary=FRIEND, permissions=["MANDATE_PERMISSION_WRITE"])
    stream = harness.stub.Import(metadata=(("raas-enterprise-number", FRIEND),))
    await stream.write(row(0, "2024-01-01"))
    assert (await stream.read()).revision == 1
    harness.rights.answers = False
    await asyncio.sleep(0.5)
    await stream.write(row(1, "2024-02-01"))
    answer = asyncio.create_task(stream.read())
    await asyncio.wait([answer], timeout=0.3)
    assert not answer.done()
    harness.rights.answers = True
    assert (await answer).revision == 2
    stream.cancel()


# ---- legal contexts and blocks ------------------------------------------------------------------

FIND = "raas.v1.RegisterService/FindRegisters"


async def test_legal_contexts_are_allowed_listed_and_revoked(harness: Harness) -> None:
    asked = {
        "caller": FRIEND,
        "legal_context": "PCSA:SOCIAL_INQUIRY",
        "rpcs": [FIND],
        "dossier_types": ["HEALTH"],
        "valid_from": "2024-01-01",
        "valid_until": "2099-12-31",
        "confidential_until": "2100-01-01",
    }
    allowed = (await call(harness, FIRST, "AllowLegalContext", asked))["legal_context"]
    assert {name: allowed[name] for name in asked} == asked
    assert allowed["granted_by"] == FIRST
    listed = await call(harness, FIRST, "ListLegalContexts", {"caller": FRIEND, "active_on": "2026-01-01"})
    assert listed["legal_contexts"] == [allowed]
    assert await call(harness, FIRST, "ListLegalContexts", {"caller": OTHER}) == {}
    ended = await call(harness, SECOND, "RevokeLegalContext", {"legal_context_id": allowed["id"]})
    assert ended["legal_context"]["revoked_by"] == SECOND
    again = await call(harness, FIRST, "RevokeLegalContext", {"legal_context_id": allowed["id"]})
    assert again == ended
    assert await call(harness, FIRST, "ListLegalContexts", {"active_on": "2026-01-01"}) == {}
    unknown = {"legal_context_id": NO_ID}
    assert await reason(harness, FIRST, "RevokeLegalContext", unknown) == "LEGAL_CONTEXT_UNKNOWN"


async def test_everything_wrong_with_a_legal_context_is_refused_at_once(harness: Harness) -> None:
    wrong = {
        "caller": "1",
        "legal_context": "*",
        "rpcs": ["raas.v1.RegisterService/None"],
        "dossier_types": [" "],
        "valid_from": "2024-02-30",
        "confidential_until": "x",
    }
    refusal = await refused(harness, FIRST, "AllowLegalContext", wrong)
    assert refusal.violations == [
        ("caller", "ENTERPRISE_NUMBER_MALFORMED"),
        ("legal_context", "VALUE_INVALID"),
        ("rpcs[0]", "VALUE_INVALID"),
        ("dossier_types[0]", "VALUE_INVALID"),
        ("valid_from", "VALUE_INVALID"),
        ("confidential_until", "VALUE_INVALID"),
    ]
    nothing = await refused(harness, FIRST, "AllowLegalContext", {})
    assert nothing.violations == [(name, "REQUIRED") for name in ("caller", "legal_context", "rpcs")]
    assert await reason(harness, FRIEND, "AllowLegalContext", {}) == "ROLE_MISSING"


@pytest.mark.parametrize(
    "subject",
    [
        {"fingerprint": "0" * 64},
        {"public_key": "f" * 64},
        {"issuer_serial": "CN=CA,C=BE:a0"},
        {"token_id": "jti"},
        {"application": "urn:app"},
        {"enterprise_number": FRIEND},
    ],
)
async def test_credentials_are_blocked_listed_and_unblocked(
    harness: Harness, subject: dict[str, str]
) -> None:
    block = (await call(harness, FIRST, "BlockCredential", {**subject, "reason": "lost"}))["block"]
    assert block.items() >= {**subject, "reason": "lost", "blocked_by": FIRST}.items()
    assert (await call(harness, FIRST, "ListBlockedCredentials", {}))["blocks"] == [block]
    ended = (await call(harness, SECOND, "UnblockCredential", {"block_id": block["id"]}))["block"]
    assert ended["unblocked_by"] == SECOND
    assert await call(harness, FIRST, "ListBlockedCredentials", {}) == {}
    assert await reason(harness, FIRST, "UnblockCredential", {"block_id": NO_ID}) == "BLOCK_UNKNOWN"


@pytest.mark.parametrize(
    ("given", "blocked"),
    [
        ("CN=CA,C=BE:0A1f", "CN=CA,C=BE:a1f"),
        ("CN=a:b,C=BE:00", "CN=a:b,C=BE:0"),
        ("CN=CA,C=BE", None),
        ("CN=CA,C=BE:", None),
        ("CN=CA,C=BE:0x1f", None),
        ("CA:1f", None),
        ("1f", None),
    ],
)
async def test_serial_number_to_block_is_read_as_certificates_have_it_or_refused(
    harness: Harness, given: str, blocked: str | None
) -> None:
    request = {"issuer_serial": given, "reason": "lost"}
    if blocked is None:
        refusal = await refused(harness, FIRST, "BlockCredential", request)
        assert refusal.violations == [("issuer_serial", "VALUE_INVALID")]
    else:
        block = (await call(harness, FIRST, "BlockCredential", request))["block"]
        assert block["issuer_serial"] == blocked


async def test_everything_wrong_with_a_block_is_refused_at_once(harness: Harness) -> None:
    refusal = await refused(harness, FIRST, "BlockCredential", {"fingerprint": "F" * 64})
    assert refusal.violations == [("reason", "REQUIRED"), ("fingerprint", "VALUE_INVALID")]
    nothing = await refused(harness, FIRST, "BlockCredential", {})
    assert nothing.violations == [("reason", "REQUIRED"), ("subject", "REQUIRED")]
    assert await reason(harness, FRIEND, "BlockCredential", {}) == "ROLE_MISSING"

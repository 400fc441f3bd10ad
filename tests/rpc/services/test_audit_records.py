"""ListAuditRecords and GetAuditCheckpoint through a real server: who sees what, and what they must name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import grpc.aio
import pytest
from google.protobuf.json_format import MessageToDict, ParseDict

from raas.domain.audit.chain import new_chain, process_chain
from raas.domain.audit.record import Actor, AuditRecord, BulkRead, RecordKind
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.memory.audit.store import MemoryAuditStore
from raas.usecases.ports.audit.chains import follow
from raas.v1 import administration_service_pb2 as v1
from tests.rpc.harness import ANN, MOVED, OTHER, OWN, Harness, Refusal, open_harness, told
from tests.rpc.services.test_rights_service import ADMINISTRATORS, FIRST, FRIEND, SECOND, call, proven

NOW = 1_780_000_000_000_000
CONSULT = "/raas.v1.RegisterService/Consult"


@pytest.fixture
async def harness() -> AsyncIterator[Harness]:
    async with open_harness(proven, ADMINISTRATORS) as opened:
        await recorded(opened)
        role = {"enterprise_number": FRIEND, "role": "ROLE_AUDITOR"}
        grant = (await call(opened, FIRST, "GrantRole", role))["grant"]
        await call(opened, SECOND, "ConfirmGrant", {"grant_id": grant["id"]})
        yield opened


def number(text: str) -> EnterpriseNumber:
    return EnterpriseNumber(int(text))


async def recorded(harness: Harness) -> None:
    """Four records: on the registers OWN and OTHER, the third confidential, the last about many."""
    ann, audit, process = Niss(int(ANN)), MemoryAuditStore(harness.store.state.audit), uuid4()
    actor = Actor(number(OTHER), "portal", "development", "ipv4:10.0.0.7", number(FRIEND), "u1")
    bulk = BulkRead({"dossier_types": ["HEALTH"]}, 1, 9, 3)
    fields: list[dict[str, Any]] = [
        {"register": number(OWN), "touched": (ann,), "shown": (ann,), "ticket": "T", "revision": 7},
        {"register": number(OTHER), "touched": (ann,)},
        {"register": number(OWN), "touched": (ann,), "legal_context": "SECRET"},
        {"register": number(OWN), "touched": (ann,), "bulk": bulk},
    ]
    records = [
        AuditRecord(RecordKind.CALL, NOW + place, actor, CONSULT, "OK", call_id=uuid4(), **each)
        for place, each in enumerate(fields)
    ]
    begin = AuditRecord(RecordKind.BEGIN, NOW - 1, Actor(), "", "OK")
    state = new_chain(await audit.origin(), process_chain(process))
    _, (first, *rest) = follow(state, [(each, None) for each in (begin, *records)])
    await audit.begin(process, first)
    await audit.append(process, rest)
    entry = {"caller": FRIEND, "legal_context": "SECRET", "confidential_until": "2999-12-31"}
    await call(harness, FIRST, "AllowLegalContext", {**entry, "rpcs": ["raas.v1.RegisterService/Consult"]})


async def listed(harness: Harness, by: str, ticket: str | None = "CASE-1", **request: Any) -> dict[str, Any]:
    metadata = [("raas-enterprise-number", by), ("raas-legal-context", "AUDIT")]
    if ticket is not None:
        metadata.append(("raas-ticket", ticket))
    message = ParseDict(request, v1.ListAuditRecordsRequest())
    answer = await harness.administration.ListAuditRecords(message, metadata=metadata)
    return MessageToDict(answer, preserving_proto_field_name=True)


def places(answer: dict[str, Any]) -> list[int]:
    return [int(each["chain_index"]) - 2 for each in answer.get("records", ())]


async def refused(harness: Harness, by: str, **request: Any) -> Refusal:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await listed(harness, by, **request)
    return told(raised.value)


async def test_every_field_of_a_record_is_shown(harness: Harness) -> None:
    first, *_, last = (await listed(harness, FRIEND, niss=ANN))["records"]
    chain, call_id, hash_ = first.pop("chain"), first.pop("call_id"), first.pop("hash")
    assert (chain.partition("/")[0], len(call_id), bool(hash_)) == ("process", 36, True)
    assert first == {
        "time": "2026-05-28T20:26:40Z",
        "caller": {
            "enterprise_number": OTHER,
            "application": "portal",
            "credential": "development",
            "peer": "ipv4:10.0.0.7",
            "on_behalf_of": FRIEND,
            "end_user": "u1",
        },
        "rpc": "raas.v1.RegisterService/Consult",
        "register": OWN,
        "touched": [ANN],
        "shown": [ANN],
        "ticket": "T",
        "outcome": "OK",
        "revision": "7",
        "chain_index": "2",
    }
    assert last["bulk"] == {
        "filter": '{"dossier_types":["HEALTH"]}',
        "first_revision": "1",
        "last_revision": "9",
        "count": "3",
        "certainty": "AUDIT_CERTAINTY_CERTAIN",
    }


async def test_owner_sees_its_register_and_nothing_confidential(harness: Harness) -> None:
    for asked in ({"niss": ANN}, {"register": OWN}, {"caller": OTHER}):
        answer = await listed(harness, OWN, **asked)
        assert (places(answer), answer["may_be_incomplete"]) == ([0, 3], True)
    refusal = await refused(harness, OWN, register=OTHER)
    assert (refusal.status, refusal.info.reason) == ("PERMISSION_DENIED", "MANDATE_MISSING")


async def test_auditor_sees_everything_and_what_a_person_may_be_shown(harness: Harness) -> None:
    whole = await listed(harness, FRIEND, niss=ANN)
    assert places(whole) == [0, 1, 2, 3]
    assert "may_be_incomplete" not in whole
    answer = await listed(harness, FRIEND, niss=ANN, for_person=True)
    assert (places(answer), answer["may_be_incomplete"]) == ([0, 1, 3], True)
    assert places(await listed(harness, FRIEND, register=OTHER)) == [1]


async def test_replaced_number_is_resolved(harness: Harness) -> None:
    answer = await listed(harness, FRIEND, niss=MOVED)
    assert answer["resolved"] == [{"niss": MOVED, "successor_niss": ANN}]
    assert places(answer) == [0, 1, 2, 3]


async def test_filters_and_pages(harness: Harness) -> None:
    begin, later = "2026-05-28T20:26:40Z", "2026-05-28T20:26:40.000002Z"
    assert places(await listed(harness, FRIEND, niss=ANN, from_time=later)) == [2, 3]
    assert places(await listed(harness, FRIEND, niss=ANN, from_time=begin, until_time=later)) == [0, 1]
    assert places(await listed(harness, FRIEND, niss=ANN, rpcs=["raas.v1.RegisterService/Export"])) == []
    assert places(await listed(harness, FRIEND, niss=ANN, outcomes=["MANDATE_MISSING", "OK"])) == [0, 1, 2, 3]
    found, token = [], ""
    while True:
        page = await listed(harness, FRIEND, niss=ANN, page_size=3, page_token=token)
        found += places(page)
        token = page.get("next_page_token", "")
        if not token:
            break
        other = await refused(harness, FRIEND, niss=ANN, for_person=True, page_token=token)
        assert other.info.reason == "PAGE_TOKEN_INVALID"
    assert found == [0, 1, 2, 3]


async def test_subject_ticket_and_known_rpcs_are_required(harness: Harness) -> None:
    refusal = await refused(harness, FRIEND)
    assert refusal.violations == [("register", "REQUIRED")]
    refusal = await refused(harness, FRIEND, ticket=None, niss=ANN, rpcs=["x"])
    assert refusal.violations == [("rpcs[0]", "VALUE_INVALID"), ("metadata.raas-ticket", "REQUIRED")]


async def test_checkpoint_needs_an_auditor(harness: Harness) -> None:
    answer = await call(harness, FRIEND, "GetAuditCheckpoint", {})
    assert answer == {}
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call(harness, OWN, "GetAuditCheckpoint", {})
    assert told(raised.value).info.reason == "ROLE_MISSING"

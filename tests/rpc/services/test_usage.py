"""GetUsage through a real server: what is counted, and who sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import grpc.aio
import pytest

from raas.domain.billing import brussels_month, month_text
from raas.v1 import administration_service_pb2, register_service_pb2
from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.inscription_pb2 import Inscription
from raas.v1.period_pb2 import Period
from tests.rpc.harness import ANN, COUNTED_AT, OTHER, OWN, Harness, open_harness, told
from tests.rpc.services.test_rights_service import ADMINISTRATORS, FIRST, FRIEND, SECOND, call, proven, reason

MONTH = month_text(brussels_month(COUNTED_AT))


@pytest.fixture
async def harness() -> AsyncIterator[Harness]:
    async with open_harness(proven, ADMINISTRATORS) as opened:
        yield opened


async def usage(harness: Harness, by: str, **asked: Any) -> list[dict[str, Any]]:
    await harness.billing.flush()
    rows: list[dict[str, Any]] = (await call(harness, by, "GetUsage", asked)).get("usage", [])
    for row in rows:
        assert row.pop("month") == MONTH
        row["rpc"] = row["rpc"].rpartition("/")[2]
    return [row for row in rows if row["rpc"] != "GetUsage"]


def metadata(caller: str) -> tuple[tuple[str, str], ...]:
    return (("raas-enterprise-number", caller),)


def operations(many: int) -> list[register_service_pb2.BatchOperation]:
    one = Inscription(niss=ANN, dossier_type="HEALTH", period=Period(begin="2024-01-01"))
    return [register_service_pb2.BatchOperation(inscribe=one)] * many


async def counted_call(answer: Any) -> None:
    """Await a call; a refusal is an answer, too."""
    with suppress(grpc.aio.AioRpcError):
        await answer


async def test_calls_items_and_refusals_are_counted(harness: Harness) -> None:
    v1, stub = register_service_pb2, harness.stub
    await stub.ApplyBatch(v1.ApplyBatchRequest(operations=operations(3)), metadata=metadata(OWN))
    await stub.GetRegister(v1.GetRegisterRequest(), metadata=metadata(OWN))
    for _ in range(2):
        await counted_call(stub.ApplyBatch(v1.ApplyBatchRequest(), metadata=metadata(OWN)))
        # Not admitted: the register that was only asked for is not counted.
        await counted_call(stub.GetRegister(v1.GetRegisterRequest(register=OTHER), metadata=metadata(OWN)))
    assert await usage(harness, OWN) == [
        {"caller": OWN, "rpc": "GetRegister", "refused": "2"},
        {"caller": OWN, "register": OWN, "rpc": "ApplyBatch", "calls": "1", "items": "3", "refused": "2"},
        {"caller": OWN, "register": OWN, "rpc": "GetRegister", "calls": "1", "items": "1"},
    ]


async def test_writes_that_name_one_dossier_type_count_for_its_partner(harness: Harness) -> None:
    v1, stub, by = register_service_pb2, harness.stub, metadata(OWN)
    partnered = DossierType(code="KEPT", partner=OTHER)
    await stub.CreateDossierType(v1.CreateDossierTypeRequest(dossier_type=partnered), metadata=by)
    begin = Period(begin="2024-01-01")
    inscription = Inscription(niss=ANN, dossier_type="KEPT", period=begin)
    one, other = v1.BatchOperation(inscribe=inscription), operations(1)[0]
    for _ in range(2):
        request = v1.InscribeRequest(niss=ANN, dossier_type="KEPT", period=begin, request_id="once")
        await stub.Inscribe(request, metadata=by)
    await stub.ApplyBatch(v1.ApplyBatchRequest(operations=[one, one]), metadata=by)
    await stub.ApplyBatch(v1.ApplyBatchRequest(operations=[one, other]), metadata=by)
    counted = {
        (row["rpc"], row.get("partner")): int(row["calls"])
        for row in await usage(harness, OWN)
        if row["rpc"] != "CreateDossierType"
    }
    assert counted == {
        ("Inscribe", OTHER): 2,
        ("ApplyBatch", OTHER): 1,
        ("ApplyBatch", None): 1,
    }


async def test_items_of_a_stream_are_counted_while_it_goes_on(harness: Harness) -> None:
    v1, more = register_service_pb2, asyncio.Event()

    async def requests() -> AsyncIterator[v1.ImportRequest]:
        yield v1.ImportRequest(operations=operations(2))
        await more.wait()
        yield v1.ImportRequest(operations=operations(5), offset=2)

    answers = aiter(harness.stub.Import(requests(), metadata=metadata(OWN)))
    await anext(answers)
    row = {"caller": OWN, "register": OWN, "rpc": "Import"}

    async def rows() -> list[dict[str, Any]]:
        while not (found := await usage(harness, OWN)):
            await asyncio.sleep(0.01)
        return found

    assert await asyncio.wait_for(rows(), 30) == [row | {"items": "2"}]
    more.set()
    assert len([answer async for answer in answers]) == 1

    async def ended() -> list[dict[str, Any]]:
        while not (found := await usage(harness, OWN))[0].get("calls"):
            await asyncio.sleep(0.01)
        return found

    assert await asyncio.wait_for(ended(), 30) == [row | {"calls": "1", "items": "7"}]


async def test_caller_that_is_no_auditor_sees_its_own_usage_only(harness: Harness) -> None:
    for caller in (OWN, OTHER):
        await harness.stub.GetRegister(register_service_pb2.GetRegisterRequest(), metadata=metadata(caller))
    assert {row["caller"] for row in await usage(harness, OWN)} == {OWN}
    assert await usage(harness, OWN, caller=OWN) == await usage(harness, OWN)
    assert await usage(harness, OWN, register=OTHER) == []
    assert await reason(harness, OWN, "GetUsage", {"caller": OTHER}) == "ROLE_MISSING"


async def test_auditor_sees_the_usage_of_everybody(harness: Harness) -> None:
    for caller in (OWN, OTHER):
        await harness.stub.GetRegister(register_service_pb2.GetRegisterRequest(), metadata=metadata(caller))
    role = {"enterprise_number": FRIEND, "role": "ROLE_AUDITOR"}
    grant = (await call(harness, FIRST, "GrantRole", role))["grant"]
    await call(harness, SECOND, "ConfirmGrant", {"grant_id": grant["id"]})
    seen = await usage(harness, FRIEND)
    assert {row["caller"] for row in seen if row["rpc"] == "GetRegister"} == {OWN, OTHER}
    assert {row["caller"] for row in await usage(harness, FRIEND, caller=OTHER)} == {OTHER}


async def test_pages_belong_to_their_filter(harness: Harness) -> None:
    await harness.stub.GetRegister(register_service_pb2.GetRegisterRequest(), metadata=metadata(OWN))
    await counted_call(
        harness.stub.GetRegister(
            register_service_pb2.GetRegisterRequest(register=OTHER), metadata=metadata(OWN)
        )
    )
    await harness.billing.flush()
    first = await call(harness, OWN, "GetUsage", {"from_month": MONTH, "page_size": 1})
    token = first["next_page_token"]
    second = await call(harness, OWN, "GetUsage", {"from_month": MONTH, "page_size": 1, "page_token": token})
    assert [row.get("register") for page in (first, second) for row in page["usage"]] == [None, OWN]
    assert "next_page_token" not in second
    for other in ({"from_month": "2026-01"}, {"from_month": MONTH, "register": OWN}):
        assert await reason(harness, OWN, "GetUsage", {**other, "page_token": token}) == "PAGE_TOKEN_INVALID"


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"from_month": "2026-13"}, "from_month"),
        ({"until_month": "2026"}, "until_month"),
        ({"from_month": "2026-02", "until_month": "2026-01"}, "until_month"),
        ({"from_month": "2016-01", "until_month": "2026-01"}, "until_month"),
    ],
)
async def test_months_that_are_wrong_are_refused(
    harness: Harness, request_: dict[str, str], field: str
) -> None:
    request = administration_service_pb2.GetUsageRequest(**request_)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await harness.administration.GetUsage(request, metadata=metadata(OWN))
    assert told(raised.value).violations == [(field, "VALUE_INVALID")]

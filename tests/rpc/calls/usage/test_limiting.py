"""Limits of callers at the interceptor, on a real port."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.descriptor_pb2 import MethodOptions

from raas.rpc.calls.usage.limiting import kind_of
from raas.rpc.services.catalogue import SERVICES
from raas.usecases.limits.call_limits import CallLimits
from raas.usecases.limits.limits import CallerLimits, CallKind, LimitTable
from raas.v1 import register_service_pb2 as v1
from raas.v1.inscription_pb2 import Inscription
from raas.v1.period_pb2 import Period
from tests.rpc.harness import ANN, CALLER, OTHER, Harness, open_harness, told
from tests.usecases.limits.test_call_limits import Board, Refusals

GREEDY = (("raas-enterprise-number", OTHER),)


@asynccontextmanager
async def limited(
    clock: Callable[[], float] = time.monotonic, **limits: int
) -> AsyncIterator[tuple[Harness, Refusals]]:
    refusals = Refusals()
    call_limits = CallLimits(LimitTable(CallerLimits(**limits)), Board().store(0), refusals, clock)
    async with open_harness(call_limits=call_limits) as harness:
        yield harness, refusals


def operations(count: int) -> list[v1.BatchOperation]:
    one = Inscription(niss=ANN, dossier_type="HEALTH", period=Period(begin="2024-01-01"))
    return [v1.BatchOperation(inscribe=one)] * count


async def refused(call: Any) -> tuple[str, str, str]:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    refusal = told(raised.value)
    assert (refusal.status, refusal.info.reason) == ("RESOURCE_EXHAUSTED", "LIMIT_EXCEEDED")
    assert refusal.retry
    assert refusal.call_id == refusal.request_id
    return refusal.info.metadata["limit"], refusal.info.metadata["maximum"], refusal.message


async def test_call_beyond_the_rate_is_refused_before_its_request_is_parsed() -> None:
    # By a clock that stands still: the second call comes at once.
    async with limited(lambda: 0.0, write_calls_per_second=1) as (harness, refusals):
        raw = harness.channel.unary_unary("/raas.v1.RegisterService/Inscribe")
        with pytest.raises(grpc.aio.AioRpcError) as unreadable:
            await raw(b"\xff\xff", metadata=CALLER)
        assert told(unreadable.value).info.reason == "VALUE_INVALID"
        limit, maximum, message = await refused(raw(b"\xff\xff", metadata=CALLER))
        assert (limit, maximum) == ("write_calls_per_second", "1")
        assert "reached its limit write_calls_per_second (1)" in message
        # It is counted, and the audit is not filled with it.
        assert refusals.counts == {"write_calls_per_second": 1}
        assert [record.outcome for record in harness.audit.records] == ["VALUE_INVALID"]
        assert harness.observed.calls[-1] == ("Inscribe", "RESOURCE_EXHAUSTED")
        await harness.stub.GetRegister(v1.GetRegisterRequest(), metadata=GREEDY)


async def test_items_are_counted_before_the_request_is_served() -> None:
    async with limited(write_items_per_second=100) as (harness, _):
        request = v1.ApplyBatchRequest(operations=operations(500))
        await harness.stub.ApplyBatch(request, metadata=CALLER)
        one = v1.ApplyBatchRequest(operations=operations(1))
        limit, *_ = await refused(harness.stub.ApplyBatch(one, metadata=CALLER))
        assert limit == "write_items_per_second"
        single = v1.InscribeRequest(niss=ANN, dossier_type="HEALTH", period=Period(begin="2024-01-01"))
        limit, *_ = await refused(harness.stub.Inscribe(single, metadata=CALLER))
        assert limit == "write_items_per_second"


async def test_import_is_slowed_down_and_not_refused() -> None:
    async with limited(write_items_per_second=400) as (harness, refusals):
        loop = asyncio.get_running_loop()
        began = loop.time()

        async def messages() -> AsyncIterator[v1.ImportRequest]:
            for offset in range(0, 900, 300):
                yield v1.ImportRequest(offset=offset, operations=operations(300))

        answers = [answer.through_offset async for answer in harness.stub.Import(messages(), metadata=CALLER)]
        assert answers == [300, 600, 900]
        assert loop.time() - began >= (600 - 200) / 400
        assert not refusals.counts


async def test_streams_and_calls_in_flight_are_freed_when_they_end() -> None:
    async with limited(streams=1, calls_in_flight=1) as (harness, _):
        harness.consult.answer = [RuntimeError("of the test")]
        for _ in range(3):
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await harness.stub.Export(v1.ExportRequest(), metadata=CALLER).read()
            assert raised.value.code() is grpc.StatusCode.INTERNAL
        for _ in range(3):
            await harness.stub.ListDossierTypes(v1.ListDossierTypesRequest(), metadata=CALLER)
            with pytest.raises(grpc.aio.AioRpcError):
                await harness.stub.Inscribe(v1.InscribeRequest(), metadata=CALLER)


async def test_stream_and_call_beyond_those_open_at_once_are_refused() -> None:
    async with limited(streams=1, calls_in_flight=1) as (harness, _):
        silent = asyncio.Event()

        async def messages() -> AsyncIterator[v1.ImportRequest]:
            yield v1.ImportRequest(operations=operations(1))
            await silent.wait()

        stream = harness.stub.Import(messages(), metadata=CALLER)
        await stream.read()
        limit, *_ = await refused(harness.stub.Export(v1.ExportRequest(), metadata=CALLER).read())
        assert limit == "streams"
        stream.cancel()

        release = asyncio.Event()

        async def slow() -> None:
            await release.wait()

        harness.registers.asked = 0
        harness.registers.before = slow
        held = asyncio.ensure_future(harness.stub.GetRegister(v1.GetRegisterRequest(), metadata=CALLER))
        while not harness.registers.asked:
            await asyncio.sleep(0)
        limit, *_ = await refused(harness.stub.GetRegister(v1.GetRegisterRequest(), metadata=CALLER))
        assert limit == "calls_in_flight"
        release.set()
        await held


def test_every_rpc_that_changes_something_is_a_write_and_lookups_of_persons_are_apart() -> None:
    kinds: dict[CallKind, set[str]] = {kind: set() for kind in CallKind}
    for service in SERVICES:
        for method in service.methods:
            kind = kind_of(method)
            kinds[kind].add(method.name)
            reads = method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS
            assert reads == (kind is not CallKind.WRITE)
    assert kinds[CallKind.PERSONS] == {"GetPerson", "ConfrontIdentity", "SearchPersons", "CheckPersons"}
    assert {"Consult", "Export", "FindRegisters"} <= kinds[CallKind.READ]

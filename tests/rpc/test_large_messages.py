"""Large and hostile requests: others are served meanwhile, and nothing of them stays in memory."""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.descriptor import MethodDescriptor

from raas.rpc.services.catalogue import SERVICES
from raas.v1 import options_pb2
from raas.v1 import register_service_pb2 as v1
from tests.rpc.harness import CALLER, Harness, told
from tests.rpc.hostile import MEBIBYTE, hostile_requests

LONGEST_BLOCK_SECONDS = 0.1
MEASUREMENTS = 3
"""A core that is shared makes a step dearer for a while: a step that took too long is repeated."""
METHODS = [method for service in SERVICES for method in service.methods]


@dataclass
class Loop:
    """The longest time that one step occupied the event loop, in seconds of processor time."""

    longest: float = 0.0


@asynccontextmanager
async def watched_loop() -> AsyncIterator[Loop]:
    """Measure the iterations of the loop by the time of its thread: other processes do not count."""
    loop, ended = Loop(), False
    # As a server does: the collector of cycles leaves alone what was there before.
    gc.collect()
    gc.freeze()

    async def watch() -> None:
        last = time.thread_time()
        while not ended:
            await asyncio.sleep(0)
            now = time.thread_time()
            loop.longest, last = max(loop.longest, now - last), now

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    yield loop
    ended = True
    await watching
    gc.unfreeze()


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
async def test_hostile_request_does_not_hold_the_event_loop(
    harness: Harness, method: MethodDescriptor
) -> None:
    size = MEBIBYTE - 200
    blocked = {}
    async with watched_loop() as loop:
        for name, raw in chosen(method, size):
            for _ in range(MEASUREMENTS):
                await asyncio.sleep(0)
                loop.longest = 0.0
                await outcome(harness, method, raw)
                if loop.longest <= LONGEST_BLOCK_SECONDS:
                    break
            else:
                blocked[name] = loop.longest
    assert blocked == {}


def chosen(method: MethodDescriptor, size: int) -> Iterator[tuple[str, bytes]]:
    """The hostile requests whose like no RPC before this one has."""
    earlier = {name for each in METHODS[: METHODS.index(method)] for name, _ in hostile_requests(each, 100)}
    return ((name, raw) for name, raw in hostile_requests(method, size) if name not in earlier)


def limit_of(method: MethodDescriptor) -> int:
    return int(method.input_type.GetOptions().Extensions[options_pb2.max_bytes])


async def outcome(harness: Harness, method: MethodDescriptor, raw: bytes) -> str:
    path = f"/{method.containing_service.full_name}/{method.name}"
    try:
        if method.client_streaming:
            stream: Any = harness.channel.stream_stream(path)(iter([raw]), metadata=CALLER)
            await stream.read()
            stream.cancel()
        elif method.server_streaming:
            stream = harness.channel.unary_stream(path)(raw, metadata=CALLER)
            await stream.read()
            stream.cancel()
        else:
            await harness.channel.unary_unary(path)(raw, metadata=CALLER)
    except grpc.aio.AioRpcError as error:
        return error.code().name
    return "OK"


async def test_refused_large_messages_leave_nothing_in_memory(harness: Harness) -> None:
    refused = v1.InscribeRequest(niss="1" * 1_000_000, dossier_type="HEALTH")
    for _ in range(5):
        await status_of(harness, refused)
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        for _ in range(120):
            assert await status_of(harness, refused) == "INVALID_ARGUMENT"
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert kept < 2 * MEBIBYTE


async def status_of(harness: Harness, request: v1.InscribeRequest) -> str:
    try:
        await harness.stub.Inscribe(request, metadata=CALLER)
    except grpc.aio.AioRpcError as error:
        # The error of the client keeps its frame, and with it the request.
        return error.with_traceback(None).code().name
    return "OK"


async def test_message_above_the_limit_of_its_call_is_refused_by_its_length(harness: Harness) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await harness.stub.Inscribe(v1.InscribeRequest(niss="1" * MEBIBYTE), metadata=CALLER)
    refusal = told(raised.value)
    assert (refusal.status, refusal.info.reason) == ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE")
    assert dict(refusal.info.metadata) == {"limit": "1048576", "size": "1048580"}
    assert not refusal.retry
    assert [record.outcome for record in harness.audit.records] == ["MESSAGE_TOO_LARGE"]


async def test_message_of_too_many_fields_is_refused_unread(harness: Harness) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await harness.channel.unary_unary("/raas.v1.RegisterService/GetRegister")(
            b"\x0a\x00" * 60_000, metadata=CALLER
        )
    refusal = told(raised.value)
    assert (refusal.status, refusal.info.reason) == ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE")
    assert dict(refusal.info.metadata) == {"limit": "52428"}


@pytest.mark.parametrize(
    ("count", "metadata"),
    [
        (1_001, {"limit": "1000", "count": "1001", "violation_count": "1"}),
        (2_001, {"limit": "1000", "violation_count": "1"}),
        (100_000, {"limit": "1000", "violation_count": "1"}),
    ],
)
async def test_batch_above_its_limit_is_refused(
    harness: Harness, count: int, metadata: dict[str, str]
) -> None:
    request = v1.ApplyBatchRequest(operations=[v1.BatchOperation()] * count)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await harness.stub.ApplyBatch(request, metadata=CALLER)
    refusal = told(raised.value)
    assert (refusal.info.reason, refusal.violations) == (
        "BATCH_TOO_LARGE",
        [("operations", "BATCH_TOO_LARGE")],
    )
    assert dict(refusal.info.metadata) == metadata


@pytest.mark.parametrize(
    ("rpc", "request_", "field"),
    [
        (
            "CreateDossierType",
            v1.CreateDossierTypeRequest(
                dossier_type={"code": "A", "labels": {f"x{i}": "A label" for i in range(17)}}
            ),
            "dossier_type.labels",
        ),
        (
            "UpdateDossierType",
            v1.UpdateDossierTypeRequest(
                dossier_type={"code": "HEALTH"}, update_mask={"paths": ["partner"] * 600_00}
            ),
            "update_mask",
        ),
        (
            "UpdateDossierType",
            v1.UpdateDossierTypeRequest(
                dossier_type={"code": "HEALTH"}, update_mask={"paths": ["partner"] * 101}
            ),
            "update_mask",
        ),
        ("Consult", v1.ConsultRequest(dossier_types=["A"] * 50_000), "dossier_types"),
    ],
)
async def test_list_above_its_limit_is_refused_by_name(
    harness: Harness, rpc: str, request_: Any, field: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await getattr(harness.stub, rpc)(request_, metadata=CALLER)
    refusal = told(raised.value)
    assert refusal.violations == [(field, "VALUE_INVALID")]
    assert int(refusal.info.metadata["limit"]) in (16, 100, 1_000)


async def test_import_whose_rows_are_all_wrong_is_answered_within_the_limits(harness: Harness) -> None:
    inscription = {"niss": "x", "identity": {"first_names": [""] * 32, "last_name": "\n"}}
    request = v1.ImportRequest(operations=[{"inscribe": inscription}] * 5_000)
    blocks: list[float] = []
    while len(blocks) < MEASUREMENTS and not any(each < LONGEST_BLOCK_SECONDS for each in blocks):
        async with watched_loop() as loop:
            stream: Any = harness.stub.Import(iter([request]), metadata=CALLER)
            answer = await stream.read()
        blocks.append(loop.longest)
        assert [len(row.violations) for row in answer.rejected] == [10] * 2_000 + [1] * 3_000
        assert answer.ByteSize() < 4 * MEBIBYTE
    assert min(blocks) < LONGEST_BLOCK_SECONDS


@pytest.mark.parametrize(
    ("rpc", "request_", "violations"),
    [
        (
            "ApplyBatch",
            v1.ApplyBatchRequest(
                operations=[{"inscribe": {"identity": {"first_names": [""] * 32, "last_name": "\n"}}}] * 1_000
            ),
            10_000,
        ),
        (
            "CheckInscriptions",
            v1.CheckInscriptionsRequest(checks=[{"dossier_types": [""] * 45}] * 1_000),
            10_000,
        ),
    ],
)
async def test_batch_whose_elements_are_all_wrong_is_refused_within_the_limits(
    harness: Harness, rpc: str, request_: Any, violations: int
) -> None:
    blocks: list[float] = []
    while len(blocks) < MEASUREMENTS and not any(each < LONGEST_BLOCK_SECONDS for each in blocks):
        async with watched_loop() as loop:
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await getattr(harness.stub, rpc)(request_, metadata=CALLER)
        blocks.append(loop.longest)
        assert told(raised.value).info.metadata["violation_count"] == str(violations)
    assert min(blocks) < LONGEST_BLOCK_SECONDS

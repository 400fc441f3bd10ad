"""The server as generated synchronous stubs see it, on the fixtures of pytest-grpc."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import ParseDict

from raas.v1 import register_service_pb2 as v1
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from tests.rpc.harness import ANN, CALLER, Harness, open_harness, told

INSCRIBED = {"niss": ANN, "dossier_type": "HEALTH", "period": {"begin": "2024-01-01"}}


@pytest.fixture(scope="module")
def grpc_server() -> Iterator[Harness]:
    """Our server in place of the plugin's: on an event loop of its own, in another thread."""
    ready: list[Harness] = []
    started, loop, stop = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        async with open_harness() as harness:
            ready.append(harness)
            started.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert started.wait(60)
    yield ready[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(60)
    loop.close()


@pytest.fixture(scope="module")
def grpc_addr(grpc_server: Harness) -> str:
    return f"127.0.0.1:{grpc_server.raas_server.port}"


@pytest.fixture(scope="module")
def grpc_stub_cls(grpc_channel: grpc.Channel) -> Any:
    return RegisterServiceStub


def test_a_call_is_answered(grpc_stub: Any) -> None:
    answer, call = grpc_stub.Inscribe.with_call(ParseDict(INSCRIBED, v1.InscribeRequest()), metadata=CALLER)
    assert answer.dossier.niss == ANN
    assert "raas-call-id" in dict(call.trailing_metadata())


def test_refusal_has_its_details(grpc_stub: Any) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        grpc_stub.Inscribe(v1.InscribeRequest(), metadata=CALLER)
    refusal = told(raised.value)
    assert refusal.violations == [
        ("niss", "REQUIRED"),
        ("dossier_type", "REQUIRED"),
        ("period", "REQUIRED"),
    ]


def test_a_thousand_bad_operations_reach_the_client(grpc_stub: Any) -> None:
    operations = [{"inscribe": {**INSCRIBED, "niss": "x"}}] * 1_000
    request = ParseDict({"operations": operations}, v1.ApplyBatchRequest())
    for language in ("en", "fr", "nl", "de"):
        with pytest.raises(grpc.RpcError) as raised:
            grpc_stub.ApplyBatch(request, metadata=(*CALLER, ("accept-language", language)))
        assert told(raised.value).info.metadata["violation_count"] == "1000"


def test_a_stream_is_answered_message_by_message(grpc_stub: Any) -> None:
    removal = {"niss": ANN, "dossier_type": "HEALTH"}
    messages = [
        ParseDict({"operations": [{"inscribe": INSCRIBED}]}, v1.ImportRequest()),
        ParseDict({"operations": [{"remove": removal}], "offset": 1}, v1.ImportRequest()),
    ]
    answers = list(grpc_stub.Import(iter(messages), metadata=CALLER))
    assert [answer.through_offset for answer in answers] == [1, 2]


def test_refused_stream_has_the_details(grpc_stub: Any) -> None:
    messages = [v1.ImportRequest(offset=-1)] * 50
    with pytest.raises(grpc.RpcError) as raised:
        list(grpc_stub.Import(iter(messages), metadata=CALLER))
    assert told(raised.value).violations == [("offset", "VALUE_INVALID")]

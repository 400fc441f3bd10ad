"""Connections of a client: how many it opens, and that plaintext ignores proxies."""

# ruff: noqa: N802 - methods have the names that the contract gives them

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import grpc.aio
import pytest

from raas.v1 import register_service_pb2 as v1
from raas.v1.mutation_stream_pb2 import Bookmark, SubscribeRequest, SubscribeResponse
from raas.v1.mutation_stream_pb2_grpc import MutationStreamServicer, add_MutationStreamServicer_to_server
from raas.v1.register_pb2 import Register
from raas.v1.register_service_pb2_grpc import RegisterServiceServicer, add_RegisterServiceServicer_to_server
from raas_client import RaasClient
from raas_client.testing import FakeRegister
from tests.client.registers import opened

STREAMS_PER_CONNECTION = 100


class Server(RegisterServiceServicer, MutationStreamServicer):
    """Answers calls, begins every stream with a bookmark, and knows its connections."""

    def __init__(self) -> None:
        self.peers: set[str] = set()

    async def GetRegister(self, request: v1.GetRegisterRequest, context: Any) -> v1.GetRegisterResponse:
        self.peers.add(context.peer())
        return v1.GetRegisterResponse(register=Register(name="answered"))

    async def Subscribe(self, request: SubscribeRequest, context: Any) -> AsyncIterator[SubscribeResponse]:
        self.peers.add(context.peer())
        yield SubscribeResponse(log_id="log", bookmark=Bookmark(revision=1))
        await asyncio.Event().wait()


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[str]:
    options = [("grpc.max_concurrent_streams", STREAMS_PER_CONNECTION)]
    grpc_server = grpc.aio.server(options=options)
    add_RegisterServiceServicer_to_server(server, grpc_server)
    add_MutationStreamServicer_to_server(server, grpc_server)
    port = grpc_server.add_insecure_port("127.0.0.1:0")
    await grpc_server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await grpc_server.stop(0)


async def test_calls_are_answered_beside_more_streams_than_a_connection_carries() -> None:
    server = Server()  # type: ignore[abstract]
    async with serving(server) as target, RaasClient(target) as client, AsyncExitStack() as stack:
        for _ in range(2 * STREAMS_PER_CONNECTION):
            events = await stack.enter_async_context(opened(client.subscribe()))
            await asyncio.wait_for(anext(events), 60)
        assert (await asyncio.wait_for(client.get_register(), 60)).name == "answered"
        assert 2 <= len(server.peers) <= 4


async def test_streams_that_were_closed_make_room_for_others() -> None:
    server = Server()  # type: ignore[abstract]
    async with serving(server) as target, RaasClient(target) as client:
        for _ in range(2 * STREAMS_PER_CONNECTION):
            async with opened(client.subscribe()) as events:
                await anext(events)
        assert len(server.peers) == 1


async def test_every_client_has_a_connection_of_its_own() -> None:
    server = Server()  # type: ignore[abstract]
    async with serving(server) as target, RaasClient(target) as one, RaasClient(target) as other:
        await one.get_register()
        await one.acting(ticket="another").get_register()
        assert len(server.peers) == 1
        await other.get_register()
        assert len(server.peers) == 2


async def test_plaintext_to_this_machine_ignores_proxies(
    monkeypatch: pytest.MonkeyPatch, fake: FakeRegister
) -> None:
    for name in ("http_proxy", "grpc_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "no_grpc_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with fake.client() as client:
        assert (await client.get_register()).name == "A fake register"

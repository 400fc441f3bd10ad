"""The options of connections, each by its effect on frames of HTTP/2."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import grpc
import grpc.aio
import pytest

from raas.rpc import server
from raas.v1 import register_service_pb2 as v1
from tests.rpc.harness import CALLER, Harness, open_harness

SETTINGS, PING, GOAWAY = 0x4, 0x6, 0x7
ACK = 0x1
MAX_CONCURRENT_STREAMS = 0x3
ENHANCE_YOUR_CALM = 0xB


@dataclass
class Frames:
    """A connection of which every frame is seen."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def read(self) -> tuple[int, int, bytes]:
        """Type, flags and payload of the next frame. Raises IncompleteReadError at the end."""
        head = await self.reader.readexactly(9)
        return head[3], head[4], await self.reader.readexactly(int.from_bytes(head[:3]))

    async def until(self, kind: int, *, flags: int = 0) -> bytes:
        while True:
            found, its_flags, payload = await self.read()
            if (found, its_flags) == (kind, flags):
                return payload

    def write(self, kind: int, payload: bytes = b"", *, flags: int = 0) -> None:
        self.writer.write(len(payload).to_bytes(3) + bytes([kind, flags]) + bytes(4) + payload)


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[Frames]:
    frames = Frames(*await asyncio.open_connection("127.0.0.1", port))
    frames.writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    frames.write(SETTINGS)
    try:
        yield frames
    finally:
        frames.writer.close()
        with suppress(ConnectionError):
            await frames.writer.wait_closed()


async def pinged(frames: Frames, times: int, every: float) -> bytes | None:
    """Send pings; answers what a GOAWAY says, or None when every ping was acknowledged."""
    for number in range(times):
        frames.write(PING, struct.pack("!Q", number))
        kind = 0
        while kind != PING:
            kind, flags, payload = await asyncio.wait_for(frames.read(), 30)
            if kind == GOAWAY:
                return payload
            if kind == PING and not flags & ACK:
                kind = 0
        await asyncio.sleep(every)
    return None


async def test_pings_no_more_frequent_than_documented_are_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "SHORTEST_CLIENT_PING_SECONDS", 0.1)
    async with open_harness() as harness, connection(harness.raas_server.port) as frames:
        assert await pinged(frames, 8, 0.2) is None


async def test_pings_more_frequent_than_documented_end_the_connection(harness: Harness) -> None:
    async with connection(harness.raas_server.port) as frames:
        goaway = await pinged(frames, 8, 0.05)
    assert goaway is not None
    assert int.from_bytes(goaway[4:8]) == ENHANCE_YOUR_CALM


async def test_idle_connection_is_pinged_and_ended_when_it_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "KEEPALIVE_SECONDS", 0.2)
    monkeypatch.setattr(server, "KEEPALIVE_TIMEOUT_SECONDS", 3.0)
    async with open_harness() as harness, connection(harness.raas_server.port) as frames:
        for _ in range(2):
            ping = await asyncio.wait_for(frames.until(PING), 30)
            frames.write(PING, ping, flags=ACK)
        await asyncio.wait_for(frames.until(PING), 30)
        assert b"ping_timeout" in await asyncio.wait_for(frames.until(GOAWAY), 30)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await asyncio.wait_for(frames.read(), 30)


async def test_number_of_calls_per_connection_is_announced(harness: Harness) -> None:
    async with connection(harness.raas_server.port) as frames:
        settings = dict(struct.iter_unpack("!HI", await asyncio.wait_for(frames.until(SETTINGS), 30)))
    assert settings[MAX_CONCURRENT_STREAMS] == server.MAX_STREAMS_PER_CONNECTION


@pytest.mark.parametrize(("size", "served"), [(14_000, True), (20_000, False)])
async def test_metadata_above_the_limit_are_refused(harness: Harness, size: int, served: bool) -> None:
    call = harness.stub.GetRegister(v1.GetRegisterRequest(), metadata=(*CALLER, ("padding", "x" * size)))
    code = await call.code()
    assert code is (grpc.StatusCode.OK if served else grpc.StatusCode.RESOURCE_EXHAUSTED)


async def test_answer_above_the_limit_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_RESPONSE", 30)
    async with open_harness() as harness:
        call = harness.stub.GetRegister(v1.GetRegisterRequest(), metadata=CALLER)
        assert await call.code() is grpc.StatusCode.RESOURCE_EXHAUSTED

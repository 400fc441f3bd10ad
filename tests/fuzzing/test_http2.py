"""Connections that misuse HTTP/2 do not disturb other callers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from hyperframe.frame import ContinuationFrame, HeadersFrame

from raas.v1.register_service_pb2 import GetRegisterRequest
from tests.rpc.harness import CALLER, open_harness

STREAMS = 300
HEADERS = [
    (":method", "POST"),
    (":scheme", "http"),
    (":authority", "x"),
    (":path", "/raas.v1.RegisterService/GetRegister"),
    ("content-type", "application/grpc"),
    ("te", "trailers"),
]


def _connection() -> H2Connection:
    connection = H2Connection(H2Configuration(client_side=True, header_encoding=None))
    connection.initiate_connection()
    return connection


def rapid_resets() -> Iterator[bytes]:
    """Streams that are opened and reset at once."""
    connection = _connection()
    for number in range(1, 2 * STREAMS, 2):
        connection.send_headers(number, HEADERS)
        connection.reset_stream(number)
        yield connection.data_to_send()


def endless_headers() -> Iterator[bytes]:
    """Headers that are continued and never end."""
    yield _connection().data_to_send()
    yield HeadersFrame(1, data=b"\x00\x01a\x01b").serialize()
    for _ in range(2_000):
        yield ContinuationFrame(1, data=b"\x00\x01a\x01b" * 100).serialize()


def settings_and_pings() -> Iterator[bytes]:
    """Settings and pings that each ask for an acknowledgement."""
    connection = _connection()
    for _ in range(STREAMS):
        connection.update_settings({4: 65_535})
        connection.ping(b"12345678")
        yield connection.data_to_send()


def half_a_message() -> Iterator[bytes]:
    """Calls whose messages announce more bytes than follow."""
    connection = _connection()
    for number in range(1, 40, 2):
        connection.send_headers(number, HEADERS)
        connection.send_data(number, b"\x00\x7f\xff\xff\xff")
        yield connection.data_to_send()


def no_http2() -> Iterator[bytes]:
    """Bytes that are no HTTP/2."""
    yield b"GET / HTTP/1.1\r\n\r\n" + bytes(range(256)) * 100


@pytest.mark.parametrize(
    "abuse", [rapid_resets, endless_headers, settings_and_pings, half_a_message, no_http2]
)
async def test_misuse_of_http2_does_not_disturb_other_callers(abuse: Callable[[], Iterator[bytes]]) -> None:
    async with open_harness() as harness:
        reader, writer = await asyncio.open_connection("127.0.0.1", harness.raas_server.port)
        ignoring = asyncio.create_task(_ignore(reader))
        with contextlib.suppress(ConnectionError):
            for sent, data in enumerate(abuse()):
                writer.write(data)
                if sent % 100 == 0:
                    await writer.drain()
                    await harness.stub.GetRegister(GetRegisterRequest(), metadata=CALLER, timeout=60)
            await writer.drain()
        await harness.stub.GetRegister(GetRegisterRequest(), metadata=CALLER, timeout=60)
        writer.close()
        ignoring.cancel()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def _ignore(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(ConnectionError):
        while await reader.read(65_536):
            pass

"""Key sets over https: answers that are no key set, and servers that do not answer."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from raas.identity import key_sets
from raas.identity.development import key_set_of, new_key
from raas.identity.key_sets import Keys, KeySetRefused, fetch_from
from tests.eventually import eventually_async
from tests.https_server import HttpsServer, https_server, ok

KEY = new_key()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpsServer]:
    with https_server(tmp_path, lambda: ok(key_set_of([KEY]))) as (running, authorities):
        monkeypatch.setenv("SSL_CERT_FILE", str(authorities))
        yield running


@pytest.fixture
async def keys(server: HttpsServer) -> Keys:
    keys = Keys(fetch_from(server.url))
    await keys.load()
    return keys


async def test_set_is_read_from_a_server_of_a_named_authority(keys: Keys) -> None:
    assert keys.key(str(KEY.kid)) is not None


async def test_server_of_an_unknown_authority_is_not_believed(
    server: HttpsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        await Keys(fetch_from(server.url)).load()
    assert server.requests == 0


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 1_000_000,
        ok(b"\xff\x00"),
        ok(b'{"keys":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    ],
    ids=["nothing", "no HTTP", "long header", "chunks", "500", "redirect", "huge", "bytes", "deep"],
)
async def test_last_good_set_is_kept_whatever_the_server_answers(
    server: HttpsServer, keys: Keys, answer: bytes
) -> None:
    server.answer = lambda: answer
    with pytest.raises((OSError, KeySetRefused)):
        await keys.load()
    assert server.requests == 2
    assert keys.key(str(KEY.kid)) is not None


async def test_answer_that_is_no_http_is_not_asked_for_again_at_once(server: HttpsServer, keys: Keys) -> None:
    """A pause of 30 seconds follows each reading, also the one that failed."""
    server.answer = lambda: b"garbage\r\n\r\n"
    running = asyncio.create_task(keys.run())
    await eventually_async(lambda: server.requests == 2)
    done, _ = await asyncio.wait([running], timeout=0.3)
    assert (done, server.requests) == (set(), 2)
    running.cancel()
    await asyncio.wait([running])


@pytest.fixture
async def held(server: HttpsServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[threading.Event]:
    """The server answers once this event is set."""
    event = threading.Event()

    def answer() -> bytes:
        event.wait()
        return b""

    monkeypatch.setattr(key_sets, "FETCH_SECONDS", 0.3)
    server.answer = answer
    yield event
    event.set()


async def test_server_that_does_not_answer_is_given_up(server: HttpsServer, held: threading.Event) -> None:
    keys = Keys(fetch_from(server.url))
    with pytest.raises(TimeoutError, match="no whole answer"):
        await keys.load()
    assert not held.is_set()


def test_server_that_does_not_answer_does_not_delay_the_end_of_the_process(
    server: HttpsServer, held: threading.Event
) -> None:
    async def begin() -> None:
        loading = asyncio.create_task(Keys(fetch_from(server.url)).load())
        await eventually_async(lambda: server.requests == 1)
        loading.cancel()

    began = time.monotonic()
    asyncio.run(begin())
    # A request of its own would time out after ten seconds.
    assert time.monotonic() - began < 9
    assert not held.is_set()

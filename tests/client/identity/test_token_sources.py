"""Sources of tokens: what they give, when they are asked, and what is never shown."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest

from raas_client import CredentialUnavailable, RaasClient
from raas_client.identity import token_sources
from raas_client.identity.claims import expiry_of, read_claims
from raas_client.identity.token_sources import CalledToken, FileToken, token_source


def jwt(claims: str) -> str:
    return f"e30.{urlsafe_b64encode(claims.encode()).decode().rstrip('=')}.c2ln"


class Clock:
    """Stands in for the module `time` of the sources, and stands still between two changes of `now`."""

    now = 1_000_000_000.0

    def time(self) -> float:
        return self.now

    monotonic = time

    def lasting(self, seconds: float) -> str:
        return jwt(f'{{"exp": {self.now + seconds}}}')


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(token_sources, "time", clock)
    return clock


@pytest.mark.parametrize(
    "token", ["", "Bearer abc", "abc\n", "Schlüssel", "/run/secrets/token", "./token", 7]
)
def test_text_that_is_no_token_is_refused_without_showing_it(token: Any) -> None:
    with pytest.raises((ValueError, TypeError)) as raised:
        RaasClient("127.0.0.1:1", token=token)
    assert not isinstance(token, str) or not token.strip() or token.strip() not in str(raised.value)


@pytest.mark.parametrize(
    ("token", "expiry"),
    [
        (jwt('{"exp": 17}'), 17.0),
        (jwt('{"exp": true}'), None),
        (jwt('{"exp": "17"}'), None),
        (jwt('{"exp": 1e999}'), None),
        (jwt("[]"), None),
        (jwt("{"), None),
        ("opaque", None),
        ("a.%%%.c", None),
    ],
)
def test_expiry_is_read_from_readable_tokens(token: str, expiry: float | None) -> None:
    assert expiry_of(token) == expiry
    assert isinstance(read_claims(token), dict)


@pytest.mark.parametrize(("seconds", "asked_after"), [(100, 80), (3_600, 3_540)])
async def test_function_is_asked_again_before_its_token_expires_only(
    clock: Clock, seconds: float, asked_after: float
) -> None:
    """When a fifth of its life is left, and a minute at most."""
    given: list[str] = []

    def give() -> str:
        given.append(clock.lasting(seconds))
        return given[-1]

    source = CalledToken(give)
    assert {await source.token() for _ in range(5)} == {given[0]}
    clock.now += asked_after - 1
    assert await source.token() == given[0]
    assert len(given) == 1
    clock.now += 1
    assert await source.token() != given[0]
    assert len(given) == 2


async def test_function_is_asked_once_for_concurrent_calls_and_off_the_event_loop() -> None:
    threads: list[threading.Thread] = []

    def give() -> str:
        threads.append(threading.current_thread())
        time.sleep(0.1)
        return "token"

    source = CalledToken(give)
    async with asyncio.timeout(30):
        assert await asyncio.gather(*(source.token() for _ in range(20))) == ["token"] * 20
    assert len(threads) == 1
    assert threads[0] is not threading.current_thread()


async def test_call_that_gives_up_does_not_end_the_fetch_of_another() -> None:
    may_answer = asyncio.Event()

    async def give() -> str:
        await may_answer.wait()
        return "token"

    source = CalledToken(give)
    impatient, patient = asyncio.create_task(source.token()), asyncio.create_task(source.token())
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.wait([impatient])
    may_answer.set()
    assert await patient == "token"


async def test_last_good_token_is_used_while_the_function_fails(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    answers: list[Any] = [clock.lasting(100), OSError("a secret")]

    async def give() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    source = CalledToken(give)
    first = await source.token()
    clock.now += 99
    assert await source.token() == first
    assert caplog.messages == ["the last good token is used: the function that gives tokens failed: OSError"]


async def test_function_that_returns_no_token_is_refused() -> None:
    for wrong, cause in (
        (b"bytes", "bytes is not a text"),
        (None, "NoneType is not a text"),
        ("two words", "a token is printable ASCII"),
    ):
        with pytest.raises(CredentialUnavailable, match=cause) as raised:
            await token_source(lambda wrong=wrong: wrong).token()  # type: ignore[misc] # wrong on purpose
        assert "two words" not in str(raised.value)
        assert not raised.value.may_pass


async def test_last_good_token_is_used_while_the_function_returns_no_token(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    first = clock.lasting(100)
    answers: list[Any] = [first, None, "two words"]
    source = CalledToken(lambda: answers.pop(0))
    assert await source.token() == first
    for later in (85, 10):
        clock.now += later
        assert await source.token() == first
    assert [text.partition(": ")[0] for text in caplog.messages] == ["the last good token is used"] * 2
    assert "two words" not in caplog.text


async def test_token_file_is_read_again_and_the_last_good_one_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "token"
    source = FileToken(path)
    with pytest.raises(CredentialUnavailable, match="No such file"):
        await source.token()
    path.write_text(" first\n")
    assert await source.token() == "first"
    assert not await source.renewed("first")
    path.write_text("")
    assert not await source.renewed("first")
    assert "printable ASCII" in caplog.messages[0]
    path.unlink()
    assert await source.token() == "first"
    # As Kubernetes renews it: a link that leads to another file.
    (tmp_path / "second").write_text("second")
    path.symlink_to("second")
    assert await source.renewed("first")
    assert await source.token() == "second"
    assert "first" not in caplog.text
    assert caplog.records[0].levelno == logging.WARNING

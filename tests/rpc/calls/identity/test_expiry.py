"""Streams end when their caller's credential expires or is not accepted any more."""

from __future__ import annotations

import asyncio
import time

import pytest

from raas.domain.callers.credential import Credential, CredentialKind
from raas.domain.errors import Reason, Refused, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.rpc.calls.identity import expiry
from raas.rpc.calls.identity.expiry import while_identified


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "IDENTIFY_SECONDS", 0.01)


def credential(seconds: float) -> Credential:
    number = EnterpriseNumber(999_999_922)
    return Credential(CredentialKind.CERTIFICATE, number, "app", "ab" * 32, time.time() + seconds)


async def reason_of_the_end(credential: Credential, identifications: list[Refused | None]) -> Reason:
    def identify() -> None:
        refused = identifications.pop(0) if len(identifications) > 1 else identifications[0]
        if refused is not None:
            raise refused

    with pytest.raises(Refused) as raised:
        async with while_identified(credential, identify):
            await asyncio.sleep(30)
    return raised.value.violations[0].reason


async def test_stream_ends_once_its_caller_is_not_identified_any_more() -> None:
    unknown = refuse(Reason.UNAUTHENTICATED)
    assert await reason_of_the_end(credential(60), [None, None, unknown]) is Reason.UNAUTHENTICATED


async def test_stream_of_an_expired_credential_says_so() -> None:
    """The identification would fail too from then on."""
    assert await reason_of_the_end(credential(0.05), [None]) is Reason.CREDENTIAL_EXPIRED
    assert (
        await reason_of_the_end(credential(-1), [refuse(Reason.UNAUTHENTICATED)]) is Reason.CREDENTIAL_EXPIRED
    )


async def test_caller_is_not_identified_again_after_the_stream() -> None:
    calls = 0

    def identify() -> None:
        nonlocal calls
        calls += 1

    async with while_identified(credential(60), identify):
        await asyncio.sleep(0)
    known = calls
    await asyncio.sleep(0.05)
    assert calls == known


async def test_timeout_of_the_stream_itself_is_no_refusal() -> None:
    with pytest.raises(TimeoutError):
        async with while_identified(credential(60), lambda: None), asyncio.timeout(0):
            await asyncio.sleep(30)

"""Streams end when the rights on which they rest end."""

from __future__ import annotations

import asyncio

import pytest

from raas.domain.errors import Reason, Refused, refuse
from raas.memory.rights import MemoryRights
from raas.rpc.calls.stream_guard import StreamGuard
from raas.usecases.calls.rights_cache import RightsCache

REFUSED = refuse(Reason.MANDATE_MISSING, "register")


class Rights(RightsCache):
    """A cache whose watches are called, and whose freshness is set, by hand."""

    def __init__(self) -> None:
        super().__init__(MemoryRights().reader())
        self.checks = self._watches


async def stream(guard: StreamGuard, entered: asyncio.Event) -> None:
    async with guard:
        entered.set()
        await asyncio.Event().wait()


async def test_stream_that_waits_is_refused_once_its_right_is_lost() -> None:
    rights, guard, entered = Rights(), StreamGuard(), asyncio.Event()
    lost: list[Refused] = []
    running = asyncio.create_task(stream(guard, entered))
    await entered.wait()
    guard.rest_on(rights, lambda: lost[0] if lost else None)
    for check in list(rights.checks):
        check()
    await asyncio.sleep(0)
    assert not running.done()
    lost.append(REFUSED)
    for check in [*rights.checks, *rights.checks]:
        check()
    with pytest.raises(Refused) as raised:
        await running
    assert raised.value is REFUSED
    assert not rights.checks


async def test_right_that_was_lost_while_the_stream_was_admitted_ends_it() -> None:
    rights, guard, entered = Rights(), StreamGuard(), asyncio.Event()
    running = asyncio.create_task(stream(guard, entered))
    await entered.wait()
    guard.rest_on(rights, lambda: REFUSED)
    with pytest.raises(Refused):
        await running


async def test_cancellation_of_a_guarded_stream_is_no_refusal() -> None:
    rights, guard, entered = Rights(), StreamGuard(), asyncio.Event()
    running = asyncio.create_task(stream(guard, entered))
    await entered.wait()
    guard.rest_on(rights, lambda: None)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not rights.checks


async def test_time_limit_inside_a_guarded_stream_passes_through() -> None:
    with pytest.raises(TimeoutError):
        async with StreamGuard():
            raise TimeoutError


async def test_messages_wait_while_no_fresh_rights_are_known() -> None:
    rights, guard = Rights(), StreamGuard()
    await guard.fresh()  # it rests on nothing yet
    guard.rest_on(rights, lambda: None)
    waiting = asyncio.create_task(guard.fresh())
    await asyncio.sleep(0)
    assert not waiting.done()
    await rights.read()
    await waiting

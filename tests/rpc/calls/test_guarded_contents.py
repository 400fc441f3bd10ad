"""Streams show fields of identities by the rights of now, also after a process was stopped."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest

from raas.domain.errors import Refused
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.identity_fields import NO_IDENTITY
from raas.memory.registers import MemoryRegisterStore
from raas.memory.rights import MemoryRights
from raas.memory.state import MemoryState
from raas.rpc.calls.stream_guard import StreamGuard
from raas.usecases.calls.call import Call, Caller
from raas.usecases.calls.identity_access import IdentityAccess
from raas.usecases.calls.rights_cache import FRESH_SECONDS, RightsCache
from tests.rights import identity_authorisation, known_rights

OWNER = EnterpriseNumber(999999922)
CALL = Call(Caller(OWNER), UUID(int=1), "/raas.v1.MutationStream/Subscribe")
AUTHORISATION = identity_authorisation(OWNER)
REVOKED = AUTHORISATION.revoked(OWNER, datetime(2026, 1, 1, tzinfo=UTC))


async def test_message_with_fields_that_are_no_longer_allowed_is_not_sent() -> None:
    rights = await known_rights(AUTHORISATION)
    live = IdentityAccess(MemoryRegisterStore(MemoryState()), rights).following(CALL, 1, OWNER)
    guard = StreamGuard()
    guard.require_contents()
    guard.contents = live
    assert await live() != NO_IDENTITY
    guard.require_contents()
    await rights.put(REVOKED)
    with pytest.raises(Refused, match="UNAVAILABLE"):
        guard.require_contents()
    # The next message is made by the rights of now.
    assert await live() == NO_IDENTITY
    guard.require_contents()
    await rights.put(identity_authorisation(OWNER))
    guard.require_contents()


async def test_process_that_was_stopped_shows_fields_by_the_rights_of_now() -> None:
    now = 0.0
    store = MemoryRights()
    async with store.change() as transaction:
        await transaction.put(AUTHORISATION)
    rights = RightsCache(store.reader(), clock=lambda: now)
    await rights.read()
    live = IdentityAccess(MemoryRegisterStore(MemoryState()), rights).following(CALL, 1, OWNER)
    assert await live() != NO_IDENTITY
    # Another process revokes while this one is stopped, and no notification arrives.
    async with store.change() as transaction:
        await transaction.put(REVOKED)
    now = FRESH_SECONDS + 0.1
    waiting = asyncio.create_task(live())
    await asyncio.sleep(0)
    assert not waiting.done()
    await rights.read()
    assert await waiting == NO_IDENTITY

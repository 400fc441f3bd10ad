"""Subscribe on logs in memory: commits at critical moments."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any, cast
from uuid import UUID

from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.call import Call, Caller
from raas.usecases.feed.connected import ConnectedSubscribers
from raas.usecases.feed.dispatcher import DispatcherLimits, FeedDispatcher
from raas.usecases.feed.start_position import AfterRevision, SubscribeRequest
from raas.usecases.feed.subscribe import Subscriptions
from raas.usecases.ports.log import LogHead
from tests.memory.logs import NUMBER, MemoryLogs, ReadableMessages, read
from tests.rights import no_identity
from tests.usecases.feed.test_dispatcher import settled

REGISTER = 1


class Late(MemoryLogs):
    """A mutation is committed while the first head is being read, without a notification."""

    async def heads(self, register_ids: Collection[int]) -> Mapping[int, LogHead]:
        heads = await super().heads(register_ids)
        if not self[REGISTER].revision:
            self[REGISTER].write()
        return heads


async def test_mutation_committed_while_a_stream_begins_is_sent_at_once() -> None:
    logs, messages, unused = Late(), ReadableMessages(), cast(Any, None)
    dispatcher = FeedDispatcher(
        logs, messages, DispatcherLimits(poll_seconds=3_600, poll_seconds_not_listening=3_600)
    )
    running = asyncio.create_task(dispatcher.run())
    # The first poll happens before there are subscribers.
    await settled()
    connected = ConnectedSubscribers(unused)
    subscriptions = Subscriptions(dispatcher, logs, unused, unused, connected, unused, messages)
    call = Call(Caller(NUMBER), UUID(int=1), "Subscribe")
    stream = subscriptions.stream(
        call, AdmittedRegister(REGISTER, NUMBER), SubscribeRequest(AfterRevision(0)), no_identity
    )
    async with asyncio.timeout(60):
        message = await anext(stream)
    assert read(message.data) == {"mutations": [1], "through": 1}
    await stream.aclose()
    dispatcher.close()
    await running

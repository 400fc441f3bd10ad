"""Many subscribers in a process of their own; they sleep after their first message until woken.

    python -m tests.stream.crowd TARGET REGISTER SUBSCRIBERS [AFTER_REVISION]

They begin at the latest revision, or after AFTER_REVISION. "begun" is printed once each of them has received
its first message. A line with a revision wakes them: they read through that revision and print, for each
distinct sequence of revisions received, the number of subscribers that received it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from typing import Any

import grpc.aio

from raas.v1 import mutation_stream_pb2 as v1
from raas.v1.mutation_stream_pb2_grpc import MutationStreamStub
from tests.stream.reading import metadata

_PER_CONNECTION = 100


async def main(target: str, register: str, count: str, after: str = "") -> None:
    """Subscribe, sleep, wake up, report."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    channels = [
        grpc.aio.insecure_channel(target, options=options) for _ in range(0, int(count), _PER_CONNECTION)
    ]
    request = v1.SubscribeRequest(after_revision=int(after)) if after else v1.SubscribeRequest()
    calls: list[Any] = [
        MutationStreamStub(channels[index // _PER_CONNECTION]).Subscribe(request, metadata=metadata(register))
        for index in range(int(count))
    ]
    begun = await asyncio.gather(*(call.read() for call in calls))
    print("begun", flush=True)
    through = int(await asyncio.to_thread(sys.stdin.readline))
    received = await asyncio.gather(
        *(_told(call, first, through) for call, first in zip(calls, begun, strict=True))
    )
    for channel in channels:
        await channel.close()
    print(json.dumps([[*ways, many] for ways, many in Counter(received).items()]), flush=True)


async def _told(call: Any, first: v1.SubscribeResponse, through: int) -> tuple[int, int, int]:
    """The first and the last revision, and the number of revisions, which must increase."""
    message, revisions, complete = first, [], False
    while not complete:
        for mutation in message.mutations.mutations:
            assert not revisions or mutation.revision > revisions[-1]
            revisions.append(mutation.revision)
        complete = max(message.mutations.through_revision, message.bookmark.revision) >= through
        if not complete:
            message = await call.read()
    return revisions[0], revisions[-1], len(revisions)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5]))

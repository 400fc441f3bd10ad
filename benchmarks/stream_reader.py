"""Subscribers in another process, from the latest revision on.

    python -m benchmarks.stream_reader TARGET NUMBER SUBSCRIBERS

The first one decodes its messages and measures; the others discard the bytes. A line is printed once all
have begun. When standard input ends, the result is printed as JSON: milliseconds from recording to arrival
of the mutations, and processor time.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import grpc
import grpc.aio

from benchmarks.load import STREAMS_PER_CONNECTION
from raas.v1.mutation_stream_pb2 import SubscribeRequest, SubscribeResponse

METHOD = "/raas.v1.MutationStream/Subscribe"


async def main(target: str, number: str, subscribers: str) -> None:
    """Subscribe, measure until standard input ends, and print the result."""
    count = int(subscribers)
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", 64 << 20)]
    channels = [grpc.aio.insecure_channel(target, options) for _ in range(0, count, STREAMS_PER_CONNECTION)]
    request, metadata = SubscribeRequest().SerializeToString(), (("raas-enterprise-number", number),)
    subscribing: list[grpc.aio.UnaryStreamMultiCallable[bytes, bytes]]
    subscribing = [channel.unary_stream(METHOD) for channel in channels]
    calls = [
        subscribing[index // STREAMS_PER_CONNECTION](request, metadata=metadata) for index in range(count)
    ]
    # The first message is a bookmark.
    await asyncio.gather(*(call.read() for call in calls))
    used = -time.process_time()
    milliseconds: list[float] = []
    reading = [asyncio.create_task(_measure(calls[0], milliseconds))]
    reading += [asyncio.create_task(_take(call)) for call in calls[1:]]
    print("reading", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    used += time.process_time()
    for task in reading:
        task.cancel()
    await asyncio.wait(reading)
    for channel in channels:
        await channel.close()
    milliseconds.sort()
    said = {"p50": _at(milliseconds, 0.5), "p99": _at(milliseconds, 0.99), "cpu_seconds": used}
    print(json.dumps(said), flush=True)


async def _measure(call: Any, milliseconds: list[float]) -> None:
    while (raw := await call.read()) is not grpc.aio.EOF:
        now = time.time()
        for mutation in SubscribeResponse.FromString(raw).mutations.mutations:
            recorded = mutation.record_time
            milliseconds.append((now - recorded.seconds - recorded.nanos / 1e9) * 1000)


async def _take(call: Any) -> None:
    while await call.read() is not grpc.aio.EOF:
        pass


def _at(ordered: list[float], part: float) -> float:
    return ordered[int(len(ordered) * part)] if ordered else 0.0


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))

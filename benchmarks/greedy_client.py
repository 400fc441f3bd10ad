"""A greedy caller: as many calls in flight as it is told, each repeated at once whatever the answer.

    python -m benchmarks.greedy_client TARGET NUMBER IN_FLIGHT

Ends with its standard input. Prints how many calls were answered, and how many were refused.
"""

from __future__ import annotations

import asyncio
import sys

import grpc
import grpc.aio

from benchmarks.unary import CONSULT, INSCRIBE, SERVICE


async def main(target: str, number: str, in_flight: str) -> None:
    """Alternate Inscribe and Consult until standard input is closed."""
    counts = {"answered": 0, "refused": 0}
    metadata = (("raas-enterprise-number", number),)

    async def call(channel: grpc.aio.Channel) -> None:
        requests = [("Inscribe", INSCRIBE.SerializeToString()), ("Consult", CONSULT.SerializeToString())]
        while True:
            for rpc, request in requests:
                ask: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(SERVICE + rpc)
                try:
                    await ask(request, metadata=metadata)
                    counts["answered"] += 1
                except grpc.aio.AioRpcError as error:
                    if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                        raise
                    counts["refused"] += 1

    async with grpc.aio.insecure_channel(target) as channel:
        calls = [asyncio.create_task(call(channel)) for _ in range(int(in_flight))]
        await asyncio.to_thread(sys.stdin.read)
        for task in calls:
            task.cancel()
        await asyncio.wait(calls)
    print(counts["answered"], counts["refused"])


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))

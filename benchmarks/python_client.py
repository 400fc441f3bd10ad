"""A client that sends one request repeatedly, optionally at a rate; its output has the format of h2load."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import grpc.aio


async def main(
    target: str, method: str, number: str, frame: str, calls: str, in_flight: str, pace: str
) -> None:
    """Send `calls` calls, at most `in_flight` at once, `pace` per second (0 = unlimited)."""
    request = Path(frame).read_bytes()[5:]
    left, rate = int(calls), float(pace)

    async with grpc.aio.insecure_channel(target) as channel:
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)

        async def work() -> None:
            nonlocal left
            while left > 0:
                left -= 1
                if rate:
                    due = began + (int(calls) - left) / rate
                    await asyncio.sleep(max(0.0, due - time.perf_counter()))
                await call(request, metadata=(("raas-enterprise-number", number),))

        began = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(int(in_flight))))
        seconds = time.perf_counter() - began
    print(f"finished in {seconds:.2f}s, {int(calls) / seconds:.2f} req/s")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:8]))

"""A client that sends one request again and again; says what h2load would say at its end."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import grpc.aio


async def main(target: str, method: str, number: str, frame: str, calls: str, in_flight: str) -> None:
    """Send `calls` calls, `in_flight` at once."""
    request = Path(frame).read_bytes()[5:]
    left = int(calls)

    async with grpc.aio.insecure_channel(target) as channel:
        call = channel.unary_unary(method)

        async def work() -> None:
            nonlocal left
            while left > 0:
                left -= 1
                await call(request, metadata=(("raas-enterprise-number", number),))

        began = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(int(in_flight))))
        seconds = time.perf_counter() - began
    print(f"finished in {seconds:.2f}s, {int(calls) / seconds:.2f} req/s")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:7]))

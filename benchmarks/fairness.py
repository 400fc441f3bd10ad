"""The cost of one greedy caller for 49 others: their latency with and without it, in turns."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import grpc.aio

from benchmarks.figures import Figure
from benchmarks.servers import ROOT, Servers, new_register
from benchmarks.unary import CONSULT, INSCRIBE, SERVICE

OTHERS, CALLS_PER_SECOND = 49, 4
"""The modest callers, and what each of them asks: 200 calls a second together."""

ROUNDS, SECONDS, WARM_SECONDS = 4, 5.0, 1.0
GREEDY_IN_FLIGHT = 200
LIMITS = """
write_calls_per_second = 50
read_calls_per_second = 50
calls_in_flight = 20
"""


def greedy_caller(servers: Servers) -> list[Figure]:
    """Inscribe and Consult of 49 callers beside a greedy one with limits, compared with those without it."""
    target = servers.raas(limits=LIMITS)
    numbers = [new_register(target) for _ in range(OTHERS + 1)]
    alone: list[float] = []
    beside: list[float] = []
    for _ in range(ROUNDS):
        alone += asyncio.run(_latencies(target, numbers[1:]))
        with _greedy(target, numbers[0]):
            time.sleep(WARM_SECONDS)
            beside += asyncio.run(_latencies(target, numbers[1:]))
    name = f"{OTHERS} callers beside one with {GREEDY_IN_FLIGHT} calls in flight"
    return [
        Figure(f"{name}, calls made", len(beside), "calls", "without it", len(alone), "≥ 0.9"),
        *(
            Figure(
                f"{name}, {label}",
                pick(beside) * 1000,
                "ms",
                "without it",
                pick(alone) * 1000,
                aim,
            )
            for label, pick, aim in (
                ("mean", statistics.fmean, "≤ 1.1"),
                ("p50", statistics.median, "≤ 1.1"),
                ("p95", lambda seconds: statistics.quantiles(seconds, n=20)[-1], ""),
            )
        ),
    ]


async def _latencies(target: str, numbers: list[str]) -> list[float]:
    """The seconds that each call took; each caller has its own moments and its own connection."""
    seconds: list[float] = []

    async def caller(index: int, number: str) -> None:
        metadata = (("raas-enterprise-number", number),)
        options = [("grpc.use_local_subchannel_pool", 1)]
        async with grpc.aio.insecure_channel(target, options=options) as channel:
            calls: list[tuple[grpc.aio.UnaryUnaryMultiCallable[bytes, bytes], bytes]] = [
                (channel.unary_unary(SERVICE + rpc), request.SerializeToString())
                for rpc, request in (("Inscribe", INSCRIBE), ("Consult", CONSULT))
            ]
            for call, request in calls:
                await call(request, metadata=metadata)
            for turn in range(round(SECONDS * CALLS_PER_SECOND)):
                due = began + (turn + index / len(numbers)) / CALLS_PER_SECOND
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                call, request = calls[turn % 2]
                sent = time.perf_counter()
                await call(request, metadata=metadata)
                seconds.append(time.perf_counter() - sent)

    began = time.perf_counter() + WARM_SECONDS
    await asyncio.gather(*(caller(index, number) for index, number in enumerate(numbers)))
    return seconds


@contextmanager
def _greedy(target: str, number: str) -> Iterator[None]:
    command = [sys.executable, "-m", "benchmarks.greedy_client", target, number, str(GREEDY_IN_FLIGHT)]
    client = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield
    finally:
        answered, refused = client.communicate(timeout=60)[0].split()
        print(f"  the greedy caller: {answered} calls answered, {refused} refused", file=sys.stderr)

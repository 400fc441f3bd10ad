"""Limits and budgets hold over all workers, wherever the connections of a caller end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from urllib.request import urlopen

import grpc
import grpc.aio
import pytest
from prometheus_client.parser import text_string_to_metric_families

from raas.v1.mutation_stream_pb2 import SubscribeRequest
from raas.v1.mutation_stream_pb2_grpc import MutationStreamStub
from raas.v1.register_service_pb2 import FindRegistersRequest, GetRegisterRequest
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from tests.e2e.registers import new_register
from tests.e2e.servers import Server, running_server
from tests.e2e.test_workers import consecutive_ports
from tests.eventually import eventually
from tests.oracle.numbers import niss
from tests.rpc.harness import told

CALLS_PER_SECOND, STREAMS, PERSONS = 60, 20, 3
CHANNELS = 24
"""So many that one of two workers is left without a connection once in eight million times."""
GET_REGISTER = "/raas.v1.RegisterService/GetRegister"
WARM_SECONDS, SECONDS = 1.5, 3.0


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, list[int]]]:
    """A server with two workers and low limits, and the ports of their metrics."""
    directory = tmp_path_factory.mktemp("limited")
    limits = directory / "limits.toml"
    limits.write_text(
        f"read_calls_per_second = {CALLS_PER_SECOND}\n"
        f"streams = {STREAMS}\n"
        f"persons_shown_per_day = {PERSONS}\n"
    )
    ports = consecutive_ports()
    flags = "--limits", str(limits), "--workers", "2", "--metrics-listen", f"127.0.0.1:{ports[0]}"
    with running_server(directory, *flags) as server:
        eventually(lambda: all(counts_both(port) for port in ports), 100)
        yield server, list(ports)


def counts_both(port: int) -> bool:
    """Whether a worker has started and knows that there are two."""
    with suppress(OSError):
        return metric(port, "raas_limit_processes") == 2
    return False


def metric(port: int, name: str, **labels: str) -> float:
    """A metric of one worker; 0 when it has none yet."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as response:
        text = response.read().decode()
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


async def channels_of(stack: AsyncExitStack, target: str) -> list[grpc.aio.Channel]:
    """Channels with connections of their own, which the system spreads over the workers."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    return [
        await stack.enter_async_context(grpc.aio.insecure_channel(target, options=options))
        for _ in range(CHANNELS)
    ]


async def test_rate_of_a_greedy_caller_is_the_limit_over_both_workers(
    limited: tuple[Server, list[int]],
) -> None:
    server, ports = limited
    register = new_register(server)
    answered: list[float] = []
    lowest, highest = 0.8 * CALLS_PER_SECOND, 1.2 * CALLS_PER_SECOND

    async def call(stub: RegisterServiceStub) -> None:
        """Call again at once, whatever the answer."""
        while True:
            try:
                await stub.GetRegister(GetRegisterRequest(), metadata=register.caller)  # type: ignore[misc]
                answered.append(time.monotonic())
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                    raise

    async with AsyncExitStack() as stack:
        stubs = [RegisterServiceStub(each) for each in await channels_of(stack, server.target)]
        calls = [asyncio.create_task(call(stub)) for stub in stubs for _ in range(5)]
        await asyncio.sleep(WARM_SECONDS)
        since = time.monotonic()
        deadline = since + 60

        def rate(begin: float) -> float:
            """The calls answered per second, from then on."""
            return sum(begin <= each for each in answered) / (time.monotonic() - begin)

        measured = on_average = 0.0
        # On a busy machine callers or workers are too slow for a while, or take notice late.
        while not lowest <= measured <= highest or on_average > highest:
            if time.monotonic() > deadline:
                break
            begin = time.monotonic()
            await asyncio.sleep(SECONDS)
            measured, on_average = rate(begin), rate(since)
        for task in calls:
            task.cancel()
        await asyncio.wait(calls)
    parts = [metric(port, "raas_calls_total", rpc=GET_REGISTER, status="OK") for port in ports]
    assert lowest <= measured <= highest, parts
    assert on_average <= highest, parts
    assert min(parts) > 0, "both workers served"
    assert all(metric(p, "raas_limit_refusals_total", limit="read_calls_per_second") for p in ports)


async def test_streams_of_a_caller_stay_within_the_limit_over_both_workers(
    limited: tuple[Server, list[int]],
) -> None:
    server, _ = limited
    register = new_register(server)
    open_streams: set[int] = set()

    async def subscribe(stub: MutationStreamStub, number: int) -> None:
        """Hold one stream open; try again after a refusal."""
        while True:
            stream = stub.Subscribe(SubscribeRequest(), metadata=register.caller)
            try:
                while await stream.read() is not grpc.aio.EOF:  # type: ignore[attr-defined]
                    open_streams.add(number)
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                    raise
            open_streams.discard(number)

    async with AsyncExitStack() as stack:
        stubs = [MutationStreamStub(each) for each in await channels_of(stack, server.target)]
        streams = [
            asyncio.create_task(subscribe(stubs[number % CHANNELS], number)) for number in range(3 * STREAMS)
        ]
        deadline = time.monotonic() + 60
        while len(open_streams) < STREAMS and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
            assert len(open_streams) <= 1.2 * STREAMS
        assert 0.8 * STREAMS <= len(open_streams) <= 1.2 * STREAMS
        for task in streams:
            task.cancel()
        await asyncio.gather(*streams, return_exceptions=True)


async def test_budget_counts_the_persons_of_both_workers_and_alerts_the_operators(
    limited: tuple[Server, list[int]],
) -> None:
    server, ports = limited
    register = new_register(server)
    shown: set[str] = set()
    refused: list[str] = []

    async with AsyncExitStack() as stack:
        stubs = [RegisterServiceStub(each) for each in await channels_of(stack, server.target)]
        for number in range(2 * PERSONS):
            person = niss(1960, 61, 1, 1 + number)
            # Each person is asked for on several connections, and counts once.
            for stub in stubs[:4]:
                try:
                    request = FindRegistersRequest(niss=person)
                    await stub.FindRegisters(request, metadata=register.caller)  # type: ignore[misc]
                    shown.add(person)
                except grpc.aio.AioRpcError as error:
                    refused.append(told(error).info.metadata["limit"])
                # More slowly than the rate allows each worker.
                await asyncio.sleep(2.5 / CALLS_PER_SECOND)
    assert len(shown) == PERSONS
    assert set(refused) == {"persons_shown_per_day"}
    log = [line for line in server.log.read_text().splitlines() if "budget used up" in line]
    assert log
    assert all(register.number in line and '"level": "error"' in line for line in log)
    assert sum(metric(port, "raas_budgets_used_up_total") for port in ports) == len(log)

"""The server: its services, its health, its limits, its end."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2
from structlog.testing import capture_logs

from raas.domain.numbers.niss import NissProfile
from raas.rpc.calls.identity.identify import development_identity
from raas.rpc.listeners import Listener
from raas.rpc.server import build_listeners, build_server
from raas.v1 import register_service_pb2 as v1
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from tests.rpc.harness import CALLER, Harness

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVICE_UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


async def health(harness: Harness, service: str = "") -> int:
    stub: Any = health_pb2_grpc.HealthStub(harness.channel)
    return int((await stub.Check(health_pb2.HealthCheckRequest(service=service))).status)


async def test_health_needs_no_identity_and_reports_the_status_set(harness: Harness) -> None:
    assert [await health(harness), await health(harness, "raas.v1.RegisterService")] == [SERVING] * 2
    harness.raas_server.health.tell(False)
    assert [await health(harness), await health(harness, "raas.v1.RegisterService")] == [NOT_SERVING] * 2
    assert harness.observed.calls == []


async def test_liveness_does_not_follow_the_readiness(harness: Harness) -> None:
    harness.raas_server.health.tell(False)
    assert [await health(harness), await health(harness, "liveness")] == [NOT_SERVING, SERVING]


async def test_health_tells_whether_the_database_has_space(harness: Harness) -> None:
    assert await health(harness, "database-space") == SERVING
    harness.raas_server.health.tell_space(False)
    assert [await health(harness), await health(harness, "database-space")] == [SERVING, NOT_SERVING]
    harness.raas_server.health.tell_space(True)
    assert await health(harness, "database-space") == SERVING


async def test_readiness_does_not_return_after_the_server_was_told_to_stop(harness: Harness) -> None:
    harness.raas_server.health.close()
    harness.raas_server.health.tell(True)
    assert [await health(harness), await health(harness, "liveness")] == [NOT_SERVING, SERVING]


async def test_health_of_an_unknown_service_is_not_found(harness: Harness) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await health(harness, "elsewhere")
    assert raised.value.code() is grpc.StatusCode.NOT_FOUND


async def test_health_of_all_services_can_be_listed(harness: Harness) -> None:
    stub: Any = health_pb2_grpc.HealthStub(harness.channel)
    answer = await stub.List(health_pb2.HealthListRequest())
    assert {told.status for told in answer.statuses.values()} == {SERVING}
    assert answer.statuses.keys() >= {"", "raas.v1.RegisterService", "raas.v1.AdministrationService"}


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_reflection_needs_no_identity_and_lists_every_service(harness: Harness, version: str) -> None:
    names = {
        "raas.v1.RegisterService",
        "raas.v1.AdministrationService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    }
    asked = [reflection_pb2.ServerReflectionRequest(list_services="")]
    asked += [reflection_pb2.ServerReflectionRequest(file_containing_symbol=name) for name in names]
    answers = await reflected(harness, version, [each.SerializeToString() for each in asked])
    assert {service.name for service in answers[0].list_services_response.service} >= names
    assert [each.WhichOneof("message_response") for each in answers[1:]] == ["file_descriptor_response"] * 5


async def reflected(harness: Harness, version: str, asked: list[bytes]) -> list[Any]:
    call: Any = harness.channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )(iter(asked))
    return [each async for each in call]


@pytest.mark.parametrize("raw", [b"\xff\xff", b"\x0a\xff", bytes(100_000)])
@pytest.mark.parametrize("method", ["Check", "List", "Watch", "v1", "v1alpha"])
async def test_unreadable_bytes_to_health_or_reflection_are_an_invalid_argument(
    harness: Harness, method: str, raw: bytes
) -> None:
    health = "/grpc.health.v1.Health/"
    call: Any
    if method.startswith("v1"):
        call = reflected(harness, method, [raw])
    elif method == "Watch":
        call = harness.channel.unary_stream(health + method)(raw).read()
    else:
        call = harness.channel.unary_unary(health + method)(raw)
    with capture_logs() as logs, pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "Error" not in str(raised.value.details())
    assert logs == []


@pytest.mark.parametrize("method", ["Check", "List", "Watch"])
async def test_unreadable_bytes_to_the_listener_of_health_alone_are_an_invalid_argument(method: str) -> None:
    listeners = (Listener("127.0.0.1:0", development_identity),)
    server = build_listeners(
        nothing_inside(), nothing_inside(), listeners, profile=NissProfile.TEST, health_listen="127.0.0.1:0"
    )
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.ports[-1]}") as channel:
            path = f"/grpc.health.v1.Health/{method}"
            call: Any = (
                channel.unary_stream(path)(b"\xff\xff").read()
                if method == "Watch"
                else channel.unary_unary(path)(b"\xff\xff")
            )
            with capture_logs() as logs, pytest.raises(grpc.aio.AioRpcError) as raised:
                await call
    finally:
        await server.stop(0)
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "Error" not in str(raised.value.details())
    assert logs == []


def build(**given: Any) -> Any:
    options: dict[str, Any] = {"listen": "127.0.0.1:0", "profile": NissProfile.TEST, **given}
    return build_server(nothing_inside(), nothing_inside(), development_identity, **options)


def nothing_inside() -> Any:
    return type("Nothing", (), {"__getattr__": lambda self, _: self})()


async def test_second_server_on_the_port_is_refused(harness: Harness) -> None:
    with pytest.raises(RuntimeError):
        build(listen=f"127.0.0.1:{harness.raas_server.port}")


async def test_workers_share_a_port() -> None:
    first = build(share_port=True)
    second = build(share_port=True, listen=f"127.0.0.1:{first.port}")
    assert first.port == second.port
    for raas_server in (first, second):
        await raas_server.start()
        await raas_server.stop(0)


async def test_stopping_waits_for_calls_under_way(harness: Harness) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def work(*_: Any) -> Any:
        begun.set()
        await go_on.wait()
        return (), ""

    harness.stale.page = work  # type: ignore[method-assign]
    call = harness.stub.ListStaleNiss(v1.ListStaleNissRequest(), metadata=CALLER)
    waiting = asyncio.ensure_future(call.code())
    await asyncio.wait_for(begun.wait(), 30)
    stopping = asyncio.ensure_future(harness.raas_server.stop(10))
    while harness.raas_server.health._serving:
        await asyncio.sleep(0)
    go_on.set()
    await asyncio.wait_for(stopping, 30)
    assert await waiting is grpc.StatusCode.OK


async def test_stopping_under_load_answers_or_refuses_every_call(harness: Harness) -> None:
    codes: list[grpc.StatusCode] = []
    channels = [
        grpc.aio.insecure_channel(
            f"127.0.0.1:{harness.raas_server.port}", options=[("grpc.use_local_subchannel_pool", 1)]
        )
        for _ in range(4)
    ]

    async def caller(channel: grpc.aio.Channel) -> None:
        stub: Any = RegisterServiceStub(channel)
        while not codes or codes[-1] is grpc.StatusCode.OK:
            codes.append(await stub.GetRegister(v1.GetRegisterRequest(), metadata=CALLER).code())

    callers = [asyncio.create_task(caller(channel)) for channel in channels for _ in range(32)]
    while len(codes) < 200:
        await asyncio.sleep(0)
    await asyncio.wait_for(harness.raas_server.stop(10), 30)
    await asyncio.gather(*callers)
    for channel in channels:
        await channel.close()
    assert set(codes) == {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}


async def test_stopping_does_not_wait_longer_than_it_may(harness: Harness) -> None:
    begun = asyncio.Event()

    async def work(*_: Any) -> Any:
        begun.set()
        await asyncio.Event().wait()

    harness.stale.page = work  # type: ignore[method-assign]
    call = harness.stub.ListStaleNiss(v1.ListStaleNissRequest(), metadata=CALLER)
    waiting = asyncio.ensure_future(call.code())
    await asyncio.wait_for(begun.wait(), 30)
    await asyncio.wait_for(harness.raas_server.stop(0.1), 30)
    assert await waiting is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(("service", "first"), [("", SERVING), ("elsewhere", SERVICE_UNKNOWN)])
async def test_stopping_does_not_wait_for_watchers(harness: Harness, service: str, first: int) -> None:
    stub: Any = health_pb2_grpc.HealthStub(harness.channel)
    watch = stub.Watch(health_pb2.HealthCheckRequest(service=service))
    assert (await watch.read()).status == first
    told = []

    async def read() -> None:
        # A stream that has ended gives no more messages, not even those that arrived.
        while (answer := await watch.read()) is not grpc.aio.EOF:
            told.append(answer.status)

    reading = asyncio.create_task(read())
    await asyncio.wait_for(harness.raas_server.stop(60), 30)
    await reading
    assert told == ([] if service else [NOT_SERVING])
    assert await watch.code() is grpc.StatusCode.OK


async def test_watcher_that_leaves_does_not_delay_the_server(harness: Harness) -> None:
    stub: Any = health_pb2_grpc.HealthStub(harness.channel)
    watch = stub.Watch(health_pb2.HealthCheckRequest())
    await watch.read()
    watch.cancel()
    harness.raas_server.health.tell(False)
    assert await health(harness) == NOT_SERVING
    await asyncio.wait_for(harness.raas_server.stop(60), 30)

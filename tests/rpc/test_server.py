"""The server: what it serves, how it tells that it is well, and its limits."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from raas.domain.numbers.niss import NissProfile
from raas.rpc import server
from raas.rpc.calls.identity import development_identity
from raas.rpc.server import PermissionUndeclared, build_server
from raas.usecases.calls.access import PERMISSIONS, Permission
from raas.v1 import register_service_pb2 as v1
from tests.rpc.harness import CALLER, House

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVICE_UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


async def health(house: House, service: str = "") -> int:
    stub: Any = health_pb2_grpc.HealthStub(house.channel)
    return int((await stub.Check(health_pb2.HealthCheckRequest(service=service))).status)


async def test_health_needs_no_identity_and_says_what_it_is_told(house: House) -> None:
    assert [await health(house), await health(house, "raas.v1.RegisterService")] == [SERVING] * 2
    await house.door.serving(False)
    assert [await health(house), await health(house, "raas.v1.RegisterService")] == [NOT_SERVING] * 2
    assert house.observed.calls == []


async def test_health_of_an_unknown_service_is_not_found(house: House) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await health(house, "elsewhere")
    assert raised.value.code() is grpc.StatusCode.NOT_FOUND


async def test_health_of_all_services_can_be_listed(house: House) -> None:
    stub: Any = health_pb2_grpc.HealthStub(house.channel)
    answer = await stub.List(health_pb2.HealthListRequest())
    assert {told.status for told in answer.statuses.values()} == {SERVING}
    assert answer.statuses.keys() >= {"", "raas.v1.RegisterService", "raas.v1.AdministrationService"}


async def test_reflection_needs_no_identity_and_knows_every_service(house: House) -> None:
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(house.channel)
    asked = [reflection_pb2.ServerReflectionRequest(list_services="")]
    (answer,) = [each async for each in stub.ServerReflectionInfo(iter(asked))]
    assert {service.name for service in answer.list_services_response.service} >= {
        "raas.v1.RegisterService",
        "raas.v1.AdministrationService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    }


def build(**given: Any) -> Any:
    nothing: Any = None
    options: dict[str, Any] = {"listen": "127.0.0.1:0", "profile": NissProfile.TEST, **given}
    return build_server(nothing_inside(), nothing, development_identity, **options)


def nothing_inside() -> Any:
    return type("Nothing", (), {"__getattr__": lambda *_: None})()


@pytest.mark.parametrize(
    "declared",
    [
        {rpc: each for rpc, each in PERMISSIONS.items() if not rpc.endswith("/Import")},
        {**PERMISSIONS, "/raas.v1.RegisterService/Explode": Permission.READ},
    ],
)
async def test_an_rpc_without_permission_is_not_served(
    monkeypatch: pytest.MonkeyPatch, declared: Mapping[str, Permission]
) -> None:
    monkeypatch.setattr(server, "PERMISSIONS", declared)
    with pytest.raises(PermissionUndeclared, match=r"Import|Explode"):
        build()


async def test_a_second_server_on_the_port_is_refused(house: House) -> None:
    with pytest.raises(RuntimeError):
        build(listen=f"127.0.0.1:{house.door.port}")


async def test_workers_share_a_port() -> None:
    first = build(share_port=True)
    second = build(share_port=True, listen=f"127.0.0.1:{first.port}")
    assert first.port == second.port
    for door in (first, second):
        await door.start()
        await door.stop(0)


async def test_stopping_lets_calls_end(house: House) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def work(*_: Any) -> Any:
        begun.set()
        await go_on.wait()
        return (), ""

    house.stale.page = work  # type: ignore[method-assign]
    call = house.stub.ListStaleNiss(v1.ListStaleNissRequest(), metadata=CALLER)
    waiting = asyncio.ensure_future(call.code())
    await asyncio.wait_for(begun.wait(), 5)
    stopping = asyncio.ensure_future(house.door.stop(10))
    while house.door.health._serving:
        await asyncio.sleep(0)
    go_on.set()
    await asyncio.wait_for(stopping, 5)
    assert await waiting is grpc.StatusCode.OK


async def test_stopping_does_not_wait_longer_than_it_may(house: House) -> None:
    begun = asyncio.Event()

    async def work(*_: Any) -> Any:
        begun.set()
        await asyncio.Event().wait()

    house.stale.page = work  # type: ignore[method-assign]
    call = house.stub.ListStaleNiss(v1.ListStaleNissRequest(), metadata=CALLER)
    waiting = asyncio.ensure_future(call.code())
    await asyncio.wait_for(begun.wait(), 5)
    await asyncio.wait_for(house.door.stop(0.1), 5)
    assert await waiting is not grpc.StatusCode.OK


@pytest.mark.parametrize(("service", "first"), [("", SERVING), ("elsewhere", SERVICE_UNKNOWN)])
async def test_stopping_does_not_wait_for_those_who_watch(house: House, service: str, first: int) -> None:
    stub: Any = health_pb2_grpc.HealthStub(house.channel)
    watch = stub.Watch(health_pb2.HealthCheckRequest(service=service))
    assert (await watch.read()).status == first
    await asyncio.wait_for(house.door.stop(60), 5)
    told = []
    while (answer := await watch.read()) is not grpc.aio.EOF:
        told.append(answer.status)
    assert told == ([] if service else [NOT_SERVING])
    assert await watch.code() is grpc.StatusCode.OK


async def test_a_watcher_that_goes_away_is_forgotten(house: House) -> None:
    stub: Any = health_pb2_grpc.HealthStub(house.channel)
    watch = stub.Watch(health_pb2.HealthCheckRequest())
    await watch.read()
    watch.cancel()
    await house.door.serving(False)
    assert await health(house) == NOT_SERVING
    await asyncio.wait_for(house.door.stop(60), 5)

"""Many calls at once to a real server, each cancelled within milliseconds: the sessions stay bounded."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import grpc.aio
import pytest

from raas.domain.numbers.niss import NissProfile
from raas.rpc.calls.identity.identify import development_identity
from raas.rpc.server import build_server
from raas.v1 import register_service_pb2 as v1
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from tests.cancellation.stack import POOL, Stack, open_stack
from tests.conftest import new_database
from tests.eventually import eventually_async

CALLERS, ROUNDS = 16, 40
OWN = (("raas-enterprise-number", "0999999922"),)
TYPE = {"code": "HEALTH"}


@pytest.fixture(scope="module")
async def stack(server_dsn: str) -> AsyncIterator[Stack]:
    with new_database(server_dsn) as dsn:
        async with open_stack(dsn) as stack:
            create = {"enterprise_number": "0999999922", "name": "A register"}
            await stack.call("/raas.v1.AdministrationService/CreateRegister", create)
            await stack.call("/raas.v1.RegisterService/CreateDossierType", {"dossier_type": TYPE})
            yield stack


@pytest.fixture
async def stub(stack: Stack) -> AsyncIterator[Any]:
    server = build_server(
        stack.use_cases, stack.access, development_identity, listen="127.0.0.1:0", profile=NissProfile.TEST
    )
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield RegisterServiceStub(channel)
    await server.stop(5)


@pytest.mark.parametrize(
    ("rpc", "request_"),
    [
        ("ListDossierTypes", v1.ListDossierTypesRequest()),
        ("Inscribe", v1.InscribeRequest(niss="85673003360", dossier_type="HEALTH", validate_only=True)),
        ("UpdateDossierType", v1.UpdateDossierTypeRequest(dossier_type=TYPE)),
        ("Consult", v1.ConsultRequest()),
        ("GetRegister", v1.GetRegisterRequest()),
    ],
)
async def test_cancelled_calls_lose_no_session(stack: Stack, stub: Any, rpc: str, request_: Any) -> None:
    chance = random.Random(rpc)
    sessions = 0

    async def call() -> None:
        for _ in range(ROUNDS):
            sent = getattr(stub, rpc)(request_, metadata=OWN)
            await asyncio.sleep(chance.uniform(0, 0.012))
            sent.cancel()

    async def watch() -> None:
        nonlocal sessions
        while True:
            sessions = max(sessions, await asyncio.to_thread(stack.sessions))
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(call() for _ in range(CALLERS)))
    watching.cancel()
    await stack.idle()
    # Sessions whose connection was closed end a moment later; one lost by each call would make hundreds.
    assert sessions <= 4 * POOL
    await eventually_async(lambda: stack.sessions() <= 2 * POOL + 1)
    answer = await stub.ListDossierTypes(v1.ListDossierTypesRequest(), metadata=OWN)
    assert [each.code for each in answer.dossier_types] == ["HEALTH"]

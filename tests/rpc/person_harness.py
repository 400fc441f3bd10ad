"""PersonService on a real port, with the real use cases on a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc.aio
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.niss import NissProfile
from raas.rpc.calls.identity.identify import Identify, development_identity
from raas.rpc.calls.interceptor import CallInterceptor
from raas.rpc.calls.permissions import declared_permissions
from raas.rpc.calls.request_scope import RequestScopes
from raas.rpc.services.catalogue import SERVICES, person_service
from raas.rpc.services.use_cases import PersonUseCases
from raas.rpc.wire.limits import request_limits
from raas.storage.reads.registers import PostgresRegisterStore
from raas.usecases.calls.access import AccessControl
from raas.usecases.limits.budgets import Budgets
from raas.usecases.limits.claim_limits import ClaimLimits
from raas.usecases.limits.rate_limit import RateLimit
from raas.usecases.persons.confront import ConfrontIdentity
from raas.v1.person_service_pb2_grpc import PersonServiceStub
from tests.memory.audit import RecordingAudit
from tests.rights import StillRights, known_rights
from tests.usecases.persons.harness import PersonHarness, new_niss


@dataclass
class PersonServer:
    """The server with its stores and use cases, and a stub."""

    harness: PersonHarness
    audit: RecordingAudit
    channel: grpc.aio.Channel
    target: str
    rights: StillRights

    @property
    def stub(self) -> Any:
        return PersonServiceStub(self.channel)


@asynccontextmanager
async def open_person_harness(
    engine: AsyncEngine,
    reading: AsyncEngine,
    identify: Identify = development_identity,
    *,
    kept_here: bool = True,
    burst: int = 30,
    budgets: Budgets | None = None,
) -> AsyncIterator[PersonServer]:
    """PersonService, served until the block is left; numbers given out are new ones of the tests."""
    harness, audit = PersonHarness(engine, reading), RecordingAudit()
    use_cases = PersonUseCases(
        harness.read,
        ConfrontIdentity(harness.store, ClaimLimits(RateLimit(burst, 60.0), budgets)),
        harness.search,
        harness.creating(*(new_niss() for _ in range(20))),
        harness.update,
        harness.numbers,
        harness.import_persons,
    )
    permissions = declared_permissions(SERVICES)
    rights = await known_rights()
    access = AccessControl(PostgresRegisterStore(reading), audit, permissions, rights)
    scopes = RequestScopes(access, NissProfile.TEST, budgets)
    server = grpc.aio.server(
        interceptors=(CallInterceptor(identify, request_limits(SERVICES), access.audit),)
    )
    server.add_generic_rpc_handlers([person_service(use_cases if kept_here else None, scopes)])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield PersonServer(harness, audit, channel, f"127.0.0.1:{port}", rights)
    await server.stop(1)

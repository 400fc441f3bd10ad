"""PersonService on a real port, over the real verbs on a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc.aio
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.niss import NissProfile
from raas.rpc.calls.identity import Identify, development_identity
from raas.rpc.calls.interceptor import FrontDoor
from raas.rpc.calls.scope import Reception
from raas.rpc.services.person_service import PersonService
from raas.rpc.services.person_use_cases import PersonVerbs
from raas.storage.reads.registers import PostgresRegisterStore
from raas.usecases.calls.access import Gate
from raas.usecases.calls.rate_limit import Attempts
from raas.usecases.persons.confront import ConfrontIdentity
from raas.v1.person_service_pb2_grpc import PersonServiceStub, add_PersonServiceServicer_to_server
from tests.rpc.harness import RecordingAudit
from tests.usecases.persons.harness import PersonHouse, new_niss


@dataclass
class PersonDoor:
    """Everything behind the door, and the stub in front of it."""

    house: PersonHouse
    audit: RecordingAudit
    channel: grpc.aio.Channel
    target: str

    @property
    def stub(self) -> Any:
        return PersonServiceStub(self.channel)


@asynccontextmanager
async def open_person_door(
    engine: AsyncEngine,
    reading: AsyncEngine,
    identify: Identify = development_identity,
    *,
    kept_here: bool = True,
    burst: int = 30,
) -> AsyncIterator[PersonDoor]:
    """PersonService, served until the block is left; numbers given out are new ones of the tests."""
    house, audit = PersonHouse(engine, reading), RecordingAudit()
    verbs = PersonVerbs(
        house.read,
        ConfrontIdentity(house.store, Attempts(burst, 60.0)),
        house.search,
        house.creating(*(new_niss() for _ in range(20))),
        house.update,
        house.numbers,
        house.feed,
    )
    reception = Reception(Gate(PostgresRegisterStore(reading), audit), NissProfile.TEST)
    server = grpc.aio.server(interceptors=(FrontDoor(identify),))
    service = PersonService(verbs if kept_here else None, reception)
    add_PersonServiceServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield PersonDoor(house, audit, channel, f"127.0.0.1:{port}")
    await server.stop(1)

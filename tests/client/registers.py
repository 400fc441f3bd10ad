"""Fake registers and registers on a real server, behind one interface."""

from __future__ import annotations

import itertools
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from raas.v1.dossier_type_pb2 import DossierType
from raas_client import Bookmark, Checkpoint, Event, FromSnapshot, RaasClient, Retries, Subscription
from raas_client.testing import FakeRegister
from tests.e2e.servers import Server, running_server
from tests.oracle import numbers

TYPES = ("CHILD_BENEFIT", "HEALTH", "PENSION")
ANN = numbers.niss(1985, 67, 30, 33)
BOB = numbers.niss(1990, 61, 1, 7)
EVE = numbers.niss(1991, 61, 1, 7)
QUICK = Retries(first_pause_seconds=0.05, longest_pause_seconds=0.2)

_organisations = itertools.count(6_000_000)


class AnyRegister(Protocol):
    """A register with the dossier types TYPES: its revision is their number."""

    enterprise_number: str

    def client(self, **options: Any) -> RaasClient:
        """A client of its owner."""


class RealRegister:
    """A new register on a server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.enterprise_number = numbers.enterprise_number(next(_organisations))

    def client(self, **options: Any) -> RaasClient:
        target = options.pop("target", self.server.target)
        return RaasClient(
            target, **{"enterprise_number": self.enterprise_number, "retries": QUICK, **options}
        )

    def create(self) -> RealRegister:
        with self.client().blocking() as caller:
            caller.run(caller.client.create_register(self.enterprise_number, "A test"))
            for code in TYPES:
                caller.run(caller.client.create_dossier_type(DossierType(code=code)))
            # As the fake register may see identities, too.
            caller.run(
                caller.client.grant_authorisation(
                    "PERSON_IDENTITY", self.enterprise_number, "24/001", valid_from="2024-01-01"
                )
            )
        return self


@contextmanager
def real_server(directory: Path) -> Iterator[Server]:
    """A server whose authentic source knows every number that can be one."""
    with running_server(directory, "--authentic-source", "structure") as server:
        yield server


@contextmanager
def fake_register() -> Iterator[FakeRegister]:
    with FakeRegister(*TYPES) as fake:
        yield fake


def person(number: int) -> str:
    """The NISS of one fictitious person of many."""
    return numbers.niss(1950 + number // 900, 65, 1 + number % 28, 1 + number % 900)


async def events_until_complete(subscription: Subscription) -> list[Event]:
    """The messages through the first bookmark that completes a snapshot."""
    events: list[Event] = []
    async with opened(subscription) as stream:
        async for event in stream:
            events.append(event)
            if isinstance(event, Bookmark) and event.snapshot_complete:
                break
    return events


async def here(client: RaasClient) -> Checkpoint:
    """The current position of the log of the register."""
    return (await events_until_complete(client.subscribe(FromSnapshot())))[-1].checkpoint


@asynccontextmanager
async def opened(subscription: Subscription) -> AsyncIterator[AsyncIterator[Event]]:
    """The events of a subscription, which ends with the block."""
    events = subscription.events()
    try:
        yield events
    finally:
        await events.aclose()


def own_threads() -> list[str]:
    """Threads of fakes and of clients; gRPC has others that stay."""
    return [each.name for each in threading.enumerate() if each.name in ("fake-register", "raas-client")]

"""The guarantees of the feed under kills and restarts: a run is recorded, then validated."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc.aio
import psycopg
import pytest

from raas.v1.mutation_pb2 import MutationKind
from tests.citus import nodes_of
from tests.conftest import GIVEN_DSN
from tests.e2e.proxy import Proxy, running_proxy
from tests.e2e.registers import TYPES, TestRegister, new_register
from tests.e2e.servers import LOCAL, Server, running_server
from tests.e2e.test_faults import database_of, postmaster
from tests.eventually import eventually
from tests.stream.history import Begun, Ended, Marked, Mutations, Part, Record, Subscriber
from tests.stream.questions import look_back
from tests.stream.reading import PEOPLE, Reader, record_of, write_for
from tests.stream.registrar import change_persons_for, introduce
from tests.stream.validate import validate

pytestmark = pytest.mark.faults


LOAD_SECONDS = 25
CALM_SECONDS = 60
WRITERS = 3
REGISTRARS = 2
PAST_REVISIONS = 20
MUTATIONS = 500


@dataclass
class Machines:
    """Two servers on one PostgreSQL, and a network that can be cut."""

    first: Server
    second: Server
    proxy: Proxy
    chance: random.Random

    def channel(self) -> grpc.aio.Channel:
        """A channel to one of the servers, directly or through the proxy, on a connection of its own."""
        target = self.chance.choice(
            [self.first.target, self.second.target, self.proxy.target, self.proxy.target]
        )
        return grpc.aio.insecure_channel(
            target,
            options=[
                ("grpc.use_local_subchannel_pool", 1),
                ("grpc.enable_retries", 0),
                ("grpc.initial_reconnect_backoff_ms", 100),
            ],
        )

    async def cut(self) -> None:
        self.proxy.cut()

    async def kill_first(self) -> None:
        await self._kill(self.first)

    async def kill_second(self) -> None:
        await self._kill(self.second)

    async def stop_second(self) -> None:
        """Stop gracefully, as for an upgrade."""
        await asyncio.to_thread(self.second.stop)
        await asyncio.to_thread(self.second.start)

    async def restart_postgresql(self) -> None:
        if GIVEN_DSN is None:
            os.kill(postmaster(self.first), signal.SIGKILL)
            return
        for node in nodes_of(database_of(self.first)):
            with psycopg.connect(node, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

    async def _kill(self, server: Server) -> None:
        server.kill()
        await asyncio.sleep(0.5)
        await asyncio.to_thread(server.start)


@pytest.fixture
def first_server(tmp_path: Path) -> Iterator[Server]:
    """A server that keeps the persons."""
    directory = tmp_path / "first"
    directory.mkdir()
    with running_server(directory, *LOCAL) as running:
        yield running


@asynccontextmanager
async def _machines(own_server: Server, directory: Path) -> AsyncIterator[Machines]:
    second = Server(directory / "second", database_of(own_server), *LOCAL)
    second.directory.mkdir()
    second.start()
    chance = random.Random(11)
    try:
        async with running_proxy(lambda: chance.choice([own_server.target, second.target])) as proxy:
            yield Machines(own_server, second, proxy, chance)
    finally:
        second.discard()


@pytest.mark.timeout(300)
async def test_every_subscriber_receives_everything_despite_kills_and_restarts(
    first_server: Server, tmp_path: Path
) -> None:
    register = new_register(first_server)
    codes = TYPES
    async with grpc.aio.insecure_channel(first_server.target) as channel:
        await introduce(channel, register.number, PEOPLE)
    async with _machines(first_server, tmp_path) as machines:
        until: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        readers = _readers(register.number, machines.chance)
        reading = [asyncio.create_task(each.read(machines.channel, until)) for each in readers]
        over, calm = time.monotonic() + LOAD_SECONDS, asyncio.Event()

        def enough() -> bool:
            return calm.is_set() and time.monotonic() > over

        writing = [
            asyncio.create_task(write_for(machines.channel, register.number, codes, seed, enough))
            for seed in range(WRITERS)
        ]
        registrars = [
            asyncio.create_task(change_persons_for(machines.channel, register.number, PEOPLE, seed, enough))
            for seed in range(REGISTRARS)
        ]
        late = _late_readers(register.number, machines.chance)
        for number, trouble in enumerate(
            (
                machines.cut,
                machines.kill_second,
                machines.cut,
                machines.restart_postgresql,
                machines.kill_first,
                machines.cut,
                machines.stop_second,
                machines.restart_postgresql,
                machines.cut,
            )
        ):
            await asyncio.sleep(1.0)
            await trouble()
            if number == 4:
                reading += [asyncio.create_task(each.read(machines.channel, until)) for each in late]
        # A busy machine goes on until the run has as many events as it is meant to have.
        await asyncio.to_thread(eventually, lambda: _revision(register) > 1.2 * MUTATIONS, CALM_SECONDS)
        calm.set()
        answered = await asyncio.gather(*writing)
        changes = sum(await asyncio.gather(*registrars), Counter[str]())
        async with grpc.aio.insecure_channel(machines.first.target) as channel:
            subscribers = [reader.subscriber for reader in (*readers, *late)]
            until.set_result(register.state().revision)
            await asyncio.gather(*reading)
            record = await record_of(channel, register.number, answered, subscribers)
            revisions = machines.chance.sample(range(len(record.log) + 1), PAST_REVISIONS)
            await look_back(channel, record, PEOPLE, revisions)
    _eventful(record, machines.proxy, changes)
    assert validate(record) == []


def _revision(register: TestRegister) -> int:
    """The revision of the register; 0 while the database is away."""
    try:
        return register.state().revision
    except grpc.RpcError:
        return 0


def _readers(register: str, chance: random.Random) -> list[Reader]:
    def sometimes(probability: float, seconds: float) -> Callable[[], float]:
        return lambda: seconds if chance.random() < probability else 0.0

    def for_between(least: float, most: float) -> Callable[[], float]:
        return lambda: chance.uniform(least, most)

    removed = frozenset({int(MutationKind.MUTATION_KIND_REMOVED)})
    return [
        Reader(register, Subscriber("steady")),
        Reader(register, Subscriber("comes and goes"), connection_seconds=for_between(0.3, 3)),
        Reader(register, Subscriber("stalls"), stall=sometimes(0.05, 2.0)),
        Reader(register, Subscriber("slow"), stall=sometimes(1.0, 0.02)),
        Reader(register, Subscriber("copy"), snapshot=True, connection_seconds=for_between(1, 6)),
        Reader(register, Subscriber("one type", frozenset({TYPES[1]})), connection_seconds=for_between(1, 6)),
        Reader(register, Subscriber("removals", kinds=removed), connection_seconds=for_between(1, 6)),
    ]


def _late_readers(register: str, chance: random.Random) -> list[Reader]:
    return [
        Reader(register, Subscriber("late copy"), snapshot=True),
        Reader(register, Subscriber("late copy of one type", frozenset({TYPES[0]})), snapshot=True),
        Reader(register, Subscriber("late"), connection_seconds=lambda: chance.uniform(0.3, 2)),
    ]


def _eventful(record: Record, proxy: Proxy, changes: Counter[str]) -> None:
    """The run had every event that it is meant to have, or its result would mean little."""
    events = [event for subscriber in record.subscribers for event in subscriber.events]
    assert len(record.log) > MUTATIONS
    assert any(m.batch_last_revision > m.revision for m in record.log)
    assert any(isinstance(e, Part) for e in events)
    assert any(isinstance(e, Marked) and e.complete for e in events)
    assert any(isinstance(e, Marked) and not e.complete for e in events)
    assert sum(isinstance(e, Mutations) for e in events) > 100
    assert sum(isinstance(e, Ended) for e in events) > 20
    assert sum(isinstance(e, Begun) for e in events) > 30
    assert {m.kind for m in record.log} >= {
        MutationKind.MUTATION_KIND_NISS_REPLACED,
        MutationKind.MUTATION_KIND_NISS_RESTORED,
        MutationKind.MUTATION_KIND_NISS_CANCELLED,
        MutationKind.MUTATION_KIND_IDENTITY_CHANGED,
    }
    assert any(m.HasField("requested_niss") for m in record.log)
    assert min(changes[what] for what in ("replace", "restore", "cancel", "update", "import")) > 0
    assert proxy.cuts > 0
    assert sum(answered.changed for answered in record.writers) > 300

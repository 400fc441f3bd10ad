"""The client during faults: killed servers, cut connections, trimmed and replaced logs."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.registers.register import Register
from raas.storage.connection.database import open_database
from raas.storage.maintenance.trim import PostgresTrims
from raas.storage.reads.registers import PostgresRegisterStore
from raas.usecases.admin.trim import TrimTarget, renew_logs, trim
from raas.v1.mutation_pb2 import Mutation
from raas.v1.register_service_pb2 import BatchOperation, RejectedOperation
from raas_client import (
    AfterRevision,
    CallFailed,
    CheckpointTable,
    DeadlineExceeded,
    Event,
    FileCheckpoints,
    ImportProgress,
    LogReplaced,
    Mirror,
    Mutations,
    Patience,
    RaasClient,
    RevisionExpired,
    inscription,
)
from tests.client.mirror.test_mirror import caught_up, exported
from tests.client.registers import ANN, BOB, TYPES, RealRegister, opened, person, real_server
from tests.e2e.proxy import running_proxy
from tests.e2e.servers import Server, clean_environment, free_port
from tests.e2e.test_faults import database_of
from tests.eventually import eventually, eventually_async

pytestmark = pytest.mark.faults


FIRST = len(TYPES) + 1


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that is killed and started again."""
    with real_server(tmp_path_factory.mktemp("troubled")) as server:
        yield server


@pytest.fixture
def register(troubled: Server) -> RealRegister:
    return RealRegister(troubled).create()


@pytest.fixture
async def client(register: RealRegister) -> AsyncIterator[RaasClient]:
    async with register.client() as opened_client:
        yield opened_client


async def killed(server: Server) -> None:
    """Kill -9, and a new start on the same directory."""
    server.kill()
    await asyncio.to_thread(server.start)


# ---- following ----------------------------------------------------------------------------------


async def test_each_mutation_is_processed_once_when_processes_are_killed(
    register: RealRegister, client: RaasClient, troubled: Server, tmp_path: Path
) -> None:
    async with running_proxy(lambda: troubled.target) as proxy:
        last: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        reading = [
            asyncio.create_task(in_transactions(register, proxy.target, tmp_path / "books.sqlite", last)),
            asyncio.create_task(with_duplicates(register, proxy.target, tmp_path / "place", last)),
        ]
        memory = register.client(target=proxy.target)
        file = register.client(target=proxy.target)
        async with memory, memory.mirror() as in_memory, file, file.mirror(tmp_path / "mirror") as in_file:
            operations = [inscription(person(each), "HEALTH", "2024-01-01") for each in range(600)]
            for begin in range(0, 600, 50):
                writing = asyncio.create_task(write(client, operations[begin : begin + 50]))
                if begin in (150, 400):
                    await killed(troubled)
                else:
                    await eventually_async(lambda: proxy.connected)
                    proxy.cut()
                await writing
            last.set_result((await client.get_register()).revision)
            seen = await asyncio.gather(*reading)
            log = [(each.revision, each.niss) async for each in client.mutations()]
            assert seen == [log, log]
            assert len(log) == len(TYPES) + 600
            for mirror in (in_memory, in_file):
                await caught_up(mirror, client)
                assert list(mirror.all()) == await exported(client)
                assert mirror.checksum == (await client.get_register()).checksum
        assert proxy.cuts > 10


async def write(client: RaasClient, operations: Sequence[BatchOperation]) -> None:
    """Some one by one, the rest in batches; every answer is awaited, whatever dies."""
    for operation in operations[:10]:
        each = operation.inscribe
        await client.inscribe(each.niss, each.dossier_type, each.period.begin)
    async for _ in client.apply_in_batches(operations[10:], size=13):
        pass


async def in_transactions(
    register: RealRegister, target: str, path: Path, last: asyncio.Future[int]
) -> list[tuple[int, str]]:
    """Keeps what it is told with its place, in transactions of which some are taken back."""
    table, chance = CheckpointTable("books", sqlite3.paramstyle), random.Random(7)
    database = sqlite3.connect(path)
    with closing(database), database:
        table.create(database.cursor())
        database.execute("CREATE TABLE entry (revision INTEGER PRIMARY KEY, niss TEXT)")
    rolled_back = 0
    async with register.client(target=target) as client:
        database = sqlite3.connect(path)
        with closing(database):
            place = table.load(database.cursor())
            while not (last.done() and place and place.revision >= last.result()):
                async with opened(client.subscribe(place or AfterRevision(0), heartbeat_seconds=1)) as events:
                    async for event in events:
                        cursor = database.cursor()
                        if isinstance(event, Mutations):
                            rows = [(each.revision, each.niss) for each in event.mutations]
                            cursor.executemany("INSERT INTO entry VALUES (?, ?)", rows)
                        table.save(cursor, event.checkpoint)
                        if chance.random() < 0.2:
                            database.rollback()
                            rolled_back += 1
                            break
                        database.commit()
                        if last.done() and event.checkpoint.revision >= last.result():
                            break
                place = table.load(database.cursor())
            assert rolled_back > 0
            return list(database.execute("SELECT revision, niss FROM entry ORDER BY revision"))


async def with_duplicates(
    register: RealRegister, target: str, path: Path, last: asyncio.Future[int]
) -> list[tuple[int, str]]:
    """Keeps its place in a file, always after the fact, and is a new process now and then."""
    chance, known = random.Random(8), None
    told: list[Mutation] = []
    while True:
        async with register.client(target=target) as client:
            subscription = client.subscribe(
                AfterRevision(0), checkpoints=FileCheckpoints(path), heartbeat_seconds=1, subscriber="file"
            )
            async with opened(subscription) as events:
                async for event in events:
                    if isinstance(event, Mutations):
                        told += event.beyond(known)
                    known = event.checkpoint
                    if last.done() and known.revision >= last.result():
                        (subscriber,) = await client.subscribers().all()
                        assert subscriber.name == "file"
                        return [(each.revision, each.niss) for each in told]
                    if chance.random() < 0.2:
                        # Not asked for the next one: this one comes again.
                        break


async def test_stalled_reader_delays_nobody_and_misses_nothing(client: RaasClient) -> None:
    async with opened(client.subscribe(AfterRevision(0))) as events:
        first = await anext(events)
        assert isinstance(first, Mutations)
        told = list(first.mutations)
        operations = (
            inscription(person(each), code, f"20{year}-01-01", f"20{year}-06-30")
            for year in range(10, 20)
            for code in TYPES
            for each in range(500)
        )
        # The stream is not read while these rows are written, which exceed its flow-control windows.
        async with asyncio.timeout(100):
            imported = await client.import_operations(operations, message_size=1_000)
        assert imported.applied == 15_000
        while told[-1].revision < imported.revision:
            event = await anext(events)
            if isinstance(event, Mutations):
                told += event.mutations
    assert told == await client.mutations().all()


async def test_subscription_leaves_a_silent_server_and_reconnects(
    troubled: Server, register: RealRegister, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "raas_client")
    async with (
        register.client(patience=Patience(call_seconds=0.5)) as client,
        opened(client.subscribe(AfterRevision(0), heartbeat_seconds=1)) as events,
    ):
        await anext(events)
        with stopped(troubled):
            with pytest.raises(DeadlineExceeded):
                await client.get_register()
            following = asyncio.create_task(_next(events))
            await asyncio.to_thread(eventually, lambda: "the server is lost" in caplog.text, 60)
        await client.acting(patience=Patience()).inscribe(ANN, "HEALTH", "2024-01-01")
        while not isinstance(event := await following, Mutations):
            following = asyncio.create_task(_next(events))
        assert [each.niss for each in event.mutations] == [ANN]


async def _next(events: AsyncIterator[Event]) -> Event:
    return await anext(events)


@contextmanager
def stopped(server: Server) -> Iterator[None]:
    """It does nothing while the block lasts, and keeps its connections."""
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


# ---- writing ------------------------------------------------------------------------------------


async def test_write_with_a_lost_answer_is_repeated_and_applied_once(
    register: RealRegister, client: RaasClient, troubled: Server
) -> None:
    async with running_proxy(lambda: troubled.target) as proxy:
        async with register.client(target=proxy.target) as writer:
            numbers = count()
            revisions: list[int] = []

            async def cut_often() -> None:
                while proxy.cuts <= 10:
                    await eventually_async(lambda: proxy.connected)
                    proxy.cut()
                    await asyncio.sleep(0.05)

            async def inscribe_until_cut_often() -> None:
                while proxy.cuts <= 10 or len(revisions) < 400:
                    niss = person(next(numbers))
                    revisions.append((await writer.inscribe(niss, "HEALTH", "2024-01-01")).revision)

            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(cut_often())
                for _ in range(10):
                    tasks.create_task(inscribe_until_cut_often())
        assert proxy.cuts > 10
    assert sorted(revisions) == list(range(FIRST, FIRST + len(revisions)))
    assert (await client.get_register()).revision == FIRST + len(revisions) - 1


async def test_import_applies_each_row_once_when_processes_are_killed(
    register: RealRegister, client: RaasClient, troubled: Server
) -> None:
    operations = [
        inscription(person(each), code, f"{year}-01-01", f"{year}-01-31")
        for year in (1990, 1992)
        for code in TYPES
        for each in range(1_000)
    ]
    async with running_proxy(lambda: troubled.target) as proxy:
        faults: list[Callable[[], None]] = [proxy.cut, proxy.cut, troubled.kill, proxy.cut]
        restarted: list[asyncio.Task[None]] = []

        def trouble(progress: ImportProgress[RejectedOperation]) -> None:
            done = progress.through_offset
            if faults and done >= (5 - len(faults)) * 1_000:
                faults.pop(0)()
                if not troubled.running:
                    restarted.append(asyncio.create_task(asyncio.to_thread(troubled.start)))

        async with register.client(target=proxy.target) as importer:
            progress = await importer.import_operations(
                operations, import_id="a file", message_size=100, progress=trouble
            )
        await asyncio.gather(*restarted)
        assert not faults
        assert proxy.cuts > 0
    assert progress.through_offset == 6_000
    assert progress.rejected == ()
    assert len(restarted) == 1
    assert (await client.get_register()).revision == len(TYPES) + 6_000


async def test_call_without_a_server_fails_at_its_deadline(register: RealRegister) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    short = Patience(call_seconds=0.5, outage_seconds=0.5)
    async with register.client(target=nowhere, patience=short) as client:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for call in (client.get_register(), client.import_operations([]), client.export().all()):
            with pytest.raises(CallFailed):
                await call
        with pytest.raises(CallFailed):
            await anext(client.subscribe().events())
        assert loop.time() - began < 20


# ---- logs ---------------------------------------------------------------------------------------


@asynccontextmanager
async def log_of(server: Server, number: str) -> AsyncIterator[tuple[PostgresTrims, Register]]:
    engine = open_database(database_of(server))
    reading = open_database(database_of(server), autocommit=True)
    try:
        found = await PostgresRegisterStore(reading).find(EnterpriseNumber(int(number)))
        assert found is not None
        yield PostgresTrims(engine, reading), found
    finally:
        await engine.dispose()
        await reading.dispose()


async def test_trimmed_log_ends_a_reader_and_renews_a_mirror(
    register: RealRegister, client: RaasClient, troubled: Server, tmp_path: Path
) -> None:
    path = tmp_path / "mirror.sqlite"
    await client.inscribe(ANN, "HEALTH", "2024-01-01")
    async with client.mirror(path) as mirror:
        place = mirror.checkpoint
    await client.remove(ANN, "HEALTH")
    kept = (await client.inscribe(BOB, "HEALTH", "2024-01-01")).revision
    async with log_of(troubled, register.enterprise_number) as (store, found):
        await trim(store, found, TrimTarget(kept), now=datetime.now(UTC))

    with pytest.raises(RevisionExpired) as raised:
        await anext(client.subscribe(place).events())
    assert raised.value.oldest_revision == kept
    with pytest.raises(RevisionExpired):
        await client.mutations(place.revision, log_id=place.log_id).all()
    async with client.mirror(path) as mirror:
        await caught_up(mirror, client)
        assert list(mirror.all()) == await exported(client)


async def test_replaced_log_ends_a_reader_and_renews_a_mirror(
    register: RealRegister, client: RaasClient, troubled: Server
) -> None:
    await client.inscribe(ANN, "HEALTH", "2024-01-01")
    async with client.mirror() as mirror:
        place = mirror.checkpoint
        async with opened(client.subscribe(place)) as events:
            waiting = asyncio.create_task(_next(events))
            async with log_of(troubled, register.enterprise_number) as (store, found):
                await renew_logs(store, [found])
            await client.inscribe(BOB, "HEALTH", "2024-01-01")
            with pytest.raises(LogReplaced) as raised:
                await waiting
        assert raised.value.log_id == (await client.get_register()).log_id != place.log_id
        await begun_again(mirror, place.log_id)
        await caught_up(mirror, client)
        assert list(mirror.all()) == await exported(client)


async def begun_again(mirror: Mirror, log_id: str) -> None:
    async with asyncio.timeout(60):
        while mirror.checkpoint.log_id == log_id:
            assert mirror.knows(ANN, "2024-01-01")
            await asyncio.sleep(0.01)


# ---- a mirror that is killed ---------------------------------------------------------------------

MIRROR = """
import asyncio, sys
from raas_client import RaasClient

async def main(target, number, path):
    async with RaasClient(target, enterprise_number=number) as client:
        print("begins", flush=True)
        async with client.mirror(path) as mirror:
            print("whole", flush=True)
            while True:
                await mirror.through(mirror.checkpoint.revision + 1)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_killed_mirror_continues_with_a_complete_copy(
    register: RealRegister, client: RaasClient, tmp_path: Path
) -> None:
    path, chance = tmp_path / "mirror.sqlite", random.Random(9)
    await client.import_operations(
        inscription(person(each), code, "2020-01-01") for code in TYPES for each in range(4_000)
    )
    for number in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", MIRROR, register.server.target, register.enterprise_number, path],
            stdout=subprocess.PIPE,
            env=clean_environment(),
        )
        assert process.stdout is not None
        awaited = b"begins\n" if number < 4 else b"whole\n"
        while await asyncio.to_thread(process.stdout.readline) != awaited:
            assert process.poll() is None
        for each in range(10):
            await client.inscribe(person(10_000 + number * 10 + each), "HEALTH", "2024-01-01")
        await asyncio.sleep(chance.random() / 4)
        process.kill()
        process.wait()
        process.stdout.close()
    async with client.mirror(path) as mirror:
        await caught_up(mirror, client)
        assert list(mirror.all()) == await exported(client)
        assert mirror.checksum == (await client.get_register()).checksum

"""The age of a copy: what `Mirror.silence` says of reopened files, snapshots and logs that are caught up."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from google.protobuf.timestamp_pb2 import Timestamp

from raas.v1.dossier_pb2 import Dossier
from raas.v1.mutation_pb2 import Mutation
from raas_client import Bookmark, Checkpoint, Event, Mirror, Mutations, Snapshot
from raas_client.mirror.memory_store import MemoryMirrorStore
from raas_client.mirror.store import Place
from raas_client.testing import FakeRegister
from tests.client.mirror.scripted import RECORDED, SINCE_2024, ScriptedEvents, complete
from tests.client.registers import ANN, BOB, QUICK
from tests.eventually import eventually_async

DAY = timedelta(days=1)
DAY_SECONDS = DAY.total_seconds()
MINUTE_SECONDS = 60


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


async def filled(fake: FakeRegister, path: Path) -> None:
    async with fake.client() as client:
        await client.inscribe(ANN, "HEALTH", "2024-01-01")
        async with client.mirror(path) as mirror:
            assert mirror.silence < MINUTE_SECONDS


async def test_reopened_mirror_tells_the_age_of_its_file_until_the_server_confirms_it(
    fake: FakeRegister, tmp_path: Path
) -> None:
    path = tmp_path / "mirror.sqlite"
    await filled(fake, path)
    week_ago = datetime.now(UTC) - 7 * DAY
    change(path, f"UPDATE mirror SET confirmed_at = '{week_ago.isoformat()}'")
    async with fake.client(retries=QUICK) as client:
        with fake.outage():
            async with client.mirror(path, heartbeat_seconds=1) as mirror:
                assert mirror.knows(ANN, "2024-01-01")
                assert 7 * DAY_SECONDS <= mirror.silence < 8 * DAY_SECONDS
        async with client.mirror(path, heartbeat_seconds=1) as mirror:
            await eventually_async(lambda: mirror.silence < MINUTE_SECONDS)
        # The heartbeat changed nothing else in the file.
        with fake.outage():
            async with client.mirror(path) as mirror:
                assert mirror.silence < DAY_SECONDS


async def test_file_without_the_time_opens_and_its_age_is_not_known(
    fake: FakeRegister, tmp_path: Path
) -> None:
    path = tmp_path / "mirror.sqlite"
    await filled(fake, path)
    change(path, "ALTER TABLE mirror DROP COLUMN confirmed_at", "PRAGMA user_version = 1")
    async with fake.client(retries=QUICK) as client:
        with fake.outage():
            async with client.mirror(path) as mirror:
                assert mirror.knows(ANN, "2024-01-01")
                assert mirror.silence == math.inf
        async with client.mirror(path) as mirror:
            answer = await client.inscribe(BOB, "HEALTH", "2024-01-01")
            await mirror.through(answer.revision)
            assert mirror.silence < DAY_SECONDS


def copy_of(age: timedelta) -> MemoryMirrorStore:
    store = MemoryMirrorStore()
    store.place = Place(Checkpoint("log", 3), None, datetime.now(UTC) - age)
    return store


def mirror_of(store: MemoryMirrorStore, events: Iterable[Event]) -> Mirror:
    return Mirror(ScriptedEvents(events).subscribe, store, (), QUICK)


def mutation(revision: int, age: timedelta) -> Mutations:
    recorded = Timestamp()
    recorded.FromDatetime(datetime.now(UTC) - age)
    one = Mutation(niss=ANN, dossier_type="A", after=[SINCE_2024], revision=revision, record_time=recorded)
    return Mutations([one], Checkpoint("log", revision))


async def test_mirror_that_catches_up_is_as_old_as_the_last_mutation_it_has() -> None:
    heartbeat = Bookmark(6, False, RECORDED, b"", Checkpoint("log", 6))
    for events, revision, least, most in (
        ([mutation(4, 6 * DAY)], 4, 6 * DAY_SECONDS, 7 * DAY_SECONDS),
        ([mutation(4, 6 * DAY), mutation(5, 2 * DAY)], 5, 2 * DAY_SECONDS, 3 * DAY_SECONDS),
        # By its clock the server is a day ahead.
        ([mutation(4, -DAY)], 4, 0, MINUTE_SECONDS),
        ([mutation(4, 6 * DAY), heartbeat], 6, 0, MINUTE_SECONDS),
    ):
        async with mirror_of(copy_of(8 * DAY), events) as mirror:
            await mirror.through(revision)
            assert least <= mirror.silence < most
    async with mirror_of(copy_of(DAY), [mutation(4, 6 * DAY)]) as mirror:
        await mirror.through(4)
        assert DAY_SECONDS <= mirror.silence < 2 * DAY_SECONDS


async def test_parts_of_a_snapshot_do_not_renew_the_copy() -> None:
    store = copy_of(8 * DAY)
    store.incoming = Checkpoint("log", 9, "token")
    part = Snapshot([Dossier(niss=ANN, dossier_type="A", periods=[SINCE_2024])], Checkpoint("log", 9, "on"))
    async with mirror_of(store, [part]) as mirror:
        await eventually_async(lambda: store.incoming == part.checkpoint)
        assert mirror.silence >= 8 * DAY_SECONDS
    store.incoming = part.checkpoint
    recorded = datetime.now(UTC) - 3 * DAY
    async with mirror_of(store, [complete(9, recorded)]) as mirror:
        await mirror.through(9)
        # Its first parts may be that old.
        assert 3 * DAY_SECONDS <= mirror.silence < 4 * DAY_SECONDS
    async with mirror_of(MemoryMirrorStore(), [complete(9, recorded)]) as mirror:
        assert mirror.silence < MINUTE_SECONDS


async def test_age_is_not_known_without_a_copy_and_after_the_clock_was_set_back() -> None:
    assert mirror_of(MemoryMirrorStore(), []).silence == math.inf
    assert mirror_of(copy_of(-DAY), []).silence == math.inf
    async with mirror_of(copy_of(-DAY), [mutation(4, DAY)]) as mirror:
        await mirror.through(4)
        assert DAY_SECONDS <= mirror.silence < 2 * DAY_SECONDS

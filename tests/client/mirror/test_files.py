"""The file of a mirror: one mirror at a time, full disks, and paths that are no files."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from raas.v1.mutation_pb2 import Mutation
from raas.v1.period_pb2 import Period
from raas_client import Checkpoint, Mirror, MirrorFileFailed, MirrorInUse
from raas_client.mirror.sqlite_store import SqliteMirrorStore
from raas_client.mirror.store import Place
from raas_client.testing import FakeRegister
from tests.client.mirror.test_mirror import caught_up, exported
from tests.client.registers import ANN, BOB, QUICK, person
from tests.e2e.servers import clean_environment
from tests.eventually import eventually_async

OPEN_MIRROR = """
import asyncio, sys
from raas_client import RaasClient
async def main():
    async with RaasClient(sys.argv[1], enterprise_number=sys.argv[2]) as client, client.mirror(sys.argv[3]):
        print("open", flush=True)
        sys.stdin.readline()
asyncio.run(main())
"""


async def test_second_mirror_on_a_file_is_refused_and_the_first_goes_on(
    fake: FakeRegister, tmp_path: Path
) -> None:
    path, link = tmp_path / "mirror.sqlite", tmp_path / "link.sqlite"
    link.symlink_to(path)
    async with fake.client() as client:
        async with client.mirror(path) as first:
            for same in (path, link):
                with pytest.raises(MirrorInUse, match=r"mirror\.sqlite is in use by another mirror"):
                    async with client.mirror(same):
                        pass
            await client.inscribe(ANN, "HEALTH", "2024-01-01")
            await caught_up(first, client)
            assert first.knows(ANN, "2024-01-01")
        async with client.mirror(link) as again:
            assert again.knows(ANN, "2024-01-01")


async def test_file_of_a_killed_process_is_free_again(fake: FakeRegister, tmp_path: Path) -> None:
    path = tmp_path / "mirror.sqlite"
    command = [sys.executable, "-c", OPEN_MIRROR, fake.target, fake.enterprise_number, str(path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=clean_environment(), stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        async with fake.client() as client:
            with pytest.raises(MirrorInUse):
                async with client.mirror(path):
                    pass
            process.kill()
            process.wait()
            async with client.mirror(path):
                pass


def fill_disk(mirror: Mirror, *, full: bool) -> None:
    """Let SQLite say that the disk is full, or no longer: it counts the pages of the file."""
    writer = mirror._store._writer  # type: ignore[attr-defined]
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    writer.execute(f"PRAGMA max_page_count = {pages if full else 1_000_000}")


async def test_mirror_answers_on_a_full_disk_and_catches_up_afterwards(
    fake: FakeRegister, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "raas_client")
    path = tmp_path / "mirror.sqlite"
    async with fake.client(retries=QUICK) as client:
        await client.inscribe(ANN, "HEALTH", "2024-01-01")
        async with client.mirror(path) as mirror:
            fill_disk(mirror, full=True)
            for each in range(300):
                answer = await client.inscribe(person(each), "HEALTH", "2024-01-01")
            await eventually_async(lambda: "database or disk is full" in caplog.text)
            assert mirror.knows(ANN, "2024-01-01")
            assert mirror.checkpoint.revision < answer.revision
            fill_disk(mirror, full=False)
            await caught_up(mirror, client)
            assert list(mirror.all()) == await exported(client)
            assert mirror.checksum == (await client.get_register()).checksum


async def test_error_on_a_full_disk_names_its_cause_and_leaves_the_copy(tmp_path: Path) -> None:
    store, place = SqliteMirrorStore(tmp_path / "mirror.sqlite"), Place(Checkpoint("log", 1), b"1")
    await store.open(())
    await store.complete(place)
    assert store._writer is not None
    (pages,) = store._writer.execute("PRAGMA page_count").fetchone()
    store._writer.execute(f"PRAGMA max_page_count = {pages}")
    since_2024 = [Period(begin="2024-01-01")]
    mutations = [
        Mutation(niss=person(each), dossier_type="HEALTH", after=since_2024, revision=each + 2)
        for each in range(500)
    ]
    with pytest.raises(MirrorFileFailed, match="database or disk is full") as failed:
        await store.apply(mutations, Place(Checkpoint("log", 501), b"2"))
    assert isinstance(failed.value.__cause__, sqlite3.OperationalError)
    assert (store.place, list(store.all())) == (place, [])
    store._writer.execute("PRAGMA max_page_count = 1000000")
    await store.apply(mutations, Place(Checkpoint("log", 501), b"2"))
    assert len(list(store.all())) == 500
    await store.close()


async def test_entering_raises_where_the_file_cannot_be_opened(fake: FakeRegister, tmp_path: Path) -> None:
    async with fake.client() as client:
        for path in (tmp_path / "missing" / "mirror.sqlite", tmp_path):
            with pytest.raises(MirrorFileFailed, match="unable to open database file"):
                async with client.mirror(path):
                    pass


async def test_memory_path_of_sqlite_is_a_mirror_in_memory(
    fake: FakeRegister, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with fake.client() as client:
        await client.inscribe(BOB, "HEALTH", "2024-01-01")
        async with client.mirror(":memory:") as mirror, client.mirror(":memory:") as other:
            assert mirror.knows(BOB, "2024-01-01")
            assert other.knows(BOB, "2024-01-01")
    assert list(tmp_path.iterdir()) == []

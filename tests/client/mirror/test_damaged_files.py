"""Files of mirrors that are damaged, that are not files of SQLite, or that were closed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from raas.v1.dossier_pb2 import Dossier
from raas.v1.mutation_pb2 import Mutation
from raas.v1.period_pb2 import Period
from raas_client import Checkpoint, MirrorFileFailed, MirrorStopped
from raas_client.mirror.sqlite_store import SqliteMirrorStore
from raas_client.mirror.store import Place
from raas_client.testing import FakeRegister
from tests.client.mirror.test_mirror import caught_up
from tests.client.registers import ANN, BOB, QUICK

SINCE_2024 = [Period(begin="2024-01-01")]
CHANGE = [Mutation(niss=BOB, dossier_type="HEALTH", after=SINCE_2024, revision=2)]
PLACE = Place(Checkpoint("log", 2), None)


def damage(path: Path) -> None:
    """Overwrite the first page of the dossiers; the mirror must be closed."""
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT rootpage FROM sqlite_schema WHERE name = 'dossier'"
        (page,) = connection.execute(query).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


async def filled(path: Path) -> SqliteMirrorStore:
    store = SqliteMirrorStore(path)
    await store.open(())
    await store.add([Dossier(niss=ANN, dossier_type="HEALTH", periods=SINCE_2024)], Checkpoint("log", 1, "a"))
    await store.complete(Place(Checkpoint("log", 1), None))
    return store


@pytest.mark.parametrize(
    "read", [lambda store: store.of(ANN), lambda store: list(store.all())], ids=["of", "all"]
)
async def test_damaged_file_fails_in_every_operation(
    tmp_path: Path, read: Callable[[SqliteMirrorStore], object]
) -> None:
    path = tmp_path / "mirror.sqlite"
    await (await filled(path)).close()
    damage(path)
    store = SqliteMirrorStore(path)
    await store.open(())
    with pytest.raises(MirrorFileFailed, match=r"mirror\.sqlite: database disk image is malformed") as failed:
        read(store)
    assert failed.value.damaged
    with pytest.raises(MirrorFileFailed, match=r"mirror\.sqlite: database disk image is malformed") as failed:
        await store.apply(CHANGE, PLACE)
    assert failed.value.damaged
    assert isinstance(failed.value.__cause__, sqlite3.DatabaseError)
    await store.close()


async def test_mirror_stops_when_its_file_is_damaged(fake: FakeRegister, tmp_path: Path) -> None:
    path = tmp_path / "mirror.sqlite"
    async with fake.client(retries=QUICK) as client:
        async with client.mirror(path):
            pass
        damage(path)
        async with client.mirror(path) as mirror:
            await client.inscribe(ANN, "HEALTH", "2024-01-01")
            with pytest.raises(MirrorStopped) as stopped:
                await caught_up(mirror, client)
            assert isinstance(stopped.value.__cause__, MirrorFileFailed)
            with pytest.raises(MirrorStopped):
                mirror.knows(ANN, "2024-01-01")


@pytest.mark.parametrize("content", [b"niss,dossier_type\n" * 100, b"SQLite format 3\0" + b"\xff" * 5_000])
async def test_file_that_is_not_of_sqlite_is_refused_unchanged(
    fake: FakeRegister, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "persons.csv"
    path.write_bytes(content)
    async with fake.client() as client:
        with pytest.raises(ValueError, match=r"persons\.csv is not a mirror"):
            async with client.mirror(path):
                pass
    assert path.read_bytes() == content


async def test_lock_file_that_is_not_of_sqlite_fails(tmp_path: Path) -> None:
    (tmp_path / "mirror.sqlite-lock").write_bytes(b"no lock" * 1_000)
    with pytest.raises(MirrorFileFailed, match=r"mirror\.sqlite-lock: file is not a database"):
        await SqliteMirrorStore(tmp_path / "mirror.sqlite").open(())


async def test_closed_store_refuses_every_operation(tmp_path: Path) -> None:
    store = await filled(tmp_path / "mirror.sqlite")
    assert list(store.of(ANN)) == ["HEALTH"]
    await store.close()
    with pytest.raises(MirrorStopped):
        store.of(ANN)
    with pytest.raises(MirrorStopped):
        list(store.all())
    with pytest.raises(MirrorStopped):
        await store.apply(CHANGE, PLACE)

"""The stores of checkpoints."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from raas_client import Checkpoint, CheckpointTable, FileCheckpoints, MemoryCheckpoints, Mutations
from raas_client.testing import FakeRegister
from tests.client.registers import ANN, BOB, here, opened

PLACE = Checkpoint("5f0c3c52-6a0e-4c55-9d0a-0f4be4f5a9a1", 7)
INSIDE = Checkpoint("5f0c3c52-6a0e-4c55-9d0a-0f4be4f5a9a1", 8, "a token")


async def test_checkpoint_file_holds_the_last_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "place.json"
    assert await FileCheckpoints(path).load() is None
    for place in (INSIDE, PLACE):
        await FileCheckpoints(path).save(place)
        assert await FileCheckpoints(path).load() == place
    assert [each.name for each in tmp_path.iterdir()] == ["place.json"]


@pytest.mark.parametrize(
    "content", ["", "7", "{}", '{"log_id": "x"}', '{"revision": 1, "log_id": "x", "more": 1}']
)
async def test_checkpoint_file_with_other_content_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "place.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"place\.json holds no checkpoint"):
        await FileCheckpoints(path).load()


def test_checkpoint_table_belongs_to_the_transaction_of_the_caller(tmp_path: Path) -> None:
    table = CheckpointTable("billing", sqlite3.paramstyle)
    other = CheckpointTable("archive", sqlite3.paramstyle)
    with closing(sqlite3.connect(tmp_path / "books.sqlite")) as database:
        cursor = database.cursor()
        table.create(cursor)
        table.create(cursor)
        assert table.load(cursor) is None
        table.save(cursor, INSIDE)
        database.commit()
        table.save(cursor, PLACE)
        assert table.load(cursor) == PLACE
        database.rollback()
        assert (table.load(cursor), other.load(cursor)) == (INSIDE, None)


def test_checkpoint_table_works_on_postgresql(server_dsn: str) -> None:
    table = CheckpointTable("billing", psycopg.paramstyle, table="pg_temp.place")
    with psycopg.connect(server_dsn) as connection, connection.cursor() as cursor:
        table.create(cursor)
        for place in (INSIDE, PLACE):
            table.save(cursor, place)
            assert table.load(cursor) == place


def test_checkpoint_table_refuses_bad_names_and_paramstyles() -> None:
    with pytest.raises(ValueError, match="letters, digits and underscores"):
        CheckpointTable("billing", "qmark", table="x; DROP TABLE y")
    with pytest.raises(ValueError, match="paramstyle"):
        CheckpointTable("billing", "dollar")


async def test_subscription_continues_at_its_stored_checkpoint(fake: FakeRegister) -> None:
    async with fake.client() as client:
        store = MemoryCheckpoints(await here(client))
        await client.inscribe(ANN, "HEALTH", "2024-01-01")
        await client.inscribe(BOB, "HEALTH", "2024-01-01")
        seen = []
        for _ in range(3):
            # One event each time; asking for the next one says that it was dealt with.
            async with opened(client.subscribe(checkpoints=store, heartbeat_seconds=1)) as events:
                event = await anext(events)
                assert isinstance(event, Mutations)
                seen += [each.niss for each in event.mutations]
                if len(seen) >= 2:
                    await anext(events)
                    break
    assert seen[0] == ANN
    assert seen[-1] == BOB
    assert store.checkpoint == event.checkpoint


def test_checkpoint_covers_earlier_revisions_of_its_log() -> None:
    assert PLACE.covers(PLACE.log_id, 7)
    assert not PLACE.covers(PLACE.log_id, 8)
    assert not PLACE.covers("another", 7)
    assert not INSIDE.covers(INSIDE.log_id, 1)


class CountingChangesOnly(sqlite3.Cursor):
    """A cursor that counts updated rows as MySQL does: only those whose values changed."""

    @property
    def rowcount(self) -> int:
        return 0


def test_saving_the_same_checkpoint_again_changes_nothing_on_any_database() -> None:
    table = CheckpointTable("billing", sqlite3.paramstyle)
    with closing(sqlite3.connect(":memory:")) as database:
        cursor = database.cursor(CountingChangesOnly)
        table.create(cursor)
        for place in (INSIDE, INSIDE, PLACE, PLACE):
            table.save(cursor, place)
            assert table.load(cursor) == place
        assert cursor.execute("SELECT count(*) FROM raas_checkpoint").fetchone() == (1,)


def test_table_of_an_earlier_version_is_read_and_completed() -> None:
    table, hashed = CheckpointTable("billing", sqlite3.paramstyle), replace(PLACE, filter_hash="0" * 16)
    with closing(sqlite3.connect(":memory:")) as database:
        cursor = database.cursor()
        cursor.execute(
            "CREATE TABLE raas_checkpoint (reader VARCHAR(200) PRIMARY KEY, log_id CHAR(36) NOT NULL, "
            "revision BIGINT NOT NULL, resume_token VARCHAR(2000))"
        )
        cursor.execute("INSERT INTO raas_checkpoint VALUES ('billing', ?, 8, 'a token')", (INSIDE.log_id,))
        assert table.load(cursor) == INSIDE
        table.save(cursor, hashed)
        assert table.load(cursor) == PLACE
        table.create(cursor)
        assert table.load(cursor) == PLACE
        table.save(cursor, hashed)
        loaded = table.load(cursor)
        assert loaded is not None
        assert loaded.filter_hash == "0" * 16

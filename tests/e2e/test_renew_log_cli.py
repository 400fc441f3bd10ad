"""`raas renew-log`, and the restore of a backup, which requires it."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from raas_client import AfterRevision, Bookmark, Checkpoint, FromSnapshot, LogReplaced, Subscription
from tests.conftest import CITUS_DSN, GIVEN_DSN, drop_database, new_database
from tests.e2e.registers import TYPES, TestRegister, new_register
from tests.e2e.servers import Server, raas
from tests.oracle import numbers

ANN, BOB = numbers.niss(1991, 63, 5, 1), numbers.niss(1991, 63, 5, 2)


async def inscribe(register: TestRegister, niss: str) -> None:
    async with register.client() as client:
        await client.inscribe(niss, TYPES[0], "2024-01-01")


async def checkpoint_of(subscription: Subscription, revision: int) -> Checkpoint:
    """The checkpoint of a subscription that received everything through a revision."""
    async with aclosing(subscription.events()) as events:
        async for event in events:
            if event.checkpoint.resume_token is None and event.checkpoint.revision >= revision:
                return event.checkpoint
    raise AssertionError("the subscription ended")


async def test_renew_log_of_one_register_beside_a_running_server(server: Server) -> None:
    register, other = new_register(server), new_register(server)
    await inscribe(register, ANN)
    before, untouched = register.state(), other.state()
    async with register.client() as client:
        known = await checkpoint_of(client.subscribe(AfterRevision(0)), before.revision)
        follower = client.subscribe(known, heartbeat_seconds=1)
        async with aclosing(follower.events()) as events:
            assert isinstance(await anext(events), Bookmark)
            done = await asyncio.to_thread(
                raas, "renew-log", "--json", "--register", register.number, environment=server.environment
            )
            with pytest.raises(LogReplaced):
                async for _ in events:
                    pass
        after = register.state()
        assert json.loads(done.stdout) == {
            "complete": True,
            "registers": [{"register": register.number, "log_id": after.log_id}],
        }
        assert after.log_id != before.log_id
        with pytest.raises(LogReplaced):
            await checkpoint_of(client.subscribe(known), before.revision)
        anew = await checkpoint_of(client.subscribe(FromSnapshot()), before.revision)
        assert anew == Checkpoint(after.log_id, before.revision)
    after.log_id = before.log_id
    assert after == before
    assert other.state() == untouched


class DatabaseOfOnesOwn:
    """A server on an external database, which is copied while the server is stopped."""

    def __init__(self, directory: Path, dsn: str) -> None:
        self.server = Server(directory, dsn)
        self._dsn = dsn
        self._name = str(conninfo_to_dict(dsn)["dbname"])

    def back_up(self) -> None:
        self._copy(self._name, f"{self._name}_backup")

    def restore(self) -> None:
        drop_database(self._dsn, self._name)
        self._copy(f"{self._name}_backup", self._name)
        drop_database(self._dsn, f"{self._name}_backup")

    def _copy(self, source: str, target: str) -> None:
        names = map(sql.Identifier, (target, source))
        with psycopg.connect(self._dsn, dbname="postgres", autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))


class Embedded:
    """A server with the embedded database, and a copy of its data directory."""

    def __init__(self, directory: Path) -> None:
        self.server = Server(directory)
        self._data, self._copy = directory / "var", directory / "copy"

    def back_up(self) -> None:
        assert not (self._data / "elsewhere").exists()
        _copy_as_it_is(self._data, self._copy)

    def restore(self) -> None:
        shutil.rmtree(self._data)
        _copy_as_it_is(self._copy, self._data)


def _copy_as_it_is(source: Path, target: Path) -> None:
    """`cp -a`: with owners and permissions."""
    subprocess.run(["cp", "-a", source, target], check=True)


Installation = DatabaseOfOnesOwn | Embedded


WITHOUT_OWN = pytest.mark.skipif(GIVEN_DSN is not None, reason="the database of this run is not embedded")


NO_CLUSTER = pytest.mark.skipif(CITUS_DSN is not None, reason="a copy of a node is no backup of a cluster")


@pytest.fixture(
    params=[
        pytest.param("database of one's own", marks=NO_CLUSTER),
        pytest.param("embedded", marks=WITHOUT_OWN),
    ]
)
def installation(request: pytest.FixtureRequest, server_dsn: str) -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="raas-test-") as directory:
        # PostgreSQL may run as another user, which must be able to enter the directory.
        Path(directory).chmod(0o711)
        if request.param == "embedded":
            with _discarding(Embedded(Path(directory))) as made:
                yield made
        else:
            with (
                new_database(server_dsn) as dsn,
                _discarding(DatabaseOfOnesOwn(Path(directory), dsn)) as made,
            ):
                yield made


@contextmanager
def _discarding(installation: Installation) -> Iterator[Installation]:
    try:
        yield installation
    finally:
        installation.server.discard()


async def test_renew_log_after_the_restore_of_a_backup(installation: Installation) -> None:
    """Lost revisions are used again; after the logs are renewed, subscribers that had them are refused."""
    server = installation.server
    server.start()
    register = new_register(server)
    await inscribe(register, ANN)
    at_backup = register.state()
    assert server.stop() == 0
    installation.back_up()
    server.start()
    await inscribe(register, BOB)
    async with register.client() as client:
        known = await checkpoint_of(client.subscribe(AfterRevision(0)), at_backup.revision + 1)
    assert server.stop() == 0

    installation.restore()
    said = raas("renew-log", "--all", environment=server.environment).stdout
    assert said == "logs renewed: 1; their subscribers start again with a snapshot\n"
    server.start()
    restored = register.state()
    assert restored.log_id != at_backup.log_id
    restored.log_id = at_backup.log_id
    assert restored == at_backup
    assert {line.niss for line in register.exported()} == {ANN}
    async with register.client() as client:
        # The same revision is another mutation now.
        await client.inscribe(BOB, TYPES[1], "2020-01-01")
        assert register.state().revision == known.revision
        with pytest.raises(LogReplaced):
            await checkpoint_of(client.subscribe(known), known.revision)
        anew = await checkpoint_of(client.subscribe(FromSnapshot()), known.revision)
    assert anew.log_id == register.state().log_id

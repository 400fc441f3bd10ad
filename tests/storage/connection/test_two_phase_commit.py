"""A change of numbers over the nodes of a cluster, one of which has not heard of the COMMIT."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.niss import Niss
from raas.domain.registers.operation import Action, Operation
from raas.storage.connection.database import open_database
from raas.storage.schema.migration import upgrade
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.ports.errors import StoreUnavailable
from tests.citus import distribute_tables
from tests.conftest import CITUS_DSN, new_database
from tests.eventually import eventually
from tests.storage.connection.holding import Holding
from tests.storage.persons.test_transaction import days
from tests.usecases.persons.harness import a_call
from tests.usecases.reads.harness import ReadingHarness

pytestmark = pytest.mark.skipif(CITUS_DSN is None, reason="it is about the nodes of a cluster")

_UNAWARE = "SELECT count(*) FROM pg_dist_node WHERE NOT metadatasynced"

DAY = "2024-06-15"
OF_OLD, OF_NEW = ("2024-01-01", "2024-12-31"), ("2022-01-01", "2022-12-31")


@dataclass
class Cluster:
    """A database whose coordinator talks to the workers through proxies."""

    dsn: str
    workers: Sequence[Holding]
    harness: ReadingHarness

    async def recover(self) -> None:
        """Have the coordinator end what a crash left, as it does every minute."""
        await asyncio.to_thread(_execute, self.dsn, "SELECT recover_prepared_transactions()")


@pytest.fixture(scope="module")
def proxied() -> Iterator[tuple[str, Sequence[Holding]]]:
    """The DSN of an empty database whose coordinator talks to the workers through proxies, and these."""
    assert CITUS_DSN is not None
    with _without_tls(CITUS_DSN), new_database(CITUS_DSN) as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            nodes = connection.execute(
                "SELECT nodeid, nodeport FROM pg_dist_node WHERE groupid > 0"
            ).fetchall()
            workers = {node: Holding(port) for node, port in nodes}
            for node, worker in workers.items():
                connection.execute("SELECT citus_update_node(%s, '127.0.0.1', %s)", (node, worker.port))
            # Tables can be created once each node knows the new addresses.
            eventually(lambda: connection.execute(_UNAWARE).fetchone() == (0,))
        try:
            yield dsn, list(workers.values())
        finally:
            for worker in workers.values():
                worker.close()


@pytest.fixture(scope="module")
async def cluster(proxied: tuple[str, Sequence[Holding]]) -> AsyncIterator[Cluster]:
    """The database with distributed tables, and use cases on it."""
    dsn, workers = proxied
    engine: AsyncEngine = open_database(dsn)
    reading = open_database(dsn, autocommit=True)
    await upgrade(engine)
    await engine.dispose()
    await asyncio.to_thread(distribute_tables, dsn)
    yield Cluster(dsn, workers, ReadingHarness(engine, reading))
    await engine.dispose()
    await reading.dispose()


@pytest.fixture(autouse=True)
def _nothing_is_held(cluster: Cluster) -> Iterator[None]:
    yield
    for worker in cluster.workers:
        worker.loses = False
        worker.passing.set()
        worker.held.clear()


@dataclass
class Scene:
    """Registers on all nodes that know a person under two numbers."""

    harness: ReadingHarness
    registers: Sequence[AdmittedRegister]
    old: Niss
    new: Niss

    async def consulted(self, register: AdmittedRegister) -> tuple[bool, int]:
        """Whether the old number is read as the new one, and the lines found."""
        answer = await self.harness.consult(register, self.old)
        return bool(answer.resolved), sum(len(dossier.lines) for dossier in answer.dossiers)

    async def checked(self, register: AdmittedRegister) -> bool:
        return (await self.harness.check(register, self.old, DAY)).inscribed

    async def found(self) -> int:
        return len((await self.harness.find(self.old)).matches)

    async def history(self, register: AdmittedRegister) -> tuple[int, bool]:
        """The number of mutations, and whether the old number is read as the new one."""
        revisions, resolved = await self.harness.history(register, self.old)
        return len(revisions), bool(resolved)


async def scene(harness: ReadingHarness) -> Scene:
    registers = [await harness.register() for _ in range(6)]
    old, new = await harness.person(), await harness.person()
    for register in registers:
        await harness.inscribe(register, old, *OF_OLD)
        await harness.inscribe(register, new, *OF_NEW)
    return Scene(harness, registers, old, new)


async def test_reads_wait_for_a_node_that_has_not_ended_a_replacement(cluster: Cluster) -> None:
    shown = await scene(cluster.harness)
    worker = cluster.workers[0]
    worker.passing.clear()
    replacing = asyncio.create_task(cluster.harness.replace(shown.old, shown.new))
    assert await asyncio.to_thread(worker.held.wait, 20)
    consulted = [asyncio.create_task(shown.consulted(each)) for each in shown.registers]
    checked = [asyncio.create_task(shown.checked(each)) for each in shown.registers]
    histories = [asyncio.create_task(shown.history(each)) for each in shown.registers]
    found = asyncio.create_task(shown.found())
    # A read that did not wait would have answered by then what the node still shows.
    await asyncio.wait([*consulted, *checked, *histories, found], timeout=0.5)
    worker.passing.set()
    await replacing
    assert {await each for each in consulted} <= {(False, 1), (True, 2)}
    assert {await each for each in checked} == {True}
    assert {await each for each in histories} <= {(1, False), (4, True)}
    assert await found == 6


async def test_reads_and_writes_are_unavailable_until_the_cluster_has_recovered(cluster: Cluster) -> None:
    harness = cluster.harness
    shown, empty = await scene(harness), [await harness.register() for _ in range(3)]
    unchanged = await harness.person()
    worker = cluster.workers[0]
    worker.loses = True
    await harness.replace(shown.old, shown.new)
    assert worker.held.is_set()
    for ask in (shown.consulted, shown.checked, shown.history):
        with pytest.raises(StoreUnavailable):
            await ask(shown.registers[0])
    with pytest.raises(StoreUnavailable):
        await shown.found()
    for register in empty:
        # Some of them are on the node that takes the old number for an active one.
        await harness.inscribe(register, unchanged, *OF_OLD)
        operation = Operation(Action.INSCRIBE, shown.old, "HEALTH", days(*OF_OLD))
        for validate_only in (True, False):
            with pytest.raises(StoreUnavailable):
                await harness.operations.single(
                    a_call(), register, operation, validate_only=validate_only, request_id=None
                )
    worker.loses = False
    await cluster.recover()
    for register in shown.registers:
        assert await shown.consulted(register) == (True, 2)
    for register in empty:
        await harness.inscribe(register, shown.new, *OF_NEW)
        await harness.inscribe(register, shown.old, *OF_OLD)
        assert await shown.consulted(register) == (True, 2)


@contextmanager
def _without_tls(coordinator: str) -> Iterator[None]:
    """The nodes talk in clear, so that a proxy can see a commit."""
    _execute(coordinator, "ALTER SYSTEM SET citus.node_conninfo = 'sslmode=disable'", _RELOAD)
    try:
        yield
    finally:
        _execute(coordinator, "ALTER SYSTEM RESET citus.node_conninfo", _RELOAD)


_RELOAD = "SELECT pg_reload_conf()"


def _execute(dsn: str, *statements: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)

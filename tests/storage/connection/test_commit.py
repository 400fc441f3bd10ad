"""The outcome of a COMMIT whose connection is lost is found by its writes, also after other writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.persons.identity import Identity
from raas.domain.registers.operation import Action, Operation
from raas.storage.connection import transactions
from raas.storage.connection.commit import NOTHING_TO_FIND
from raas.storage.connection.transactions import Transaction, Transactions
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.fingerprint import RequestId
from raas.usecases.persons.identities import NoIdentities
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.writes.imports import ImportMessage, Imports
from tests.eventually import eventually_async
from tests.lock_waits import waiting_for
from tests.usecases.persons.harness import PersonHarness, a_call, an_identity, new_niss


@pytest.fixture
async def harness(engine: AsyncEngine, reading_engine: AsyncEngine) -> PersonHarness:
    return PersonHarness(engine, reading_engine)


class Loss:
    """Loses the connection of the next COMMIT, before or after it was carried out."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, committed: bool) -> None:
        self.count = 0
        self._close = Transaction._close_pipeline
        self._committed = committed
        self._patch = monkeypatch
        monkeypatch.setattr(Transaction, "_close_pipeline", self._lose())
        if not committed:
            end = "SELECT pg_terminate_backend(pg_backend_pid())"
            monkeypatch.setattr("raas.storage.connection.transactions._COMMIT", end)

    def _lose(self) -> Callable[[Transaction], Awaitable[None]]:
        async def close(transaction: Transaction) -> None:
            if not transaction._committing or self.count:
                return await self._close(transaction)
            self.count += 1
            self._patch.setattr("raas.storage.connection.transactions._COMMIT", "COMMIT")
            await self._close(transaction)
            await transaction.connection.close()
            raise psycopg.OperationalError("lost")

        return close


async def revisions(harness: PersonHarness, register: AdmittedRegister) -> list[object]:
    return [row[0] for row in await harness.log(register)]


@pytest.mark.parametrize("committed", [True, False])
async def test_an_inscription_is_written_once(
    harness: PersonHarness, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    register, niss = await harness.register(), await harness.person()
    loss = Loss(monkeypatch, committed=committed)
    await harness.inscribe(register, niss, "2024-01-01", "2024-01-31")
    assert loss.count == 1
    # The queue repeats only jobs that were not committed.
    assert await revisions(harness, register) == [2]


@pytest.mark.parametrize("committed", [True, False])
async def test_an_unchanged_request_is_stored_once(
    harness: PersonHarness, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    register, niss = await harness.register(), await harness.person()
    operation = Operation(Action.REMOVE, niss, "HEALTH", None)
    request_id = RequestId(uuid4().hex, bytes)

    async def send() -> Any:
        return await harness.operations.single(
            a_call(), register, operation, validate_only=False, request_id=request_id
        )

    loss = Loss(monkeypatch, committed=committed)
    assert await send() == await send()
    assert loss.count == 1


@pytest.mark.parametrize("committed", [True, False])
async def test_the_offset_of_an_import_is_stored_once(
    harness: PersonHarness, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    register, niss = await harness.register(), await harness.person()
    imports = Imports(harness.write_queues, harness.write_store, harness.source, NoIdentities())
    import_id = uuid4().hex

    async def messages() -> AsyncIterator[ImportMessage]:
        yield ImportMessage(import_id, 0, [Operation(Action.REMOVE, niss, "HEALTH", None)] * 2)

    loss = Loss(monkeypatch, committed=committed)
    for _ in range(2):
        answers = [answer async for answer in imports.run(a_call(), register, messages())]
        assert [answer.through_offset for answer in answers] == [2]
    assert loss.count == 1


async def test_the_revision_of_another_writer_is_not_taken_for_the_own_one(
    harness: PersonHarness,
    engine: AsyncEngine,
    reading_engine: AsyncEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register, niss, other = await harness.register(), await harness.person(), await harness.person()
    resolve = transactions.resolve

    async def write_first(*arguments: Any) -> None:
        monkeypatch.setattr(transactions, "resolve", resolve)
        # Another process writes before the outcome is asked: the same revision, with another checksum.
        await PersonHarness(engine, reading_engine).inscribe(register, other, "2024-01-01", "2024-01-31")
        await resolve(*arguments)

    Loss(monkeypatch, committed=False)
    monkeypatch.setattr(transactions, "resolve", write_first)
    await harness.inscribe(register, niss, "2024-01-01", "2024-01-31")
    assert [(row[0], row[2]) for row in await harness.log(register)] == [(2, other), (3, niss)]


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize("held", [True, False])
async def test_a_replacement_is_made_or_known_not_to_be_made(
    harness: PersonHarness, monkeypatch: pytest.MonkeyPatch, committed: bool, held: bool
) -> None:
    registers = [await harness.register() for _ in range(2 if held else 0)]
    old, new = await harness.person(), await harness.person()
    for register in registers:
        await harness.inscribe(register, old, "2024-01-01", "2024-01-31")
    Loss(monkeypatch, committed=committed)
    outcome = await asyncio.gather(
        harness.numbers.replace(a_call(), old, new, validate_only=False), return_exceptions=True
    )
    if committed:
        assert not isinstance(outcome[0], BaseException)
    else:
        assert isinstance(outcome[0], StoreUnavailable)
    assert ((await harness.record(old)).successor == new) == committed
    for register in registers:
        assert len(await revisions(harness, register)) == (3 if committed else 1)


@pytest.mark.parametrize("committed", [True, False])
async def test_a_person_is_created_or_known_not_to_be_created(
    harness: PersonHarness, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    niss = new_niss()
    identity: Identity = replace(an_identity(f"Zz{uuid4().hex[:8]}", "1968-06-14", "An"), birth_place="Oujda")
    Loss(monkeypatch, committed=committed)
    creating = harness.creating(niss).create(a_call(), identity, (), None)
    if committed:
        created = await creating
        assert created.person is not None
        assert created.person.niss == niss
    else:
        with pytest.raises(StoreUnavailable):
            await creating
    assert (niss in await harness.store.persons([niss])) == committed


async def test_a_commit_goes_on_when_its_caller_is_cancelled(harness: PersonHarness, dsn: str) -> None:
    register, niss = await harness.register(), await harness.person()
    every = Transactions(harness.engine)
    log_id = uuid4()

    async def renew() -> None:
        async with every.begin() as transaction:
            statements = [
                ("UPDATE register_head SET log_id = %s WHERE register_id = %s", (log_id, register.id)),
                ("SELECT pg_advisory_xact_lock(%s)", (register.id,)),
            ]
            await transaction.commit(NOTHING_TO_FIND, statements)

    with psycopg.connect(dsn) as holder, psycopg.connect(dsn, autocommit=True) as observer:
        holder.execute("SELECT pg_advisory_xact_lock(%s)", (register.id,))
        task = asyncio.create_task(renew())
        await eventually_async(lambda: waiting_for(holder, observer))
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0.02)
        with pytest.raises(asyncio.CancelledError):
            await task
    # Waits for the lock of the register, which the COMMIT releases.
    await harness.inscribe(register, niss, "2024-01-01", "2024-01-31")

    async def read(connection: psycopg.AsyncConnection[tuple[Any, ...]]) -> object:
        cursor = await connection.execute(
            "SELECT log_id FROM register_head WHERE register_id = %s", (register.id,)
        )
        return await cursor.fetchone()

    assert await every.run(read) == (log_id,)

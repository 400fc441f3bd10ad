"""The write lane: one queue and one writer per register and process.

Elements (one call, one batch, one Import message) are taken whole, several at a time, and become one
transaction: locking and loading cost the same for one operation as for a thousand. The batch forms by
itself while the one before it commits, and grows while calls are on their way in.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any

from raas.concurrency.linger import linger
from raas.domain.errors import Reason, refuse
from raas.usecases.ports.errors import CommitUnknown, StoreFault, StoreUnavailable
from raas.usecases.ports.log import CommittedBatch, LogPoint, OnCommit
from raas.usecases.ports.write_store import DossierTypes, NewMutation, WriteStore
from raas.usecases.writes.batch import BatchExecution, Waiting, WriteJob, WriteLimits, wanted
from raas.usecases.writes.unit_of_work import RegisterUnitOfWork

_RETRY_SECONDS = (0.02, 0.1, 0.3, 0.6, 1.0, 2.0)
"""Pauses before trying again when the store does not answer: about as long as a restart takes."""


class WriteQueue:
    """The queue and the writer of one register; `submit` is its whole interface."""

    def __init__(self, register_id: int, store: WriteStore, limits: WriteLimits, committed: OnCommit) -> None:
        self._register_id = register_id
        self._store = store
        self._limits = limits
        self._committed = committed
        self._types: DossierTypes | None = None
        self._calls: deque[Waiting] = deque()
        self._imports: deque[Waiting] = deque()
        self._waiting_operations = 0
        self._writer: asyncio.Task[None] | None = None

    async def submit(self, element: WriteJob) -> Any:
        """Wait for the element to be committed; answers what its `apply` returned.

        Raises Refused (nothing of the element was written), OVERLOADED when the queue is full, or the
        errors of the store. A caller that is cancelled while waiting leaves nothing behind; once its
        transaction has begun, it may still be committed.
        """
        if self._waiting_operations and (
            self._waiting_operations + element.weight > self._limits.waiting_operations
        ):
            raise refuse(Reason.OVERLOADED)
        waiting = Waiting(element, asyncio.get_running_loop().create_future())
        (self._imports if element.background else self._calls).append(waiting)
        self._waiting_operations += element.weight
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_until_empty())
        return await waiting.future

    @property
    def waiting_operations(self) -> int:
        """Operations that were submitted and not taken yet."""
        return self._waiting_operations

    async def drained(self) -> None:
        """Wait until everything that was submitted has been answered."""
        while self._writer is not None:
            await asyncio.wait([self._writer])

    # ---- the writer -----------------------------------------------------------------------------

    async def _write_until_empty(self) -> None:
        try:
            while self._calls or self._imports:
                # Those who were answered go first: they may have more for this batch.
                await linger(lambda: len(self._calls), self._limits.operations)
                if batch := self._take():
                    await self._write(batch)
        finally:
            self._writer = None
            _fail([*self._calls, *self._imports], StoreUnavailable("the writer was stopped"))
            self._calls.clear()
            self._imports.clear()
            self._waiting_operations = 0

    def _take(self) -> list[Waiting]:
        """Whole elements up to the limit, at least one; Import and calls take turns while both wait."""
        batch: list[Waiting] = []
        operations = 0
        turn, other = self._calls, self._imports
        while turn or other:
            if not turn:
                turn, other = other, turn
            if batch and operations + turn[0].element.weight > self._limits.operations:
                break
            waiting = turn.popleft()
            self._waiting_operations -= waiting.element.weight
            if waiting.wanted:
                batch.append(waiting)
                operations += waiting.element.weight
            else:
                _fail([waiting], StoreUnavailable("the deadline passed while waiting"))
            turn, other = other, turn
        return batch

    def _put_back(self, batch: list[Waiting]) -> None:
        for waiting in reversed(batch):
            (self._imports if waiting.element.background else self._calls).appendleft(waiting)
            self._waiting_operations += waiting.element.weight

    async def _write(self, batch: list[Waiting]) -> None:
        """Write a batch; on a fault of the store, each element by itself, so that only the bad one fails."""
        pauses = iter(_RETRY_SECONDS)
        while batch:
            try:
                await self._transaction(batch)
                return
            except StoreUnavailable as unavailable:
                pause = next(pauses, None)
                if pause is None:
                    _fail(batch, unavailable)
                    return
                # Nothing was written: trying again is safe, for those who still wait.
                await asyncio.sleep(pause)
                batch = [waiting for waiting in batch if waiting.wanted]
            except StoreFault as fault:
                if len(batch) == 1:
                    _fail(batch, fault)
                    return
                for waiting in batch:
                    await self._write([waiting])
                return
            except Exception as error:
                _fail(batch, error)
                return
            except asyncio.CancelledError:
                _fail(batch, CommitUnknown("the writer was stopped"))
                raise

    async def _transaction(self, batch: list[Waiting]) -> None:
        """One transaction; leaves in `batch` the elements that it took, the others wait again."""
        types = await self._types_for(batch)
        while True:
            async with self._store.write(self._register_id, wanted(batch, types)) as transaction:
                if transaction.loaded.types_revision != types.revision:
                    # Types changed since they were cached: what to load may differ.
                    types = self._types = await self._store.dossier_types(self._register_id)
                    continue
                unit_of_work = RegisterUnitOfWork(
                    transaction.loaded, types, self._limits.max_lines_per_dossier
                )
                run = BatchExecution(unit_of_work, transaction, self._limits)
                answers = await run.run(batch)
                break
        if unit_of_work.types_revision != types.revision:
            self._types = None
        self._put_back(batch[len(answers) :])
        if unit_of_work.revision > transaction.loaded.revision:
            self._committed(self._register_id, _committed_batch(unit_of_work, run.mutations))
            # A turn of the event loop for those who follow: many answers at once take several times as long.
            await asyncio.sleep(0)
        for waiting, answer in zip(batch, answers, strict=False):
            waiting.answer(answer)

    async def _types_for(self, batch: Sequence[Waiting]) -> DossierTypes:
        """The cached types, read anew when an element names one that the cache does not have."""
        types = self._types
        if types is None or any(
            code not in types.by_code for waiting in batch for code in waiting.element.codes()
        ):
            types = self._types = await self._store.dossier_types(self._register_id)
        return types


class WriteQueues:
    """The lanes of this process, one per register, made when first needed."""

    def __init__(self, store: WriteStore, limits: WriteLimits, committed: OnCommit = lambda *_: None) -> None:
        self._store = store
        self._limits = limits
        self._committed = committed
        self._write_queues: dict[int, WriteQueue] = {}

    def __getitem__(self, register_id: int) -> WriteQueue:
        write_queue = self._write_queues.get(register_id)
        if write_queue is None:
            write_queue = self._write_queues[register_id] = WriteQueue(
                register_id, self._store, self._limits, self._committed
            )
        return write_queue

    def waiting_operations(self) -> int:
        """Operations that wait in all lanes together."""
        return sum(write_queue.waiting_operations for write_queue in self._write_queues.values())

    async def drained(self) -> None:
        """Wait until every lane has answered all it was given."""
        for write_queue in list(self._write_queues.values()):
            await write_queue.drained()


def _committed_batch(unit_of_work: RegisterUnitOfWork, mutations: Sequence[NewMutation]) -> CommittedBatch:
    """What a committed ledger added to the log."""
    loaded = unit_of_work.loaded
    point = LogPoint(unit_of_work.revision, loaded.record_time, unit_of_work.checksum)
    return CommittedBatch(loaded.log_id, mutations, point, unit_of_work.code_of)


def _fail(batch: Sequence[Waiting], error: Exception) -> None:
    for waiting in batch:
        waiting.answer(error)

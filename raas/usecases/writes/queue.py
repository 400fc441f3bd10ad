"""The write queue: group commit, one queue and one writer per register and process.

Jobs (one call, one ApplyBatch, one Import message) are taken whole, several at a time, and become one
transaction: locking and loading cost the same for one operation as for a thousand. A batch collects the
jobs that arrive while the previous one commits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from typing import TypeVar

from raas.concurrency.batch_queue import BatchQueue, DeadlinePassed, NotProcessed, own_copy, still_wanted
from raas.domain.errors import Reason, Refused, refuse
from raas.usecases.calls.access import Lost
from raas.usecases.ports.errors import ClockAhead, CommitUnknown, StoreFault, StoreUnavailable
from raas.usecases.ports.log import CommittedBatch, LogPoint, OnCommit
from raas.usecases.ports.write_store import DossierTypes, NewMutation, WriteStore
from raas.usecases.writes.batch import BatchExecution, WriteLimits
from raas.usecases.writes.job import QueuedJob, WriteJob, load_request
from raas.usecases.writes.unit_of_work import RegisterUnitOfWork

Answer = TypeVar("Answer")

_RETRY_SECONDS = (0.02, 0.1, 0.3, 0.6, 1.0, 2.0)
"""Pauses before the next attempt while the store does not answer: about as long as a restart takes."""


class WriteQueue:
    """The queue and the writer of one register; `submit` is its whole interface."""

    def __init__(self, register_id: int, store: WriteStore, limits: WriteLimits, committed: OnCommit) -> None:
        self._register_id = register_id
        self._store = store
        self._limits = limits
        self._committed = committed
        self._types: DossierTypes | None = None
        self._queue: BatchQueue[QueuedJob[object]] = BatchQueue(self._write, limit=limits.operations)

    async def submit(self, job: WriteJob[Answer], owner: Hashable = None, lost: Lost | None = None) -> Answer:
        """Wait until the job is committed; returns the result of its `apply`.

        The jobs of an owner are applied in their order; owners take turns. For owners of which nothing waits
        the queue has more room: one who fills it does not keep the others out.

        `lost` is asked again when the register is locked: the right of the caller may have ended meanwhile.
        Raises Refused (nothing of the job was written), OVERLOADED when the queue is full, or the errors
        of the store. A caller that is cancelled while its job waits leaves nothing behind; once its
        transaction has begun, it may still be committed.
        """
        waiting = self._queue.size
        if waiting and waiting + job.size > self._limits.waiting_operations:
            room = self._limits.waiting_operations + self._limits.reserved_operations
            if self._queue.has_of(owner) or waiting + job.size > room:
                raise refuse(Reason.OVERLOADED)
        queued = QueuedJob(job, owner, lost)
        self._queue.put(queued)
        try:
            return await queued.answer()
        except DeadlinePassed as passed:
            raise StoreUnavailable(str(passed)) from None
        except NotProcessed as stopped:
            raise CommitUnknown(str(stopped)) from None

    @property
    def waiting_operations(self) -> int:
        """Operations that were submitted and are in no transaction yet."""
        return self._queue.size

    async def drained(self) -> None:
        """Wait until every job has been answered."""
        await self._queue.drained()

    async def _write(self, batch: Sequence[QueuedJob[object]]) -> Sequence[QueuedJob[object]]:
        """Write a batch; returns the jobs that its transaction did not take.

        After a fault of the store, or of a job of which a part was sent, each job is tried by itself, so that
        only the faulty one fails.
        """
        pauses = iter(_RETRY_SECONDS)
        while batch:
            try:
                return await self._transaction(batch)
            except ClockAhead:
                raise
            except StoreUnavailable:
                pause = next(pauses, None)
                if pause is None:
                    raise
                # Nothing was written: a retry is safe, for the callers that still wait.
                await asyncio.sleep(pause)
                batch = still_wanted(batch)
            except (StoreFault, Refused):
                if len(batch) == 1:
                    raise
                await self._write_one_by_one(batch)
                return ()
        return ()

    async def _write_one_by_one(self, batch: Sequence[QueuedJob[object]]) -> None:
        for queued in batch:
            try:
                await self._write([queued])
            except Exception as error:
                queued.fail(own_copy(error))

    async def _transaction(self, batch: Sequence[QueuedJob[object]]) -> Sequence[QueuedJob[object]]:
        """One transaction; returns the jobs that it did not take."""
        types = await self._types_for(batch)
        while True:
            async with self._store.write(self._register_id, load_request(batch, types)) as transaction:
                if transaction.loaded.types_revision != types.revision:
                    # The cached types are outdated, and with them the list of dossiers to load.
                    types = self._types = await self._store.dossier_types(self._register_id)
                    continue
                unit_of_work = RegisterUnitOfWork(
                    transaction.loaded, types, self._limits.max_lines_per_dossier
                )
                execution = BatchExecution(unit_of_work, transaction, self._limits)
                applied = await execution.run(batch)
                break
        if unit_of_work.types_revision != types.revision:
            self._types = None
        if unit_of_work.revision > transaction.loaded.revision:
            self._committed(self._register_id, _committed_batch(unit_of_work, execution.mutations))
            # Subscribers run before the callers are answered: many answers take several times as long.
            await asyncio.sleep(0)
        for queued in batch[:applied]:
            queued.settle()
        return batch[applied:]

    async def _types_for(self, batch: Sequence[QueuedJob[object]]) -> DossierTypes:
        """The cached types, read anew when a job names a code that the cache does not have."""
        types = self._types
        if types is None or not all(queued.job.codes() <= types.by_code.keys() for queued in batch):
            types = self._types = await self._store.dossier_types(self._register_id)
        return types


class WriteQueues:
    """The write queues of this process, one per register, made when first needed."""

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
        """Operations that wait in all queues together."""
        return sum(write_queue.waiting_operations for write_queue in self._write_queues.values())

    async def drained(self) -> None:
        """Wait until every queue has answered all its jobs."""
        for write_queue in list(self._write_queues.values()):
            await write_queue.drained()


def _committed_batch(unit_of_work: RegisterUnitOfWork, mutations: Sequence[NewMutation]) -> CommittedBatch:
    """The mutations that a transaction committed, for the feed."""
    loaded = unit_of_work.loaded
    point = LogPoint(unit_of_work.revision, loaded.record_time, unit_of_work.checksum)
    return CommittedBatch(loaded.log_id, mutations, point, unit_of_work.code_of)

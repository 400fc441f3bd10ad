"""Executes a batch of jobs as one transaction."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from raas.domain.errors import Refused
from raas.usecases.ports.errors import StoreFault
from raas.usecases.ports.write_store import NewMutation, WriteTransaction
from raas.usecases.writes.job import QueuedJob
from raas.usecases.writes.unit_of_work import RegisterUnitOfWork

_PART = 400
"""Mutations sent to the store at a time: it writes them while the next ones are applied."""


@dataclass(frozen=True, slots=True)
class WriteLimits:
    """The limits of one transaction and of one queue."""

    operations: int = 2_000
    lines: int = 50_000
    engine_seconds: float = 0.02
    waiting_operations: int = 20_000
    reserved_operations: int = 5_000
    """Room in a full queue for callers of which nothing waits."""
    max_lines_per_dossier: int = 1_000


class BatchExecution:
    """Applies jobs one after the other and sends their writes to the store."""

    def __init__(
        self, unit_of_work: RegisterUnitOfWork, transaction: WriteTransaction, limits: WriteLimits
    ) -> None:
        self._unit_of_work = unit_of_work
        self._transaction = transaction
        self._limits = limits
        self._sent = False
        self.mutations: list[NewMutation] = []
        """All that were sent."""
        self._ends = time.monotonic() + limits.engine_seconds

    async def run(self, batch: Sequence[QueuedJob[object]]) -> int:
        """Apply jobs, at least one, until the limits are reached, and commit.

        Returns how many were applied. They can be settled; no caller is answered yet. Raises Refused or
        StoreFault for a job that failed after a part of it was sent.
        """
        applied = 0
        for queued in batch:
            if applied and self._limits_reached:
                break
            await self._apply(queued)
            applied += 1
        await self._send()
        if self._sent:
            await self._transaction.commit()
        return applied

    @property
    def _limits_reached(self) -> bool:
        return time.monotonic() > self._ends or self._unit_of_work.lines_handled > self._limits.lines

    async def _apply(self, queued: QueuedJob[object]) -> None:
        """Apply one job; a refusal, or a bug in the job, leaves the other jobs of the batch as they are.

        Unless a part of the job was sent: then raises Refused, or StoreFault for a bug, and the transaction
        must be rolled back.
        """
        savepoint = self._unit_of_work.savepoint()
        parts = 0
        steps = queued.apply(self._unit_of_work)
        while True:
            try:
                kept = next(steps)
            except StopIteration:
                return
            except Exception as error:
                if parts:
                    # Parts that were sent cannot be undone alone: the whole transaction is rolled back.
                    if isinstance(error, Refused):
                        raise
                    raise StoreFault(f"a job failed half-way: {type(error).__name__}") from error
                self._unit_of_work.rollback_to(savepoint)
                queued.refuse(error)
                return
            if kept and self._unit_of_work.not_taken >= _PART:
                await self._send()
                parts += 1
            await asyncio.sleep(0)

    async def _send(self) -> None:
        part = self._unit_of_work.take()
        if part is not None:
            self._sent = True
            self.mutations += part.mutations
            await self._transaction.write(part)

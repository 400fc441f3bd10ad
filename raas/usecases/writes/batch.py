"""A batch of elements, applied and written as one transaction."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from raas.usecases.ports.errors import StoreFault
from raas.usecases.ports.write_store import (
    DossierKey,
    DossierTypes,
    ImportKey,
    LoadRequest,
    NewMutation,
    RequestKey,
    WriteTransaction,
)
from raas.usecases.writes.unit_of_work import Persons, RegisterUnitOfWork

_PART = 400
"""Mutations sent to the store at a time: it writes them while the next ones are applied."""


class WriteJob(Protocol):
    """What the lane takes whole: it becomes part of a transaction entirely or not at all."""

    weight: int
    """Its number of operations."""
    deadline: float
    """On the monotonic clock: after it nobody waits for the answer."""
    background: bool
    """True for Import: takes turns with waiting calls."""
    persons: Persons
    """What the source said before the lane of the numbers it names; None = the store says it."""
    request: RequestKey | None
    import_key: ImportKey | None

    def keys(self, types: DossierTypes) -> Iterable[DossierKey]:
        """The dossiers to load."""

    def codes(self) -> Iterable[str]:
        """The codes of the dossier types it names."""

    def apply(self, unit_of_work: RegisterUnitOfWork) -> Generator[bool, None, Any]:
        """Apply itself, yielding between slices of work; returns the answer or raises Refused.

        Yields True where what was applied so far stands whatever comes, so that it may be sent to the store.
        """


@dataclass(frozen=True, slots=True)
class WriteLimits:
    """How much one transaction and one queue hold."""

    operations: int = 2_000
    lines: int = 50_000
    engine_seconds: float = 0.02
    waiting_operations: int = 20_000
    max_lines_per_dossier: int = 1_000


@dataclass(slots=True)
class Waiting:
    """An element in the queue, and the one who waits for its answer."""

    element: WriteJob
    future: asyncio.Future[Any]

    @property
    def wanted(self) -> bool:
        """Whether anybody still waits for it."""
        return not self.future.done() and time.monotonic() < self.element.deadline

    def answer(self, answer: Any) -> None:
        """Tell the caller what became of it; an exception is raised there."""
        if self.future.done():
            return
        if isinstance(answer, Exception):
            self.future.set_exception(answer)
        else:
            self.future.set_result(answer)


def wanted(batch: Iterable[Waiting], types: DossierTypes) -> LoadRequest:
    """What the batch needs from the store."""
    elements = [waiting.element for waiting in batch]
    return LoadRequest(
        {key: None for element in elements for key in element.keys(types)},
        any(element.persons is None for element in elements),
        [element.request for element in elements if element.request],
        [element.import_key for element in elements if element.import_key],
    )


class BatchExecution:
    """Applies the elements of a batch one after the other and sends what they leave to the store."""

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

    async def run(self, batch: Sequence[Waiting]) -> list[Any]:
        """Apply elements, at least one, until the budget is spent, and commit.

        Answers what to tell the elements that were taken: results, and exceptions of those refused.
        """
        answers: list[Any] = []
        for waiting in batch:
            if answers and self._spent:
                break
            answers.append(await self._apply(waiting.element))
        await self._send()
        if self._sent:
            await self._transaction.commit()
        return answers

    @property
    def _spent(self) -> bool:
        return time.monotonic() > self._ends or self._unit_of_work.lines_handled > self._limits.lines

    async def _apply(self, element: WriteJob) -> Any:
        """The answer of one element; a refusal, or a bug in it, does not concern its neighbours."""
        savepoint = self._unit_of_work.savepoint()
        parts = 0
        steps = element.apply(self._unit_of_work)
        while True:
            try:
                stands = next(steps)
            except StopIteration as end:
                return end.value
            except Exception as error:
                if parts:
                    # What was sent cannot be undone alone: the whole transaction is given up.
                    raise StoreFault(f"an element failed half-way: {type(error).__name__}") from error
                self._unit_of_work.rollback_to(savepoint)
                return error
            if stands and self._unit_of_work.not_taken >= _PART:
                await self._send()
                parts += 1
            await asyncio.sleep(0)

    async def _send(self) -> None:
        part = self._unit_of_work.take()
        if part is not None:
            self._sent = True
            self.mutations += part.mutations
            await self._transaction.write(part)

"""Import: a long sequence of operations over as many connections as it takes."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import grpc.aio

from raas.v1.register_service_pb2 import BatchOperation, ImportRequest, ImportResponse, RejectedOperation
from raas_client.calls import Calls, read
from raas_client.errors import StreamBroken
from raas_client.outage import Outage

Operations = Iterable[BatchOperation] | AsyncIterable[BatchOperation]


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import has come: everything below `through_offset` is applied, or rejected, for good.

    `applied` and `unchanged` count what this run was told; what an earlier run, or a connection that was
    lost, had applied already is in neither. `rejected` are the operations that were refused and skipped:
    those of the newest message while the import goes on, all of them at its end.
    """

    through_offset: int
    applied: int
    unchanged: int
    rejected: tuple[RejectedOperation, ...]
    revision: int


class Importing:
    """One import; `run` is its whole interface."""

    def __init__(
        self,
        calls: Calls,
        import_id: str,
        message_size: int,
        window: int,
        progress: Callable[[ImportProgress], None] | None,
    ) -> None:
        self._calls = calls
        self._naming = ImportRequest(register=calls.register, import_id=import_id)
        self._message_size = message_size
        self._window = window
        self._progress = progress
        self._outage = Outage(calls.retries, calls.patience.outage_seconds)
        self._unanswered: deque[ImportRequest] = deque()
        self._rejected: list[RejectedOperation] = []
        self._so_far = ImportProgress(0, 0, 0, (), 0)

    async def run(self, operations: Operations) -> ImportProgress:
        """Import all of it. Raises Refused, CallFailed, and what reading `operations` raises."""
        # A message without operations asks where to go on.
        self._unanswered.append(self._named(ImportRequest()))
        while self._unanswered:
            await self._connected(_nothing())
        async with aclosing(self._messages(operations, self._so_far.through_offset)) as messages:
            more = True
            while more:
                more = not await self._connected(messages)
        so_far = self._so_far
        return ImportProgress(
            so_far.through_offset, so_far.applied, so_far.unchanged, tuple(self._rejected), so_far.revision
        )

    async def _connected(self, messages: AsyncIterator[ImportRequest]) -> bool:
        """Send and hear as much as one connection takes; answers whether all is done.

        What was sent and not answered stays in `_unanswered` and is sent again over the next one: the
        server knows the import by its id and applies nothing twice.
        """
        call = self._calls.stubs.registers.Import(metadata=self._calls.caller.metadata)
        outgoing: asyncio.Queue[ImportRequest | None] = asyncio.Queue()
        # A task of its own: while a message waits to be taken, answers must be read, or both sides wait.
        writer = asyncio.create_task(_write(call, outgoing))
        try:
            for again in self._unanswered:
                outgoing.put_nowait(again)
            more = True
            while more or self._unanswered:
                while more and len(self._unanswered) < self._window:
                    message = await anext(messages, None)
                    if message is None:
                        more = False
                    else:
                        self._unanswered.append(self._named(message))
                    outgoing.put_nowait(message)
                if self._unanswered:
                    answer = await read(call, self._calls.patience.silence_seconds)
                    if answer is None:
                        raise StreamBroken("the server ended the import before it was complete")
                    self._heard(answer)
            # Nothing more comes, but the status does.
            while await read(call, self._calls.patience.silence_seconds) is not None:
                pass
            return True
        except grpc.aio.AioRpcError as error:
            await self._outage.wait(error)
            return False
        finally:
            writer.cancel()
            call.cancel()

    def _heard(self, answer: ImportResponse) -> None:
        self._outage.over()
        self._unanswered.popleft()
        rejected = tuple(answer.rejected)
        self._rejected += rejected
        so_far = self._so_far
        self._so_far = ImportProgress(
            answer.through_offset,
            so_far.applied + answer.applied,
            so_far.unchanged + answer.unchanged,
            rejected,
            answer.revision,
        )
        if self._progress is not None:
            self._progress(self._so_far)

    def _named(self, message: ImportRequest) -> ImportRequest:
        # On every message: whichever one begins a connection has to say it.
        message.MergeFrom(self._naming)
        return message

    async def _messages(self, operations: Operations, start: int) -> AsyncGenerator[ImportRequest, None]:
        """The operations from `start` on, in messages."""
        offset, held = start, []
        position = 0
        async for operation in _each(operations):
            if position >= start:
                held.append(operation)
            position += 1
            if len(held) == self._message_size:
                yield ImportRequest(operations=held, offset=offset)
                offset, held = position, []
        if held:
            yield ImportRequest(operations=held, offset=offset)


async def _write(call: Any, outgoing: asyncio.Queue[ImportRequest | None]) -> None:
    # A call that has ended says why to those who read it.
    with contextlib.suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
        while (message := await outgoing.get()) is not None:
            await call.write(message)
        await call.done_writing()


async def _each(operations: Operations) -> AsyncGenerator[BatchOperation, None]:
    if isinstance(operations, AsyncIterable):
        async for operation in operations:
            yield operation
    else:
        for operation in operations:
            yield operation


async def _nothing() -> AsyncGenerator[ImportRequest, None]:
    return
    yield

"""Imports: a long sequence of rows, over as many connections as it takes."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

import grpc.aio

from raas.v1.person_service_pb2 import PersonWarning
from raas_client.calls.channel import Stubs
from raas_client.calls.invoke import Calls, read
from raas_client.calls.outage import Outage
from raas_client.errors import CredentialUnavailable, StreamBroken

Row = TypeVar("Row")
Rejected = TypeVar("Rejected")
_Told = TypeVar("_Told", covariant=True)
_FormRow = TypeVar("_FormRow", contravariant=True)
Rows = Iterable[Row] | AsyncIterable[Row]


@dataclass(frozen=True, slots=True)
class ImportProgress(Generic[_Told]):
    """The progress of an import: everything below `through_offset` was applied, or rejected, finally.

    `applied` and `unchanged` count the answers to this run; rows that an earlier run, or a lost connection,
    had applied are in neither. `rejected` are the rows that were refused and skipped: those of the newest
    message during the import, all of them at its end. `revision` is that of the register at the newest
    message; 0 for persons, who belong to no register. `answered_offset` is the offset after the newest
    message that was answered in this run: never above `through_offset`. `warnings`, like `rejected`, are the
    persons that were applied although they break a rule for identities; other imports have none.
    """

    through_offset: int
    applied: int
    unchanged: int
    rejected: tuple[_Told, ...]
    revision: int
    answered_offset: int = 0
    warnings: tuple[PersonWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class _Sent:
    """A message and the offset after its last row."""

    message: Any
    through: int


class Form(Protocol[_FormRow]):
    """The RPC of a kind of import, and its messages."""

    def open(self, stubs: Stubs, metadata: grpc.aio.Metadata) -> Any:
        """A stream in both directions."""

    def message(self, rows: Sequence[_FormRow], offset: int) -> Any:
        """A message with these rows; the first has this offset."""

    def revision(self, answer: Any) -> int:
        """The revision in an answer."""

    def warnings(self, answer: Any) -> Iterable[PersonWarning]:
        """The warnings in an answer."""


class Importing(Generic[Row, Rejected]):
    """One import; `run` is its whole interface."""

    def __init__(
        self,
        calls: Calls,
        form: Form[Row],
        message_size: int,
        window: int,
        progress: Callable[[ImportProgress[Rejected]], None] | None,
        start_offset: int | None = None,
    ) -> None:
        if message_size < 1 or window < 1:
            raise ValueError("message_size and window are at least 1")
        self._calls = calls
        self._patience = calls.patience
        self._form = form
        self._message_size = message_size
        self._window = window
        self._progress = progress
        self._start_offset = start_offset
        self._outage = Outage(calls)
        self._unanswered: deque[_Sent] = deque()
        self._coming: asyncio.Future[_Sent | None] | None = None
        self._rejected: list[Rejected] = []
        self._warnings: list[PersonWarning] = []
        self._so_far: ImportProgress[Rejected] = ImportProgress(0, 0, 0, (), 0)

    async def run(self, rows: Rows[Row]) -> ImportProgress[Rejected]:
        """Import all of it. Raises Refused, CallFailed, and what reading `rows` raises."""
        # A message without rows asks for the offset to continue at.
        self._unanswered.append(_Sent(self._form.message((), 0), 0))
        while self._unanswered:
            await self._connected(_nothing())
        start = self._so_far.through_offset if self._start_offset is None else self._start_offset
        async with aclosing(self._messages(rows, start)) as messages:
            try:
                while not await self._connected(messages):
                    pass
            finally:
                await _cancelled(self._coming)
        so_far = self._so_far
        return replace(so_far, rejected=tuple(self._rejected), warnings=tuple(self._warnings))

    async def _connected(self, messages: AsyncIterator[_Sent]) -> bool:
        """Send and receive until the connection ends; returns whether the import is complete.

        Messages without an answer stay in `_unanswered` and are sent again on the next connection: the server
        knows the import by its id and applies nothing twice.
        """
        attempt = None
        try:
            with self._calls.stream(await self._calls.token()) as attempt:
                await self._exchange(self._form.open(attempt.stubs, attempt.metadata), messages)
            return True
        except (grpc.aio.AioRpcError, CredentialUnavailable) as error:
            await self._outage.wait(error, attempt)
            return False

    async def _exchange(self, call: Any, messages: AsyncIterator[_Sent]) -> None:
        """Send all messages and hear all answers. Raises AioRpcError when the connection ends before."""
        outgoing: asyncio.Queue[Any] = asyncio.Queue()
        # A task of its own: while a message waits to be sent, answers must be read, or both sides wait.
        writer = asyncio.create_task(_write(call, outgoing))
        answers = _Answers(call, self._patience.silence_seconds)
        try:
            for again in self._unanswered:
                outgoing.put_nowait(again.message)
            more = True
            while more or self._unanswered:
                while more and len(self._unanswered) < self._window:
                    sent = await self._next(messages, answers)
                    if sent is None:
                        more = False
                    else:
                        self._unanswered.append(sent)
                    outgoing.put_nowait(sent and sent.message)
                if self._unanswered:
                    self._heard(await answers.next())
            # Only the status follows.
            while await answers.next() is not None:
                pass
        finally:
            writer.cancel()
            call.cancel()
            await answers.close()

    async def _next(self, messages: AsyncIterator[_Sent], answers: _Answers) -> _Sent | None:
        """The next message; while its rows are awaited, from a slow source, answers are heard."""
        if self._coming is None:
            self._coming = asyncio.ensure_future(anext(messages, None))
        while self._unanswered and not self._coming.done():
            await asyncio.wait((self._coming, answers.reading()), return_when=asyncio.FIRST_COMPLETED)
            if not self._coming.done():
                self._heard(await answers.next())
        # Kept until it is there: a connection that is lost meanwhile loses no message.
        sent = await self._coming
        self._coming = None
        return sent

    def _heard(self, answer: Any) -> None:
        if answer is None:
            raise StreamBroken("the server ended the import before it was complete")
        self._outage.over()
        sent = self._unanswered.popleft()
        rejected: tuple[Rejected, ...] = tuple(answer.rejected)
        self._rejected += rejected
        warnings = tuple(self._form.warnings(answer))
        self._warnings += warnings
        so_far = self._so_far
        self._so_far = ImportProgress(
            answer.through_offset,
            so_far.applied + answer.applied,
            so_far.unchanged + answer.unchanged,
            rejected,
            self._form.revision(answer),
            sent.through,
            warnings,
        )
        if self._progress is not None:
            self._progress(self._so_far)

    async def _messages(self, rows: Rows[Row], start: int) -> AsyncGenerator[_Sent, None]:
        """The rows from `start` on, in messages."""
        offset, held = start, []
        position = 0
        async for row in _each(rows):
            if position >= start:
                held.append(row)
            position += 1
            if len(held) == self._message_size:
                yield _Sent(self._form.message(held, offset), position)
                offset, held = position, []
        if held:
            yield _Sent(self._form.message(held, offset), position)


class _Answers:
    """The answers of a call, read one after the other.

    A read that was begun is kept, since to cancel it would cancel the call.
    """

    def __init__(self, call: Any, silence_seconds: float | None) -> None:
        self._call = call
        self._silence_seconds = silence_seconds
        self._reading: asyncio.Task[Any] | None = None

    def reading(self) -> asyncio.Task[Any]:
        """The read of the next answer."""
        if self._reading is None:
            self._reading = asyncio.create_task(read(self._call, self._silence_seconds))
        return self._reading

    async def next(self) -> Any:
        """The next answer, None at the end. Raises as `read` does."""
        answer = await self.reading()
        self._reading = None
        return answer

    async def close(self) -> None:
        """End a read that nothing awaits any more."""
        await _cancelled(self._reading)


async def _cancelled(future: asyncio.Future[Any] | None) -> None:
    """Cancel, and wait until it has ended, however it ends."""
    if future is not None:
        future.cancel()
        await asyncio.wait([future])
        if not future.cancelled():
            future.exception()


async def _write(call: Any, outgoing: asyncio.Queue[Any]) -> None:
    # The reader of the call gets the reason why it ended.
    with contextlib.suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
        while (message := await outgoing.get()) is not None:
            await call.write(message)
        await call.done_writing()


async def _each(rows: Rows[Row]) -> AsyncGenerator[Row, None]:
    if isinstance(rows, AsyncIterable):
        async for row in rows:
            yield row
    else:
        for row in rows:
            yield row


async def _nothing() -> AsyncGenerator[_Sent, None]:
    return
    yield

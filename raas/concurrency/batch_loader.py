"""Many callers, few statements.

A statement costs about the same for one key as for fifty. So keys that are on their way in, or arrive
while statements are under way, go together in the next one.
"""

from __future__ import annotations

import asyncio
import copy
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from raas.concurrency.linger import linger

Key = TypeVar("Key")
Value = TypeVar("Value")

_UNDER_WAY = 2
"""Statements at a time: one is on its way back while the server works on the next."""

_KEYS_TOGETHER = 500
"""Keys after which a batch is closed; a caller's own keys are never split."""


class BatchLoader(Generic[Key, Value]):
    """Answers each caller from one statement that began after the question was asked.

    `fetch` answers one value per key, in their order. What it raises, all callers of the batch get.
    """

    def __init__(self, fetch: Callable[[Sequence[Key]], Awaitable[Sequence[Value]]]) -> None:
        self._fetch = fetch
        self._waiting: deque[tuple[Sequence[Key], asyncio.Future[Sequence[Value]]]] = deque()
        self._runners: set[asyncio.Task[None]] = set()

    async def of(self, keys: Sequence[Key]) -> Sequence[Value]:
        """The values of these keys, all from one statement."""
        future: asyncio.Future[Sequence[Value]] = asyncio.get_running_loop().create_future()
        self._waiting.append((keys, future))
        if len(self._runners) < _UNDER_WAY:
            self._runners.add(asyncio.create_task(self._run()))
        return await future

    async def _run(self) -> None:
        try:
            await self._fetch_waiting()
        finally:
            # Here, where nobody waits any more: a task is done, and tells so, only later, and who came in
            # between would wait for nothing.
            runner = asyncio.current_task()
            assert runner is not None
            self._runners.discard(runner)

    async def _fetch_waiting(self) -> None:
        while self._waiting:
            await linger(lambda: len(self._waiting), _KEYS_TOGETHER)
            batch, keys = self._next_batch()
            if not batch:
                continue
            try:
                values = await self._fetch(keys)
            except Exception as error:
                for _, future in batch:
                    if not future.done():
                        # Each caller adds its own traceback to the error it raises.
                        future.set_exception(copy.copy(error))
                continue
            begin = 0
            for asked, future in batch:
                if not future.done():
                    future.set_result(values[begin : begin + len(asked)])
                begin += len(asked)

    def _next_batch(self) -> tuple[list[tuple[Sequence[Key], asyncio.Future[Sequence[Value]]]], list[Key]]:
        batch: list[tuple[Sequence[Key], asyncio.Future[Sequence[Value]]]] = []
        keys: list[Key] = []
        while self._waiting and len(keys) < _KEYS_TOGETHER:
            asked, future = self._waiting.popleft()
            if not future.done():  # else its caller went away
                batch.append((asked, future))
                keys += asked
        return batch, keys

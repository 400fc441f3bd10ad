"""Loads values by key, the keys of concurrent callers in one statement."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from raas.concurrency.batch_queue import BatchQueue, WaitingItem

Key = TypeVar("Key")
Value = TypeVar("Value")

CONCURRENT_FETCHES = 2
"""Statements at a time: the database works on one while the result of the other is on its way."""

KEYS_PER_FETCH = 500


class BatchLoader(Generic[Key, Value]):
    """Loads the values of each caller with one statement, which began after the caller asked.

    `fetch` returns one value per key, in the order of the keys; its error is raised at every caller of
    the batch. A batch is closed at `keys_per_fetch` keys; the keys of one caller are never split.
    """

    def __init__(
        self,
        fetch: Callable[[Sequence[Key]], Awaitable[Sequence[Value]]],
        *,
        keys_per_fetch: int = KEYS_PER_FETCH,
        concurrent_fetches: int = CONCURRENT_FETCHES,
    ) -> None:
        self._fetch = fetch
        self._queue: BatchQueue[_Question[Key, Value]] = BatchQueue(
            self._fetch_batch, limit=keys_per_fetch, workers=concurrent_fetches
        )

    async def of(self, keys: Sequence[Key]) -> Sequence[Value]:
        """The values of these keys, all from one statement."""
        question: _Question[Key, Value] = _Question(keys)
        self._queue.put(question)
        return await question.answer()

    async def _fetch_batch(self, batch: Sequence[_Question[Key, Value]]) -> Sequence[_Question[Key, Value]]:
        keys = [key for question in batch for key in question.keys]
        values = await self._fetch(keys)
        if len(values) != len(keys):
            raise ValueError(f"{len(values)} values were fetched for {len(keys)} keys")
        begin = 0
        for question in batch:
            end = begin + len(question.keys)
            question.succeed(values[begin:end])
            begin = end
        return ()


class _Question(WaitingItem[Sequence[Value]], Generic[Key, Value]):
    """The keys of one caller."""

    __slots__ = ("keys",)

    def __init__(self, keys: Sequence[Key]) -> None:
        super().__init__(len(keys))
        self.keys = keys

    def succeed(self, values: Sequence[Value]) -> None:
        """Answer the caller, unless it was cancelled."""
        if not self._future.done():
            self._future.set_result(values)

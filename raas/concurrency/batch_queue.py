"""A queue whose items are processed in batches: the one primitive behind every form of group commit.

The write queue, the batch loader of the lookups and, through it, the remote source use it.
"""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from raas.concurrency.fair_queue import FairQueue
from raas.concurrency.linger import CommitDelay, linger

Answer_co = TypeVar("Answer_co", covariant=True)


class NotProcessed(Exception):
    """The worker was stopped, or ended without an answer; the item may have been processed or not."""


class DeadlinePassed(Exception):
    """The deadline of the item passed while it waited; it was not processed."""


class WaitingItem(Generic[Answer_co]):
    """An item in a queue, and the future of the caller that waits for its answer.

    `size` is in the unit of the queue's limit (operations, keys). `deadline` is on the monotonic clock.
    `background` items alternate with the others while both wait: within a batch as far as there is room, and
    in every second batch at the least. Owners take turns.
    """

    __slots__ = ("_future", "background", "deadline", "owner", "size")

    def __init__(
        self,
        size: int,
        *,
        deadline: float = float("inf"),
        background: bool = False,
        owner: Hashable = None,
    ) -> None:
        self.size = size
        self.owner = owner
        self.deadline = deadline
        self.background = background
        self._future: asyncio.Future[Answer_co] = asyncio.get_running_loop().create_future()

    @property
    def wanted(self) -> bool:
        """Whether the caller still waits: it was not cancelled and its deadline has not passed."""
        return not self._future.done() and time.monotonic() < self.deadline

    @property
    def answered(self) -> bool:
        """Whether the caller has its answer or its error, or was cancelled."""
        return self._future.done()

    def fail(self, error: Exception) -> None:
        """Raise an error at the caller, unless it has its answer."""
        if not self._future.done():
            self._future.set_exception(error)

    def expire(self) -> None:
        """Fail with DeadlinePassed: it was not processed, and no caller waits any longer."""
        self.fail(DeadlinePassed("the deadline passed while waiting"))

    async def answer(self) -> Answer_co:
        """Wait for the answer."""
        return await self._future


Item = TypeVar("Item", bound=WaitingItem[object])


class BatchQueue(Generic[Item]):
    """Items that wait, taken whole and in order by at most `workers` concurrent workers.

    The items of one owner are taken in the order in which they were put; owners take turns.

    A batch holds items up to `limit` in total size, and at least one. `process` answers every item of its
    batch and returns the items that it did not take: they wait again, before the others. An exception of
    `process` fails the items of the batch that have no answer, each with a copy of its own; the worker
    goes on with the next batch. With a `delay` a batch waits that long for more items, or until there are
    enough callers or it is full, while many callers are expected.
    """

    def __init__(
        self,
        process: Callable[[Sequence[Item]], Awaitable[Sequence[Item]]],
        *,
        limit: int,
        workers: int = 1,
        delay: CommitDelay | None = None,
    ) -> None:
        self._process = process
        self._limit = limit
        self._delay = delay
        self._awaited = 0
        """The callers that the delay waits for; `enough` is set when they are there."""
        self._enough = asyncio.Event()
        self._most_workers = workers
        self._items: FairQueue[Item] = FairQueue()
        self._background_items: FairQueue[Item] = FairQueue()
        self._foreground_size = 0
        self._background_size = 0
        self._background_first = False
        """Whether background items wait of which the last batch had none: the next one begins with them."""
        self._workers: set[asyncio.Task[None]] = set()
        self._expected = 1
        """The number of concurrent callers: those of the last batch, and those that waited behind it."""

    @property
    def size(self) -> int:
        """The total size of the items that wait, those in process excluded."""
        return self._foreground_size + self._background_size

    def has_of(self, owner: Hashable) -> bool:
        """Whether items of this owner wait."""
        return self._items.has_of(owner) or self._background_items.has_of(owner)

    def put(self, item: Item) -> None:
        """Add an item as the last one, and start a worker if fewer than allowed are running."""
        if item.background:
            self._background_items.append(item)
            self._background_size += item.size
        else:
            self._items.append(item)
            self._foreground_size += item.size
            if len(self._items) >= self._awaited or self._foreground_size >= self._limit:
                self._enough.set()
        if len(self._workers) < self._most_workers:
            self._workers.add(asyncio.create_task(self._work()))

    async def drained(self) -> None:
        """Wait until every item has been answered."""
        while self._workers:
            await asyncio.wait(set(self._workers))

    async def _work(self) -> None:
        try:
            while self._items or self._background_items:
                await self._await_more()
                if batch := self._take():
                    await self._process_batch(batch)
                    self._expected = len(batch) + len(self._items)
        except BaseException:
            # A worker is cancelled only when its event loop ends. No other worker will take these items.
            _fail((*self._items, *self._background_items), NotProcessed("the worker was stopped"))
            self._items.clear()
            self._background_items.clear()
            self._foreground_size = self._background_size = 0
            raise
        finally:
            # Discarded here and not in a done callback, which would run later: an item put in between
            # would find the worker still counted and wait for ever.
            worker = asyncio.current_task()
            assert worker is not None
            self._workers.discard(worker)

    async def _await_more(self) -> None:
        """Let callers that were just answered run first: they may have more for this batch."""
        if self._delay is not None and (seconds := self._delay.seconds(self._expected)):
            self._awaited = self._delay.callers(self._expected)
            if len(self._items) >= self._awaited or self._foreground_size >= self._limit:
                return
            self._enough.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._enough.wait()
        else:
            await linger(self._items.__len__, self._expected, lambda: self._foreground_size, self._limit)

    async def _process_batch(self, batch: list[Item]) -> None:
        rest: Sequence[Item] = ()
        error: Exception = NotProcessed("the item was not answered")
        try:
            rest = await self._process(batch)
        except Exception as raised:
            error = raised
        except asyncio.CancelledError:
            _fail(batch, NotProcessed("the worker was stopped"))
            raise
        for item in reversed(rest):
            (self._background_items if item.background else self._items).give_back(item)
            self._count(item, item.size)
        waiting = {id(item) for item in rest}
        self._background_first = bool(self._background_items) and not any(
            item.background and id(item) not in waiting for item in batch
        )
        if unanswered := [item for item in batch if not item.answered]:
            _fail((item for item in unanswered if id(item) not in waiting), error)

    def _take(self) -> list[Item]:
        """Whole items up to the limit, at least one; foreground and background items alternate.

        Where the next item of one kind has no room, items of the other kind fill the batch.
        """
        batch: list[Item] = []
        size = 0
        first, second = self._items, self._background_items
        if self._background_first:
            first, second = second, first
        while first or second:
            if not first or (second and batch and size + first.peek().size > self._limit):
                first, second = second, first
            if batch and size + first.peek().size > self._limit:
                break
            item = first.take()
            self._count(item, -item.size)
            if item.wanted:
                batch.append(item)
                size += item.size
            else:
                item.expire()
            first, second = second, first
        return batch

    def _count(self, item: Item, change: int) -> None:
        if item.background:
            self._background_size += change
        else:
            self._foreground_size += change


def still_wanted(batch: Sequence[Item]) -> list[Item]:
    """The items of a batch that were not processed and whose callers still wait; the others fail."""
    wanted: list[Item] = []
    for item in batch:
        if item.wanted:
            wanted.append(item)
        else:
            item.expire()
    return wanted


def own_copy(error: Exception) -> Exception:
    """A copy of an error for one of several callers, each of which adds its own traceback.

    Returns the error itself when it cannot be copied.
    """
    try:
        copied = copy.copy(error)
    except Exception:
        return error
    return copied if type(copied) is type(error) else error


def _fail(items: Iterable[WaitingItem[object]], error: Exception) -> None:
    for item in items:
        if not item.answered:
            item.fail(own_copy(error))

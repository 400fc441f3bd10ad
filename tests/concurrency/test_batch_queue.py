"""The batch queue: limits by size, whole items, and no item without an answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import pytest

from raas.concurrency.batch_queue import BatchQueue, DeadlinePassed, NotProcessed, WaitingItem
from raas.concurrency.linger import CommitDelay


class Item(WaitingItem[str]):
    def __init__(
        self,
        name: str,
        size: int = 1,
        *,
        background: bool = False,
        deadline: float = float("inf"),
        owner: str | None = None,
    ) -> None:
        super().__init__(size, background=background, deadline=deadline, owner=owner)
        self.name = name

    def succeed(self) -> None:
        if not self.answered:
            self._future.set_result(self.name)


class Processor:
    """Answers every item; `rest` of them it leaves the first time."""

    def __init__(self, limit: int, *, rest: int = 0, delay: CommitDelay | None = None) -> None:
        self.batches: list[list[str]] = []
        self.error: BaseException | None = None
        self.access = asyncio.Event()
        self.access.set()
        self._rest = rest
        self.queue: BatchQueue[Item] = BatchQueue(self._process, limit=limit, delay=delay)

    async def _process(self, batch: Sequence[Item]) -> Sequence[Item]:
        self.batches.append([item.name for item in batch])
        await self.access.wait()
        if self.error is not None:
            raise self.error
        taken, self._rest = len(batch) - self._rest, 0
        for item in batch[:taken]:
            item.succeed()
        return batch[taken:]


def names(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


async def test_a_batch_holds_whole_items_up_to_the_limit_in_total_size() -> None:
    processor = Processor(limit=10)
    items = [Item("a", 4), Item("b", 4), Item("c", 4), Item("large", 25), Item("d", 6), Item("e", 4)]
    for item in items:
        processor.queue.put(item)
    assert processor.queue.size == 47
    assert [await item.answer() for item in items] == [item.name for item in items]
    assert processor.batches == [["a", "b"], ["c"], ["large"], ["d", "e"]]
    assert processor.queue.size == 0


async def test_lingering_ends_when_the_size_reaches_the_limit_however_few_callers_wait() -> None:
    processor = Processor(limit=10)
    iterations = 0
    processor.queue.put(Item("whole batch", 10))
    while not processor.batches:
        await asyncio.sleep(0)
        iterations += 1
    assert iterations <= 3


async def test_callers_of_the_last_batch_are_awaited_longer_than_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("raas.concurrency.linger._LONGEST_SECONDS", 60.0)
    processor = Processor(limit=100)

    async def caller(name: str, iterations: int) -> None:
        for _ in range(2):
            item = Item(name)
            processor.queue.put(item)
            await item.answer()
            for _ in range(iterations):
                await asyncio.sleep(0)

    # Those who come back slowly need longer than the silence after which a lone caller is served.
    await asyncio.gather(caller("quick", 1), caller("slow", 25))
    assert processor.batches == [["quick", "slow"], ["quick", "slow"]]


async def test_delay_gathers_many_callers_who_come_back_one_by_one() -> None:
    processor = Processor(limit=100, delay=CommitDelay(seconds_each=1.0, longest_seconds=1.0, enough=100))
    first = [Item(name) for name in names(1, 3)]
    for item in first:
        processor.queue.put(item)
    await asyncio.gather(*(item.answer() for item in first))
    began = time.monotonic()
    second = Item("4")
    processor.queue.put(second)
    # Longer than a lone caller would be awaited.
    for _ in range(200):
        await asyncio.sleep(0)
    third = Item("5")
    processor.queue.put(third)
    await asyncio.gather(second.answer(), third.answer())
    assert processor.batches[-1] == ["4", "5"]
    assert time.monotonic() - began >= 0.99


@pytest.mark.parametrize(("enough", "awaited"), [(2, 2), (100, 5)])
async def test_delay_ends_when_enough_callers_wait_or_all_that_are_expected(
    enough: int, awaited: int
) -> None:
    delay = CommitDelay(seconds_each=60.0, longest_seconds=60.0, enough=enough)
    processor = Processor(limit=100, delay=delay)
    together = [Item(name) for name in names(1, 5)]
    for item in together:
        processor.queue.put(item)
    await asyncio.gather(*(item.answer() for item in together))
    after = [Item(name) for name in names(6, 5 + awaited)]
    async with asyncio.timeout(30):
        for item in after:
            assert len(processor.batches) == 1
            processor.queue.put(item)
            for _ in range(200):
                await asyncio.sleep(0)
        await asyncio.gather(*(item.answer() for item in after))
    assert processor.batches == [names(1, 5), names(6, 5 + awaited)]


async def test_delay_ends_when_the_size_reaches_the_limit_however_few_callers_wait() -> None:
    delay = CommitDelay(seconds_each=60.0, longest_seconds=60.0, enough=100)
    processor = Processor(limit=10, delay=delay)
    together = [Item(name) for name in names(1, 5)]
    for item in together:
        processor.queue.put(item)
    await asyncio.gather(*(item.answer() for item in together))
    async with asyncio.timeout(30):
        waits_already = Item("whole batch", 10)
        processor.queue.put(waits_already)
        await waits_already.answer()
        for item in (again := [Item(name) for name in names(6, 10)]):
            processor.queue.put(item)
        await asyncio.gather(*(item.answer() for item in again))
        part, arrives = Item("part", 4), Item("rest", 6)
        processor.queue.put(part)
        for _ in range(200):
            await asyncio.sleep(0)
        processor.queue.put(arrives)
        await asyncio.gather(part.answer(), arrives.answer())
    assert processor.batches[1] == ["whole batch"]
    assert processor.batches[-1] == ["part", "rest"]


@pytest.mark.parametrize(
    ("expected", "seconds"), [(0, 0.0), (1, 0.0), (9, 0.0), (10, 0.001), (25, 0.0025), (90, 0.003)]
)
def test_delay_grows_with_the_callers_that_are_expected(expected: int, seconds: float) -> None:
    delay = CommitDelay(seconds_each=0.0001, longest_seconds=0.003, enough=20)
    assert delay.seconds(expected) == pytest.approx(seconds)


async def test_foreground_and_background_items_alternate() -> None:
    processor = Processor(limit=4)
    items = [Item(f"import {n}", background=True) for n in range(3)] + [Item(f"call {n}") for n in range(3)]
    for item in items:
        processor.queue.put(item)
    await asyncio.gather(*(item.answer() for item in items))
    assert processor.batches == [["call 0", "import 0", "call 1", "import 1"], ["call 2", "import 2"]]


async def test_background_items_are_taken_although_foreground_items_fill_every_batch() -> None:
    processor = Processor(limit=2)
    items = [Item("import", 2, background=True)] + [Item(f"call {n}", 2) for n in range(4)]
    for item in items:
        processor.queue.put(item)
    await asyncio.gather(*(item.answer() for item in items))
    assert processor.batches == [["call 0"], ["import"], ["call 1"], ["call 2"], ["call 3"]]


async def test_foreground_items_fill_a_batch_in_which_the_next_background_item_has_no_room() -> None:
    processor = Processor(limit=3)
    items = [Item(f"import {n}", 3, background=True) for n in range(2)] + [
        Item(f"call {n}") for n in range(7)
    ]
    for item in items:
        processor.queue.put(item)
    await asyncio.gather(*(item.answer() for item in items))
    assert processor.batches == [
        ["call 0", "call 1", "call 2"],
        ["import 0"],
        ["call 3", "call 4", "call 5"],
        ["import 1"],
        ["call 6"],
    ]


async def test_background_item_that_the_processor_did_not_take_begins_the_next_batch() -> None:
    processor = Processor(limit=2, rest=1)
    items = [Item("import", background=True)] + [Item(f"call {n}") for n in range(3)]
    for item in items:
        processor.queue.put(item)
    await asyncio.gather(*(item.answer() for item in items))
    assert processor.batches == [["call 0", "import"], ["import", "call 1"], ["call 2"]]


async def test_items_that_were_not_taken_wait_before_the_others() -> None:
    processor = Processor(limit=3, rest=2)
    items = [Item(name) for name in names(1, 4)]
    for item in items:
        processor.queue.put(item)
    assert await asyncio.gather(*(item.answer() for item in items)) == names(1, 4)
    assert processor.batches == [["1", "2", "3"], ["2", "3", "4"]]


async def test_items_of_cancelled_callers_and_past_deadlines_are_dropped() -> None:
    processor = Processor(limit=10)
    late, cancelled, wanted = Item("late", deadline=time.monotonic()), Item("cancelled"), Item("wanted")
    for item in (late, cancelled, wanted):
        processor.queue.put(item)
    waiting = asyncio.create_task(cancelled.answer())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(DeadlinePassed):
        await late.answer()
    assert await wanted.answer() == "wanted"
    assert processor.batches == [["wanted"]]


async def test_item_that_the_processor_leaves_unanswered_fails() -> None:
    async def forget(batch: Sequence[Item]) -> Sequence[Item]:
        return ()

    queue: BatchQueue[Item] = BatchQueue(forget, limit=10)
    item = Item("forgotten")
    queue.put(item)
    with pytest.raises(NotProcessed):
        async with asyncio.timeout(60):
            await item.answer()


async def test_an_error_fails_its_batch_and_the_worker_goes_on() -> None:
    processor = Processor(limit=2)
    processor.access.clear()
    items = [Item(name) for name in names(1, 4)]
    for item in items:
        processor.queue.put(item)
    while not processor.batches:
        await asyncio.sleep(0)
    processor.error = ValueError("broken")
    processor.access.set()
    for item in items[:2]:
        with pytest.raises(ValueError, match="broken"):
            await item.answer()
    processor.error = None
    await processor.queue.drained()
    answers = await asyncio.gather(*(item.answer() for item in items[2:]), return_exceptions=True)
    assert len(answers) == 2
    last = Item("last")
    processor.queue.put(last)
    assert await last.answer() == "last"


async def test_the_end_of_the_worker_reaches_every_caller() -> None:
    processor = Processor(limit=1)
    processor.access.clear()
    items = [Item(name) for name in names(1, 3)]
    before = asyncio.all_tasks()
    for item in items:
        processor.queue.put(item)
    (worker,) = asyncio.all_tasks() - before
    while not processor.batches:
        await asyncio.sleep(0)
    worker.cancel()
    answers = await asyncio.gather(*(item.answer() for item in items), return_exceptions=True)
    assert [type(answer) for answer in answers] == [NotProcessed] * 3
    processor.access.set()
    again = Item("again")
    processor.queue.put(again)
    assert await again.answer() == "again"


async def test_owners_take_turns_and_each_keeps_its_order() -> None:
    processor = Processor(limit=4, rest=2)
    asked = [Item(f"greedy {i}", owner="greedy") for i in range(8)]
    asked += [Item(f"ann {i}", owner="ann") for i in range(3)] + [Item("bob 0", owner="bob")]
    for item in asked:
        processor.queue.put(item)
    assert processor.queue.has_of("bob")
    await asyncio.gather(*(item.answer() for item in asked))
    assert processor.batches == [
        ["greedy 0", "ann 0", "bob 0", "greedy 1"],
        # The two that the first batch did not take come first again.
        ["bob 0", "greedy 1", "ann 1", "greedy 2"],
        ["ann 2", "greedy 3", "greedy 4", "greedy 5"],
        ["greedy 6", "greedy 7"],
    ]
    assert not processor.queue.has_of("bob")

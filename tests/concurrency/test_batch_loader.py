"""Many callers, few statements."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import chain

import pytest

from raas.concurrency.batch_loader import BatchLoader


class Statements:
    """Stands for the database: notes what is asked together, answers when told to."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.access = asyncio.Event()
        self.access.set()
        self.fault: Exception | None = None

    async def fetch(self, keys: Sequence[int]) -> Sequence[str]:
        self.asked.append(list(keys))
        await self.access.wait()
        if self.fault is not None:
            raise self.fault
        return [str(key) for key in keys]


async def test_a_lone_caller_waits_for_nobody() -> None:
    statements = Statements()
    gathering = BatchLoader(statements.fetch)
    assert await gathering.of([1, 2]) == ["1", "2"]
    assert await gathering.of([3]) == ["3"]
    assert statements.asked == [[1, 2], [3]]


async def test_callers_that_come_in_one_after_the_other_share_a_statement() -> None:
    statements = Statements()
    gathering = BatchLoader(statements.fetch)
    calls = []
    for key in range(50):
        calls.append(asyncio.create_task(gathering.of([key, -key])))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert await asyncio.gather(*calls) == [[str(key), str(-key)] for key in range(50)]
    assert statements.asked == [[*chain(*([key, -key] for key in range(50)))]]


async def test_callers_that_come_while_statements_are_under_way_share_the_next_one() -> None:
    statements = Statements()
    statements.access.clear()
    gathering = BatchLoader(statements.fetch)
    calls = []
    for begun in range(2):
        calls.append(asyncio.create_task(gathering.of([begun])))
        while len(statements.asked) == begun:
            await asyncio.sleep(0)
    calls += [asyncio.create_task(gathering.of([key])) for key in range(2, 50)]
    statements.access.set()
    assert await asyncio.gather(*calls) == [[str(key)] for key in range(50)]
    assert statements.asked == [[0], [1], [*range(2, 50)]]


async def test_who_asks_in_the_moment_in_which_nobody_waited_any_more_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("raas.concurrency.batch_loader._UNDER_WAY", 1)
    gathering = BatchLoader(Statements().fetch)
    async with asyncio.timeout(10):
        for key in range(5):
            assert await gathering.of([key]) == [str(key)]


async def test_a_fault_reaches_all_that_share_it_and_nobody_after() -> None:
    statements = Statements()
    statements.fault = ValueError("broken")
    gathering = BatchLoader(statements.fetch)
    answers = await asyncio.gather(*(gathering.of([key]) for key in range(10)), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["broken"] * 10
    assert len({id(answer) for answer in answers}) == 10
    statements.fault = None
    assert await gathering.of([7]) == ["7"]


async def test_what_nobody_waits_for_any_more_is_not_asked() -> None:
    statements = Statements()
    statements.access.clear()
    gathering = BatchLoader(statements.fetch)
    calls = [asyncio.create_task(gathering.of([key])) for key in range(10)]
    while len(statements.asked) < 1:
        await asyncio.sleep(0)
    late = [asyncio.create_task(gathering.of([key])) for key in (100, 200)]
    await asyncio.sleep(0)
    late[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await late[0]
    statements.access.set()
    assert await late[1] == ["200"]
    await asyncio.gather(*calls)
    assert 100 not in chain(*statements.asked)


async def test_a_large_question_is_never_split() -> None:
    statements = Statements()
    gathering = BatchLoader(statements.fetch)
    keys = list(range(2_000))
    assert await gathering.of(keys) == [str(key) for key in keys]
    assert statements.asked == [keys]

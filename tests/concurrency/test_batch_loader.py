"""Loading by key: concurrent callers share statements, and every caller is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import chain

import pytest

from raas.concurrency.batch_loader import BatchLoader


class Statements:
    """Stands for the database: records the keys of each statement, answers when `access` is set."""

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


async def test_a_lone_caller_is_answered_by_a_statement_of_its_own() -> None:
    statements = Statements()
    loader = BatchLoader(statements.fetch)
    assert await loader.of([1, 2]) == ["1", "2"]
    assert await loader.of([3]) == ["3"]
    assert statements.asked == [[1, 2], [3]]


async def test_callers_that_arrive_during_the_linger_share_a_statement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A busy machine may need longer than the 5 ms of a server.
    monkeypatch.setattr("raas.concurrency.linger._LONGEST_SECONDS", 60.0)
    statements = Statements()
    loader = BatchLoader(statements.fetch)
    calls = []
    for key in range(50):
        calls.append(asyncio.create_task(loader.of([key, -key])))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert await asyncio.gather(*calls) == [[str(key), str(-key)] for key in range(50)]
    assert statements.asked == [[*chain(*([key, -key] for key in range(50)))]]


async def test_callers_that_arrive_during_statements_share_the_next_one() -> None:
    statements = Statements()
    statements.access.clear()
    loader = BatchLoader(statements.fetch)
    calls = []
    for begun in range(2):
        calls.append(asyncio.create_task(loader.of([begun])))
        while len(statements.asked) == begun:
            await asyncio.sleep(0)
    calls += [asyncio.create_task(loader.of([key])) for key in range(2, 50)]
    statements.access.set()
    assert await asyncio.gather(*calls) == [[str(key)] for key in range(50)]
    assert statements.asked == [[0], [1], [*range(2, 50)]]


async def test_a_caller_is_answered_that_asks_while_the_last_worker_ends() -> None:
    loader = BatchLoader(Statements().fetch, concurrent_fetches=1)
    async with asyncio.timeout(60):
        for key in range(5):
            assert await loader.of([key]) == [str(key)]


async def test_an_error_reaches_every_caller_of_its_statement_and_no_later_one() -> None:
    statements = Statements()
    statements.fault = ValueError("broken")
    loader = BatchLoader(statements.fetch)
    answers = await asyncio.gather(*(loader.of([key]) for key in range(10)), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["broken"] * 10
    assert len({id(answer) for answer in answers}) == 10
    statements.fault = None
    assert await loader.of([7]) == ["7"]


async def test_keys_of_a_cancelled_caller_are_not_asked() -> None:
    statements = Statements()
    statements.access.clear()
    loader = BatchLoader(statements.fetch)
    calls = [asyncio.create_task(loader.of([key])) for key in range(10)]
    while len(statements.asked) < 1:
        await asyncio.sleep(0)
    late = [asyncio.create_task(loader.of([key])) for key in (100, 200)]
    await asyncio.sleep(0)
    late[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await late[0]
    statements.access.set()
    assert await late[1] == ["200"]
    await asyncio.gather(*calls)
    assert 100 not in chain(*statements.asked)


async def test_keys_of_one_caller_are_never_split() -> None:
    statements = Statements()
    loader = BatchLoader(statements.fetch)
    keys = list(range(2_000))
    assert await loader.of(keys) == [str(key) for key in keys]
    assert statements.asked == [keys]


class Refusal(Exception):
    """Like many an exception of a library: it cannot be copied."""

    def __init__(self, reason: str, *, status: int) -> None:
        super().__init__(reason)
        self.status = status


async def test_an_error_that_cannot_be_copied_reaches_every_caller_and_the_loader_goes_on() -> None:
    statements = Statements()
    statements.fault = Refusal("no", status=7)
    loader = BatchLoader(statements.fetch)
    async with asyncio.timeout(60):
        answers = await asyncio.gather(*(loader.of([key]) for key in range(10)), return_exceptions=True)
        statements.fault = None
        assert await loader.of([7]) == ["7"]
    assert [str(answer) for answer in answers] == ["no"] * 10


async def test_a_fetch_that_answers_too_few_values_fails_no_later_caller() -> None:
    answers: list[Sequence[str]] = [[], ["2"]]

    async def fetch(keys: Sequence[int]) -> Sequence[str]:
        return answers.pop(0)

    loader = BatchLoader(fetch)
    async with asyncio.timeout(60):
        with pytest.raises(ValueError, match="2 keys"):
            await loader.of([0, 1])
        assert await loader.of([2]) == ["2"]

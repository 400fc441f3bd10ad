"""Slices: every element once and in order, and other tasks run in between."""

from __future__ import annotations

import asyncio
from collections.abc import Generator

from raas.concurrency.slices import run_in_slices, slices, yielding_items, yielding_slices


def test_slices_hold_every_element_in_order() -> None:
    assert list(slices([1, 2, 3, 4, 5], 2)) == [[1, 2], [3, 4], [5]]
    assert list(slices([], 2)) == []


async def test_other_tasks_run_between_slices() -> None:
    runs: list[object] = []

    async def other() -> None:
        while True:
            runs.append("other")
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    async for some in yielding_slices([1, 2, 3, 4], 2):
        runs.append(some)
    task.cancel()
    assert runs == [[1, 2], "other", [3, 4], "other"]


async def test_other_tasks_run_after_a_time_of_work_on_items() -> None:
    runs: list[object] = []

    async def other() -> None:
        while True:
            runs.append("other")
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    async for item in yielding_items([1, 2], 0.0):
        runs.append(item)
    async for item in yielding_items([3, 4], 3600.0):
        runs.append(item)
    task.cancel()
    assert runs == [1, "other", 2, "other", 3, 4]


async def test_a_generator_runs_to_its_end_and_yields_to_other_tasks() -> None:
    def steps() -> Generator[bool, None, str]:
        yield True
        yield False
        return "result"

    iterations = 0

    async def other() -> None:
        nonlocal iterations
        while True:
            iterations += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    assert await run_in_slices(steps()) == "result"
    task.cancel()
    assert iterations == 2

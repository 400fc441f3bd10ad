"""Reading ahead in a thread: order, errors, bounds, and leaving early."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from raas.cli.imports.files.read_ahead import read_ahead


async def test_rows_arrive_in_order() -> None:
    assert [row async for row in read_ahead(iter(range(5_003)))] == list(range(5_003))


async def test_error_of_the_rows_is_raised() -> None:
    def rows() -> Iterator[int]:
        yield 1
        raise OSError("broken")

    with pytest.raises(OSError, match="broken"):
        [row async for row in read_ahead(rows())]


async def test_reader_stays_a_few_thousand_rows_ahead() -> None:
    read = 0

    def rows() -> Iterator[int]:
        nonlocal read
        while True:
            read += 1
            yield read

    async with aclosing(read_ahead(rows())) as ahead:
        await anext(ahead)
        for _ in range(20):
            await asyncio.sleep(0.005)
        assert read < 5_000


async def test_blocked_reader_does_not_block_the_loop() -> None:
    release = threading.Event()

    def rows() -> Iterator[int]:
        yield from range(250)
        release.wait(30)

    async with aclosing(read_ahead(rows())) as ahead:
        assert await anext(ahead) == 0
    release.set()

"""Rows read in a thread of their own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

_CHUNK = 250
_CHUNKS_AHEAD = 8


async def read_ahead(rows: Iterator[T]) -> AsyncGenerator[T, None]:
    """Iterate `rows` in a daemon thread, at most some thousands ahead; raises what reading them raises.

    A pipe on which nothing arrives blocks that thread only: answers are still received, and Ctrl-C ends the
    command at once.
    """
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[list[T] | BaseException | None] = asyncio.Queue()
    room = threading.Semaphore(_CHUNKS_AHEAD)
    abandoned = threading.Event()

    def hand_over(item: list[T] | BaseException | None) -> None:
        with suppress(RuntimeError):  # the loop is closed: the command has ended
            loop.call_soon_threadsafe(arrived.put_nowait, item)

    def read() -> None:
        try:
            while chunk := list(islice(rows, _CHUNK)):
                room.acquire()
                if abandoned.is_set():
                    return
                hand_over(chunk)
            hand_over(None)
        except BaseException as error:  # raised again by the reader of the queue
            hand_over(error)

    threading.Thread(target=read, name="read-ahead", daemon=True).start()
    try:
        while (item := await arrived.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            room.release()
            for row in item:
                yield row
    finally:
        abandoned.set()
        room.release()

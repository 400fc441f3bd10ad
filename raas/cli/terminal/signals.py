"""Signals that end a command."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


def end_on_signals() -> None:
    """End the command on SIGTERM and SIGHUP as Ctrl-C does: by KeyboardInterrupt.

    A SIGHUP that the caller ignores (nohup) stays ignored. SIGTERM also ends a command in the background of a
    script, where the shell makes it ignore SIGINT.
    """
    for number in _signals():
        signal.signal(number, _interrupt)


@contextmanager
def cancelled_by_signals() -> Iterator[None]:
    """While the block lasts, cancel the current task on these signals instead.

    An exception in the middle of the event loop could be lost.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    numbers = _signals()
    for number in numbers:
        loop.add_signal_handler(number, task.cancel)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
        end_on_signals()


def _signals() -> list[signal.Signals]:
    if threading.current_thread() is not threading.main_thread():
        return []
    chosen = (signal.SIGTERM, signal.SIGHUP)
    return [number for number in chosen if signal.getsignal(number) is not signal.SIG_IGN]


def _interrupt(number: int, frame: FrameType | None) -> None:
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        raise KeyboardInterrupt
    handler(signal.SIGINT, frame)  # that of asyncio, while it runs

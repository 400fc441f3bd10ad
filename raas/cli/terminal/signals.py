"""Signals that end a command."""

from __future__ import annotations

import signal
import threading
from types import FrameType


def end_on_signals() -> None:
    """End the command on SIGTERM and SIGHUP as Ctrl-C does: by KeyboardInterrupt.

    A SIGHUP that the caller ignores (nohup) stays ignored. SIGTERM ends also a command in the background of a
    script, where the shell makes it ignore SIGINT.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    handler = signal.getsignal(signal.SIGINT)
    if callable(handler):
        handler(signal.SIGINT, frame)  # that of asyncio, while it runs
    else:
        raise KeyboardInterrupt

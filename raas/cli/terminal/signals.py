"""Signals that end a command."""

from __future__ import annotations

import signal
import threading


def end_on_signals() -> None:
    """End the command on SIGTERM and SIGHUP as Ctrl-C does: by KeyboardInterrupt.

    A SIGHUP that the caller ignores (nohup) stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))

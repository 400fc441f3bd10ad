"""The signals that ask a server to stop, until its event loop handles them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def exit_on_stop_signals() -> None:
    """Have a stop signal end the process with status 0, by SystemExit in the main thread."""
    for number in STOP_SIGNALS:
        signal.signal(number, _exit)


@contextmanager
def stop_signals_call(cancel: Callable[[], None]) -> Iterator[None]:
    """Have a stop signal call `cancel` within the block, for work that an exception must not interrupt.

    Raises SystemExit(0) at the end of a block that a signal reached.
    """
    reached = False

    def handle(*_: object) -> None:
        nonlocal reached
        reached = True
        cancel()

    before = {number: signal.signal(number, handle) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if reached:
            raise SystemExit(0)


def _exit(*_: object) -> None:
    raise SystemExit(0)

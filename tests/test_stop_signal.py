"""The end of a server: a signal, or the end of its supervisor."""

from __future__ import annotations

import asyncio
import os
import signal

from raas.app import _stop_signal


async def test_lifeline_is_read_no_more_once_the_supervisor_has_ended() -> None:
    loop = asyncio.get_running_loop()
    lifeline, writing_end = os.pipe()
    try:
        stop = _stop_signal(lifeline)
        assert not stop.is_set()
        os.close(writing_end)
        await asyncio.wait_for(stop.wait(), 30)
        assert not loop.remove_reader(lifeline), "the closed pipe wakes the loop without end"
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        os.close(lifeline)

"""The exchange of reports between processes, so that limits hold over all of them."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from raas.usecases.limits.usage import CallerUsages
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.ports.limits.usage_store import UsageStore

INTERVAL_SECONDS = 0.25
"""Between two exchanges while callers call."""

IDLE_INTERVAL_SECONDS = 1.0
"""Between two exchanges of an idle process: it learns what others allow before it is called."""

_SHORTEST_SECONDS = 0.02
"""Between two exchanges in any case."""


class UsageExchange:
    """Reports the use of this process, and takes in that of the others.

    While the database is away the last allowances stay in force: what needs the database fails by itself.
    """

    def __init__(self, usages: CallerUsages, store: UsageStore) -> None:
        self._usages = usages
        self._store = store
        self._noticed = asyncio.Event()
        self._lock = asyncio.Lock()
        self._begun = self._exchanged = float("-inf")

    @property
    def age_seconds(self) -> float:
        """The time since the last exchange."""
        return time.monotonic() - self._exchanged

    def notice(self) -> None:
        """Exchange soon: a caller has appeared."""
        self._noticed.set()

    async def run(self) -> None:
        """Exchange until cancelled."""
        while True:
            self._noticed.clear()
            await self.refresh()
            interval = INTERVAL_SECONDS if self._usages.count else IDLE_INTERVAL_SECONDS
            with suppress(TimeoutError):
                async with asyncio.timeout(interval):
                    await self._noticed.wait()

    async def refresh(self) -> None:
        """Exchange now; concurrent callers share one that began after they asked. Raises StoreFault."""
        asked = time.monotonic()
        async with self._lock:
            if self._begun >= asked:
                return
            await asyncio.sleep(self._begun + _SHORTEST_SECONDS - time.monotonic())
            began = self._begun = time.monotonic()
            report = self._usages.measure()
            try:
                reports = await self._store.exchange(report)
            except StoreUnavailable:
                return
            self._usages.settle(reports)
            self._exchanged = began

"""Stores the counts of billable usage every few seconds, and closes months."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from raas.domain.billing import BillingCounts, BillingKey
from raas.usecases.billing.counter import BillingCounter
from raas.usecases.ports.billing import BillingStore
from raas.usecases.ports.errors import StoreUnavailable

INTERVAL_SECONDS = 5.0
"""Between two additions: a process that is killed loses the counts of this time, and of open streams."""

CLOSING_SECONDS = 60.0
"""Between two attempts to close months."""


class BillingRecorder:
    """Adds the counts of this process to those of all others; each batch once, whatever fails.

    `run` is a background task. `flush` stores the rest at the end of the process.
    """

    def __init__(self, counter: BillingCounter, store: BillingStore) -> None:
        self._counter = counter
        self._store = store
        self._batch: Mapping[BillingKey, BillingCounts] = {}
        self._number = 0
        self._flushing = asyncio.Lock()
        self._tried_closing = float("-inf")

    async def run(self) -> None:
        """Store and close until cancelled; while the database is away, counts stay in memory."""
        while True:
            try:
                await self.flush()
                if time.monotonic() - self._tried_closing >= CLOSING_SECONDS:
                    await self._store.close_months()
                    self._tried_closing = time.monotonic()
            except StoreUnavailable:
                # Readiness reports it; the same batch is tried again.
                pass
            await asyncio.sleep(INTERVAL_SECONDS)

    async def flush(self) -> None:
        """Store everything counted so far. Raises StoreUnavailable, StoreFault."""
        async with self._flushing:
            # A batch whose outcome is unknown is given again under the same number.
            if self._batch:
                await self._store.add(self._number, self._batch)
                self._batch = {}
            batch = self._counter.take()
            if batch:
                self._batch = batch
                self._number += 1
                await self._store.add(self._number, batch)
                self._batch = {}

"""The records of one call in the queue of a chain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from raas.concurrency.batch_queue import WaitingItem
from raas.usecases.calls.audit.call_audit import Entry

NUMBERS_PER_RECORD = 50
"""A record with more numbers than this counts for more than one."""


class WaitingRecords(WaitingItem[None]):
    """The records of one call in the queue."""

    __slots__ = ("entries", "failed")

    def __init__(
        self, entries: Sequence[Entry], deadline: float, failed: Callable[[], None] | None = None
    ) -> None:
        numbers = sum(len(record.touched) + len(record.shown) for record, _ in entries)
        super().__init__(len(entries) + numbers // NUMBERS_PER_RECORD, deadline=deadline)
        self.entries = entries
        self.failed = failed
        """Called if the records are not committed; None where a caller waits."""
        if failed is not None:
            self._future.add_done_callback(self._tell)

    def again(self) -> WaitingRecords:
        """The same records, to be appended again."""
        return WaitingRecords(self.entries, self.deadline, self.failed)

    def _tell(self, future: asyncio.Future[None]) -> None:
        if self.failed is not None and (future.cancelled() or future.exception() is not None):
            self.failed()

    def succeed(self) -> None:
        """Tell the caller that the records are committed."""
        if not self._future.done():
            self._future.set_result(None)

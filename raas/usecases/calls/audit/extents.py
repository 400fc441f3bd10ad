"""The extents of a stream: a record of what it may send is kept before it sends within it."""

from __future__ import annotations

import time

from raas.domain.audit.record import BulkRead
from raas.domain.json_value import JsonObject
from raas.usecases.calls.audit.call_audit import CallAudit
from raas.usecases.calls.call import Call

REVISIONS = 10_000
"""The revisions of one extent."""
SECONDS = 60.0
"""The time in which a stream may send within an extent."""


class StreamExtents:
    """The extents that a stream may send: of revisions, and of the register as of a revision."""

    __slots__ = ("_audit", "_call", "_first", "_last", "_state_until", "_until")

    def __init__(self, audit: CallAudit, call: Call) -> None:
        self._audit = audit
        self._call = call
        self._first = self._last = 0
        self._until = self._state_until = float("-inf")

    async def revisions(self, which: JsonObject, first: int, last: int) -> None:
        """Return once the stream may send these revisions. Raises Refused AUDIT_UNAVAILABLE."""
        if self._first <= first and last <= self._last and time.monotonic() < self._until:
            return
        self._until = float("-inf")
        began = time.monotonic()
        reserved = max(last, first + REVISIONS - 1)
        await self._audit.reserve(self._call, BulkRead(which, first, reserved, 0))
        self._first, self._last, self._until = first, reserved, began + SECONDS

    async def state(self, which: JsonObject, revision: int) -> None:
        """Return once the stream may send the register as of a revision. Raises Refused AUDIT_UNAVAILABLE."""
        if time.monotonic() < self._state_until:
            return
        began = time.monotonic()
        await self._audit.reserve(self._call, BulkRead(which, None, revision, 0))
        self._state_until = began + SECONDS

"""The pauses between starts of a PostgreSQL that died."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from raas.concurrency.keep_running import Backoff
from raas.storage.embedded.errors import EmbeddedPostgresError
from raas.storage.embedded.place import free_bytes
from raas.storage.embedded.reasons import ROOM_BYTES, disk_full

FULL_DISK_SECONDS = 60.0
"""Seconds between two starts on a full disk: a start can make room itself, by removing old log."""


class Restarts:
    """The starts after a death: at once, except after a start that failed, and on a full disk.

    A start that fails is repeated after a pause that doubles with each failure. On a full disk PostgreSQL
    is started once, then as soon as there is room, and once a minute until then.
    """

    def __init__(
        self,
        cluster: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._cluster = cluster
        self._clock = clock
        self._free = free
        self._backoff = Backoff()
        self._failures = 0
        self._retry_at = 0.0
        self._waits_for_room = False
        self._last_full_disk = float("-inf")

    def is_due(self) -> bool:
        """Whether PostgreSQL, which is dead, is to be started now.

        Raises EmbeddedPostgresError, once, when that waits for room on the disk from now on.
        """
        now = self._clock()
        if self._has_room():
            if self._waits_for_room:
                self._waits_for_room, self._retry_at = False, now
            return now >= self._retry_at
        if now < self._last_full_disk + FULL_DISK_SECONDS:
            if not self._waits_for_room:
                self._waits_for_room = True
                raise EmbeddedPostgresError(disk_full(self._cluster))
            return False
        self._waits_for_room = False
        self._last_full_disk = now
        return True

    def started(self) -> None:
        """Record that a start succeeded."""
        self._failures = 0

    def failed(self) -> None:
        """Record that a start failed."""
        self._failures += 1
        self._retry_at = self._clock() + self._backoff.after(self._failures)
        # The error of the start has said that the disk is full.
        self._waits_for_room = not self._has_room()

    def _has_room(self) -> bool:
        return self._free(self._cluster) >= ROOM_BYTES

"""Files that are watched: their content is read again when they change."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

LOOK_SECONDS = 1.0
"""The shortest time between two looks at the same files."""


class Watch:
    """Tells whether files may have changed: by times, mode, size and inode.

    Links that move are noticed, and permissions that are given.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = tuple(paths)
        self._seen = self._status()
        self._looked = time.monotonic()

    def changed(self, *, at_once: bool) -> bool:
        """Whether the files changed since the last time that they had; looks once a second, or `at_once`."""
        now = time.monotonic()
        if not self._paths or (not at_once and now < self._looked + LOOK_SECONDS):
            return False
        self._looked = now
        seen = self._status()
        changed, self._seen = seen != self._seen, seen
        return changed

    def _status(self) -> tuple[object, ...]:
        found: list[object] = []
        for path in self._paths:
            try:
                status = path.stat()
                times = status.st_mtime_ns, status.st_ctime_ns
                found.append((*times, status.st_mode, status.st_ino, status.st_size))
            except OSError:
                found.append(None)
        return tuple(found)

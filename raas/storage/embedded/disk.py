"""The disk of the embedded database."""

from __future__ import annotations

import shutil
from pathlib import Path

from raas.storage.embedded.place import home_of

COUNTED_BYTES = 200 * 1024**3
"""Shares are shares of the disk, or of so many bytes at the end of a larger one."""


def used_share(data_dir: Path) -> float:
    """The share of the disk that is used, 0 to 1. Raises OSError, EmbeddedPostgresError."""
    usage = shutil.disk_usage(home_of(data_dir))
    return used_of(usage.used, usage.free)


def used_of(used: int, free: int) -> float:
    """The share that is used of a disk with so many bytes used and free for PostgreSQL."""
    return 1 - free / max(1, min(used + free, COUNTED_BYTES))

"""The reason why a program of PostgreSQL failed, in a sentence for the operator.

PostgreSQL's own words can be shown: its settings keep statements, parameters and keys out of them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from raas.storage.embedded.place import free_bytes

ROOM_BYTES = 64 * 1024 * 1024
"""Free space with which PostgreSQL can be expected to run: four segments of its write-ahead log."""

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where PostgreSQL keeps shared memory; nothing is made there

_ENDING = re.compile(r"(?:FATAL|PANIC):  (.*)")
_STARTING = "starting PostgreSQL"
_LOGGING = "redirecting log output to logging collector process"
_OF_PG_CTL = ("pg_ctl: could not start server", "Examine the log output.")
_TAIL_BYTES = 64 * 1024


def reason_of_failure(output: str, cluster: Path) -> str:
    """The reason for the failure of a program with this output on `cluster`, with what to do about it."""
    reason = next(_endings(output, cluster))
    if "shared memory" in reason and "No space left" in reason:
        size = shutil.disk_usage(SHARED_MEMORY).total // 1024
        return f"{reason}. {SHARED_MEMORY} is too small ({size} KiB): enlarge it (docker run --shm-size=64m)."
    if "No space left" in reason:
        return f"{reason}. {disk_full(cluster)}"
    return f"{reason}."


def disk_full(cluster: Path) -> str:
    """A sentence about the disk of `cluster`."""
    mebibytes = free_bytes(cluster) // (1024 * 1024)
    return (
        f"The disk of {cluster} is full ({mebibytes} MiB are free): "
        f"PostgreSQL starts again by itself when {ROOM_BYTES // (1024 * 1024)} MiB are free."
    )


def _endings(output: str, cluster: Path) -> Iterator[str]:
    """PostgreSQL's last words: in the output or, once it has gone over to its log, there."""
    yield from _ENDING.findall(output)
    if _LOGGING in output:
        with suppress(OSError, ValueError):
            newest = max((cluster / "log").glob("*.log"), key=lambda file: file.stat().st_mtime)
            with newest.open("rb") as file:
                file.seek(max(0, newest.stat().st_size - _TAIL_BYTES))
                _, _, last_start = file.read().decode(errors="replace").rpartition(_STARTING)
            # A session that comes too early gets this too; it ends that session only.
            yield from (said for said in _ENDING.findall(last_start) if "database system is" not in said)
    yield " ".join(line for line in output.splitlines() if line not in _OF_PG_CTL).rstrip(".")

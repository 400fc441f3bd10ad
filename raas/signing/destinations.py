"""Places outside the database that keep checkpoints: a directory, or a command of the operator."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from raas.signing.signing_keys import write_durably
from raas.usecases.ports.audit.proof import DeliveryFailed

SUFFIX = ".note"
_LOG = "log-"
_PER_FOLDER = 10_000
_SECONDS = 30.0


class KeptNotes(Mapping[str, bytes]):
    """All checkpoints below a directory, by the names of their files, in the order of these.

    A file is read when it is asked for. Raises OSError.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        paths = sorted(directory.rglob(f"*{SUFFIX}"))
        self._names = {str(path.relative_to(directory)): None for path in paths}

    def __getitem__(self, name: str) -> bytes:
        if name not in self._names:
            raise KeyError(name)
        return (self._directory / name).read_bytes()

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class CheckpointDirectory:
    """The CheckpointDestination of a directory: `000001/000000018345.note`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def newest(self) -> bytes | None:
        """The note with the highest number."""
        try:
            return await asyncio.to_thread(self._newest)
        except OSError as error:
            raise DeliveryFailed(f"{self._directory}: {error.strerror}") from None

    async def deliver(self, number: int, note: bytes) -> None:
        """Write the note; one that is kept is never overwritten by another."""
        try:
            await asyncio.to_thread(self._deliver, number, note)
        except OSError as error:
            raise DeliveryFailed(f"{self._directory}: {error.strerror}") from None

    def _newest(self) -> bytes | None:
        for folder in sorted(self._directory.glob("[0-9]" * 6), reverse=True):
            for path in sorted(folder.glob(f"*{SUFFIX}"), reverse=True):
                return path.read_bytes()
        return None

    def _deliver(self, number: int, note: bytes) -> None:
        path = self._directory / f"{number // _PER_FOLDER:06d}" / f"{number:012d}{SUFFIX}"
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            kept = path.read_bytes()
        except FileNotFoundError:
            write_durably(path, note)
            return
        if kept != note:
            raise DeliveryFailed(f"{path}: another checkpoint with this number is kept")


class LogDirectory:
    """The CheckpointDestination of a directory for log number `log` of several, which began after restores.

    The first log is in the directory itself, log 2 in `log-2` below it, and so on.
    """

    def __init__(self, directory: Path, log: int) -> None:
        self._directory = directory
        self._log = log

    async def newest(self) -> bytes | None:
        """The note with the highest number, of a later log if there is one: then this log was restored."""
        log = await asyncio.to_thread(newest_kept_log, self._directory)
        return await self._of(max(log, self._log)).newest()

    async def deliver(self, number: int, note: bytes) -> None:
        """Write the note."""
        await self._of(self._log).deliver(number, note)

    def _of(self, log: int) -> CheckpointDirectory:
        return CheckpointDirectory(self._directory if log == 1 else self._directory / f"{_LOG}{log}")


def newest_kept_log(directory: Path) -> int:
    """The highest number of a log of which the directory keeps checkpoints; 0 = none."""
    later = [path for path in directory.glob(f"{_LOG}*") if any(path.rglob(f"*{SUFFIX}"))]
    numbers = [int(name) for path in later if (name := path.name.removeprefix(_LOG)).isdecimal()]
    first = next(iter(directory.glob(f"{'[0-9]' * 6}/*{SUFFIX}")), None)
    return max(numbers, default=0 if first is None else 1)


class CheckpointCommand:
    """The CheckpointDestination of a command: the note on standard input, its number as last argument.

    The command has 30 seconds; exit status 0 means kept. It cannot say what it has kept.
    """

    def __init__(self, command: str, seconds: float = _SECONDS) -> None:
        self._command = shlex.split(command)
        self._seconds = seconds

    async def newest(self) -> bytes | None:
        """None: a command cannot say."""
        return None

    async def deliver(self, number: int, note: bytes) -> None:
        """Run the command."""
        pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, str(number), stdin=pipe, stdout=nowhere, stderr=nowhere
            )
        except OSError as error:
            raise DeliveryFailed(f"{self._command[0]}: {error.strerror}") from None
        try:
            async with asyncio.timeout(self._seconds):
                await process.communicate(note)
        except TimeoutError:
            raise DeliveryFailed(f"{self._command[0]}: took more than {self._seconds:g} seconds") from None
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode:
            raise DeliveryFailed(f"{self._command[0]}: ended with status {process.returncode}")

"""The input of an import as bytes: counted and hashed while they are read.

A regular file is locked against a second import and can be read again after an interruption. Everything else
(`-`, a pipe, a FIFO, /dev/stdin) is a stream: it is read once.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import io
import lzma
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, TextIO, cast

from raas.cli.imports.errors import FileChanged, ImportRefused, Unreadable
from raas.cli.texts import tr

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

UNREADABLE = (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile)
"""The errors of decompression."""

_BUFFER = 256 * 1024
_STANDARD_INPUT = ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")
_DESCRIPTORS = ("/dev/fd/", "/proc/self/fd/")


class Source:
    """An open input; `digest` and `size` are those of a regular file at its opening, None for a stream."""

    def __init__(self, file: str, raw: io.FileIO, *, again: bool) -> None:
        self.path = Path(file) if again else None
        self._file = file
        self._raw = _Counted(raw)
        self._status = os.fstat(raw.fileno())
        self.size = self._status.st_size if again else None
        self.digest = _digest(raw) if again else None
        self.bytes = io.BufferedReader(self._raw, _BUFFER)
        self._text: io.TextIOWrapper | None = None

    @property
    def position(self) -> int:
        """The number of bytes read."""
        return self._raw.count

    def starts_with(self, magic: bytes) -> bool:
        """Whether the content starts with these bytes; nothing is consumed."""
        return self.bytes.peek(len(magic))[: len(magic)] == magic

    def text(self, encoding: str) -> TextIO:
        """The content as text; bytes that are not in the encoding are kept (surrogateescape)."""
        # Kept here, since it closes the file when it is collected.
        self._text = io.TextIOWrapper(
            self._unpacked(), encoding=encoding, errors="surrogateescape", newline=""
        )
        return self._text

    def _unpacked(self) -> IO[bytes]:
        """The content, decompressed if it is compressed by gzip or xz."""
        if self.starts_with(b"\x1f\x8b"):
            return cast("IO[bytes]", gzip.GzipFile(fileobj=self.bytes))
        if self.starts_with(b"\xfd7zXZ\x00"):
            return lzma.LZMAFile(cast("BinaryIO", self.bytes))
        return self.bytes

    def same_file(self, other: Path) -> bool:
        """Whether the other path leads to this file, be it by a link."""
        with suppress(OSError):
            return os.path.samestat(self._status, other.stat())
        return False

    def check_unchanged(self) -> None:
        """Raises FileChanged when a regular file is not what it was when it was opened."""
        if self.digest is None:
            return
        now = os.fstat(self._raw.fileno())
        before = self._status
        same = (now.st_size, now.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
        if not same or (self.at_end and self._raw.digest != self.digest):
            raise FileChanged(tr("{file} was changed while it was read", file=self._file))

    def close(self) -> None:
        """Close the file, and unlock it."""
        if self._text is not None:
            self._text.close()
        self.bytes.close()

    @property
    def at_end(self) -> bool:
        """Whether everything has been read."""
        return self._raw.at_end


@contextmanager
def open_source(file: str) -> Iterator[Source]:
    """Open an input. Raises OSError, and ImportRefused for a file that another import is reading."""
    if file in _STANDARD_INPUT:
        yield Source(file, io.FileIO(0, closefd=False), again=False)
        return
    raw = io.FileIO(file, "r")
    again = stat.S_ISREG(os.fstat(raw.fileno()).st_mode) and not file.startswith(_DESCRIPTORS)
    try:
        if again:
            _lock(raw, file)
    except ImportRefused:
        raw.close()
        raise
    source = Source(file, raw, again=again)
    try:
        yield source
    except BaseException:
        # A thread may still read: closing a pipe would wait for it.
        if again:
            source.close()
        raise
    source.close()


@contextmanager
def readable() -> Iterator[None]:
    """Turn errors of decompression and decoding into Unreadable."""
    try:
        yield
    except UNREADABLE as error:
        raise Unreadable(tr("the compressed file is damaged or truncated ({cause})", cause=error)) from None
    except UnicodeError as error:
        cause = getattr(error, "reason", error)
        raise Unreadable(tr("the file is not written in the given encoding ({cause})", cause=cause)) from None


class _Counted(io.RawIOBase):
    """A file that counts and hashes what is read of it."""

    def __init__(self, raw: io.FileIO) -> None:
        self._raw = raw
        self._hash = hashlib.sha256()
        self.count = 0
        self.at_end = False

    @property
    def digest(self) -> str:
        """The SHA-256 of everything read so far."""
        return self._hash.hexdigest()

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        length = self._raw.readinto(view)
        self._hash.update(view[:length])
        self.count += length
        self.at_end = not length
        return length

    def close(self) -> None:
        self._raw.close()
        super().close()


def _lock(raw: io.FileIO, file: str) -> None:
    try:
        fcntl.flock(raw.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ImportRefused(
            "IMPORT_RUNNING", tr("{file} is being imported by another process", file=file)
        ) from None
    except OSError:
        pass  # a file system without locks


def _digest(raw: io.FileIO) -> str:
    digest = hashlib.file_digest(raw, "sha256").hexdigest()
    raw.seek(0)
    return digest

"""The output of a command: a file that is replaced only once it is complete, a device, or standard output."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, TextIO, cast

import typer

from raas.cli.terminal.exits import Exit

_DESCRIPTORS = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/fd/")


@contextmanager
def open_output(file: str) -> Iterator[TextIO]:
    """Standard output (`-`), or a file, put in place when the block succeeds; .gz and .xz are compressed.

    The file is readable by its owner only, since it holds personal data. A symbolic link is kept and
    its target is replaced; a file with several hard links is overwritten, so that all keep the content; a
    device or a FIFO is written to. Raises OSError.
    """
    if file == "-":
        yield sys.stdout
        sys.stdout.flush()
        return
    status = _status(Path(file))
    if file.startswith(_DESCRIPTORS) or (status is not None and not stat.S_ISREG(status.st_mode)):
        with Path(file).open("wb") as raw, _packed(raw, Path(file).suffix) as text:
            yield text
        return
    path = Path(os.path.realpath(file))
    # No other export, nor what a killed one has left, has this name.
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}.new")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as raw, _packed(raw, Path(file).suffix) as text:
            yield text
        if status is not None and status.st_nlink > 1:
            with new.open("rb") as written, path.open("wb") as kept:
                shutil.copyfileobj(written, kept)
        else:
            new.replace(path)
    finally:
        new.unlink(missing_ok=True)


@contextmanager
def until_reader_leaves() -> Iterator[None]:
    """End the command with FAILED when the reader of standard output has gone."""
    try:
        yield
    except BrokenPipeError:
        # Python flushes standard output at exit, which must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(Exit.FAILED) from None


@contextmanager
def _packed(raw: IO[bytes], suffix: str) -> Iterator[TextIO]:
    """A text that is written to `raw`, compressed as the ending of its name says."""
    with ExitStack() as stack:
        if suffix.lower() == ".gz":
            raw = cast("IO[bytes]", stack.enter_context(gzip.GzipFile(fileobj=raw, mode="wb")))
        elif suffix.lower() == ".xz":
            raw = stack.enter_context(lzma.LZMAFile(raw, "wb"))
        yield stack.enter_context(io.TextIOWrapper(raw, encoding="utf-8", newline=""))


def _status(path: Path) -> os.stat_result | None:
    with suppress(FileNotFoundError):
        return path.stat()
    return None

"""The output of a command: a file that is replaced only once it is complete, or standard output."""

from __future__ import annotations

import gzip
import lzma
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO, TextIO, cast

import typer

from raas.cli.terminal.exits import Exit


@contextmanager
def open_output(file: str) -> Iterator[TextIO]:
    """Standard output (`-`), or a file, put in place when the block succeeds; .gz and .xz are compressed.

    The file is readable by its owner only, since it holds personal data. Raises OSError.
    """
    if file == "-":
        yield sys.stdout
        sys.stdout.flush()
        return
    path = Path(file)
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with ExitStack() as stack:
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            raw: IO[bytes] = stack.enter_context(os.fdopen(descriptor, "wb"))
            if path.suffix == ".gz":
                raw = cast("IO[bytes]", stack.enter_context(gzip.GzipFile(fileobj=raw, mode="wb")))
            elif path.suffix == ".xz":
                raw = stack.enter_context(lzma.LZMAFile(raw, "wb"))
            yield stack.enter_context(TextIOWrapper(raw, encoding="utf-8", newline=""))
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

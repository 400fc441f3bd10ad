"""Where a command writes a file: whole under its name, or not there at all."""

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


@contextmanager
def open_output(file: str) -> Iterator[TextIO]:
    """Standard output (`-`), or a file that gets its name when the block ends well; .gz and .xz are packed.

    The file is readable by its owner alone: it tells who is known to whom. Raises OSError.
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

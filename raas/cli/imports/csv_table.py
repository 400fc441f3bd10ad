"""A CSV file as `raas import` reads it: the header is checked, the rows are streamed.

    operation?, niss, dossier_type, begin, end, last_name?, first_names?, birth_date?, sex?

in any order, separated by commas, semicolons or tabs (the most frequent of them in the header), UTF-8,
optionally compressed (.gz, .xz). The columns `line` and `reasons` are ignored, so that a file of rejected
rows can be corrected and imported as it is.
"""

from __future__ import annotations

import csv
import gzip
import lzma
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import chain
from pathlib import Path
from typing import IO, BinaryIO, cast

MANDATORY = ("niss", "dossier_type", "begin", "end")
OPTIONAL = ("operation", "last_name", "first_names", "birth_date", "sex")
PASSED_OVER = ("line", "reasons")

UNREADABLE = (OSError, EOFError, lzma.LZMAError, zlib.error, csv.Error)
"""The errors of reading a file, besides HeaderInvalid."""

_DELIMITERS = ",;\t"


class HeaderInvalid(Exception):
    """The first line of the file is no valid header; the text lists everything that is wrong with it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record; `line` is the number of its first line in the file, from 1."""

    line: int
    fields: list[str]


@dataclass(slots=True)
class Table:
    """An open file after its header; `rows` can be iterated once."""

    columns: tuple[str, ...]
    delimiter: str
    size: int | None
    _raw: BinaryIO
    _reader: Iterator[list[str]]

    @property
    def position(self) -> int:
        """How many bytes of the file, as stored on disk, have been read."""
        return self._raw.tell() if self.size is not None else 0

    def rows(self) -> Iterator[Row]:
        """The records in order, without empty lines. Raises UNREADABLE."""
        reader = cast(
            "csv.DictReader[str]", self._reader
        )  # for line_num, which csv.reader's type keeps to itself
        before = reader.line_num
        try:
            for fields in self._reader:
                if fields:
                    yield Row(before + 1, fields)
                before = reader.line_num
        except csv.Error as error:
            raise csv.Error(f"line {before + 1}: {error}; is a quotation mark not closed?") from None


@contextmanager
def open_table(path: Path | None) -> Iterator[Table]:
    """The table in a file, or on standard input (None).

    Raises HeaderInvalid, and UNREADABLE for a file that cannot be opened or decompressed. Bytes that are
    not UTF-8 are kept (surrogateescape), so that only their row is rejected.
    """
    with ExitStack() as stack:
        raw: BinaryIO = sys.stdin.buffer if path is None else stack.enter_context(path.open("rb"))
        text = TextIOWrapper(_unpacked(raw, path), encoding="utf-8-sig", errors="surrogateescape", newline="")
        if path is not None:
            stack.enter_context(text)
        first = text.readline()
        delimiter = max(_DELIMITERS, key=first.count)
        reader = csv.reader(chain([first], text), delimiter=delimiter)
        columns = tuple(name.strip().lower() for name in next(reader, []))
        if faults := _faults(columns):
            raise HeaderInvalid("\n".join(faults))
        size = path.stat().st_size if path is not None else None
        yield Table(columns, delimiter, size, raw, reader)


def _unpacked(raw: BinaryIO, path: Path | None) -> IO[bytes]:
    match path.suffix if path else "":
        case ".gz":
            return cast("IO[bytes]", gzip.GzipFile(fileobj=raw))
        case ".xz":
            return lzma.LZMAFile(raw)
        case _:
            return raw


def _faults(columns: tuple[str, ...]) -> list[str]:
    """Everything that is wrong with the header."""
    if not any(columns):
        return ["the first line must be a header that names the columns; it is empty"]
    if any("\0" in name or not _is_text(name) for name in columns):
        return ["the file is not written in UTF-8: save it as CSV in UTF-8"]
    faults = []
    if missing := [name for name in MANDATORY if name not in columns]:
        faults.append(f"missing: {', '.join(missing)}")
    known = {*MANDATORY, *OPTIONAL, *PASSED_OVER}
    if unknown := [name for name in columns if name not in known]:
        faults.append(f"unknown: {', '.join(repr(name) for name in dict.fromkeys(unknown))}")
    if twice := [name for name in dict.fromkeys(columns) if name in known and columns.count(name) > 1]:
        faults.append(f"more than once: {', '.join(twice)}")
    if faults:
        faults.append(f"a header has {', '.join(MANDATORY)} and may have {', '.join(OPTIONAL)}")
    return faults


def _is_text(name: str) -> bool:
    """Whether the bytes of a name were UTF-8."""
    return not any("\udc80" <= letter <= "\udcff" for letter in name)

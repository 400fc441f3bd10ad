"""The file of rejected rows: each row as it was read, with its line and everything that is wrong with it."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from raas.cli.imports.files.csv_rows import Row
from raas.cli.imports.files.header import INSCRIPTIONS
from raas.cli.imports.files.table import UTF_8, Table
from raas.cli.imports.places import is_device
from raas.v1.error_reason_pb2 import ErrorReason
from raas.v1.notice_pb2 import Notice
from raas.v1.violation_pb2 import Violation

_PREFIX = len("ERROR_REASON_")


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row and the reasons for which it is rejected."""

    row: Row
    reasons: str


class RejectedRows:
    """Writes the file in the form of the input, so that it can be corrected and imported by the same command.

    It is created for the first row, readable by its owner only. Raises OSError.
    """

    def __init__(self, path: Path, table: Table, length: int) -> None:
        """`length` is what an interrupted run has written; a part of a row after it is cut off."""
        self._path = path
        self._table = table
        columns = table.header.columns
        self._kept = [index for index, name in enumerate(columns) if name not in INSCRIPTIONS.ignored]
        self._file: io.TextIOWrapper | None = None
        self._device = is_device(path)
        self.length = length

    def add(self, rows: Iterable[RejectedRow]) -> None:
        """Write rows; they are on disk when this returns."""
        rows = list(rows)
        if not rows:
            return
        file = self._file or self._open()
        out = csv.writer(file, delimiter=self._table.delimiter, lineterminator="\n")
        header = self._table.header
        if not self.length:
            out.writerow(["line", *(header.names[index] for index in self._kept), "reasons"])
        for rejected in rows:
            fields = rejected.row.fields
            if len(fields) == header.width:
                fields = [fields[index] for index in self._kept]
            out.writerow([rejected.row.line, *fields, rejected.reasons])
        file.flush()
        self.length = 1 if self._device else file.tell()

    def _open(self) -> io.TextIOWrapper:
        if self._device:
            flags = os.O_WRONLY
        elif self.length:
            os.truncate(self._path, self.length)
            flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW
        else:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        descriptor = os.open(self._path, flags, 0o600)
        encoding = self._table.encoding
        errors = "surrogateescape" if encoding == UTF_8 else "backslashreplace"
        raw = io.FileIO(descriptor, "w" if self._device else "a")
        self._file = io.TextIOWrapper(io.BufferedWriter(raw), encoding, errors, newline="")
        return self._file

    def close(self) -> None:
        """Close the file, if it was opened."""
        if self._file:
            self._file.close()


def reasons_text(found: Iterable[Violation | Notice]) -> str:
    """The violations or notices of a row, in the words of the server."""
    return "; ".join(
        f"{ErrorReason.Name(each.reason)[_PREFIX:]} ({each.field}): {each.message}" for each in found
    )

"""The file of rejected rows: each row as it was read, with its line and everything that is wrong with it."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

from raas.cli.imports.csv_table import PASSED_OVER, Row, Table
from raas.v1.error_reason_pb2 import ErrorReason
from raas.v1.violation_pb2 import Violation

_PREFIX = len("ERROR_REASON_")


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row and the reasons for which it is rejected."""

    row: Row
    reasons: str


class RejectedRows:
    """Appends to the file, which is created for the first row, readable by its owner only."""

    def __init__(self, path: Path, table: Table, length: int) -> None:
        """Keep the first `length` bytes and drop the rest, or the file of another import (`length` 0)."""
        self._path = path
        self._table = table
        self._kept = [index for index, name in enumerate(table.columns) if name not in PASSED_OVER]
        self._file: TextIOWrapper | None = None
        self.length = length
        if not length:
            path.unlink(missing_ok=True)
        else:
            os.truncate(path, length)

    def add(self, rows: Iterable[RejectedRow]) -> None:
        """Write rows; they are on disk when this returns."""
        rows = list(rows)
        if not rows:
            return
        file = self._file or self._open()
        out = csv.writer(file, delimiter=self._table.delimiter, lineterminator="\n")
        if not self.length:
            out.writerow(["line", *(self._table.columns[index] for index in self._kept), "reasons"])
        for rejected in rows:
            fields = rejected.row.fields
            if len(fields) == len(self._table.columns):
                fields = [fields[index] for index in self._kept]
            out.writerow([rejected.row.line, *fields, rejected.reasons])
        file.flush()
        self.length = file.tell()

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = os.fdopen(descriptor, "a", encoding="utf-8", errors="surrogateescape", newline="")
        return self._file

    def close(self) -> None:
        """Close the file, if it was opened."""
        if self._file:
            self._file.close()


def reasons_text(violations: Iterable[Violation]) -> str:
    """What the server says is wrong with a row."""
    return "; ".join(
        f"{ErrorReason.Name(each.reason)[_PREFIX:]} ({each.field}): {each.message}" for each in violations
    )

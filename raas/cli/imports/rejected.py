"""The file of rejected rows: as they stood, with the number of their line and everything that is wrong."""

from __future__ import annotations

import csv
import os
from io import TextIOWrapper
from pathlib import Path

from raas.cli.imports.csv_table import PASSED_OVER, Table
from raas.cli.imports.rows import Message
from raas.v1.error_reason_pb2 import ErrorReason
from raas.v1.register_service_pb2 import ImportResponse, RejectedOperation
from raas.v1.violation_pb2 import Violation

_PREFIX = len("ERROR_REASON_")


class RejectedRows:
    """Appends to the file, which exists only once there is a row for it; readable by its owner alone."""

    def __init__(self, path: Path, table: Table, length: int) -> None:
        """Go on behind the first `length` bytes; what lies behind them, or a file of another import, goes."""
        self._path = path
        self._table = table
        self._kept = [index for index, name in enumerate(table.columns) if name not in PASSED_OVER]
        self._file: TextIOWrapper | None = None
        self.length = length
        if not length:
            path.unlink(missing_ok=True)
        else:
            os.truncate(path, length)

    def add(self, message: Message, answer: ImportResponse) -> None:
        """Write the rows of a message that its answer rejects; on disk when this returns."""
        if not answer.rejected:
            return
        file = self._file or self._open()
        out = csv.writer(file, delimiter=self._table.delimiter, lineterminator="\n")
        if not self.length:
            out.writerow(["line", *(self._table.columns[index] for index in self._kept), "reasons"])
        for rejected in answer.rejected:
            row = message.rows[rejected.offset - message.request.offset]
            whole = len(row.fields) == len(self._table.columns)
            fields = [row.fields[index] for index in self._kept] if whole else row.fields
            out.writerow([row.line, *fields, _reasons(rejected, message)])
        file.flush()
        self.length = file.tell()

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = os.fdopen(descriptor, "a", encoding="utf-8", errors="surrogateescape", newline="")
        return self._file

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file:
            self._file.close()


def _reasons(rejected: RejectedOperation, message: Message) -> str:
    if fault := message.faults.get(rejected.offset):
        return f"ROW_MALFORMED: {fault}"
    return "; ".join(_reason(violation) for violation in rejected.violations)


def _reason(violation: Violation) -> str:
    return f"{ErrorReason.Name(violation.reason)[_PREFIX:]} ({violation.field}): {violation.message}"

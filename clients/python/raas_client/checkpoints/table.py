"""Checkpoints in a table of the caller's own database, written in the caller's own transaction."""

from __future__ import annotations

import re
from typing import Any, Protocol

from raas_client.checkpoints.checkpoint import Checkpoint

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?")
_PLACEHOLDERS = {
    "qmark": "?",
    "format": "%s",
    "pyformat": "%s",
    "numeric": ":{}",
    "named": ":{}",
    "numeric_dollar": "${}",
}
_COLUMNS = ("log_id", "revision", "resume_token", "filter_hash")


class Cursor(Protocol):
    """A cursor of the Python Database API (PEP 249)."""

    @property
    def description(self) -> Any:
        """A sequence for every column of the last query, which begins with its name."""

    def execute(self, statement: str, parameters: Any = ..., /) -> Any:
        """Execute a statement."""

    def fetchone(self) -> Any:
        """The next row."""


class CheckpointTable:
    """The checkpoints of any number of readers, one row each.

    It neither begins nor commits a transaction: its statements belong to the transaction of the cursor that
    the caller passes. `paramstyle` is that of the driver (`sqlite3.paramstyle`, `psycopg.paramstyle`). One
    process at a time saves the checkpoint of a reader.
    """

    def __init__(self, reader: str, paramstyle: str, *, table: str = "raas_checkpoint") -> None:
        if _IDENTIFIER.fullmatch(table) is None:
            raise ValueError("the name of a table is letters, digits and underscores")
        if paramstyle not in _PLACEHOLDERS:
            raise ValueError(f"a paramstyle is one of {', '.join(_PLACEHOLDERS)}")
        self._reader = reader
        self._table = table
        self._placeholder = _PLACEHOLDERS[paramstyle]

    def create(self, cursor: Cursor) -> None:
        """Create the table where it does not exist; add the column that earlier versions did not have."""
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS {self._table} (reader VARCHAR(200) PRIMARY KEY, "
            "log_id CHAR(36) NOT NULL, revision BIGINT NOT NULL, resume_token VARCHAR(2000), "
            "filter_hash CHAR(16))"
        )
        if "filter_hash" not in self._row(cursor):
            cursor.execute(f"ALTER TABLE {self._table} ADD COLUMN filter_hash CHAR(16)")

    def load(self, cursor: Cursor) -> Checkpoint | None:
        """The checkpoint of the reader; None = none yet."""
        row = self._row(cursor)
        if row["log_id"] is None:
            return None
        return Checkpoint(row["log_id"], row["revision"], row["resume_token"], row.get("filter_hash"))

    def save(self, cursor: Cursor, checkpoint: Checkpoint) -> None:
        """Replace the checkpoint; it is kept when the caller commits."""
        row = self._row(cursor)
        # A table of an earlier version, on which `create` was not called since, has no filter_hash.
        columns = [column for column in _COLUMNS if column in row]
        # Not by the count of updated rows: some databases count only those whose values differ.
        if row["log_id"] is None:
            names = ", ".join([*columns, "reader"])
            statement = f"INSERT INTO {self._table} ({names}) VALUES ({self._marks(len(columns) + 1)})"
        else:
            marks = self._marks(len(columns) + 1).split(", ")
            changes = ", ".join(f"{column} = {mark}" for column, mark in zip(columns, marks, strict=False))
            statement = f"UPDATE {self._table} SET {changes} WHERE reader = {marks[-1]}"
        cursor.execute(statement, (*(getattr(checkpoint, column) for column in columns), self._reader))

    def _row(self, cursor: Cursor) -> dict[str, Any]:
        """The values of the reader's row by column; all None where there is no row."""
        # The name of the table was checked above; everything else is a parameter.
        cursor.execute(f"SELECT * FROM {self._table} WHERE reader = {self._marks(1)}", (self._reader,))
        names = [column[0].lower() for column in cursor.description]
        row = cursor.fetchone()
        return dict.fromkeys(names) if row is None else dict(zip(names, row, strict=True))

    def _marks(self, number: int) -> str:
        return ", ".join(self._placeholder.format(place) for place in range(1, number + 1))

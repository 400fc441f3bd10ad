"""A checkpoint in a table of the caller's own database, written in the caller's own transaction."""

from __future__ import annotations

import re
from typing import Any, Protocol

from raas_client.checkpoints.checkpoint import Checkpoint

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?")
_PLACEHOLDERS = {"qmark": "?", "format": "%s", "pyformat": "%s", "numeric": ":{}", "named": ":{}"}


class Cursor(Protocol):
    """A cursor of the Python Database API (PEP 249)."""

    @property
    def rowcount(self) -> int:
        """How many rows the last statement touched."""

    def execute(self, statement: str, parameters: Any = ..., /) -> Any:
        """Execute a statement."""

    def fetchone(self) -> Any:
        """The next row."""


class CheckpointTable:
    """The checkpoints of any number of readers, one row each.

    It neither begins nor commits anything: what it does belongs to the transaction of the cursor that it is
    handed. `paramstyle` is that of the driver (`sqlite3.paramstyle`, `psycopg.paramstyle`).
    """

    def __init__(self, reader: str, paramstyle: str, *, table: str = "raas_checkpoint") -> None:
        if _IDENTIFIER.fullmatch(table) is None:
            raise ValueError("the name of a table is letters, digits and underscores")
        if paramstyle not in _PLACEHOLDERS:
            raise ValueError(f"a paramstyle is one of {', '.join(_PLACEHOLDERS)}")
        sign = _PLACEHOLDERS[paramstyle]
        marks = [sign.format(number) for number in range(1, 5)]
        self._reader = reader
        self._create = (
            f"CREATE TABLE IF NOT EXISTS {table} (reader VARCHAR(200) PRIMARY KEY, "
            "log_id CHAR(36) NOT NULL, revision BIGINT NOT NULL, resume_token VARCHAR(2000))"
        )
        # The name of the table was looked at above; everything else is a parameter.
        self._select = f"SELECT log_id, revision, resume_token FROM {table} WHERE reader = {marks[0]}"
        self._update = (
            f"UPDATE {table} SET log_id = {marks[0]}, revision = {marks[1]}, "
            f"resume_token = {marks[2]} WHERE reader = {marks[3]}"
        )
        self._insert = (
            f"INSERT INTO {table} (log_id, revision, resume_token, reader) VALUES ({', '.join(marks)})"
        )

    def create(self, cursor: Cursor) -> None:
        """Create the table where it does not exist."""
        cursor.execute(self._create)

    def load(self, cursor: Cursor) -> Checkpoint | None:
        """The checkpoint of the reader; None when it has none yet."""
        cursor.execute(self._select, (self._reader,))
        row = cursor.fetchone()
        return None if row is None else Checkpoint(row[0], row[1], row[2])

    def save(self, cursor: Cursor, checkpoint: Checkpoint) -> None:
        """Keep it in place of the one before, once the caller commits."""
        row = (checkpoint.log_id, checkpoint.revision, checkpoint.resume_token, self._reader)
        cursor.execute(self._update, row)
        if cursor.rowcount == 0:
            cursor.execute(self._insert, row)

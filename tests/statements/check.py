"""Checks that a sharded PostgreSQL can carry out every statement that the tests send."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.statements.kinds import Unclassifiable, kind_of
from tests.statements.recorder import DIRECTORY, record

STARTUP = Path(__file__).parent / "startup"
"""The first entry of PYTHONPATH for processes whose statements are recorded."""

NOT_DISTRIBUTED = "not on distributed tables"
"""A comment with these words excepts a statement that runs on a plain PostgreSQL alone."""


class StatementCheck:
    """The statements of this process and of those that it started, and the ones that are of no kind."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._read: dict[str, int] = {}
        """How far the file of each started process was read."""
        self._classified: set[str] = set()
        self._refused: list[str] = []
        os.environ[DIRECTORY] = str(directory)
        record(psycopg.AsyncCursor, self._classify)

    def require_classified(self) -> None:
        """Fail the test if a statement since the last call is of no kind."""
        self._read_started_processes()
        refused, self._refused = self._refused, []
        if refused:
            pytest.fail("A sharded PostgreSQL cannot carry out:\n" + "\n\n".join(refused), pytrace=False)

    def _read_started_processes(self) -> None:
        for entry in os.scandir(self._directory):
            begin = self._read.get(entry.name, 0)
            if entry.stat().st_size > begin:
                with Path(entry.path).open("rb") as file:
                    file.seek(begin)
                    lines = file.read()
                # A line that is still being written is read the next time.
                whole = lines[: lines.rfind(b"\n") + 1]
                self._read[entry.name] = begin + len(whole)
                for line in whole.splitlines():
                    self._classify(*json.loads(line))

    def _classify(self, statement: str, parameters: Any) -> None:
        if statement in self._classified or NOT_DISTRIBUTED in statement:
            return
        self._classified.add(statement)
        try:
            kind_of(statement, parameters)
        except Unclassifiable as reason:
            self._refused.append(f"{statement.strip()}\n-- {reason}")

"""Records the statements that a process sends through psycopg, each text once.

It patches the asynchronous cursor, which SQLAlchemy uses too: RaaS has no other way to its database. Nothing
of the project is imported here, because servers that the tests start load this module first.
"""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Mapping
from importlib import util
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

DIRECTORY = "STATEMENTS_DIRECTORY"
"""The environment variable that names the directory in which started processes write their statements."""

_CURSORS = "psycopg.cursor_async"

Note = Callable[[str, Any], None]


def record(cursor: type[Any], note: Note) -> None:
    """Call `note` with each statement that these cursors send for the first time, and its parameters."""
    seen: set[str] = set()

    def once(query: Any, parameters: Any) -> None:
        text = query if isinstance(query, str) else query.as_string(None)
        if text not in seen:
            seen.add(text)
            note(text, parameters)

    execute, executemany = cursor.execute, cursor.executemany

    @functools.wraps(execute)
    async def recorded_execute(self: Any, query: Any, params: Any = None, **options: Any) -> Any:
        once(query, params)
        return await execute(self, query, params, **options)

    @functools.wraps(executemany)
    async def recorded_executemany(self: Any, query: Any, params_seq: Any, **options: Any) -> Any:
        many = list(params_seq)
        once(query, many[0] if many else ())
        return await executemany(self, query, many, **options)

    cursor.execute, cursor.executemany = recorded_execute, recorded_executemany


def record_in_started_process() -> None:
    """Have this process write its statements to a file of DIRECTORY, from its import of psycopg on."""
    directory = os.environ.get(DIRECTORY)
    if directory:
        sys.meta_path.insert(0, _AfterImport(Path(directory)))


def identifying(parameters: Any) -> Any:
    """The parameters as far as JSON holds them: names and small numbers; the others are null."""
    if isinstance(parameters, Mapping):
        return dict.fromkeys(parameters)
    if parameters is None:
        return None
    return [each if isinstance(each, int) else None for each in parameters]


class _AfterImport(MetaPathFinder):
    """Patches the cursors of psycopg when they are imported: a process that never does is left alone."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != _CURSORS:
            return None
        sys.meta_path.remove(self)
        spec = util.find_spec(name)
        assert spec is not None
        assert spec.loader is not None
        load = spec.loader.exec_module

        def load_and_record(module: ModuleType) -> None:
            load(module)
            record(module.AsyncCursor, self._write)

        spec.loader.exec_module = load_and_record
        return spec

    def _write(self, statement: str, parameters: Any) -> None:
        line = json.dumps([statement, identifying(parameters)]) + "\n"
        file = os.open(self._directory / str(os.getpid()), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(file, line.encode())
        finally:
            os.close(file)

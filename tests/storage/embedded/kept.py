"""The table `kept`, which shows whether committed data survive, and the log of the cluster."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psycopg


def write(dsn: str, text: str) -> None:
    """Commit one row; creates the table if it does not exist."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create table if not exists kept (text text)")
        connection.execute("insert into kept values (%s)", [text])


def rows(dsn: str) -> list[str]:
    """All rows, in order of insertion."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        return [text for (text,) in connection.execute("select text from kept order by ctid")]


def log_text(data_dir: Path) -> str:
    """What the cluster of a data directory has logged, in one file for each day of the week."""
    return "".join(file.read_text() for file in (data_dir / "postgresql" / "log").iterdir())


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until `condition` holds; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition never held"
        time.sleep(0.005)

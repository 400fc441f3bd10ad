"""Logs are structured and contain nothing that looks like a NISS."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from raas.ops.logs import REDACTED, configure_logs
from raas.ops.settings import LogFormat, LogLevel
from tests.oracle import numbers

NISS = numbers.niss(1985, 67, 30, 33)
EARLY = numbers.niss(2001, 61, 2, 7)
CALL_ID = "12345678-1234-4234-8234-123456789012"
DIGITS_ONLY_END = "abcdefab-1234-4234-8234-12345678901a"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logs(LogFormat.JSON, LogLevel.INFO, stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def logged(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_event_is_logged_as_one_line_of_json(lines: io.StringIO) -> None:
    structlog.get_logger("raas.rpc").info("call failed", rpc="/a/b", call_id=CALL_ID, seconds=0.25)
    (entry,) = logged(lines)
    assert entry.pop("timestamp").endswith("Z")
    assert entry == {
        "event": "call failed",
        "logger": "raas.rpc",
        "level": "info",
        "rpc": "/a/b",
        "call_id": CALL_ID,
        "seconds": 0.25,
    }


def test_events_below_the_level_are_not_logged(lines: io.StringIO) -> None:
    structlog.get_logger().debug("quiet")
    logging.getLogger("library").debug("quiet")
    assert lines.getvalue() == ""


@pytest.mark.parametrize(
    "text",
    [
        NISS,
        f"({NISS})",
        f"x{NISS}y",
        f"{NISS[:2]}.{NISS[2:4]}.{NISS[4:6]}-{NISS[6:9]}.{NISS[9:]}",
        f"{NISS[:6]} {NISS[6:9]} {NISS[9:]}",
    ],
)
def test_eleven_digits_are_redacted(lines: io.StringIO, text: str) -> None:
    structlog.get_logger().info(f"about {text}", value=text, nested={"list": [text]})
    logging.getLogger("library").warning("about %s", text)
    try:
        raise ValueError(f"cannot read {text}")
    except ValueError:
        structlog.get_logger().exception("failed")
        logging.getLogger("library").exception("failed")
    written = lines.getvalue()
    assert len(logged(lines)) == 4
    assert text not in written
    assert written.count(REDACTED) == 6


@pytest.mark.parametrize("number", [int(NISS), int(EARLY)])
def test_numbers_that_may_have_lost_leading_zeros_are_redacted(lines: io.StringIO, number: int) -> None:
    structlog.get_logger().info("about", niss=number, nested={"set": {number}, "tuple": (number,)})
    (entry,) = logged(lines)
    assert (entry["niss"], entry["nested"]) == (REDACTED, {"set": [REDACTED], "tuple": [REDACTED]})


def test_other_numbers_are_not_redacted(lines: io.StringIO) -> None:
    structlog.get_logger().info(
        "kept", enterprise="0999999922", port=50051, call_id=CALL_ID, other=DIGITS_ONLY_END, long="1" * 12
    )
    (entry,) = logged(lines)
    assert [entry[key] for key in ("enterprise", "port", "call_id", "other", "long")] == [
        "0999999922",
        50051,
        CALL_ID,
        DIGITS_ONLY_END,
        "1" * 12,
    ]


def test_console_format_is_redacted() -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    try:
        configure_logs(LogFormat.CONSOLE, LogLevel.INFO, stream)
        structlog.get_logger("raas").warning("about", niss=NISS)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
    assert NISS not in stream.getvalue()
    assert f"niss={REDACTED}" in stream.getvalue()

"""Logs are structured and contain nothing that looks like a NISS."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import threading
import warnings
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


@pytest.fixture(autouse=True)
def logging_restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = threading.excepthook, sys.unraisablehook, sys.excepthook
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    logging.captureWarnings(False)
    logging.getLogger("grpc._cython.cygrpc").filters.clear()
    threading.excepthook, sys.unraisablehook, sys.excepthook = hooks


@pytest.fixture
def lines() -> io.StringIO:
    stream = io.StringIO()
    configure_logs(LogFormat.JSON, LogLevel.INFO, stream)
    return stream


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
    stream = io.StringIO()
    configure_logs(LogFormat.CONSOLE, LogLevel.INFO, stream)
    structlog.get_logger("raas").warning("about", niss=NISS)
    assert NISS not in stream.getvalue()
    assert f"niss={REDACTED}" in stream.getvalue()


def test_warnings_of_python_are_logged_as_one_line(lines: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        # pytest captured them after the fixture did.
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn("two\nlines", ResourceWarning, stacklevel=1)
    (entry,) = logged(lines)
    assert (entry["level"], entry["logger"]) == ("warning", "py.warnings")
    assert "ResourceWarning: two\nlines" in entry["event"]


def test_exception_of_a_thread_is_logged_as_one_line(lines: io.StringIO) -> None:
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    (entry,) = logged(lines)
    assert (entry["level"], entry["event"]) == ("error", "a thread failed")
    assert "ZeroDivisionError" in entry["exception"]


def test_exceptions_that_python_would_print_are_logged(lines: io.StringIO) -> None:
    class Fails:
        def __del__(self) -> None:
            raise ValueError("in a finalizer")

    failing = Fails()
    del failing
    error = KeyError("at the end")
    sys.excepthook(KeyError, error, None)
    assert [entry["event"] for entry in logged(lines)] == ["an exception was ignored", "the process failed"]


def test_departure_of_a_caller_is_not_logged_as_an_error_of_grpc(lines: io.StringIO) -> None:
    grpc = logging.getLogger("grpc._cython.cygrpc")
    try:
        raise RuntimeError("Failed grpc_call_start_batch: 10")
    except RuntimeError:
        grpc.exception("ExecuteBatchError raised in core by servicer method [%s]", "/raas.v1.X/Y")
        grpc.exception("Unexpected [RuntimeError] raised by servicer method [/raas.v1.X/Y]")
    (entry,) = logged(lines)
    assert (entry["level"], entry["event"].split()[0]) == ("error", "Unexpected")


_PORT_TAKEN = """
import asyncio, sys
import raas.cli

sys.argv = ["raas", "serve", "--help"]
try:
    raas.cli.main()
except SystemExit:
    pass

import grpc.aio

async def main():
    servers = [grpc.aio.server(options=[("grpc.so_reuseport", 0)]) for _ in range(2)]
    port = servers[0].add_insecure_port("127.0.0.1:0")
    try:
        servers[1].add_insecure_port(f"127.0.0.1:{port}")
    except RuntimeError:
        print("refused")

asyncio.run(main())
"""


def test_grpc_core_writes_no_lines_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PORT_TAKEN], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.endswith("refused\n")
    assert done.stderr == ""

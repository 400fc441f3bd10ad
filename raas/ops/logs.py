"""Structured logs, one line per event, without a NISS or a name.

No code of RaaS logs a NISS or a name. As a last defence, every line, also of libraries that use `logging`,
is searched for numbers that may be a NISS, and these are redacted.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from types import TracebackType
from typing import IO, Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from raas.ops.settings import LogFormat, LogLevel

REDACTED = "[redacted]"

# A UUID is not redacted, although its last part may consist of digits.
_UUID = r"(?P<uuid>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b)"
_ELEVEN_DIGITS = r"(?<!\d)\d{2}[ ./-]?\d{2}[ ./-]?\d{2}[ ./-]?\d{3}[ ./-]?\d{2}(?!\d)"
_SUSPECT = re.compile(f"{_UUID}|{_ELEVEN_DIGITS}")
_SMALLEST_SUSPECT = 100_000_000


def configure_logs(log_format: LogFormat, level: LogLevel, stream: IO[str] | None = None) -> None:
    """Write every log line of this process to `stream` (stderr) in this format, from this level on."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact_numbers,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format is LogFormat.JSON
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                renderer,
                redact_text,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.name)
    logging.captureWarnings(True)
    _log_unhandled_exceptions()
    grpc = logging.getLogger("grpc._cython.cygrpc")
    grpc.filters[:] = [_is_no_departure]
    # Alembic logs at every start, which operators do not need.
    logging.getLogger("alembic").setLevel(max(logging.WARNING, root.level))


def _is_no_departure(record: logging.LogRecord) -> bool:
    """Whether a record of gRPC is logged: that a caller leaves while it is answered is no error."""
    return not str(record.msg).startswith("ExecuteBatchError raised in core")


def _log_unhandled_exceptions() -> None:
    """Log exceptions that Python prints otherwise: of threads, of finalizers, of the process as a whole."""

    def log(event: str, error: BaseException | None) -> None:
        structlog.get_logger("python").error(event, exc_info=error)

    def thread_hook(unhandled: threading.ExceptHookArgs) -> None:
        log("a thread failed", unhandled.exc_value)

    def unraisable_hook(unhandled: sys.UnraisableHookArgs) -> None:
        log("an exception was ignored", unhandled.exc_value)

    def process_hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log("the process failed", error)

    threading.excepthook = thread_hook
    sys.unraisablehook = unraisable_hook
    sys.excepthook = process_hook


def redact_numbers(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Redact integers that are long enough to be a NISS, whose leading zeros may be lost."""
    return {key: _without_numbers(value) for key, value in event.items()}


def redact_text(_: WrappedLogger, __: str, line: Any) -> str:
    """Redact the eleven digits of a NISS, with or without punctuation, in the formatted line."""
    return _SUSPECT.sub(lambda found: found["uuid"] or REDACTED, str(line))


def _without_numbers(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _SMALLEST_SUSPECT:
        return REDACTED
    if isinstance(value, dict):
        return {key: _without_numbers(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_without_numbers(each) for each in value]
    return value

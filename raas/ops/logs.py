"""Structured logs, one line per event, that never name a person.

Nothing in RaaS logs a NISS or a name. As the last defence every line is searched for what looks like a
NISS before it is written; libraries that use `logging` pass the same defence.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import IO, Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from raas.ops.settings import LogFormat, LogLevel

REDACTED = "[redacted]"

# A UUID is kept as it is, though its last part may be digits only.
_UUID = r"(?P<uuid>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b)"
_ELEVEN_DIGITS = r"(?<!\d)\d{2}[ ./-]?\d{2}[ ./-]?\d{2}[ ./-]?\d{3}[ ./-]?\d{2}(?!\d)"
_SUSPECT = re.compile(f"{_UUID}|{_ELEVEN_DIGITS}")
_SMALLEST_SUSPECT = 100_000_000


def configure_logs(log_format: LogFormat, level: LogLevel, stream: IO[str] | None = None) -> None:
    """Make every log line of this process go to `stream` (stderr) in this format, from this level on."""
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
    # What it says of every start is of use to nobody but its authors.
    logging.getLogger("alembic").setLevel(max(logging.WARNING, root.level))


def redact_numbers(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Hide whole numbers that are long enough to be a NISS, which may have lost its leading zeros."""
    return {key: _without_numbers(value) for key, value in event.items()}


def redact_text(_: WrappedLogger, __: str, line: Any) -> str:
    """Hide whatever in the finished line has the eleven digits of a NISS, punctuated or not."""
    return _SUSPECT.sub(lambda found: found["uuid"] or REDACTED, str(line))


def _without_numbers(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _SMALLEST_SUSPECT:
        return REDACTED
    if isinstance(value, dict):
        return {key: _without_numbers(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_without_numbers(each) for each in value]
    return value

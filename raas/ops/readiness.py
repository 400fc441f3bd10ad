"""The readiness of a server: whether its database answers, for health checks and the log."""

from __future__ import annotations

from collections.abc import Callable

import structlog

_log = structlog.get_logger()


class Readiness:
    """Passes each change of readiness on to `tell` and logs it; not ready until the first test succeeds."""

    def __init__(self, tell: Callable[[bool], None]) -> None:
        self._tell = tell
        self._ready: bool | None = None

    @property
    def ready(self) -> bool:
        """The result of the last test."""
        return self._ready is True

    def tested(self, reason: str | None) -> None:
        """Take the result of a test of the database: None = it answers, else the reason why not."""
        ready = reason is None
        if ready is self._ready:
            return
        if not ready:
            _log.error("not ready: the database does not answer", cause=reason)
        elif self._ready is not None:
            _log.warning("ready again: the database answers")
        self._ready = ready
        self._tell(ready)

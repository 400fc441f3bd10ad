"""Alerts: log lines of level error that operators should be told of at once, each with a metric."""

from __future__ import annotations

import structlog

from raas.domain.numbers.enterprise_number import enterprise_number_text
from raas.ops.metrics import Metrics
from raas.usecases.calls.call import CallerKey

log = structlog.get_logger()

BUDGET_USED_UP = "budget used up"
CHECKPOINTS_LATE = "checkpoints of the audit are late"
OLDER_COPY = "the database is an older copy"


class LoggedAlerts:
    """Writes alerts to the log and counts them; they never contain a fact about a person."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def budget_used_up(self, caller: CallerKey, budget: str, maximum: int) -> None:
        """A caller has used up a budget of the day: it may be searching through persons."""
        self._metrics.budget_used_up(budget)
        log.error(
            "alert",
            alert=BUDGET_USED_UP,
            budget=budget,
            maximum=maximum,
            caller=enterprise_number_text(caller.enterprise_number),
            application=caller.application,
        )

    def checkpoints_late(self, seconds: int) -> None:
        """Records of the audit are not proven outside the database for so long."""
        log.error("alert", alert=CHECKPOINTS_LATE, seconds=seconds)

    def older_copy(self, reason: str) -> None:
        """An older copy of the database was put back."""
        log.error("alert", alert=OLDER_COPY, cause=reason)

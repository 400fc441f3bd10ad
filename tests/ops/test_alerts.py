"""Alerts for operators: a line of level error, and a metric."""

from __future__ import annotations

import structlog

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.ops.alerts import LoggedAlerts
from raas.ops.metrics import Metrics
from raas.usecases.calls.call import CallerKey


def test_budget_that_is_used_up_is_logged_and_counted() -> None:
    metrics = Metrics()
    with structlog.testing.capture_logs() as lines:
        LoggedAlerts(metrics).budget_used_up(
            CallerKey(EnterpriseNumber(999999922), "PAYROLL"), "persons_shown_per_day", 5
        )
    assert lines == [
        {
            "event": "alert",
            "log_level": "error",
            "alert": "budget used up",
            "budget": "persons_shown_per_day",
            "maximum": 5,
            "caller": "0999999922",
            "application": "PAYROLL",
        }
    ]

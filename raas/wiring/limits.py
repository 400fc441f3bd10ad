"""The wiring of the limits of callers."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.ops.alerts import LoggedAlerts
from raas.ops.limits_file import load_limits
from raas.ops.metrics import Metrics
from raas.ops.settings import Settings
from raas.storage.limits.budgets import PostgresBudgetStore
from raas.storage.limits.usage import PostgresUsageStore
from raas.usecases.limits.budgets import Budgets
from raas.usecases.limits.call_limits import CallLimits


class Limits:
    """The limits and budgets of callers, which this process shares with all others on the database."""

    def __init__(self, settings: Settings, reading: AsyncEngine, metrics: Metrics) -> None:
        table = load_limits(settings.limits)
        self.calls = CallLimits(table, PostgresUsageStore(reading), metrics)
        self.budgets = Budgets(PostgresBudgetStore(reading), table, LoggedAlerts(metrics))
        calls = self.calls
        metrics.watch("raas_limited_callers", "Callers that called of late.", lambda: calls.callers)
        metrics.watch(
            "raas_limit_processes",
            "Processes that share the limits of callers, this one included.",
            lambda: calls.processes,
        )
        metrics.watch(
            "raas_limit_exchange_age_seconds",
            "Seconds since the use of callers was last exchanged with the other processes.",
            lambda: calls.exchange.age_seconds,
        )

"""The care for the database of a server: further partitions of the audit, and the space that is left."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.concurrency.keep_running import ReportFailure, keep_running
from raas.ops.database_space import DatabaseSpace
from raas.ops.metrics import Metrics
from raas.ops.settings import Settings
from raas.storage.audit.partitions import FEWEST_MONTHS_AHEAD, MONTHS_AHEAD, PostgresAuditPartitions
from raas.storage.connection.size import database_size
from raas.storage.embedded import holds_database
from raas.storage.embedded.disk import used_share
from raas.usecases.ports.errors import StoreUnavailable

_DAY_SECONDS = 86_400
_SPACE_SECONDS = 10

PARTITIONS_RUN_OUT = "partitions of the audit run out"

log = structlog.get_logger()


class DatabaseCare:
    """The background tasks of a process, and what they know."""

    def __init__(self, settings: Settings, reading: AsyncEngine, metrics: Metrics) -> None:
        self.space = DatabaseSpace(time.monotonic)
        self.months_ahead = MONTHS_AHEAD
        """The months after this one for which the audit has partitions."""
        self._settings = settings
        self._reading = reading
        self._partitions = PostgresAuditPartitions(reading)
        metrics.watch(
            "raas_database_used_ratio",
            "Share of the space of the database that is used; 0 = not watched.",
            lambda: self.space.used,
        )
        metrics.watch(
            "raas_audit_months_ahead",
            "Months to come for which the audit has partitions.",
            lambda: self.months_ahead,
        )

    def tasks(self, report: ReportFailure, tell: Callable[[bool], None]) -> list[Coroutine[Any, Any, None]]:
        """The background tasks, which restart themselves.

        `tell` is called after each measurement of the space, with False while operators should act.
        """
        return [
            keep_running("audit partitions", self._add_partitions, report),
            keep_running("database space", lambda: self._measure(tell), report),
        ]

    async def _add_partitions(self) -> None:
        """Add partitions now and each day; after an outage of the database, a day later."""
        while True:
            try:
                self.months_ahead = await self._partitions.add()
            except StoreUnavailable as error:
                log.warning("partitions of the audit could not be added", cause=str(error))
            if self.months_ahead < FEWEST_MONTHS_AHEAD:
                log.error("alert", alert=PARTITIONS_RUN_OUT, months_ahead=self.months_ahead)
            await asyncio.sleep(_DAY_SECONDS)

    async def _measure(self, tell: Callable[[bool], None]) -> None:
        while True:
            used = await self._used()
            if used is None:
                return
            self.space.measured(used)
            tell(self.space.is_enough)
            await asyncio.sleep(_SPACE_SECONDS)

    async def _used(self) -> float | None:
        """The share in use; None where nothing says how much there is."""
        settings = self._settings
        if settings.database_size is not None:
            return await database_size(self._reading) / settings.database_size
        if settings.database_url is None and holds_database(settings.data_dir):
            return await asyncio.to_thread(used_share, settings.data_dir)
        return None

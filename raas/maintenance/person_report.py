"""The composition of the person report on a database."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from secrets import token_bytes

from raas.domain.json_value import JsonObject
from raas.domain.numbers.niss import Niss
from raas.maintenance.engines import command_engines
from raas.ops.page_seal import FernetPageSeal
from raas.storage.audit.search import PostgresAuditSearch
from raas.storage.log.reader import PostgresLogs
from raas.storage.log.subscribers import PostgresSubscribers
from raas.storage.maintenance.person_records import PostgresPersonRecords
from raas.storage.maintenance.restrictions import PostgresRestrictionStore
from raas.storage.persons.local_source import LocalSource
from raas.storage.reads.store import PostgresReadStore
from raas.usecases.calls.pagination import Pages
from raas.usecases.inspection.list_records import ListAuditRecords
from raas.usecases.inspection.person_report import PersonReport


def person_report(dsn: str, niss: Niss) -> JsonObject:
    """Everything that a database holds about a person. Raises StoreUnavailable, StoreFault."""

    async def run() -> JsonObject:
        async with command_engines(dsn) as (writing, reading):
            reads, logs, source = PostgresReadStore(reading), PostgresLogs(reading), LocalSource(reading)
            # No page token is made here.
            pages = Pages(FernetPageSeal(token_bytes(32)))
            audit = ListAuditRecords(PostgresAuditSearch(reading), reads, logs, source, pages)
            report = PersonReport(
                PostgresPersonRecords(writing, reading),
                source,
                reads,
                logs,
                PostgresSubscribers(reading),
                PostgresRestrictionStore(reading),
                audit,
            )
            return await report.of(niss, datetime.now(UTC))

    return asyncio.run(run())

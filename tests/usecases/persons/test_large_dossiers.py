"""A replacement may leave a dossier with more lines than an operation may."""

from __future__ import annotations

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.day import parse_day
from raas.domain.calendar.periods import Period
from raas.domain.errors import Reason, Refused
from raas.domain.registers.operation import Action, Operation
from raas.storage.persons.transaction import PostgresPersonWriteStore
from raas.usecases.persons.change_niss import ChangeNiss
from raas.usecases.persons.identities import NoIdentities
from raas.usecases.persons.transaction import PersonTransactions
from raas.usecases.writes.batch import WriteLimits
from raas.usecases.writes.operations import WriteOperations
from raas.usecases.writes.queue import WriteQueues
from raas.usecases.writes.results import Notice
from tests.usecases.persons.harness import PersonHarness, a_call


async def test_a_replacement_gives_notice_of_a_dossier_over_the_limit(
    engine: AsyncEngine, reading_engine: AsyncEngine
) -> None:
    harness = PersonHarness(engine, reading_engine)
    register, old, new = await harness.register(), await harness.person(), await harness.person()
    for month in ("01", "03"):
        await harness.inscribe(register, old, f"2024-{month}-01", f"2024-{month}-10")
    await harness.inscribe(register, new, "2024-05-01", "2024-05-10")
    limited = ChangeNiss(PersonTransactions(PostgresPersonWriteStore(engine), 2))

    (affected,) = await limited.replace(a_call(), old, new, validate_only=False)
    assert affected.notices == (
        Notice(Reason.DOSSIER_TOO_LARGE, "dossiers_after[0]", "NOTICE_DOSSIER_TOO_LARGE"),
    )
    assert [len(view.lines) for view in affected.after] == [3]

    limits = WriteLimits(max_lines_per_dossier=2)
    queues = WriteQueues(harness.write_store, limits)
    writes = WriteOperations(queues, harness.write_store, harness.source, NoIdentities(), limits)

    async def write(action: Action, begin: str, end: str) -> None:
        operation = Operation(action, new, "HEALTH", Period(parse_day(begin), parse_day(end) + 1))
        await writes.single(a_call(), register, operation, validate_only=False, request_id=None)

    for action, begin, end in (
        (Action.INSCRIBE, "2024-07-01", "2024-07-01"),
        (Action.REMOVE, "2024-01-05", "2024-01-05"),
    ):
        with pytest.raises(Refused) as refused:
            await write(action, begin, end)
        assert [v.reason for v in refused.value.violations] == [Reason.DOSSIER_TOO_LARGE]
    await write(Action.INSCRIBE, "2024-01-11", "2024-01-20")
    await write(Action.REMOVE, "2024-01-01", "2024-01-02")
    await write(Action.INSCRIBE, "2024-01-20", "2024-02-29")

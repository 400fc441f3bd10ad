"""Contents about persons whom no register knows any more are erased, and no others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import Identity
from raas.domain.registers.operation import Action, Operation
from raas.storage.reads.store import PostgresReadStore
from raas.usecases.admin.erase import EraseContents
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.persons.import_rows import ImportedPerson
from raas.usecases.ports.audit.journal import ContentsErased
from raas.usecases.retention.contents import SETTLED, ForgottenContents
from tests.usecases.admin.test_journaled_rights import ListedJournal
from tests.usecases.persons.harness import PersonHarness, a_call

NOW = datetime.now(UTC)
LATER = NOW + SETTLED + timedelta(days=1)


@pytest.fixture
def harness(engine: AsyncEngine, reading_engine: AsyncEngine) -> PersonHarness:
    return PersonHarness(engine, reading_engine)


async def told(harness: PersonHarness, register: AdmittedRegister) -> Niss:
    """A person of the register whose name changed, with a mutation."""
    niss = await harness.person()
    await harness.inscribe(register, niss, "2024-01-01", "2024-12-31")
    await harness.imported([ImportedPerson(niss, identity=Identity("Changed"))])
    return niss


async def forget(harness: PersonHarness, register: AdmittedRegister, niss: Niss) -> None:
    operation = Operation(Action.REMOVE, niss, "HEALTH", None)
    await harness.operations.single(a_call(), register, operation, validate_only=False, request_id=None)


async def kept(harness: PersonHarness, *nisses: Niss) -> list[bool]:
    """Whether each number still has its content."""
    query = text("SELECT count(*) FROM content WHERE niss = :niss AND erased_time IS NULL")
    async with harness.engine.connect() as connection:
        return [bool((await connection.execute(query, {"niss": niss})).scalar()) for niss in nisses]


async def test_contents_about_persons_that_no_register_knows_are_erased(
    harness: PersonHarness, reading_engine: AsyncEngine
) -> None:
    one, other = await harness.register(), await harness.register()
    known, gone, elsewhere = [await told(harness, one) for _ in range(3)]
    old, new = await told(harness, one), await told(harness, one)
    await harness.inscribe(other, elsewhere, "2024-01-01", "2024-12-31")
    await harness.numbers.replace(a_call(), old, new, validate_only=False)
    for niss in (gone, elsewhere):
        await forget(harness, one, niss)
    journal = ListedJournal()
    erasing = EraseContents(harness.contents, journal)
    forgotten = ForgottenContents(harness.contents, PostgresReadStore(reading_engine), erasing)

    # Subscribers may not have read the news yet.
    await forgotten.erase(NOW)
    assert await kept(harness, known, gone, elsewhere, old, new) == [True] * 5
    assert await forgotten.due(LATER) >= 1
    assert await forgotten.erase(LATER) >= 1
    # The old number has no dossier any more, but its person has one under the new number.
    assert await kept(harness, known, gone, elsewhere, old, new) == [True, False, True, True, True]
    erased = {niss for each in journal.entries if isinstance(each, ContentsErased) for niss in each.nisses}
    assert gone in erased
    assert erased.isdisjoint((known, elsewhere, old, new))
    assert await forgotten.due(LATER) == 0
    await forget(harness, one, new)
    assert await forgotten.erase(LATER) == 2
    assert await kept(harness, known, old, new) == [True, False, False]

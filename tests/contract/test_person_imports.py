"""The offsets of imports of persons, moved by transactions that change persons."""

from __future__ import annotations

from raas.domain.errors import Reason, Violation
from raas.usecases.ports.persons import PersonWriteStore, Progress
from raas.usecases.ports.write_store import ImportKey
from tests.contract.book import CALLER
from tests.contract.stores import Stores


async def _offset(store: PersonWriteStore, key: ImportKey) -> int:
    async with store.begin([]) as transaction:
        return await transaction.import_offset(key)


async def test_import_of_persons_begins_at_offset_0(stores: Stores) -> None:
    assert await _offset(stores.person_writes, (CALLER, "new")) == 0


async def test_committed_offset_of_an_import_is_stored(stores: Stores) -> None:
    store, key, other = stores.person_writes, (CALLER, "kept"), (CALLER, "other")
    rejected = ((1, (Violation("niss", Reason.NISS_MALFORMED),)),)
    for progress in (Progress(key, 0, 3, rejected), Progress(key, 3, 7)):
        async with store.begin([]) as transaction:
            assert await transaction.import_offset(key) == progress.before
            await transaction.advance_import(progress)
            await transaction.commit({}, [])
    assert (await _offset(store, key), await _offset(store, other)) == (7, 0)


async def test_offset_of_a_transaction_without_commit_is_not_stored(stores: Stores) -> None:
    store, key = stores.person_writes, (CALLER, "rolled back")
    async with store.begin([]) as transaction:
        await transaction.import_offset(key)
        await transaction.advance_import(Progress(key, 0, 3))
    assert await _offset(store, key) == 0

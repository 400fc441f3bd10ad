"""Persons in the store: the contract of PersonStore and its transactions, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.incomplete_date import parse_incomplete_date
from raas.domain.errors import Reason, Violation
from raas.domain.persons.identity import Identity
from raas.domain.persons.record import Person
from raas.domain.persons.status import PersonState, PersonStatus
from raas.domain.registers.dossier_type import IdentityChanges
from raas.domain.search.person_search import PersonQuery
from raas.storage.connection.clock import ClockGuard
from raas.storage.persons.search import FIND, FIND_BORN, born_parameters, find_parameters
from raas.storage.persons.store import PostgresPersonStore
from raas.usecases.ports.errors import ClockAhead
from raas.usecases.ports.persons import AddResult, CreatedBefore, Progress
from tests.conftest import PLANS_OF_PLAIN_SERVER
from tests.usecases.persons.harness import (
    BIS,
    NATIONAL,
    WHOLE,
    PersonHarness,
    a_call,
    an_identity,
    new_niss,
    ordinal,
)

CALLER = "0999999922"


@pytest.fixture
def harness(engine: AsyncEngine, reading_engine: AsyncEngine) -> PersonHarness:
    return PersonHarness(engine, reading_engine)


async def found(harness: PersonHarness, last_name: str, born: str, limit: int = 1_000) -> set[int]:
    query = PersonQuery(last_name, parse_incomplete_date(born))
    candidates, more = await harness.store.find(query.probe(), limit)
    assert not more
    return {each.niss for each in candidates if each.identity.last_name}


# ---- records ------------------------------------------------------------------------------------


async def test_record_survives_the_round_trip(harness: PersonHarness):
    niss = new_niss()
    dates = {"last_name": ordinal(2024, 1, 2), "address": ordinal(2023, 5, 6)}
    assert (
        await harness.store.add([Person(niss, NATIONAL, WHOLE, source_dates=dates)], None) is AddResult.ADDED
    )
    record = await harness.record(niss)
    assert record.update_time is not None
    assert record == Person(
        niss, NATIONAL, WHOLE, version=1, update_time=record.update_time, source_dates=dates
    )
    assert record.source_date == ordinal(2024, 1, 2)


async def test_record_without_any_identity_field_survives_the_round_trip(harness: PersonHarness):
    niss = new_niss()
    assert await harness.store.add([Person(niss, BIS, Identity())], None) is AddResult.ADDED
    assert (await harness.record(niss)).identity == Identity()


async def test_unknown_number_is_absent(harness: PersonHarness):
    known = await harness.person()
    assert set(await harness.store.persons([known, new_niss()])) == {known}
    assert await harness.store.persons([]) == {}


async def test_add_with_a_clock_of_the_database_ahead_writes_nothing(
    engine: AsyncEngine, reading_engine: AsyncEngine
):
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    store = PostgresPersonStore(engine, reading_engine, ClockGuard(clock=lambda: an_hour_ago))
    niss = new_niss()
    with pytest.raises(ClockAhead):
        await store.add([Person(niss, BIS, an_identity())], None)
    assert await store.persons([niss]) == {}


async def test_add_with_a_known_number_writes_nothing(harness: PersonHarness):
    known, new = await harness.person(), new_niss()
    key = (CALLER, uuid4().hex)
    both = [Person(new, BIS, an_identity()), Person(known, BIS, an_identity())]
    assert await harness.store.add(both, Progress(key, 0, 2)) is AddResult.NUMBER_KNOWN
    assert new not in await harness.store.persons([new])
    assert await harness.store.import_offset(key) == 0
    assert new not in await found(harness, "Peeters", "1968-06-14")


async def test_concurrent_additions_of_the_same_numbers_succeed_once(harness: PersonHarness):
    nisses = [new_niss() for _ in range(20)]
    ahead = [Person(niss, BIS, an_identity()) for niss in nisses]
    answers = await asyncio.gather(harness.store.add(ahead, None), harness.store.add(ahead[::-1], None))
    assert set(answers) == {AddResult.ADDED, AddResult.NUMBER_KNOWN}


async def test_put_changes_the_record_and_its_keys_but_not_its_status(harness: PersonHarness):
    niss = await harness.person(an_identity("Verhaeghe", "1971-01-01"))
    other = await harness.person()
    await harness.numbers.replace(a_call(), niss, other, validate_only=False)
    before = await harness.record(niss)
    changed = replace(
        before, identity=an_identity("Ouazzani", "1972-02-02"), status=PersonStatus.ACTIVE, successor=None
    )
    async with harness.transactions.begin([niss]) as transaction:
        transaction.records.put(changed)
        assert (await transaction.stored(niss)).identity == changed.identity
        await transaction.commit()
    after = await harness.record(niss)
    assert (after.identity, after.version) == (changed.identity, before.version + 1)
    assert (after.status, after.replaced_by, after.successor) == (PersonStatus.REPLACED, other, other)
    assert other in await found(harness, "Ouazzani", "1972-02-02")
    assert other not in await found(harness, "Verhaeghe", "1971-01-01")


async def test_record_put_again_is_found_by_its_last_name_only(harness: PersonHarness):
    niss = await harness.person(an_identity("Claes", "1980-03-03"))
    for name in ("Declercq", "Claes", "Vermeulen"):
        async with harness.transactions.begin([niss]) as transaction:
            transaction.records.put(
                replace(await harness.record(niss), identity=an_identity(name, "1980-03-03"))
            )
            await transaction.commit()
    async with harness.engine.connect() as connection:
        keys = (
            await connection.execute(text("SELECT key FROM person_key WHERE niss = :n"), {"n": niss})
        ).scalars()
        stored = (
            await connection.execute(text("SELECT search_keys FROM person WHERE niss = :n"), {"n": niss})
        ).scalar_one()
        assert sorted(keys) == sorted(stored)
    assert niss in await found(harness, "Vermeulen", "1980-03-03")


async def test_put_updates_the_signature_of_given_names(harness: PersonHarness):
    niss = await harness.person(an_identity("Lemmens", "1981-04-04", "Sofie"))

    async def wide(first_name: str) -> bool:
        # With a window of a year the index excludes other given names.
        query = PersonQuery("Lemmens", parse_incomplete_date("1981-00-00"), 0, (first_name,))
        candidates, more = await harness.store.find(query.probe(), 100)
        assert not more
        return niss in {each.niss for each in candidates}

    assert (await wide("Sophie"), await wide("Pieter")) == (True, False)
    async with harness.transactions.begin([niss]) as transaction:
        changed = replace(await harness.record(niss), identity=an_identity("Lemmens", "1981-04-04", "Pieter"))
        transaction.records.put(changed)
        await transaction.commit()
    assert (await wide("Sophie"), await wide("Pieter")) == (False, True)


async def test_transaction_left_without_commit_changes_nothing(harness: PersonHarness):
    niss = await harness.person()
    before = await harness.record(niss)
    async with harness.transactions.begin([niss]) as transaction:
        transaction.records.put(replace(before, identity=an_identity("Nobody")))
        await transaction.stored(niss)
    assert await harness.record(niss) == before


# ---- successors ---------------------------------------------------------------------------------


async def test_finals_answers_the_last_record_of_a_chain(harness: PersonHarness):
    first, second, third = [await harness.person(an_identity(name)) for name in ("Aerts", "Baert", "Cools")]
    await harness.numbers.replace(a_call(), first, second, validate_only=False)
    await harness.numbers.replace(a_call(), second, third, validate_only=False)
    finals = await harness.store.finals([first, second, third, new_niss()])
    assert {niss: person.niss for niss, person in finals.items()} == dict.fromkeys(
        (first, second, third), third
    )
    assert set(await harness.contents.numbers_of(second)) == {first, second, third}


async def test_register_holds_a_person_under_any_of_its_numbers(harness: PersonHarness):
    register, elsewhere = await harness.register(), await harness.register()
    old, new, stranger = [await harness.person() for _ in range(3)]
    await harness.inscribe(register, old, "2024-01-01", "2024-12-31")
    assert [await harness.store.holds(register.id, niss) for niss in (old, new)] == [True, False]
    await harness.numbers.replace(a_call(), old, new, validate_only=False)
    assert [await harness.store.holds(register.id, niss) for niss in (old, new, stranger)] == [
        True,
        True,
        False,
    ]
    assert not await harness.store.holds(elsewhere.id, old)


async def test_register_holds_a_person_within_the_dossier_types_of_its_lines(harness: PersonHarness):
    """As where a legal context, or a mandate, names dossier types."""
    while_known = IdentityChanges.WHILE_KNOWN
    register = await harness.register(HEALTH=while_known, PENSION=while_known, UNUSED=while_known)
    old, new, removed = [await harness.person() for _ in range(3)]
    await harness.inscribe(register, old, "2024-01-01", "2024-12-31", "HEALTH")
    await harness.numbers.replace(a_call(), old, new, validate_only=False)
    await harness.inscribe(register, new, "2024-01-01", "2024-12-31", "PENSION")
    for within, held in (
        (None, True),
        ({"HEALTH"}, True),
        ({"PENSION", "UNUSED"}, True),
        ({"UNUSED"}, False),
        ({"NO_SUCH_TYPE"}, False),
        (set(), False),
    ):
        types = None if within is None else frozenset(within)
        assert [await harness.store.holds(register.id, niss, types) for niss in (old, new)] == [held] * 2
    await harness.inscribe(register, removed, "2024-01-01", "2024-01-01", "UNUSED")
    assert await harness.store.holds(register.id, removed, frozenset({"UNUSED"}))
    await harness.remove(register, removed, "2024-01-01", "2024-01-01", "UNUSED")
    assert not await harness.store.holds(register.id, removed, frozenset({"UNUSED"}))


async def test_local_source_answers_birth_and_death_of_the_final_successor(harness: PersonHarness):
    old = await harness.person(an_identity(born="1969-00-00"))
    new = await harness.person(WHOLE)
    cancelled, never = await harness.person(Identity("Nemo")), new_niss()
    await harness.numbers.replace(a_call(), old, new, validate_only=False)
    await harness.numbers.cancel(a_call(), cancelled)
    assert await harness.source.states([old, new, cancelled, never]) == {
        old: PersonState(PersonStatus.REPLACED, new, ordinal(1968, 6, 1), True),
        new: PersonState(PersonStatus.ACTIVE, None, ordinal(1968, 6, 1), True),
        cancelled: PersonState(PersonStatus.CANCELLED, None, None, False),
    }


# ---- finding ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("born", "asked", "fits"),
    [
        ("1955-06-14", "1955-06-14", True),
        ("1955-06-14", "1955-06-15", False),
        ("1955-06-00", "1955-06-15", True),
        ("1955-06-00", "1955-07-01", False),
        ("1955-00-00", "1955-07-01", True),
        ("1955-00-00", "1956-01-01", False),
        ("1955-06-14", "1955-00-00", True),
        ("1955-06-14", "1955-06-00", True),
        ("1955-06-14", "1955-07-00", False),
    ],
)
async def test_incomplete_birth_dates_match_every_date_they_may_be(
    harness: PersonHarness, born: str, asked: str, fits: bool
):
    niss = await harness.person(an_identity("Vandenberghe", born))
    assert (niss in await found(harness, "Van den Berghe", asked)) is fits


async def test_replaced_record_is_found_under_its_final_successor(harness: PersonHarness):
    old = await harness.person(an_identity("Zwartjes", "1944-04-04"))
    new = await harness.person(an_identity("Blanchard", "1944-04-05"))
    await harness.numbers.replace(a_call(), old, new, validate_only=False)
    assert await found(harness, "Zwartjes", "1944-04-04") == {new}


async def test_find_reports_that_the_limit_is_exceeded(harness: PersonHarness):
    for _ in range(5):
        await harness.person(an_identity("Quaghebeur", "1939-09-09"))
    query = PersonQuery("Quaghebeur", parse_incomplete_date("1939-09-09"))
    assert len((await harness.store.find(query.probe(), 5))[0]) == 5
    assert await harness.store.find(query.probe(), 4) == ((), True)


async def test_search_uses_the_index(harness: PersonHarness):
    await harness.store.add([Person(new_niss(), BIS, an_identity(f"Name{i}")) for i in range(500)], None)
    query = PersonQuery("Peeters", parse_incomplete_date("1968-06-14"))
    async with harness.engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        # On a table that is small and was not vacuumed yet, a bitmap costs nearly the same.
        await raw.execute("SET LOCAL enable_bitmapscan = off")
        rows = await (await raw.execute(f"EXPLAIN {FIND}", find_parameters(query.probe(), 100))).fetchall()
    plan = "\n".join(row[0] for row in rows)
    assert "Index Only Scan using person_key_pkey" in plan
    assert "Seq Scan on person_key" not in plan


@PLANS_OF_PLAIN_SERVER
async def test_search_by_day_reads_an_index_only(harness: PersonHarness):
    await harness.store.add([Person(new_niss(), BIS, an_identity(f"Name{i}")) for i in range(500)], None)
    probe = PersonQuery("Peeters", parse_incomplete_date("1968-06-14"), first_names=("Anne",)).day_probe()
    assert probe is not None
    async with harness.engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        await raw.execute("ANALYZE person")
        await raw.execute("SET LOCAL enable_bitmapscan = off")
        explained = await raw.execute(f"EXPLAIN {FIND_BORN}", born_parameters(probe, 100))
        plan = "\n".join(row[0] for row in await explained.fetchall())
    assert "Index Only Scan using person_birth" in plan


async def test_search_by_day_finds_all_names_and_reports_that_the_limit_is_exceeded(harness: PersonHarness):
    day, month = "1938-08-08", "1938-08-00"
    names = (("Maes", "Anne"), ("Wouters", "Tom"), ("Peeters", "Zoë"))
    born = {await harness.person(an_identity(last, day, first)) for last, first in names}
    tom, zoe = [await harness.person(an_identity("Maes", month, first)) for first in ("Thomas", "Zoë")]
    probe = PersonQuery("Claes", parse_incomplete_date(day), first_names=("Tom",)).day_probe()
    assert probe is not None
    found, more = await harness.store.find(probe, 4)
    # Of those whose day is not known, the given names exclude some.
    assert ({each.niss for each in found}, more) == (born | {tom}, False)
    assert zoe not in {each.niss for each in found}
    assert await harness.store.find(probe, 3) == ((), True)


# ---- imports and requests -----------------------------------------------------------------------


async def test_add_stores_the_progress_in_the_same_transaction(harness: PersonHarness):
    key = (CALLER, uuid4().hex)
    rejected = [(1, (Violation("niss", Reason.NISS_MALFORMED, "NISS_FORMAT", {"a": "b"}),))]
    assert (
        await harness.store.add([Person(new_niss(), BIS, an_identity())], Progress(key, 0, 2, rejected))
        is AddResult.ADDED
    )
    assert await harness.store.import_offset(key) == 2
    assert await harness.store.rejections(key, 0, 2) == rejected
    assert await harness.store.rejections(key, 0, 1) == []
    assert await harness.store.import_offset((CALLER, uuid4().hex)) == 0


async def test_add_with_another_stored_offset_writes_nothing(harness: PersonHarness):
    key = (CALLER, uuid4().hex)
    await harness.store.add([], Progress(key, 0, 7))
    niss = new_niss()
    result = await harness.store.add([Person(niss, BIS, an_identity())], Progress(key, 5, 9))
    assert result is AddResult.OFFSET_MOVED
    assert await harness.store.persons([niss]) == {}
    assert await harness.store.import_offset(key) == 7


async def test_streams_of_one_import_exclude_each_other(harness: PersonHarness):
    key = (CALLER, uuid4().hex)
    add = [harness.store.add([Person(new_niss(), BIS, an_identity())], Progress(key, 0, 1)) for _ in range(4)]
    answers = await asyncio.gather(*add)
    assert sorted(answer.name for answer in answers) == ["ADDED", *["OFFSET_MOVED"] * 3]


async def test_creation_excludes_other_creations_and_additions(harness: PersonHarness):
    inside: list[int] = []

    async def create(number: int) -> None:
        async with harness.store.creation():
            inside.append(number)
            for _ in range(100):
                await asyncio.sleep(0)
            assert inside[-1] == number
            inside.append(number)

    await asyncio.gather(create(1), create(2), create(3))
    assert len(inside) == 6

    niss = new_niss()
    async with harness.store.creation():
        adding = asyncio.create_task(harness.store.add([Person(niss, BIS, an_identity())], None))
        await asyncio.wait([adding], timeout=0.2)
        assert not adding.done()
    assert await adding is AddResult.ADDED


async def test_creation_stores_its_request_id(harness: PersonHarness):
    key, niss = (CALLER, uuid4().hex), new_niss()
    async with harness.store.creation() as creation:
        assert await creation.created_before(key) is None
        assert set(await creation.taken([niss])) == set()
        created = await creation.add(Person(niss, BIS, an_identity()), key, b"hash")
    assert created is not None
    assert created == await harness.record(niss)
    async with harness.store.creation() as creation:
        assert await creation.created_before(key) == CreatedBefore(b"hash", niss)
        assert set(await creation.taken([niss, new_niss()])) == {niss}

"""Replacing, restoring and cancelling numbers, on a real store with concurrent writes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from itertools import count
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.day import parse_day
from raas.domain.calendar.periods import Lines, Period
from raas.domain.errors import Reason, Refused
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonState
from raas.domain.registers.dossier import InscribeOutcome, RemoveOutcome
from raas.domain.registers.dossier_type import DossierType
from raas.domain.registers.operation import Action, Operation
from raas.storage.persons.transaction import PostgresPersonWriteStore
from raas.storage.writes.store import PostgresWriteStore
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.call import Call, Caller
from raas.usecases.persons.change_niss import ChangeNiss, Inseparable
from raas.usecases.persons.identities import NoIdentities
from raas.usecases.persons.transaction import PersonTransactions
from raas.usecases.writes.batch import WriteLimits
from raas.usecases.writes.dossier_types import ManageDossierTypes
from raas.usecases.writes.operations import WriteOperations
from raas.usecases.writes.queue import WriteQueues
from raas.usecases.writes.results import Applied, BatchAnswer
from tests.engines import patient_engine
from tests.oracle import numbers
from tests.oracle.numbers import enterprise_number
from tests.storage.seed import insert_register

_NUMBERS = (EnterpriseNumber(int(enterprise_number(eight))) for eight in count(6_000_000))
_PERSONS = (Niss(int(numbers.niss(1944, 61, 1 + i % 28, 1 + i // 28))) for i in range(4_000))
"""Numbers that no other test uses."""
HEALTH, PENSION = "HEALTH_INSURANCE", "PENSION"


class InStore:
    """An authentic source in the store of the registers."""

    in_store = True

    async def states(self, nisses: Sequence[Niss]) -> dict[Niss, PersonState]:
        raise AssertionError("writes read persons under the lock")

    async def numbers_of(self, nisses: Sequence[Niss]) -> dict[Niss, tuple[Niss, ...]]:
        raise AssertionError("no write asks for it")


class Harness:
    """Registers on a database, and the use cases that write them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.store = PostgresWriteStore(engine)
        limits = WriteLimits()
        self.write_queues = WriteQueues(self.store, limits)
        self.use_cases = WriteOperations(self.write_queues, self.store, InStore(), NoIdentities(), limits)
        self.numbers = ChangeNiss(PersonTransactions(PostgresPersonWriteStore(engine), 1_000))

    async def register(self) -> AdmittedRegister:
        number = next(_NUMBERS)
        async with self.engine.begin() as connection:
            register = AdmittedRegister(await insert_register(connection, number), number)
        types = ManageDossierTypes(self.write_queues, self.store, None)  # type: ignore[arg-type]
        for code in (HEALTH, PENSION):
            await types.create(call(), register, DossierType(code, {}))
        return register

    async def persons(self, number: int) -> list[Niss]:
        """Numbers that the source knows, active."""
        nisses = [next(_PERSONS) for _ in range(number)]
        insert = text(
            "INSERT INTO person (niss, register_of_origin, status, version) VALUES (:niss, 1, 1, 1)"
        )
        async with self.engine.begin() as connection:
            await connection.execute(insert, [{"niss": niss} for niss in nisses])
        return nisses

    async def inscribe(self, register: AdmittedRegister, niss: Niss, begin: str, end: str) -> Applied:
        return await self.apply(register, Operation(Action.INSCRIBE, niss, HEALTH, days(begin, end)))

    async def remove(self, register: AdmittedRegister, niss: Niss, begin: str, end: str) -> Applied:
        return await self.apply(register, Operation(Action.REMOVE, niss, HEALTH, days(begin, end)))

    async def apply(self, register: AdmittedRegister, operation: Operation) -> Applied:
        answer = await self.use_cases.single(
            call(), register, operation, validate_only=False, request_id=None
        )
        assert isinstance(answer, BatchAnswer)
        assert isinstance(answer.results[0], Applied)
        return answer.results[0]

    async def replace(self, old: Niss, new: Niss) -> None:
        await self.numbers.replace(call(), old, new, validate_only=False)

    async def lines(self, register: AdmittedRegister, niss: Niss) -> Lines:
        from raas.storage.rows.ranges import lines_of

        query = text("SELECT periods::text FROM dossier WHERE register_id = :r AND niss = :n")
        async with self.engine.connect() as connection:
            found = (await connection.execute(query, {"r": register.id, "n": niss})).scalars().all()
        return tuple(line for periods in found for line in lines_of(periods))

    async def log(self, register: AdmittedRegister) -> list[tuple[object, ...]]:
        query = text(
            "SELECT revision, batch_last_revision, kind, niss, requested_niss, before::text, after::text "
            "FROM mutation WHERE register_id = :r AND kind <> 8 ORDER BY revision"
        )
        async with self.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(query, {"r": register.id})]


@pytest.fixture
def harness(engine: AsyncEngine) -> Harness:
    return Harness(engine)


def call() -> Call:
    return Call(Caller(EnterpriseNumber(999999922)), uuid4(), "/test")


def days(begin: str, end: str) -> Period:
    return Period(parse_day(begin), parse_day(end) + 1)


async def test_replacement_unites_lines_in_two_consecutive_mutations(harness: Harness) -> None:
    register = await harness.register()
    old, new = await harness.persons(2)
    await harness.inscribe(register, old, "2024-01-01", "2024-06-30")
    await harness.inscribe(register, new, "2024-07-01", "2024-12-31")

    affected = await harness.numbers.replace(call(), old, new, validate_only=False)

    united = (days("2024-01-01", "2024-12-31"),)
    assert await harness.lines(register, old) == ()
    assert await harness.lines(register, new) == united
    assert (await harness.log(register))[2:] == [
        (5, 6, 3, old, None, "{[2024-01-01,2024-07-01)}", "{}"),
        (6, 6, 3, new, None, "{[2024-07-01,2025-01-01)}", "{[2024-01-01,2025-01-01)}"),
    ]
    ((answered),) = affected
    assert [(view.niss, view.lines) for view in answered.after] == [(new, united)]
    assert await harness.numbers.replace(call(), old, new, validate_only=False) == ()


async def test_validate_only_answers_the_effect_and_changes_nothing(harness: Harness) -> None:
    register = await harness.register()
    old, new = await harness.persons(2)
    await harness.inscribe(register, old, "2024-01-01", "2024-06-30")

    would = await harness.numbers.replace(call(), old, new, validate_only=True)

    assert [(view.niss, view.lines) for view in would[0].after] == [
        (new, (days("2024-01-01", "2024-06-30"),))
    ]
    assert await harness.lines(register, new) == ()


async def test_replacement_locks_registers_in_order_of_id_in_a_fixed_number_of_round_trips(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    registers = [await harness.register() for _ in range(5)]
    pairs = [await harness.persons(2) for _ in range(2)]
    for (old, new), holders in zip(pairs, (registers[:1], registers), strict=True):
        for register in reversed(holders):
            await harness.inscribe(register, old, "2024-01-01", "2024-06-30")
            await harness.inscribe(register, new, "2024-05-01", "2024-12-31")
    locked: list[int] = []
    others: list[str] = []
    trips: list[object] = []
    execute, pipeline = psycopg.AsyncConnection.execute, psycopg.AsyncConnection.pipeline

    def counted(self: object, query: str, *args: Any, **kwargs: object) -> object:
        if "FOR NO KEY UPDATE" in query:
            locked.append(args[0]["register"])
        else:
            others.append(query)
        return execute(self, query, *args, **kwargs)  # type: ignore[arg-type,call-overload]

    def counted_pipeline(self: Any) -> object:
        trips.append(self)
        return pipeline(self)

    monkeypatch.setattr(psycopg.AsyncConnection, "execute", counted)
    monkeypatch.setattr(psycopg.AsyncConnection, "pipeline", counted_pipeline)
    counts = []
    for (old, new), holders in zip(pairs, (registers[:1], registers), strict=True):
        for counter in (locked, others, trips):
            counter.clear()
        affected = await harness.numbers.replace(call(), old, new, validate_only=True)
        assert len(affected) == len(holders)
        assert locked == sorted(register.id for register in holders)
        counts.append((len(others), len(trips)))

    assert counts[0] == counts[1]
    statements, round_trips = counts[0]
    assert statements <= 10
    assert round_trips == 3


async def test_inscription_under_a_replaced_number_goes_to_the_final_successor(harness: Harness) -> None:
    register = await harness.register()
    first, second, third = await harness.persons(3)
    await harness.inscribe(register, first, "2024-01-01", "2024-01-10")
    await harness.replace(first, second)
    await harness.replace(second, third)

    applied = await harness.inscribe(register, first, "2024-01-11", "2024-01-20")

    assert (applied.niss, applied.requested_niss) == (third, first)
    assert await harness.lines(register, third) == (days("2024-01-01", "2024-01-20"),)
    assert (await harness.log(register))[-1][3:5] == (third, first)


async def test_invalid_replacement_is_refused_with_all_violations(harness: Harness) -> None:
    old, new, other = await harness.persons(3)
    unknown = next(_PERSONS)
    await harness.replace(old, new)

    async def reasons(niss: Niss, successor: Niss) -> list[tuple[str, Reason]]:
        with pytest.raises(Refused) as refused:
            await harness.replace(niss, successor)
        return [(v.field, v.reason) for v in refused.value.violations]

    assert await reasons(unknown, old) == [
        ("niss", Reason.NISS_UNKNOWN),
        ("successor_niss", Reason.NISS_REPLACED),
    ]
    assert await reasons(new, old) == [("successor_niss", Reason.NISS_REPLACED)]
    assert await reasons(other, other) == [("successor_niss", Reason.VALUE_INVALID)]
    await harness.numbers.cancel(call(), other)
    assert await reasons(new, other) == [("successor_niss", Reason.NISS_CANCELLED)]


async def test_restoration_gives_each_number_its_own_days(harness: Harness) -> None:
    register = await harness.register()
    old, new = await harness.persons(2)
    await harness.inscribe(register, old, "2024-01-01", "2024-01-31")
    await harness.inscribe(register, new, "2024-01-15", "2024-02-10")
    await harness.replace(old, new)
    # The days are covered already, but from now on they also belong to the successor itself.
    witness = await harness.inscribe(register, new, "2024-01-10", "2024-01-20")
    await harness.inscribe(register, old, "2024-05-01", "2024-05-31")

    restored = await harness.numbers.restore(call(), old, validate_only=False)

    assert witness.outcome is InscribeOutcome.UNCHANGED
    assert await harness.lines(register, old) == (
        days("2024-01-01", "2024-01-31"),
        days("2024-05-01", "2024-05-31"),
    )
    assert await harness.lines(register, new) == (days("2024-01-10", "2024-02-10"),)
    assert restored.inseparable == ()
    assert [(row[2], row[3]) for row in (await harness.log(register))[-2:]] == [(4, old), (4, new)]
    assert (await harness.numbers.restore(call(), old, validate_only=False)).registers == ()
    # After the restoration, operations under the old number stay there.
    assert (await harness.inscribe(register, old, "2025-01-01", "2025-01-01")).niss == old


async def test_restoration_reports_days_removed_since_as_inseparable(harness: Harness) -> None:
    register = await harness.register()
    old, new = await harness.persons(2)
    await harness.inscribe(register, old, "2024-01-01", "2024-01-31")
    await harness.replace(old, new)
    await harness.remove(register, new, "2024-01-11", "2024-01-20")

    restored = await harness.numbers.restore(call(), old, validate_only=False)

    assert await harness.lines(register, old) == (
        days("2024-01-01", "2024-01-10"),
        days("2024-01-21", "2024-01-31"),
    )
    assert restored.inseparable == (
        Inseparable(register.enterprise_number, HEALTH, (days("2024-01-11", "2024-01-20"),)),
    )


async def test_days_removed_under_a_replaced_number_without_share_are_reported(harness: Harness) -> None:
    register = await harness.register()
    old, new = await harness.persons(2)
    await harness.replace(old, new)
    await harness.inscribe(register, new, "2024-01-01", "2024-01-31")
    await harness.remove(register, old, "2024-01-11", "2024-01-20")

    restored = await harness.numbers.restore(call(), old, validate_only=False)

    assert restored.inseparable == (
        Inseparable(register.enterprise_number, HEALTH, (days("2024-01-11", "2024-01-20"),)),
    )
    assert await harness.lines(register, old) == ()


async def test_number_restored_in_a_chain_keeps_those_it_had_replaced(harness: Harness) -> None:
    register = await harness.register()
    first, second, third = await harness.persons(3)
    for niss, month in ((first, "01"), (second, "03"), (third, "05")):
        await harness.inscribe(register, niss, f"2024-{month}-01", f"2024-{month}-10")
    await harness.replace(first, second)
    await harness.replace(second, third)

    await harness.numbers.restore(call(), second, validate_only=False)

    assert await harness.lines(register, second) == (
        days("2024-01-01", "2024-01-10"),
        days("2024-03-01", "2024-03-10"),
    )
    assert await harness.lines(register, third) == (days("2024-05-01", "2024-05-10"),)
    assert (await harness.inscribe(register, first, "2024-09-01", "2024-09-01")).niss == second


async def test_days_inscribed_under_the_first_of_a_chain_return_to_it(
    harness: Harness,
) -> None:
    register = await harness.register()
    first, second, third = await harness.persons(3)
    await harness.replace(first, second)
    await harness.replace(second, third)
    await harness.inscribe(register, third, "2024-05-01", "2024-05-10")
    await harness.inscribe(register, first, "2024-01-01", "2024-01-10")

    await harness.numbers.restore(call(), second, validate_only=False)
    await harness.inscribe(register, second, "2024-03-01", "2024-03-10")
    await harness.numbers.restore(call(), first, validate_only=False)

    assert await harness.lines(register, first) == (days("2024-01-01", "2024-01-10"),)
    assert await harness.lines(register, second) == (days("2024-03-01", "2024-03-10"),)
    assert await harness.lines(register, third) == (days("2024-05-01", "2024-05-10"),)


async def test_cancelled_number_refuses_inscriptions_until_it_is_restored(harness: Harness) -> None:
    register = await harness.register()
    (niss,) = await harness.persons(1)
    await harness.inscribe(register, niss, "2024-01-01", "2024-01-31")

    await harness.numbers.cancel(call(), niss)
    with pytest.raises(Refused) as refused:
        await harness.inscribe(register, niss, "2024-02-01", "2024-02-02")
    removed = await harness.remove(register, niss, "2024-01-31", "2024-01-31")
    await harness.numbers.restore(call(), niss, validate_only=False)
    again = await harness.inscribe(register, niss, "2024-02-01", "2024-02-02")

    assert [v.reason for v in refused.value.violations] == [Reason.NISS_CANCELLED]
    assert removed.outcome is RemoveOutcome.TRIMMED
    assert again.outcome is InscribeOutcome.ADDED
    assert [row[2] for row in await harness.log(register)] == [1, 5, 2, 4, 1]


@pytest.fixture
async def patient(engine: AsyncEngine, dsn: str) -> AsyncIterator[Harness]:
    """A harness on the migrated database whose transactions are not tried again, however long they wait."""
    async with patient_engine(dsn) as patient:
        yield Harness(patient)


async def test_replaced_number_has_no_lines_after_concurrent_writes(patient: Harness) -> None:
    """Writers on both numbers in many registers, while replacements and restorations run."""
    registers = [await patient.register() for _ in range(6)]
    pairs = list(zip(*[iter(await patient.persons(16))] * 2, strict=True))
    chance = random.Random(4)
    done = asyncio.Event()

    async def write(register: AdmittedRegister, seed: int) -> None:
        chance = random.Random(seed)
        while not done.is_set():
            niss = chance.choice(chance.choice(pairs))
            day = chance.randrange(1, 28)
            operation = chance.choice((patient.inscribe, patient.inscribe, patient.remove))
            await operation(register, niss, f"2024-01-{day:02}", f"2024-02-{day:02}")

    writers = [asyncio.create_task(write(r, i)) for i, r in enumerate(registers * 2)]
    for _ in range(20):
        old, new = chance.choice(pairs)
        await patient.replace(old, new)
        if chance.random() < 0.5:
            await patient.numbers.restore(call(), old, validate_only=False)
    for old, new in pairs:
        await patient.replace(old, new)
    done.set()
    await asyncio.gather(*writers)

    for register in registers:
        for old, _ in pairs:
            assert await patient.lines(register, old) == ()
        log = await patient.log(register)
        state: dict[object, object] = {}
        for *_, niss, _, before, after in log:
            assert state.get(niss, "{}") == before
            state[niss] = after


async def test_union_of_the_shares_equals_the_lines_of_the_dossier(
    harness: Harness, engine: AsyncEngine
) -> None:
    register = await harness.register()
    old, new = await harness.persons(2)
    await harness.inscribe(register, old, "2024-01-01", "2024-03-31")
    await harness.replace(old, new)
    chance = random.Random(7)
    for _ in range(40):
        operation = chance.choice((harness.inscribe, harness.remove))
        day = chance.randrange(1, 28)
        month = chance.randrange(1, 11)
        await operation(
            register, chance.choice((old, new)), f"2024-{month:02}-{day:02}", f"2024-{month + 1:02}-01"
        )

    query = text(
        "SELECT (SELECT range_agg(r) FROM dossier_share s, unnest(s.periods) r "
        "WHERE s.register_id = :r AND s.niss = d.niss)::text, d.periods::text "
        "FROM dossier d WHERE register_id = :r AND niss = :n"
    )
    async with engine.connect() as connection:
        shares, lines = (await connection.execute(query, {"r": register.id, "n": new})).one()

    assert shares == lines

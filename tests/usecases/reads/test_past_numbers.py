"""Reads as of an earlier time, compared with the answers given then, through random histories of numbers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar, cast

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.periods import covers
from raas.domain.errors import Reason, Refused
from raas.domain.numbers.niss import Niss
from raas.domain.persons.record import Person
from raas.domain.persons.status import PersonState
from raas.storage.persons.local_source import LocalSource
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.persons.no_history import UnrecordedNumbers
from raas.usecases.ports.read_store import DossierFilter, DossierView
from raas.usecases.reads.as_of import AsOf
from raas.usecases.reads.check import CheckInscriptions, DecisionReason
from raas.usecases.reads.consult import Consult
from raas.usecases.reads.explain import ExplainDossier
from raas.usecases.reads.find_registers import FindRegisters, Match
from tests.engines import patient_engine
from tests.storage.persons.test_transaction import days
from tests.usecases.feed.reading import new_pages
from tests.usecases.persons.harness import BIS, a_call, an_identity, new_niss
from tests.usecases.reads.harness import ReadingHarness, now

DAY = "2024-06-01"
MICROSECOND = timedelta(microseconds=1)
OPERATIONS, SEEDS = 14, 2

Answer = TypeVar("Answer")

Answers = Mapping[tuple[object, ...], object]
"""The answers to a set of questions, by the question."""


@pytest.fixture
def harness(engine: AsyncEngine, reading_engine: AsyncEngine) -> ReadingHarness:
    return ReadingHarness(engine, reading_engine)


@pytest.fixture
async def patient(
    engine: AsyncEngine, reading_engine: AsyncEngine, dsn: str
) -> AsyncIterator[ReadingHarness]:
    """A harness on the migrated database whose transactions are not tried again, however long they wait."""
    async with patient_engine(dsn) as writing:
        yield ReadingHarness(writing, reading_engine)


@dataclass
class Scene:
    """Registers and numbers, the questions about them, and what was answered after every operation."""

    harness: ReadingHarness
    registers: Sequence[AdmittedRegister]
    numbers: Sequence[Niss]
    answers: list[Answers] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)
    revisions: list[Sequence[int]] = field(default_factory=list)

    async def observe(self) -> None:
        """Ask every question now."""
        self.answers.append(await self.asked(None))
        self.times.append(now())
        self.revisions.append([await self.harness.revision(each) for each in self.registers])

    async def asked(self, at: datetime | None) -> Answers:
        answers: dict[tuple[object, ...], object] = {}
        for niss in self.numbers:
            answers["find", niss] = await answered(lambda niss=niss: self.find(niss, at))
            for number, register in enumerate(self.registers):
                as_of = None if at is None else AsOf(instant=at)
                answers["consult", number, niss] = await self.consult(register, niss, as_of)
                answers["check", number, niss] = await self.check(register, niss, at)
                answers["explain", number, niss] = await self.explain(register, niss, at)
        return answers

    async def consult(self, register: AdmittedRegister, niss: Niss, as_of: AsOf | None) -> object:
        which = DossierFilter(nisses=(niss,))
        found = await self.harness.consulting.page(a_call(), register, which, as_of, 0, "")
        return found.dossiers, found.resolved

    async def check(self, register: AdmittedRegister, niss: Niss, at: datetime | None) -> object:
        decision = await self.harness.check(register, niss, DAY, at)
        return decision.reason, decision.successor_niss, decision.dossiers, decision.revision

    async def find(self, niss: Niss, at: datetime | None) -> object:
        found = await self.harness.find(niss, at)
        return found.matches, found.resolved

    async def explain(self, register: AdmittedRegister, niss: Niss, at: datetime | None) -> object:
        explaining = ExplainDossier(self.harness.reads, self.harness.source, self.harness.niss_history)
        day = days(DAY, DAY).begin
        found = await explaining.explain(a_call(), register, niss, None, day, at)
        return found.known, sorted(found.numbers), found.numbers[0], found.revision


async def answered(ask: Callable[[], Awaitable[object]]) -> object:
    """The answer, or the reason of the refusal."""
    try:
        return await ask()
    except Refused as refused:
        return refused.violations[0].reason


async def happen(scene: Scene, chance: random.Random, unknown: list[Niss]) -> None:
    """One operation at random; one that is refused changes nothing, like some others."""
    harness, register = scene.harness, chance.choice(scene.registers)
    niss, other = chance.sample([n for n in scene.numbers if n not in unknown] or scene.numbers[:2], 2)
    if unknown and chance.random() < 0.2:
        await harness.store.add([Person(unknown.pop(), BIS, an_identity())], None)
        return
    month = chance.randrange(4, 8)
    operations: list[Callable[[], Awaitable[object]]] = [
        lambda: harness.inscribe(register, niss, f"2024-0{month}-01", "2024-12-31"),
        lambda: harness.inscribe(register, niss, "2024-01-01", "2024-12-31"),
        lambda: harness.remove(register, niss, f"2024-0{month}-01", "2024-12-31"),
        lambda: harness.replace(niss, other),
        lambda: harness.replace(niss, other),
        lambda: harness.restore(niss),
        lambda: harness.cancel(niss),
    ]
    with suppress(Refused):
        await chance.choice(operations)()


async def recorded_instants(scene: Scene) -> list[datetime]:
    """The instants at which anything was recorded, of mutations and of statuses."""
    query = text(
        "SELECT record_time FROM mutation WHERE register_id = ANY(:r) "
        "UNION SELECT time FROM niss_status WHERE niss = ANY(:n) -- not on distributed tables"
    )
    values = {"r": [each.id for each in scene.registers], "n": list(scene.numbers)}
    async with scene.harness.engine.connect() as connection:
        return sorted((await connection.execute(query, values)).scalars().all())


@pytest.mark.parametrize("seed", range(1, 1 + SEEDS))
async def test_reads_as_of_any_time_answer_what_was_answered_then(harness: ReadingHarness, seed: int):
    chance = random.Random(seed)
    unknown = [new_niss()]
    numbers = [await harness.person() for _ in range(3)] + unknown
    scene = Scene(harness, [await harness.register() for _ in range(2)], numbers)
    await scene.observe()
    for _ in range(OPERATIONS):
        await happen(scene, chance, unknown)
        await scene.observe()

    kept = [revisions[0] for revisions in scene.revisions][len(scene.revisions) // 3]
    for trimmed in (False, True):
        if trimmed:
            await harness.trim(scene.registers[0], kept)
        first = next(i for i, r in enumerate(scene.revisions) if not trimmed or r[0] >= kept)
        for index in chance.sample(range(first, len(scene.times)), 4):
            assert await scene.asked(scene.times[index]) == scene.answers[index]
        await assert_same_at_revisions(scene, first)
        for instant in chance.sample(await recorded_instants(scene), 3):
            after = next((i for i, time in enumerate(scene.times) if time >= instant), None)
            if after is None or after <= first:
                continue
            assert await scene.asked(instant) == scene.answers[after]
            assert await scene.asked(instant - MICROSECOND) == scene.answers[after - 1]


async def assert_same_at_revisions(scene: Scene, first: int) -> None:
    """As of a revision: the last answers given before the next revision was recorded."""
    for number, register in enumerate(scene.registers):
        at: dict[int, int] = {}
        for index in range(first, len(scene.revisions)):
            at[scene.revisions[index][number]] = index
        for revision, index in at.items():
            for niss in scene.numbers:
                then = await scene.consult(register, niss, AsOf(revision=revision))
                assert then == scene.answers[index]["consult", number, niss]


async def test_number_replaced_before_the_register_knew_it_is_followed_as_of_then(
    harness: ReadingHarness,
) -> None:
    register = await harness.register()
    old, new = await harness.person(), await harness.person()
    await harness.inscribe(register, new, "2024-01-01", "2024-12-31")
    before = now()
    await harness.replace(old, new)
    after = now()
    await harness.inscribe(register, new, "2025-01-01", "2025-12-31")
    for at, reason in ((before, DecisionReason.NOT_KNOWN), (after, DecisionReason.INSCRIBED)):
        assert (await harness.check(register, old, DAY, at)).reason is reason
        assert bool((await harness.find(old, at)).matches) == (at == after)
    # Just before revision 3 was recorded, the number was replaced.
    assert len((await harness.consult(register, old, 2)).dossiers) == 1


async def test_cancelled_number_is_cancelled_as_of_then_also_after_a_trim(harness: ReadingHarness) -> None:
    register, niss = await harness.register(), await harness.person()
    await harness.inscribe(register, niss, "2024-01-01", "2024-12-31")  # 2
    inscribed = now()
    await harness.cancel(niss)  # 3
    cancelled = now()
    await harness.restore(niss)  # 4
    restored = now()
    expected = {
        inscribed: DecisionReason.INSCRIBED,
        cancelled: DecisionReason.NISS_CANCELLED,
        restored: DecisionReason.INSCRIBED,
    }
    for at, reason in expected.items():
        assert (await harness.check(register, niss, DAY, at)).reason is reason
    await harness.trim(register, 3)
    for at in (cancelled, restored):
        assert (await harness.check(register, niss, DAY, at)).reason is expected[at]


async def test_one_instant_is_recorded_for_a_status_and_its_mutations(harness: ReadingHarness) -> None:
    """Also if registers, or the statuses, are ahead of the clock."""
    registers = [await harness.register() for _ in range(3)]
    old, new = await harness.person(), await harness.person()
    for register in registers:
        await harness.inscribe(register, old, "2024-01-01", "2024-12-31")
    async with harness.engine.begin() as connection:
        await connection.execute(
            text("UPDATE register_head SET record_time = :t WHERE register_id = :r"),
            {"r": registers[1].id, "t": datetime.now(UTC) + timedelta(seconds=50)},
        )
    try:
        await harness.replace(old, new)
        query = text(
            "SELECT record_time FROM mutation WHERE register_id = ANY(:r) AND kind = 3 "
            "UNION SELECT time FROM niss_status WHERE niss = :n AND status = 2 -- not on distributed tables"
        )
        values = {"r": [each.id for each in registers], "n": old}
        async with harness.engine.connect() as connection:
            (instant,) = (await connection.execute(query, values)).scalars().all()
        assert instant > now() + timedelta(seconds=5)
        await harness.restore(old)
        query = text("SELECT max(time) FROM niss_status WHERE niss = :n")
        async with harness.engine.connect() as connection:
            assert (await connection.execute(query, {"n": old})).scalar_one() > instant
    finally:
        # For the other tests: their statuses are not ahead of the clock.
        async with harness.engine.begin() as connection:
            await connection.execute(text("UPDATE niss_status_bounds SET last_time = statement_timestamp()"))


async def test_answers_as_of_now_are_final_and_agree_while_numbers_change(patient: ReadingHarness) -> None:
    register, other = await patient.register(), await patient.register()
    old, new = await patient.person(), await patient.person()
    await patient.inscribe(register, old, "2024-01-01", "2024-12-31")
    await patient.inscribe(other, new, "2024-01-01", "2024-12-31")
    scene = Scene(patient, [register, other], [old, new])

    async def change() -> None:
        while True:
            await patient.replace(old, new)
            await patient.restore(old)
            await patient.cancel(old)
            await patient.restore(old)

    async def ask() -> list[tuple[datetime, Answers]]:
        return [(instant := now(), await scene.asked(instant)) for _ in range(12)]

    changing = asyncio.create_task(change())
    seen = [each for answers in await asyncio.gather(ask(), ask()) for each in answers]
    changing.cancel()
    await asyncio.wait([changing])
    assert len({str(answers) for _, answers in seen}) > 3
    for instant, answers in seen:
        assert await scene.asked(instant) == answers
        for niss in (old, new):
            holders = [number for number in (0, 1) if holds(answers["consult", number, niss])]
            matches, _ = cast(tuple[Sequence[object], object], answers["find", niss])
            assert len(matches) == len(holders)
            for number in (0, 1):
                reason, successor, *_ = cast(tuple[object, ...], answers["check", number, niss])
                if reason is not DecisionReason.NISS_CANCELLED:
                    assert (reason is DecisionReason.INSCRIBED) == (number in holders)
                _, resolved = cast(tuple[object, object], answers["consult", number, niss])
                assert resolved == (() if successor is None else ((niss, successor),))


def holds(consulted: object) -> bool:
    """Whether a register answered a dossier."""
    return bool(cast(tuple[object, object], consulted)[0])


class ChangingSource(LocalSource):
    """An authentic source whose numbers change before or after one of its answers, counted from 1."""

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        before: Mapping[int, Callable[[], Awaitable[object]]] | None = None,
        after: Mapping[int, Callable[[], Awaitable[object]]] | None = None,
    ) -> None:
        super().__init__(engine)
        self._before, self._after = before or {}, after or {}
        self._answers = 0

    async def states(self, nisses: Sequence[Niss]) -> Mapping[Niss, PersonState]:
        return await self._answered(lambda: super(ChangingSource, self).states(nisses))

    async def numbers_of(self, nisses: Sequence[Niss]) -> Mapping[Niss, tuple[Niss, ...]]:
        return await self._answered(lambda: super(ChangingSource, self).numbers_of(nisses))

    async def _answered(self, answer: Callable[[], Awaitable[Answer]]) -> Answer:
        self._answers += 1
        number = self._answers
        if number in self._before:
            await self._before[number]()
        answered = await answer()
        if number in self._after:
            await self._after[number]()
        return answered


async def found_now(
    harness: ReadingHarness, source: ChangingSource, way: str, register: AdmittedRegister, niss: Niss
) -> tuple[bool, Niss]:
    """Whether the number has lines in the register on DAY, and the number that it is read as."""
    reads, history = harness.reads, harness.niss_history
    if way == "check":
        harness.checking = CheckInscriptions(reads, source, history, now)
        decision = await harness.check(register, niss, DAY)
        return decision.inscribed, decision.successor_niss or niss
    if way == "find":
        harness.routing = FindRegisters(reads, source, history, now)
        found = await harness.find(niss)
        return on_day(found.matches), dict(found.resolved).get(niss, niss)
    if way == "explain":
        explaining = ExplainDossier(reads, source, history)
        why = await explaining.explain(a_call(), register, niss, None, days(DAY, DAY).begin, None)
        return why.known, why.numbers[0]
    consulting = Consult(reads, source, history, new_pages())
    if way == "export":
        which = DossierFilter(nisses=(niss,))
        (part,) = [each async for each in consulting.export(a_call(), register, which, None)]
        return on_day(part.dossiers), part.dossiers[0].niss if part.dossiers else niss
    harness.consulting = consulting
    answer = await harness.consult(register, niss)
    return on_day(answer.dossiers), dict(answer.resolved).get(niss, niss)


def on_day(dossiers: Iterable[DossierView | Match]) -> bool:
    """Whether a line of one of these dossiers covers DAY."""
    return any(covers(dossier.lines, days(DAY, DAY).begin) for dossier in dossiers)


WAYS = ("check", "find", "consult", "export", "explain")


@pytest.mark.parametrize("answer", [1, 2, 3])
@pytest.mark.parametrize("way", WAYS)
async def test_number_replaced_during_a_read_is_found_under_its_successor(
    harness: ReadingHarness, reading_engine: AsyncEngine, way: str, answer: int
) -> None:
    register = await harness.register()
    old, new = await harness.person(), await harness.person()
    await harness.inscribe(register, old, "2024-01-01", "2024-12-31")
    source = ChangingSource(reading_engine, after={answer: lambda: harness.replace(old, new)})
    assert await found_now(harness, source, way, register, old) in ((True, new), (True, old))


@pytest.mark.parametrize("answer", [1, 2, 3])
@pytest.mark.parametrize("way", WAYS)
async def test_number_restored_during_a_read_is_found_with_its_own_lines(
    harness: ReadingHarness, reading_engine: AsyncEngine, way: str, answer: int
) -> None:
    register = await harness.register()
    old, new = await harness.person(), await harness.person()
    await harness.inscribe(register, old, "2024-01-01", "2024-12-31")
    await harness.inscribe(register, new, "2023-01-01", "2023-12-31")
    await harness.replace(old, new)
    source = ChangingSource(reading_engine, after={answer: lambda: harness.restore(old)})
    assert await found_now(harness, source, way, register, old) in ((True, new), (True, old))


@pytest.mark.parametrize("way", WAYS[:4])
async def test_number_restored_and_replaced_again_during_a_read_is_found_under_its_successor(
    harness: ReadingHarness, reading_engine: AsyncEngine, way: str
) -> None:
    register = await harness.register()
    old, new = await harness.person(), await harness.person()
    await harness.inscribe(register, old, "2024-01-01", "2024-12-31")
    await harness.replace(old, new)
    # The first two answers follow the number; the third is asked for after the dossiers were read.
    source = ChangingSource(
        reading_engine,
        after={2: lambda: harness.restore(old)},
        before={3: lambda: harness.replace(old, new)},
    )
    assert await found_now(harness, source, way, register, old) == (True, new)


# ---- what is not known --------------------------------------------------------------------------


class WithoutHistory:
    """Reads with the history of a remote source, which is the same as before statuses were recorded."""

    def __init__(self, harness: ReadingHarness) -> None:
        self._harness = harness
        history = UnrecordedNumbers()
        self._consulting = Consult(harness.reads, harness.source, history, new_pages())
        self._explaining = ExplainDossier(harness.reads, harness.source, history)
        harness.checking = CheckInscriptions(harness.reads, harness.source, history, now)
        harness.routing = FindRegisters(harness.reads, harness.source, history, now)

    async def answers(self, register: AdmittedRegister, niss: Niss, at: datetime) -> list[object]:
        """The answers of Consult, CheckInscriptions, FindRegisters and ExplainDossier as of an instant."""
        which = DossierFilter(nisses=(niss,))
        day = days(DAY, DAY).begin

        async def consult() -> object:
            asked = AsOf(instant=at)
            found = await self._consulting.page(a_call(), register, which, asked, 0, "")
            return [dossier.niss for dossier in found.dossiers]

        async def check() -> object:
            return (await self._harness.check(register, niss, DAY, at)).reason

        async def find() -> object:
            return len((await self._harness.find(niss, at)).matches)

        async def explain() -> object:
            return (await self._explaining.explain(a_call(), register, niss, None, day, at)).known

        return [await answered(ask) for ask in (consult, check, find, explain)]


async def test_reads_without_history_answer_only_from_the_log(harness: ReadingHarness) -> None:
    register, other = await harness.register(), await harness.register()
    old, new, gone, stranger = [await harness.person() for _ in range(4)]
    for niss in (old, gone):
        await harness.inscribe(register, niss, "2024-01-01", "2024-12-31")
    await harness.inscribe(other, new, "2024-01-01", "2024-12-31")
    before = now()
    await harness.replace(old, new)
    await harness.cancel(gone)
    after = now()
    ask = WithoutHistory(harness)
    unknown: list[object] = [Reason.NISS_HISTORY_UNKNOWN] * 4
    assert await ask.answers(register, old, before) == [[old], DecisionReason.INSCRIBED, 1, True]
    assert await ask.answers(register, old, after) == [[new], DecisionReason.INSCRIBED, 2, True]
    assert await ask.answers(register, gone, after) == [[gone], DecisionReason.NISS_CANCELLED, 1, True]
    assert await ask.answers(register, stranger, after) == unknown
    # The other register had no line of the number, so its log does not tell; together they do.
    assert (await ask.answers(other, old, after))[:2] == unknown[:2]
    # Trimmed revisions are refused, not answered differently.
    await harness.trim(register, await harness.revision(register))
    assert await ask.answers(register, gone, before) == [Reason.REVISION_EXPIRED] * 4
    assert await ask.answers(register, old, after) == unknown


async def test_instants_before_the_history_began_are_read_from_the_log(
    harness: ReadingHarness,
) -> None:
    register = await harness.register()
    held, stranger = await harness.person(), await harness.person()
    await harness.inscribe(register, held, "2024-01-01", "2024-12-31")
    early = now()
    begin = "UPDATE niss_status_bounds SET begin_time = {}"
    async with harness.engine.begin() as connection:
        await connection.execute(text(begin.format("statement_timestamp()")))
    try:
        assert (await harness.check(register, held, DAY, early)).reason is DecisionReason.INSCRIBED
        with pytest.raises(Refused) as refused:
            await harness.check(register, stranger, DAY, early)
        assert [(v.field, v.reason) for v in refused.value.violations] == [
            ("checks[0].niss", Reason.NISS_HISTORY_UNKNOWN)
        ]
        assert (await harness.check(register, stranger, DAY, now())).reason is DecisionReason.NOT_KNOWN
    finally:
        async with harness.engine.begin() as connection:
            await connection.execute(text(begin.format("'-infinity'")))

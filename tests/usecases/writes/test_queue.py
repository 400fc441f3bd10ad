"""The write queue: whole jobs, one writer, and jobs that do not disturb each other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from raas.concurrency import batch_queue
from raas.domain.audit import chain
from raas.domain.calendar.day import parse_day
from raas.domain.calendar.periods import Period
from raas.domain.errors import Reason, Refused, Violation
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.dossier import InscribeOutcome
from raas.domain.registers.dossier_type import DossierType
from raas.domain.registers.operation import Action, Operation
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.audit.scope import AuditScope
from raas.usecases.calls.call import Call, Caller
from raas.usecases.calls.fingerprint import RequestId
from raas.usecases.persons.identities import NoIdentities
from raas.usecases.ports.errors import CommitUnknown, StoreUnavailable
from raas.usecases.ports.log import CommittedBatch
from raas.usecases.ports.write_store import AnsweredRequest
from raas.usecases.writes import batch
from raas.usecases.writes.batch import WriteLimits
from raas.usecases.writes.dossier_types import ManageDossierTypes
from raas.usecases.writes.imports import ImportAnswer, ImportMessage, Imports
from raas.usecases.writes.operations import EarlierAnswer, WriteOperations
from raas.usecases.writes.queue import WriteQueues
from raas.usecases.writes.results import Applied, BatchAnswer, Rejected
from tests.memory.source import FaultySource
from tests.memory.write_store import LOG_ID, REGISTER, MemoryStore

HEALTH = "HEALTH_INSURANCE"
AT = AdmittedRegister(1, REGISTER)
PERSON, SUCCESSOR, CANCELLED, NOBODY = (Niss(n) for n in (85673003360, 17670303353, 85673003261, 85673003162))


class Source(FaultySource):
    """Knows one replaced and one cancelled number, does not know one, and calls all others active."""

    def __init__(self) -> None:
        super().__init__(replaced={Niss(80610100101): SUCCESSOR}, cancelled=[CANCELLED], unknown=[NOBODY])

    async def numbers_of(self, nisses: Sequence[Niss]) -> dict[Niss, tuple[Niss, ...]]:
        raise AssertionError("no write asks for it")


class Harness:
    """The write queue with its use cases on a store in memory."""

    def __init__(self, limits: WriteLimits | None = None) -> None:
        limits = limits or WriteLimits()
        self.store = MemoryStore(HEALTH, "PENSION")
        self.committed: list[tuple[int, CommittedBatch]] = []
        self.write_queues = WriteQueues(self.store, limits, self._note)
        self.use_cases = WriteOperations(self.write_queues, self.store, Source(), NoIdentities(), limits)
        self.imports = Imports(self.write_queues, self.store, Source(), NoIdentities())

    def _note(self, register_id: int, committed_batch: CommittedBatch | None) -> None:
        assert committed_batch is not None
        self.committed.append((register_id, committed_batch))

    async def single(self, operation: Operation, **keywords: object) -> Applied:
        answer = await self.answer(operation, **keywords)
        assert isinstance(answer, BatchAnswer)
        (result,) = answer.results
        assert isinstance(result, Applied)
        return result

    async def answer(
        self,
        operation: Operation,
        *,
        call: Call | None = None,
        validate_only: bool = False,
        request_id: RequestId | None = None,
    ) -> BatchAnswer | EarlierAnswer:
        return await self.use_cases.single(
            call or a_call(), AT, operation, validate_only=validate_only, request_id=request_id
        )


def a_call(**keywords: object) -> Call:
    return Call(Caller(EnterpriseNumber(999999922)), UUID(int=7), "/test", **keywords)  # type: ignore[arg-type]


def recorded_call() -> Call:
    """A call that the audit records."""
    return a_call(audit=AuditScope())


def request_id(value: str, earlier_hash: bytes = b"") -> RequestId:
    return RequestId(value, lambda: earlier_hash)


def period(begin: str, end: str) -> Period:
    return Period(parse_day(begin), parse_day(end) + 1)


def inscription(begin: str = "2024-01-01", end: str = "2024-01-31", niss: Niss = PERSON) -> Operation:
    return Operation(Action.INSCRIBE, niss, HEALTH, period(begin, end))


def removal(niss: Niss = PERSON) -> Operation:
    return Operation(Action.REMOVE, niss, HEALTH, None)


MALFORMED = Operation(
    Action.INSCRIBE,
    PERSON,
    "NO_SUCH_TYPE",
    None,
    violations=(Violation("period.end", Reason.PERIOD_INVALID),),
)


async def test_concurrent_writes_to_one_dossier_are_merged_into_one_line() -> None:
    harness = Harness()

    await asyncio.gather(
        *(harness.single(inscription(f"2024-{m:02}-01", f"2024-{m:02}-28")) for m in range(1, 13)),
        *(harness.single(inscription(f"2024-{m:02}-15", f"2024-{m + 1:02}-15")) for m in range(1, 12)),
    )

    assert harness.store.lines(PERSON, 1) == (period("2024-01-01", "2024-12-28"),)
    chain = [(m.before, m.after) for m in harness.store.mutations]
    assert [before for before, _ in chain[1:]] == [after for _, after in chain[:-1]]


async def test_jobs_that_wait_for_a_commit_share_the_next_transaction() -> None:
    # However slow the machine is: only what waits decides.
    harness = Harness(WriteLimits(engine_seconds=60.0))
    harness.store.access.clear()
    first = asyncio.create_task(harness.single(inscription()))
    await harness.store.begun.wait()
    others = [
        asyncio.create_task(harness.single(inscription(niss=Niss(niss))))
        for niss in range(80610100101 + 1, 80610100200)
    ]
    await asyncio.sleep(0)
    harness.store.access.set()

    await asyncio.gather(first, *others)

    assert harness.store.transactions == 2
    assert [register_id for register_id, _ in harness.committed] == [1, 1]


async def test_calls_that_arrive_during_the_linger_share_a_transaction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A busy machine may need longer than the 5 ms of a server.
    monkeypatch.setattr("raas.concurrency.linger._LONGEST_SECONDS", 60.0)
    harness = Harness(WriteLimits(engine_seconds=60.0))
    harness.store.access.clear()
    first = asyncio.create_task(harness.single(inscription()))
    await harness.store.begun.wait()
    waiting = [asyncio.create_task(harness.single(inscription(niss=Niss(80610100200 + i)))) for i in range(3)]
    await asyncio.sleep(0)
    harness.store.access.set()
    await first
    # Each reaches the queue after several iterations of the event loop, as calls do.
    for i in range(20):
        waiting.append(asyncio.create_task(harness.single(inscription(niss=Niss(80610100300 + i)))))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)

    assert harness.store.transactions == 2


async def test_feed_receives_all_mutations_of_a_transaction_at_once() -> None:
    harness = Harness(WriteLimits(engine_seconds=60.0))
    await asyncio.gather(
        harness.use_cases.batch(
            a_call(), AT, [inscription(), inscription(niss=SUCCESSOR)], validate_only=False, request_id=None
        ),
        harness.single(removal()),
    )

    (_, committed_batch), *others = harness.committed
    assert not others
    assert committed_batch.mutations == harness.store.mutations
    assert (committed_batch.after, committed_batch.point.revision, committed_batch.log_id) == (0, 3, LOG_ID)
    assert committed_batch.point.checksum == harness.store.mutations[-1].checksum
    assert committed_batch.code_of(1) == HEALTH


async def test_a_refused_operation_leaves_the_others_of_its_transaction() -> None:
    harness = Harness()

    results = await asyncio.gather(
        harness.single(inscription()),
        harness.single(
            Operation(Action.INSCRIBE, CANCELLED, "NO_SUCH_TYPE", period("2024-01-01", "2024-01-02"))
        ),
        harness.single(inscription(niss=SUCCESSOR)),
        return_exceptions=True,
    )

    assert [type(result) for result in results] == [Applied, Refused, Applied]
    assert reasons(results[1]) == [Reason.NISS_CANCELLED, Reason.DOSSIER_TYPE_UNKNOWN]
    assert harness.store.revision == 2


async def test_a_store_fault_fails_only_the_job_that_causes_it() -> None:
    harness = Harness()
    harness.store.poisoned = {PERSON}
    harness.store.access.clear()
    opening = asyncio.create_task(harness.single(inscription(niss=Niss(80610100299))))
    await harness.store.begun.wait()
    tasks = [
        asyncio.create_task(harness.single(inscription(niss=niss)))
        for niss in (SUCCESSOR, PERSON, Niss(80610100398))
    ]
    await asyncio.sleep(0)
    harness.store.access.set()

    results = await asyncio.gather(opening, *tasks, return_exceptions=True)

    assert [type(r).__name__ for r in results] == ["Applied", "Applied", "StoreFault", "Applied"]
    assert harness.store.revision == 3


async def test_a_write_is_retried_while_the_store_restarts() -> None:
    harness = Harness()
    harness.store.faults = [StoreUnavailable("restarting"), StoreUnavailable("restarting"), None]

    applied = await harness.single(inscription())

    assert (applied.revision, harness.store.revision) == (1, 1)


async def test_an_unknown_commit_outcome_is_raised_and_never_retried() -> None:
    harness = Harness()
    harness.store.faults = [CommitUnknown("lost")]

    with pytest.raises(CommitUnknown):
        await harness.single(inscription())

    assert harness.store.transactions == 1


async def test_expired_job_is_answered_as_not_written_after_a_failed_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0
    monkeypatch.setattr(batch_queue, "time", SimpleNamespace(monotonic=lambda: now))
    harness = Harness()
    harness.store.access.clear()
    harness.store.faults = [StoreUnavailable("restarting")]
    waits = asyncio.create_task(harness.single(inscription()))
    expires = asyncio.create_task(harness.single(inscription(niss=SUCCESSOR), call=a_call(deadline=100.0)))
    await harness.store.begun.wait()
    now = 200.0
    harness.store.access.set()

    results = await asyncio.gather(waits, expires, return_exceptions=True)

    assert [type(result).__name__ for result in results] == ["Applied", "StoreUnavailable"]
    assert harness.store.revision == 1


async def test_import_whose_record_is_refused_does_not_advance_its_offset(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chain, "MAX_ENTRY_BYTES", 2_000)
    harness = Harness()
    rows = [MALFORMED._replace(niss=Niss(80610100100 + number)) for number in range(300)]

    results = await asyncio.gather(
        imported(harness, ImportMessage("i1", 0, rows), call=recorded_call()),
        harness.single(inscription(niss=SUCCESSOR)),
        return_exceptions=True,
    )
    (again,) = await imported(harness, ImportMessage("i1", 0, [inscription()]), call=recorded_call())

    assert reasons(results[0]) == [Reason.AUDIT_UNAVAILABLE]
    assert isinstance(results[1], Applied)
    assert (again.through_offset, again.applied, again.rejected) == (1, 1, ())


async def test_dossier_type_whose_record_is_refused_is_not_created(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "MAX_ENTRY_BYTES", 2_000)
    harness = Harness()
    types = ManageDossierTypes(harness.write_queues, harness.store, cast(Any, None))
    created = DossierType("T" * 3_000, {})

    results = await asyncio.gather(
        types.create(recorded_call(), AT, created), harness.single(inscription()), return_exceptions=True
    )

    assert reasons(results[0]) == [Reason.AUDIT_UNAVAILABLE]
    assert isinstance(results[1], Applied)
    assert created.code not in (await harness.store.dossier_types(AT.id)).by_code


async def test_job_that_is_refused_after_a_part_was_sent_is_answered_with_its_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chain, "MAX_ENTRY_BYTES", 2_000)
    monkeypatch.setattr(batch, "_PART", 100)
    harness = Harness(WriteLimits(engine_seconds=60.0))
    rows = [inscription(niss=Niss(80610100100 + number)) for number in range(300)]

    results = await asyncio.gather(
        imported(harness, ImportMessage("i1", 0, rows), call=recorded_call()),
        harness.single(inscription(niss=SUCCESSOR)),
        return_exceptions=True,
    )

    assert reasons(results[0]) == [Reason.AUDIT_UNAVAILABLE]
    assert isinstance(results[1], Applied)
    assert [mutation.niss for mutation in harness.store.mutations] == [SUCCESSOR]


async def test_a_refused_batch_writes_nothing_and_names_every_violation() -> None:
    harness = Harness()
    operations = [inscription(), MALFORMED, inscription("2024-02-01", "2024-02-02"), inscription(niss=NOBODY)]

    with pytest.raises(Refused) as refused:
        await harness.use_cases.batch(a_call(), AT, operations, validate_only=False, request_id=None)

    assert [(v.field, v.reason) for v in refused.value.violations] == [
        ("operations[1].period.end", Reason.PERIOD_INVALID),
        ("operations[1].dossier_type", Reason.DOSSIER_TYPE_UNKNOWN),
        ("operations[3].niss", Reason.NISS_UNKNOWN),
    ]
    assert harness.store.mutations == []


async def test_a_refused_batch_does_not_affect_the_next_job() -> None:
    harness = Harness()
    bad = [inscription("2020-01-01", "2020-12-31"), inscription(niss=NOBODY)]

    refused, applied = await asyncio.gather(
        harness.use_cases.batch(a_call(), AT, bad, validate_only=False, request_id=None),
        harness.single(inscription("2021-01-01", "2021-01-31")),
        return_exceptions=True,
    )

    assert isinstance(refused, Refused)
    assert isinstance(applied, Applied)
    assert (applied.outcome, applied.revision) == (InscribeOutcome.CREATED, 1)
    assert harness.store.lines(PERSON, 1) == (period("2021-01-01", "2021-01-31"),)


async def test_a_batch_takes_consecutive_revisions_of_one_group() -> None:
    harness = Harness()
    await harness.single(inscription("1999-01-01", "1999-01-01"))

    answer = await harness.use_cases.batch(
        a_call(),
        AT,
        [inscription(), inscription(), inscription("2024-02-01", "2024-02-10"), removal()],
        validate_only=False,
        request_id=None,
    )

    assert isinstance(answer, BatchAnswer)
    assert [r.revision for r in answer.results if isinstance(r, Applied)] == [2, 2, 3, 4]
    assert [(m.revision, m.batch_last_revision, m.previous_revision) for m in harness.store.mutations] == [
        (1, 1, 0),
        (2, 4, 1),
        (3, 4, 2),
        (4, 4, 3),
    ]


async def test_validate_only_answers_every_operation_and_writes_nothing() -> None:
    harness = Harness()

    answer = await harness.use_cases.batch(
        a_call(),
        AT,
        [inscription(), inscription(niss=NOBODY), removal()],
        validate_only=True,
        request_id=None,
    )

    assert isinstance(answer, BatchAnswer)
    assert [type(result) for result in answer.results] == [Applied, Rejected, Applied]
    assert (harness.store.transactions, harness.store.revision) == (0, 0)


async def test_a_repeated_request_id_gets_the_first_answer_also_when_sent_concurrently() -> None:
    harness = Harness()
    same = request_id("r1")

    answers = await asyncio.gather(*(harness.answer(inscription(), request_id=same) for _ in range(3)))
    await harness.single(removal())
    again = await harness.answer(inscription(), request_id=same)

    assert answers == [again] * 3
    assert isinstance(again, BatchAnswer)
    assert again.revision == 1
    assert harness.store.revision == 2


async def test_a_repeated_batch_gets_the_first_answer() -> None:
    harness = Harness()
    operations = [inscription(), inscription(niss=Niss(80610100101)), removal()]

    async def send() -> BatchAnswer | EarlierAnswer:
        return await harness.use_cases.batch(
            a_call(), AT, operations, validate_only=False, request_id=request_id("r1")
        )

    assert await send() == await send()
    assert harness.store.revision == 3


async def test_a_request_id_with_another_request_is_refused_and_a_refusal_is_not_remembered() -> None:
    harness = Harness()

    with pytest.raises(Refused) as unknown:
        await harness.answer(inscription(niss=NOBODY), request_id=request_id("r1"))
    await harness.answer(inscription(), request_id=request_id("r1"))
    with pytest.raises(Refused) as reused:
        await harness.answer(inscription(niss=SUCCESSOR), request_id=request_id("r1"))
    with pytest.raises(Refused) as in_a_batch:
        await harness.use_cases.batch(
            a_call(), AT, [inscription()], validate_only=False, request_id=request_id("r1")
        )

    assert reasons(unknown.value) == [Reason.NISS_UNKNOWN]
    assert reasons(reused.value) == reasons(in_a_batch.value) == [Reason.REQUEST_ID_REUSED]


async def test_a_request_id_of_an_earlier_version_gets_the_bytes_that_it_stored() -> None:
    harness = Harness()
    stored = AnsweredRequest(b"h" * 32, b"a message in protobuf")
    harness.store.register.requests["0999999922", "r1"] = stored

    same = await harness.answer(inscription(), request_id=request_id("r1", b"h" * 32))
    with pytest.raises(Refused) as reused:
        await harness.answer(inscription(), request_id=request_id("r1", b"H" * 32))

    assert same == EarlierAnswer(b"a message in protobuf")
    assert reasons(reused.value) == [Reason.REQUEST_ID_REUSED]
    assert harness.store.revision == 0


async def test_a_request_id_of_a_later_version_is_unavailable_here() -> None:
    harness = Harness()
    harness.store.register.requests["0999999922", "r1"] = AnsweredRequest(b"\xff" + b"h" * 40, b"{}")

    with pytest.raises(StoreUnavailable):
        await harness.answer(inscription(), request_id=request_id("r1"))

    assert harness.store.revision == 0


async def test_an_unexpected_error_reaches_every_caller_and_the_writer_goes_on() -> None:
    class Uncopyable(Exception):
        def __init__(self, one: int, two: int) -> None:
            super().__init__("never copied")

    harness = Harness()
    harness.store.faults = [Uncopyable(1, 2)]
    calls = [harness.single(inscription(niss=Niss(80610100101 + i))) for i in range(3)]

    results = await asyncio.gather(*calls, return_exceptions=True)

    assert [type(result) for result in results] == [Uncopyable] * 3
    assert (await harness.single(inscription())).revision == 1


async def test_a_full_queue_refuses_at_once() -> None:
    harness = Harness(WriteLimits(waiting_operations=2))
    harness.store.access.clear()
    first = asyncio.create_task(harness.single(inscription()))
    await harness.store.begun.wait()
    waiting = [asyncio.create_task(harness.single(inscription(niss=SUCCESSOR))) for _ in range(2)]
    await asyncio.sleep(0)

    with pytest.raises(Refused) as refused:
        await harness.single(inscription())
    harness.store.access.set()
    await asyncio.gather(first, *waiting)

    assert reasons(refused.value) == [Reason.OVERLOADED]


def another_call() -> Call:
    return Call(Caller(EnterpriseNumber(244640631)), UUID(int=8), "/test")


async def test_greedy_caller_does_not_delay_another_one() -> None:
    harness = Harness(WriteLimits(operations=10))
    harness.store.access.clear()
    numbers = [Niss(80610100101 + i) for i in range(300)]
    greedy = [asyncio.create_task(harness.single(inscription(niss=each))) for each in numbers]
    await harness.store.begun.wait()
    while harness.write_queues.waiting_operations() < 200:
        await asyncio.sleep(0)
    batch = [inscription(niss=Niss(81610100101 + i)) for i in range(9)]
    others = asyncio.gather(
        harness.single(inscription(), call=another_call()),
        harness.use_cases.batch(another_call(), AT, batch, validate_only=False, request_id=None),
    )
    await asyncio.sleep(0)
    harness.store.access.set()
    one, many = await others
    await asyncio.gather(*greedy)

    # One transaction had begun. The next one takes jobs of each in turn, until the batch does not fit.
    assert one.revision <= 20
    assert many.revision <= 40


async def test_full_queue_has_room_for_a_caller_of_whom_nothing_waits() -> None:
    harness = Harness(WriteLimits(waiting_operations=2, reserved_operations=1))
    harness.store.access.clear()
    first = asyncio.create_task(harness.single(inscription()))
    await harness.store.begun.wait()
    waiting = [asyncio.create_task(harness.single(inscription(niss=SUCCESSOR))) for _ in range(2)]
    await asyncio.sleep(0)

    with pytest.raises(Refused):
        await harness.single(inscription())
    waiting.append(asyncio.create_task(harness.single(inscription(), call=another_call())))
    await asyncio.sleep(0)
    with pytest.raises(Refused):
        await harness.single(inscription(), call=another_call())
    harness.store.access.set()
    await asyncio.gather(first, *waiting)


async def test_a_job_is_dropped_when_its_caller_is_cancelled_or_its_deadline_passed() -> None:
    harness = Harness()
    harness.store.access.clear()
    first = asyncio.create_task(harness.single(inscription()))
    await harness.store.begun.wait()
    gone = asyncio.create_task(harness.single(inscription(niss=SUCCESSOR)))
    late = asyncio.create_task(
        harness.single(inscription(niss=CANCELLED), call=a_call(deadline=time.monotonic()))
    )
    await asyncio.sleep(0)
    gone.cancel()
    harness.store.access.set()

    results = await asyncio.gather(first, gone, late, return_exceptions=True)
    await harness.write_queues.drained()

    assert [type(r).__name__ for r in results] == ["Applied", "CancelledError", "StoreUnavailable"]
    assert harness.store.revision == 1


async def test_a_replaced_number_is_followed_or_refused_by_policy() -> None:
    harness = Harness()
    old = Niss(80610100101)

    followed = await harness.single(inscription(niss=old))
    with pytest.raises(Refused) as refused:
        await harness.single(
            Operation(Action.INSCRIBE, old, HEALTH, period("2024-01-01", "2024-01-02"), refuse_replaced=True)
        )

    assert (followed.niss, followed.requested_niss) == (SUCCESSOR, old)
    assert [notice.reason for notice in followed.notices] == [Reason.NISS_REPLACED]
    assert refused.value.violations[0].values == {"successor": "17670303353"}
    assert harness.store.mutations[0].requested_niss == old


async def test_removal_accepts_a_cancelled_number_and_an_unknown_one_with_lines() -> None:
    harness = Harness()
    await harness.single(inscription(niss=Niss(80610100497)))
    for niss in (NOBODY, CANCELLED):
        harness.store.copy_dossier(Niss(80610100497), niss)

    assert (await harness.single(removal(CANCELLED))).revision == 2
    assert (await harness.single(removal(NOBODY))).revision == 3
    with pytest.raises(Refused) as refused:
        await harness.single(removal(NOBODY))
    assert reasons(refused.value) == [Reason.NISS_UNKNOWN]


async def test_import_reports_refused_rows_and_skips_rows_below_the_stored_offset() -> None:
    harness = Harness()
    rows = [inscription(), MALFORMED, inscription(), inscription(niss=NOBODY), removal()]

    first = await imported(harness, ImportMessage("i1", 0, rows))
    again = await imported(harness, ImportMessage("i1", 0, [*rows, inscription("2030-01-01", "2030-01-02")]))
    with pytest.raises(Refused) as ahead:
        await imported(harness, ImportMessage("i1", 9, rows))

    def row(offset: int, *found: Reason) -> tuple[int, list[Reason]]:
        return offset, list(found)

    def summary(answer: ImportAnswer) -> tuple[object, ...]:
        rejected = [(offset, [v.reason for v in violations]) for offset, violations in answer.rejected]
        return answer.through_offset, answer.applied, answer.unchanged, rejected

    bad = [row(1, Reason.PERIOD_INVALID, Reason.DOSSIER_TYPE_UNKNOWN), row(3, Reason.NISS_UNKNOWN)]
    assert summary(first[0]) == (5, 2, 1, bad)
    assert summary(again[0]) == (6, 1, 0, bad)
    assert reasons(ahead.value) == [Reason.IMPORT_OFFSET_AHEAD]
    assert ahead.value.violations[0].values == {"through_offset": "6"}
    assert harness.store.revision == 3


async def test_an_empty_import_message_answers_the_stored_offset() -> None:
    harness = Harness()
    await imported(harness, ImportMessage("i1", 0, [inscription(), removal()]))

    answers = await imported(harness, ImportMessage("i1", 0, []))

    assert [(a.through_offset, a.applied) for a in answers] == [(2, 0)]


async def test_a_cancelled_import_writes_none_of_its_waiting_messages() -> None:
    harness = Harness()
    harness.store.access.clear()
    first = asyncio.create_task(harness.single(removal()))
    written = asyncio.create_task(harness.single(inscription()))
    await harness.store.begun.wait()
    others = [inscription(niss=Niss(niss)) for niss in range(80610100102, 80610100111)]
    messages = [ImportMessage(None, offset, (other,)) for offset, other in enumerate(others)]
    left = asyncio.create_task(imported(harness, *messages))
    waiting = -1
    while harness.write_queues.waiting_operations() != waiting:
        # Until no further message is read ahead: one of them is on its way into the full window.
        waiting = harness.write_queues.waiting_operations()
        for _ in range(10):
            await asyncio.sleep(0)

    left.cancel()
    await asyncio.wait([left])
    harness.store.access.set()
    await asyncio.gather(first, written)
    await harness.write_queues.drained()

    assert left.cancelled()
    assert [mutation.niss for mutation in harness.store.mutations] == [PERSON]


async def test_calls_alternate_with_import_messages() -> None:
    harness = Harness(WriteLimits(operations=10))
    harness.store.access.clear()
    messages = [
        ImportMessage(None, n * 10, [inscription(niss=Niss(80610100101 + 97 * n))] * 10) for n in range(3)
    ]
    importing = asyncio.create_task(imported(harness, *messages))
    await harness.store.begun.wait()
    call = asyncio.create_task(harness.single(inscription(niss=SUCCESSOR)))
    await asyncio.sleep(0)
    harness.store.access.set()

    applied = await call
    await importing

    assert applied.revision < harness.store.revision


async def test_operations_know_a_dossier_type_right_after_its_creation() -> None:
    harness = Harness()
    await harness.single(inscription())
    harness.store.add_type("NEW_TYPE", revision=5)

    applied = await harness.single(
        Operation(Action.INSCRIBE, PERSON, "NEW_TYPE", period("2024-01-01", "2024-01-02"))
    )

    assert applied.outcome is InscribeOutcome.CREATED


async def imported(
    harness: Harness, *messages: ImportMessage, call: Call | None = None
) -> list[ImportAnswer]:
    async def sent() -> AsyncIterator[ImportMessage]:
        for message in messages:
            yield message

    return [answer async for answer in harness.imports.run(call or a_call(), AT, sent())]


def reasons(error: object) -> list[Reason]:
    assert isinstance(error, Refused)
    return [violation.reason for violation in error.violations]

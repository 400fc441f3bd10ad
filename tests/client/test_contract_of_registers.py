"""Every call of the client, on a fake register and on a real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from raas.v1.decision_pb2 import DecisionReason
from raas.v1.dossier_pb2 import Dossier
from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.identity_pb2 import IdentityClaim
from raas.v1.inscription_pb2 import InscribeOutcome, RemoveOutcome
from raas.v1.mutation_pb2 import MutationKind
from raas.v1.register_service_pb2 import BatchOperation, RejectedOperation
from raas_client import (
    AfterRevision,
    Bookmark,
    FromAcknowledged,
    FromSnapshot,
    ImportProgress,
    Line,
    Mutations,
    RaasClient,
    Refused,
    Snapshot,
    inscription,
    lines_of,
    period,
    removal,
)
from raas_client.mirror.checksums import chained, first_checksum
from raas_client.reasons import (
    BatchTooLarge,
    DossierTypeExists,
    DossierTypeUnknown,
    NissMalformed,
    RequestIdReused,
    RevisionInFuture,
    SubscriberUnknown,
)
from tests.client.registers import ANN, BOB, TYPES, AnyRegister, events_until_complete, opened, person

FIRST = len(TYPES) + 1
"""The revision of the first mutation of a dossier."""


async def test_period_is_inscribed_extended_and_removed(client: RaasClient) -> None:
    created = await client.inscribe(ANN, "HEALTH", date(2024, 1, 1), date(2024, 6, 30))
    assert created.outcome == InscribeOutcome.INSCRIBE_OUTCOME_CREATED
    assert created.revision == FIRST
    extended = await client.inscribe(ANN, "HEALTH", "2024-07-01")
    assert extended.outcome == InscribeOutcome.INSCRIBE_OUTCOME_EXTENDED
    assert lines_of(extended.dossier.periods) == (Line(date(2024, 1, 1), None),)
    split = await client.remove(ANN, "HEALTH", "2024-02-01", "2024-02-29")
    assert split.outcome == RemoveOutcome.REMOVE_OUTCOME_SPLIT
    gone = await client.remove(ANN, "HEALTH")
    assert gone.outcome == RemoveOutcome.REMOVE_OUTCOME_REMOVED
    assert gone.revision == FIRST + 3


async def test_refusal_reports_all_violations_by_reason(client: RaasClient) -> None:
    with pytest.raises(NissMalformed) as raised:
        await client.inscribe("123", "HEALTH", "2024-02-30", "2024-01-01")
    assert {(each.field, each.reason) for each in raised.value.violations} == {
        ("niss", "NISS_MALFORMED"),
        ("period.begin", "PERIOD_INVALID"),
    }
    assert raised.value.call_id
    assert raised.value.told_all
    with pytest.raises(DossierTypeUnknown):
        await client.inscribe(ANN, "NOTHING", "2024-01-01")
    assert (await client.get_register()).revision == len(TYPES)


async def test_sentences_are_in_the_language_of_the_client(register: AnyRegister) -> None:
    sentences = set()
    for language in ("en", "fr", "nl", "de"):
        async with register.client(language=language) as client:
            with pytest.raises(NissMalformed) as raised:
                await client.inscribe("123", "HEALTH", "2024-01-01")
            sentences.add(raised.value.violations[0].message)
    assert len(sentences) == 4


async def test_request_id_makes_a_write_safe_to_repeat(client: RaasClient) -> None:
    first = await client.inscribe(ANN, "HEALTH", "2024-01-01", request_id="one")
    again = await client.inscribe(ANN, "HEALTH", "2024-01-01", request_id="one")
    assert again == first
    with pytest.raises(RequestIdReused):
        await client.inscribe(BOB, "HEALTH", "2024-01-01", request_id="one")


async def test_validate_only_applies_nothing(client: RaasClient) -> None:
    would = await client.inscribe(ANN, "HEALTH", "2024-01-01", validate_only=True)
    assert would.outcome == InscribeOutcome.INSCRIBE_OUTCOME_CREATED
    batch = await client.apply_batch(
        [inscription(ANN, "HEALTH", "2024-01-01"), removal("123", "HEALTH")], validate_only=True
    )
    assert [each.WhichOneof("result") for each in batch.results] == ["inscribe", "rejected"]
    assert await client.consult().all() == []


async def test_batch_is_applied_atomically(client: RaasClient) -> None:
    with pytest.raises(Refused) as raised:
        await client.apply_batch(
            [inscription(ANN, "HEALTH", "2024-01-01"), inscription(ANN, "NOTHING", "2024-01-01")]
        )
    assert raised.value.violations[0].field == "operations[1].dossier_type"
    assert await client.consult().all() == []
    applied = await client.apply_batch(
        [inscription(ANN, "HEALTH", "2024-01-01"), removal(ANN, "HEALTH", "2024-02-01")]
    )
    assert applied.revision == FIRST + 1
    with pytest.raises(BatchTooLarge) as too_large:
        await client.apply_batch([inscription(ANN, "HEALTH", "2024-01-01")] * 1_001)
    assert too_large.value.limit == 1_000


async def test_operations_in_batches_can_be_sent_again(client: RaasClient) -> None:
    operations = [inscription(person(each), "PENSION", "2024-01-01") for each in range(25)]

    async def apply() -> list[int]:
        batches = client.apply_in_batches(operations, size=10, request_id="a job")
        return [answer.revision async for answer in batches]

    first = await apply()
    assert first == [FIRST + 9, FIRST + 19, FIRST + 24]
    assert await apply() == first
    assert (await client.get_register()).revision == FIRST + 24


async def test_import_reports_progress_and_continues(client: RaasClient) -> None:
    operations = [inscription(person(each), "PENSION", "2024-01-01") for each in range(45)]
    operations[7] = inscription("123", "PENSION", "2024-01-01")
    told: list[int] = []
    half = await client.import_operations(operations[:20], import_id="a file", message_size=10)
    whole = await client.import_operations(
        operations,
        import_id="a file",
        message_size=10,
        progress=lambda progress: told.append(progress.through_offset),
    )
    assert (half.through_offset, half.applied, [each.offset for each in half.rejected]) == (20, 19, [7])
    assert (whole.through_offset, whole.applied, whole.unchanged, whole.rejected) == (45, 25, 0, ())
    assert told == [20, 30, 40, 45]
    assert whole.revision == (await client.get_register()).revision == len(TYPES) + 44


async def test_import_from_a_lower_start_offset_repeats_rejections_only(client: RaasClient) -> None:
    operations = [inscription(person(each), "PENSION", "2024-01-01") for each in range(25)]
    operations[7] = inscription("123", "PENSION", "2024-01-01")
    await client.import_operations(operations, import_id="a file", message_size=10)
    before = (await client.get_register()).revision
    answered: list[tuple[int, list[int]]] = []
    again = await client.import_operations(
        operations,
        import_id="a file",
        start_offset=5,
        message_size=10,
        progress=lambda told: answered.append(
            (told.answered_offset, [each.offset for each in told.rejected])
        ),
    )
    assert (again.applied, again.unchanged, [each.offset for each in again.rejected]) == (0, 0, [7])
    assert answered == [(0, []), (15, [7]), (25, [])]
    assert (await client.get_register()).revision == before


async def test_import_hears_answers_while_it_waits_for_rows(client: RaasClient) -> None:
    answered = asyncio.Event()

    async def rows() -> AsyncIterator[BatchOperation]:
        for each in range(2):
            yield inscription(person(each), "HEALTH", "2024-01-01")
        await answered.wait()
        yield inscription(person(2), "HEALTH", "2024-01-01")

    def progress(told: ImportProgress[RejectedOperation]) -> None:
        if told.answered_offset == 2:
            answered.set()

    async with asyncio.timeout(30):
        done = await client.import_operations(rows(), message_size=2, progress=progress)
    assert (done.through_offset, done.applied) == (3, 3)


async def test_import_takes_rows_from_an_asynchronous_iterable(client: RaasClient) -> None:
    async def rows() -> AsyncIterator[BatchOperation]:
        for each in range(5):
            await asyncio.sleep(0)
            yield inscription(person(each), "HEALTH", "2024-01-01")

    progress = await client.import_operations(rows(), message_size=2)
    assert (progress.through_offset, progress.applied) == (5, 5)


async def test_consult_finds_dossiers_by_a_condition_on_one_line(client: RaasClient) -> None:
    await client.inscribe(ANN, "HEALTH", "2024-01-01", "2024-06-30")
    await client.inscribe(ANN, "PENSION", "2023-01-01")
    await client.inscribe(BOB, "HEALTH", "2022-01-01", "2022-12-31")

    async def found(**question: Any) -> list[tuple[str, str]]:
        return [(each.niss, each.dossier_type) async for each in client.consult(**question)]

    assert await found() == [(ANN, "HEALTH"), (ANN, "PENSION"), (BOB, "HEALTH")]
    assert await found(active_on="2024-06-30") == [(ANN, "HEALTH"), (ANN, "PENSION")]
    assert await found(overlaps=period("2022-12-31", "2022-12-31")) == [(BOB, "HEALTH")]
    assert await found(ends_between=period("2024-01-01", "2024-12-31")) == [(ANN, "HEALTH")]
    assert await found(niss=[BOB], dossier_types=["PENSION"]) == []
    assert await found(at_revision=FIRST) == [(ANN, "HEALTH")]
    with pytest.raises(RevisionInFuture) as raised:
        await found(at_revision=99)
    assert raised.value.latest_revision == FIRST + 2
    assert await found(at_time=datetime.now(UTC)) == await found()
    with pytest.raises(ValueError, match="time zone"):
        await found(at_time=datetime(2024, 1, 1))


async def test_pages_are_fetched_on_demand_and_of_one_revision(client: RaasClient) -> None:
    await client.apply_batch([inscription(person(each), "HEALTH", "2024-01-01") for each in range(7)])
    seen = []
    async for page in client.consult(page_size=3).pages():
        seen.append((len(page.dossiers), page.revision))
        await client.inscribe(ANN, "HEALTH", "2024-01-01")
    assert seen == [(3, FIRST + 6), (3, FIRST + 6), (1, FIRST + 6)]
    exported = await client.export().all()
    assert exported == await client.consult(page_size=2).all()
    assert len(exported) == 8


async def test_history_yields_the_mutations_of_a_person(client: RaasClient) -> None:
    await client.inscribe(ANN, "HEALTH", "2024-01-01")
    await client.inscribe(BOB, "HEALTH", "2024-01-01")
    await client.acting(ticket="T-1", legal_context="law").remove(ANN, "HEALTH")
    history = await client.history(ANN, page_size=1).all()
    assert [each.kind for each in history] == [
        MutationKind.MUTATION_KIND_INSCRIBED,
        MutationKind.MUTATION_KIND_REMOVED,
    ]
    assert (history[1].ticket, history[1].legal_context) == ("T-1", "law")


async def test_check_and_find_registers_answer_whether_a_person_is_known(
    client: RaasClient, register: AnyRegister
) -> None:
    await client.inscribe(ANN, "HEALTH", "2024-01-01", "2024-06-30")
    known = await client.check(ANN, active_on="2024-03-01")
    assert known.inscribed
    late = await client.check(ANN, dossier_types=["HEALTH"], active_on="2024-07-01")
    assert (late.inscribed, late.reason) == (False, DecisionReason.DECISION_REASON_OUTSIDE_PERIOD)
    unknown = await client.check(BOB)
    assert unknown.reason == DecisionReason.DECISION_REASON_NOT_KNOWN
    matches = (await client.find_registers(ANN, active_on="2024-03-01")).matches
    (own,) = [each for each in matches if each.register == register.enterprise_number]
    assert own.dossier_type == "HEALTH"
    assert await client.stale_niss().all() == []


async def test_explain_answers_why_a_person_is_known(client: RaasClient) -> None:
    await client.inscribe(ANN, "HEALTH", "2024-01-01")
    decided = await client.remove(ANN, "HEALTH", "2024-07-01")
    known = await client.explain(ANN, "2024-06-30")
    assert (known.known, known.mutation.revision) == (True, FIRST)
    gone = await client.explain(ANN, date(2024, 7, 1), "HEALTH")
    assert (gone.known, gone.mutation.revision) == (False, decided.revision)
    never = await client.explain(BOB, "2024-06-30")
    assert (never.known, never.HasField("mutation")) == (False, False)


async def test_dossier_types_are_created_and_updated(client: RaasClient) -> None:
    with pytest.raises(DossierTypeExists):
        await client.create_dossier_type(DossierType(code="HEALTH"))
    changed = await client.update_dossier_type(
        DossierType(code="HEALTH", labels={"en": "Health", "fr": "Santé"}, active_until="2024-12-31"),
        ["labels", "active_until"],
    )
    assert changed.active_until == "2024-12-31"
    codes = [each.code async for each in client.dossier_types()]
    assert codes == list(TYPES)


async def test_wrong_use_of_the_client_raises_at_once(client: RaasClient) -> None:
    with pytest.raises(ValueError, match="one of active_on"):
        client.consult(active_on="2024-01-01", overlaps=period("2024-01-01")).pages()
    with pytest.raises(Refused) as raised:
        await client.inscribe(ANN, "HEALTH", "2024-01-01", identity=IdentityClaim(birth_date="yesterday"))
    assert raised.value.violations[0].field == "identity.birth_date"


async def test_snapshot_equals_the_register_and_mutations_follow(client: RaasClient) -> None:
    await client.apply_batch([inscription(person(each), "HEALTH", "2024-01-01") for each in range(5)])
    subscription = client.subscribe(FromSnapshot())
    async with opened(subscription) as events:
        dossiers: list[Dossier] = []
        async for event in events:
            if isinstance(event, Snapshot):
                dossiers += event.dossiers
            elif isinstance(event, Bookmark) and event.snapshot_complete:
                break
        assert dossiers == await client.export().all()
        assert isinstance(event, Bookmark)
        assert event.checksum == (await client.get_register()).checksum
        await client.inscribe(ANN, "PENSION", "2024-01-01")
        following = await anext(events)
        assert isinstance(following, Mutations)
        assert [each.niss for each in following.mutations] == [ANN]
        assert following.checkpoint.revision == FIRST + 5


async def test_log_chains_up_to_the_checksum_of_the_register(
    client: RaasClient, register: AnyRegister
) -> None:
    client = client.acting(ticket="a ticket", legal_context="a context")
    await client.create_dossier_type(
        DossierType(
            code="WHOLE",
            labels={"nl": "Alles", "en": "All"},
            quality_code="001",
            partner=register.enterprise_number,
            active_from="2020-01-01",
        )
    )
    await client.update_dossier_type(DossierType(code="WHOLE", active_until="2030-01-01"), ["active_until"])
    await client.apply_batch(
        [inscription(ANN, "WHOLE", "2024-01-01", "2024-01-31"), inscription(ANN, "WHOLE", "2024-03-01")]
    )
    await client.remove(ANN, "WHOLE", request_id="r")
    log = await client.mutations().all()
    assert [each.revision for each in log] == list(range(1, len(TYPES) + 6))
    assert chained(first_checksum(register.enterprise_number), log) == (await client.get_register()).checksum


async def test_subscription_yields_only_matching_mutations(client: RaasClient) -> None:
    await client.inscribe(ANN, "HEALTH", "2024-01-01")
    await client.inscribe(ANN, "PENSION", "2024-01-01")
    await client.remove(ANN, "HEALTH")

    async def listed(**question: Any) -> list[int]:
        return [each.revision async for each in client.mutations(**question)]

    assert await listed(dossier_types=["HEALTH"]) == [2, FIRST, FIRST + 2]
    assert await listed(kinds=[MutationKind.MUTATION_KIND_REMOVED]) == [FIRST + 2]
    assert await listed(after_revision=FIRST, niss=ANN) == [FIRST + 1, FIRST + 2]
    subscription = client.subscribe(
        AfterRevision(0), dossier_types=["HEALTH"], kinds=[MutationKind.MUTATION_KIND_INSCRIBED]
    )
    async with opened(subscription) as events:
        event = await anext(events)
    assert isinstance(event, Mutations)
    assert [each.revision for each in event.mutations] == [FIRST]


async def test_named_subscriber_is_kept_with_its_place(client: RaasClient, register: AnyRegister) -> None:
    with pytest.raises(SubscriberUnknown):
        await anext(client.subscribe(FromAcknowledged(), subscriber="billing").events())
    complete = await events_until_complete(client.subscribe(FromSnapshot()))
    assert await client.acknowledge("billing", complete[-1].checkpoint) == len(TYPES)
    await client.inscribe(ANN, "HEALTH", "2024-01-01")
    (known,) = await client.subscribers().all()
    assert (known.name, known.acknowledged_revision, known.lag) == ("billing", len(TYPES), 1)
    await client.delete_subscriber("billing")
    assert await client.subscribers().all() == []

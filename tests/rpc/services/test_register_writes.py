"""Inscribe, Remove and ApplyBatch through a real server: requests read, answers written, calls audited."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import grpc
import pytest
from google.protobuf.json_format import ParseDict

from raas.usecases.ports.errors import SourceUnavailable
from raas.v1 import inscription_pb2, niss_pb2, period_pb2, register_service_pb2
from raas.v1 import register_service_pb2 as v1
from tests.oracle import numbers
from tests.rpc.harness import (
    ANN,
    BOB,
    CALLER,
    GONE,
    MOVED,
    NEVER,
    NOBODY,
    OTHER,
    OWN,
    Harness,
    Refusal,
    told,
)

INSCRIBED = {"niss": ANN, "dossier_type": "HEALTH", "period": {"begin": "2024-01-01", "end": "2024-01-31"}}


async def call(harness: Harness, rpc: str, request: dict[str, Any], *metadata: tuple[str, str]) -> Any:
    message = ParseDict(request, getattr(v1, f"{rpc}Request")())
    return await getattr(harness.stub, rpc)(message, metadata=(*CALLER, *metadata))


async def refused(harness: Harness, rpc: str, request: dict[str, Any], *metadata: tuple[str, str]) -> Refusal:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call(harness, rpc, request, *metadata)
    return told(raised.value)


async def test_an_inscription_is_answered_with_the_whole_dossier(harness: Harness) -> None:
    await call(harness, "Inscribe", INSCRIBED)
    answer = await call(
        harness, "Inscribe", {**INSCRIBED, "period": {"begin": "2024-02-01"}, "register": OWN}
    )
    assert answer == ParseDict(
        {
            "dossier": {
                "register": OWN,
                "niss": ANN,
                "dossier_type": "HEALTH",
                "periods": [{"begin": "2024-01-01"}],
                "revision": 2,
            },
            "outcome": "INSCRIBE_OUTCOME_EXTENDED",
            "absorbed": [{"begin": "2024-01-01", "end": "2024-01-31"}],
            "revision": 2,
        },
        v1.InscribeResponse(),
    )


async def test_a_removal_is_answered_with_the_days_taken_away(harness: Harness) -> None:
    await call(harness, "Inscribe", INSCRIBED)
    answer = await call(
        harness, "Remove", {**INSCRIBED, "period": {"begin": "2024-01-10", "end": "2024-01-20"}}
    )
    assert answer == ParseDict(
        {
            "dossier": {
                "register": OWN,
                "niss": ANN,
                "dossier_type": "HEALTH",
                "periods": [
                    {"begin": "2024-01-01", "end": "2024-01-09"},
                    {"begin": "2024-01-21", "end": "2024-01-31"},
                ],
                "revision": 2,
            },
            "outcome": "REMOVE_OUTCOME_SPLIT",
            "removed": [{"begin": "2024-01-10", "end": "2024-01-20"}],
            "revision": 2,
        },
        v1.RemoveResponse(),
    )


async def test_a_removal_without_period_empties_the_dossier(harness: Harness) -> None:
    await call(harness, "Inscribe", INSCRIBED)
    answer = await call(harness, "Remove", {"niss": ANN, "dossier_type": "HEALTH"})
    assert answer.outcome == inscription_pb2.REMOVE_OUTCOME_REMOVED
    assert list(answer.dossier.periods) == []


async def test_replaced_number_is_followed_and_named_in_the_answer(harness: Harness) -> None:
    answer = await call(harness, "Inscribe", {**INSCRIBED, "niss": MOVED}, ("accept-language", "nl"))
    assert (answer.dossier.niss, answer.replaced_niss) == (ANN, MOVED)
    (notice,) = answer.notices
    assert (notice.field, notice.message.split(".")[0]) == ("niss", "Dit INSZ is vervangen")
    record = harness.written(OWN)[-1]
    assert (record.touched, record.shown, record.revision) == ((int(MOVED),), (int(ANN),), 1)


async def test_a_caller_can_ask_for_refusal_of_replaced_numbers(harness: Harness) -> None:
    policy = niss_pb2.REPLACED_NISS_POLICY_REFUSE
    refusal = await refused(harness, "Inscribe", {**INSCRIBED, "niss": MOVED, "replaced_niss_policy": policy})
    assert (refusal.status, refusal.info.reason) == ("FAILED_PRECONDITION", "NISS_REPLACED")
    assert refusal.info.metadata["successor"] == ANN


async def test_shape_and_state_are_refused_together(harness: Harness) -> None:
    refusal = await refused(
        harness,
        "Inscribe",
        {"niss": GONE, "dossier_type": "NONE", "period": {"end": "9999-12-31"}, "request_id": "a\nb"},
        ("raas-legal-context", "x" * 65),
    )
    assert refusal.status == "INVALID_ARGUMENT"
    assert refusal.violations == [
        ("metadata.raas-legal-context", "VALUE_INVALID"),
        ("period.begin", "REQUIRED"),
        ("period.end", "PERIOD_INVALID"),
        ("request_id", "VALUE_INVALID"),
        ("niss", "NISS_CANCELLED"),
        ("dossier_type", "DOSSIER_TYPE_UNKNOWN"),
    ]
    assert harness.store.mutations == []


async def test_unknown_things_alone_are_not_found(harness: Harness) -> None:
    refusal = await refused(harness, "Inscribe", {**INSCRIBED, "niss": NEVER, "dossier_type": "NONE"})
    assert refusal.status == "NOT_FOUND"
    assert {reason for _, reason in refusal.violations} == {"NISS_UNKNOWN", "DOSSIER_TYPE_UNKNOWN"}


@pytest.mark.parametrize("rpc", ["Inscribe", "Remove", "ApplyBatch", "Consult", "GetRegister"])
@pytest.mark.parametrize("register", [NOBODY, numbers.enterprise_number(1234567)])
async def test_missing_register_is_refused_like_one_without_mandate(
    harness: Harness, rpc: str, register: str
) -> None:
    request: dict[str, Any] = {"register": register}
    if rpc in ("Inscribe", "Remove"):
        request |= INSCRIBED
    refusal = await refused(harness, rpc, request)
    assert (refusal.status, refusal.info.reason) == ("PERMISSION_DENIED", "MANDATE_MISSING")
    assert refusal.info.metadata["register"] == register


async def test_the_own_register_that_does_not_exist_is_unknown(harness: Harness) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await harness.stub.Inscribe(
            ParseDict({**INSCRIBED, "niss": "1"}, v1.InscribeRequest()),
            metadata=(("raas-enterprise-number", NOBODY),),
        )
    refusal = told(raised.value)
    assert refusal.violations == [("register", "REGISTER_UNKNOWN"), ("niss", "NISS_MALFORMED")]


async def test_malformed_register_is_reported_with_the_other_violations(harness: Harness) -> None:
    refusal = await refused(harness, "Inscribe", {**INSCRIBED, "register": "", "niss": ""})
    assert refusal.violations == [("register", "ENTERPRISE_NUMBER_MALFORMED"), ("niss", "REQUIRED")]


async def test_validate_only_answers_without_a_change(harness: Harness) -> None:
    answer = await call(harness, "Inscribe", {**INSCRIBED, "validate_only": True, "request_id": "once"})
    assert answer.outcome == inscription_pb2.INSCRIBE_OUTCOME_CREATED
    assert (harness.store.mutations, harness.store.requests) == ([], {})


async def test_validate_only_gives_out_no_revision(harness: Harness) -> None:
    await call(harness, "Inscribe", INSCRIBED)
    later = {**INSCRIBED, "period": {"begin": "2030-01-01", "end": "2030-12-31"}}
    other = {**INSCRIBED, "dossier_type": "PENSION"}
    operations = [
        {"inscribe": later},
        {"inscribe": other},
        {"remove": {"niss": ANN, "dossier_type": "HEALTH"}},
    ]

    batch = await call(harness, "ApplyBatch", {"operations": operations, "validate_only": True})
    single = await call(harness, "Inscribe", {**later, "validate_only": True})

    answers = [getattr(result, result.WhichOneof("result")) for result in batch.results]
    assert [(answer.revision, answer.dossier.revision) for answer in answers] == [(1, 1), (1, 0), (1, 1)]
    assert (batch.revision, single.revision, single.dossier.revision) == (1, 1, 1)


async def test_a_repeated_request_gets_its_first_answer(harness: Harness) -> None:
    request = {**INSCRIBED, "request_id": "once"}
    first = await call(harness, "Inscribe", request)
    assert await call(harness, "Inscribe", request) == first
    assert len(harness.store.mutations) == 1
    assert harness.store.mutations[0].stamp.request_id == "once"


async def test_another_request_under_the_same_id_is_refused(harness: Harness) -> None:
    await call(harness, "Inscribe", {**INSCRIBED, "request_id": "once"})
    for rpc, request in (
        ("Inscribe", {**INSCRIBED, "niss": BOB}),
        ("Remove", INSCRIBED),
        ("ApplyBatch", {"operations": [{"inscribe": INSCRIBED}]}),
    ):
        refusal = await refused(harness, rpc, {**request, "request_id": "once"})
        assert (refusal.status, refusal.violations) == (
            "FAILED_PRECONDITION",
            [("request_id", "REQUEST_ID_REUSED")],
        )


async def test_mutation_keeps_the_metadata_of_its_call(harness: Harness) -> None:
    stub = harness.stub.Inscribe(
        ParseDict(INSCRIBED, v1.InscribeRequest()),
        metadata=(*CALLER, ("raas-legal-context", "PCSA"), ("raas-ticket", "T-1")),
    )
    await stub
    stamp = harness.store.mutations[0].stamp
    assert (stamp.actor, stamp.legal_context, stamp.ticket) == (int(OWN), "PCSA", "T-1")
    assert stamp.call_id == UUID(dict(await stub.trailing_metadata())["raas-call-id"])


async def test_a_batch_is_answered_in_its_order(harness: Harness) -> None:
    answer = await call(
        harness,
        "ApplyBatch",
        {
            "operations": [
                {"inscribe": INSCRIBED},
                {"remove": {"niss": BOB, "dossier_type": "HEALTH"}},
                {"remove": {"niss": ANN, "dossier_type": "HEALTH"}},
            ]
        },
    )
    assert [result.WhichOneof("result") for result in answer.results] == ["inscribe", "remove", "remove"]
    assert [result.remove.outcome for result in answer.results[1:]] == [
        inscription_pb2.REMOVE_OUTCOME_UNCHANGED,
        inscription_pb2.REMOVE_OUTCOME_REMOVED,
    ]
    assert answer.revision == 2


async def test_all_violations_of_a_batch_are_reported_with_their_paths(harness: Harness) -> None:
    refusal = await refused(
        harness,
        "ApplyBatch",
        {
            "operations": [
                {"inscribe": INSCRIBED},
                {},
                {"inscribe": {**INSCRIBED, "niss": "x", "period": {}}},
                {"inscribe": {**INSCRIBED, "niss": MOVED, "replaced_niss_policy": 2}},
            ],
            "request_id": "",
        },
        ("raas-ticket", "x" * 37),
    )
    assert refusal.status == "INVALID_ARGUMENT"
    assert refusal.violations == [
        ("metadata.raas-ticket", "VALUE_INVALID"),
        ("request_id", "VALUE_INVALID"),
        ("operations[1]", "REQUIRED"),
        ("operations[2].niss", "NISS_MALFORMED"),
        ("operations[2].period.begin", "REQUIRED"),
        ("operations[3].niss", "NISS_REPLACED"),
    ]
    assert refusal.info.metadata["operations[3].successor"] == ANN
    assert harness.store.mutations == []


async def test_validate_only_of_a_batch_answers_the_complete_list(harness: Harness) -> None:
    operations = [{"inscribe": {**INSCRIBED, "niss": "x"}}] * 999 + [{"inscribe": INSCRIBED}]
    answer = await call(
        harness,
        "ApplyBatch",
        {"operations": operations, "validate_only": True},
        ("accept-language", "fr"),
    )
    kinds = [result.WhichOneof("result") for result in answer.results]
    assert kinds == ["rejected"] * 999 + ["inscribe"]
    (violation,) = answer.results[0].rejected.violations
    assert violation.field == "niss"
    assert violation.message.startswith("Un NISS se compose")
    assert harness.store.mutations == []


async def test_the_answer_of_a_batch_on_a_dossier_of_many_lines_fits_into_a_message(harness: Harness) -> None:
    months = [f"{year}-{month:02}" for year in range(1980, 2010) for month in (1, 7)]
    days = [f"{month}-{day:02}" for month in months for day in range(1, 19, 2)][:500]
    periods = [{"begin": day, "end": day} for day in days]
    operations = [{"inscribe": {**INSCRIBED, "period": period}} for period in periods]
    operations += [{"remove": {**INSCRIBED, "period": period}} for period in periods[1:]]
    operations += [{"inscribe": {**INSCRIBED, "niss": BOB}}]

    answer = await call(harness, "ApplyBatch", {"operations": operations, "request_id": "once"})
    again = await call(harness, "ApplyBatch", {"operations": operations, "request_id": "once"})
    few = await call(harness, "ApplyBatch", {"operations": operations[-2:]})

    told = [getattr(result, result.WhichOneof("result")).dossier for result in answer.results]
    assert answer.last_dossiers_only
    assert [len(dossier.periods) for dossier in told] == [0] * 998 + [1, 1]
    assert [dossier.revision for dossier in told] == list(range(1, 1_001))
    assert list(answer.results[998].remove.removed) == [period_pb2.Period(begin=days[499], end=days[499])]
    assert again == answer
    assert not few.last_dossiers_only


async def test_a_thousand_bad_operations_give_a_readable_error(harness: Harness) -> None:
    operations = [{"inscribe": {"niss": "x"}}] * 1_000
    refusal = await refused(harness, "ApplyBatch", {"operations": operations})
    assert refusal.status == "INVALID_ARGUMENT"
    assert refusal.info.metadata["violation_count"] == "3000"
    assert refusal.info.metadata["truncated"] == "true"
    assert refusal.violations[:3] == [
        ("operations[0].niss", "NISS_MALFORMED"),
        ("operations[0].dossier_type", "REQUIRED"),
        ("operations[0].period", "REQUIRED"),
    ]
    assert refusal.details_size <= 6_000


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, ("operations", "REQUIRED")), (1_001, ("operations", "BATCH_TOO_LARGE"))],
)
async def test_batches_have_a_size(harness: Harness, count: int, expected: tuple[str, str]) -> None:
    refusal = await refused(harness, "ApplyBatch", {"operations": [{"inscribe": INSCRIBED}] * count})
    assert refusal.violations == [expected]
    if count:
        assert refusal.info.metadata["limit"] == "1000"
        assert refusal.info.metadata["count"] == "1001"


async def test_a_repeated_batch_gets_its_first_answer(harness: Harness) -> None:
    request = {"operations": [{"inscribe": INSCRIBED}, {"remove": INSCRIBED}], "request_id": "batch"}
    first = await call(harness, "ApplyBatch", request)
    assert await call(harness, "ApplyBatch", request) == first
    assert len(harness.store.mutations) == 2


async def test_every_outcome_of_a_call_is_audited(harness: Harness) -> None:
    await call(harness, "Inscribe", INSCRIBED)
    await call(harness, "Inscribe", {**INSCRIBED, "register": OTHER})
    await refused(harness, "Inscribe", {**INSCRIBED, "niss": NEVER})
    await refused(harness, "Inscribe", {**INSCRIBED, "register": NOBODY})
    harness.source.fault = SourceUnavailable("slow")
    await refused(harness, "ApplyBatch", {"operations": [{"inscribe": INSCRIBED}]})
    records = [*harness.written(OWN), *harness.written(OTHER), *harness.audit.records]
    assert [(record.register, record.touched, record.outcome) for record in records] == [
        (int(OWN), (int(ANN),), "OK"),
        (int(OTHER), (int(ANN),), "OK"),
        (int(OWN), (int(NEVER),), "NISS_UNKNOWN"),
        (int(NOBODY), (int(ANN),), "MANDATE_MISSING"),
        (int(OWN), (int(ANN),), "AUTHENTIC_SOURCE_UNAVAILABLE"),
    ]
    assert {record.actor.enterprise_number for record in records} == {int(OWN)}


async def test_a_register_seen_once_is_not_looked_up_again(harness: Harness) -> None:
    for _ in range(3):
        await call(harness, "Inscribe", INSCRIBED)
    assert harness.registers.asked == 1


async def test_unknown_fields_change_nothing(harness: Harness) -> None:
    raw = ParseDict(INSCRIBED, v1.InscribeRequest()).SerializeToString() + b"\xf8\x07\x01"
    stub = harness.channel.unary_unary(
        "/raas.v1.RegisterService/Inscribe",
        response_deserializer=register_service_pb2.InscribeResponse.FromString,
    )
    answer = await stub(raw, metadata=CALLER)
    assert answer.revision == 1

"""The reads of RegisterService through a real server: the arguments of the use cases, the answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import grpc
import pytest
from google.protobuf.json_format import MessageToDict, ParseDict

from raas.domain.audit.record import BulkRead, RecordKind
from raas.domain.calendar.day import OPEN, parse_day
from raas.domain.calendar.periods import Period
from raas.domain.errors import Reason, Violation, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonStatus
from raas.domain.registers.dossier_type import DossierType, IdentityChanges
from raas.domain.registers.mutation import DossierTypeChange, Mutation, MutationKind, Replacement, Stamp
from raas.domain.rights.view import WHOLE
from raas.usecases.ports.read_store import DossierFilter, DossierView
from raas.usecases.reads.as_of import AsOf
from raas.usecases.reads.check import Check, CheckAnswer, Decision, DecisionReason
from raas.usecases.reads.consult import ConsultAnswer, ExportPart
from raas.usecases.reads.find_registers import Match, RoutingAnswer
from raas.usecases.reads.history import HistoryAnswer
from raas.usecases.reads.stale_niss import Stale
from raas.v1 import register_service_pb2 as v1
from tests.rpc.harness import (
    A_REGISTER,
    ANN,
    BOB,
    CALLER,
    GONE,
    LOG,
    MOVED,
    NOBODY,
    OTHER,
    OWN,
    Harness,
    Refusal,
    told,
)

NOON = datetime(2026, 7, 1, 12, 0, 0, 250_000, tzinfo=UTC)
JANUARY = Period(parse_day("2024-01-01"), parse_day("2024-02-01"))
LINES = (JANUARY, Period(parse_day("2024-05-01"), OPEN))
LINES_SHOWN = [{"begin": "2024-01-01", "end": "2024-01-31"}, {"begin": "2024-05-01"}]
CALL_ID = UUID("12345678-1234-4234-8234-123456789012")


def numbers_of(*texts: str) -> tuple[int, ...]:
    """Numbers in the order of an audit record."""
    return tuple(sorted(map(int, texts)))


def niss(text: str) -> Niss:
    return Niss(int(text))


def number(text: str) -> EnterpriseNumber:
    return EnterpriseNumber(int(text))


def view(text: str, partner: str | None = None) -> DossierView:
    return DossierView(niss(text), "HEALTH", number(partner) if partner else None, LINES, 4)


def shown(text: str, **more: str) -> dict[str, Any]:
    return {
        "register": OWN,
        "niss": text,
        "dossier_type": "HEALTH",
        "periods": LINES_SHOWN,
        "revision": "4",
        **more,
    }


async def call(harness: Harness, rpc: str, request: dict[str, Any]) -> dict[str, Any]:
    message = ParseDict(request, getattr(v1, f"{rpc}Request")())
    answer = await getattr(harness.stub, rpc)(message, metadata=CALLER)
    return MessageToDict(answer, preserving_proto_field_name=True)


async def refused(harness: Harness, rpc: str, request: dict[str, Any]) -> Refusal:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call(harness, rpc, request)
    return told(raised.value)


async def test_a_register_is_shown_as_it_is(harness: Harness) -> None:
    harness.registers.answer = A_REGISTER
    answer = await call(harness, "GetRegister", {})
    assert answer["register"] == {
        "enterprise_number": OWN,
        "name": "A register",
        "environment": "ENVIRONMENT_TEST",
        "log_id": str(LOG),
        "revision": "7",
        "oldest_revision": "1",
        "dossier_count": "12",
        "checksum": "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
        "create_time": "2026-01-02T03:04:05.678Z",
    }


async def test_dossiers_are_shown_in_their_order(harness: Harness) -> None:
    harness.consult.answer = ConsultAnswer(
        (view(ANN), view(BOB, OTHER)), "next", 9, ((niss(MOVED), niss(ANN)),)
    )
    answer = await call(harness, "Consult", {"niss": [MOVED, BOB]})
    assert answer == {
        "dossiers": [shown(ANN), shown(BOB, partner=OTHER)],
        "next_page_token": "next",
        "revision": "9",
        "resolved": [{"niss": MOVED, "successor_niss": ANN}],
    }
    (record,) = harness.audit.records
    assert record.touched == numbers_of(MOVED, BOB)
    assert record.shown == numbers_of(ANN, BOB)
    assert record.revision == 9


@pytest.mark.parametrize(
    ("request_", "which", "as_of"),
    [
        ({}, DossierFilter(), None),
        ({"niss": [ANN, BOB, ANN]}, DossierFilter(nisses=(niss(ANN), niss(BOB))), None),
        ({"dossier_types": ["A", "B", "A"]}, DossierFilter(dossier_types=("A", "B", "A")), None),
        (
            {"overlaps": {"begin": "2024-01-01", "end": "2024-01-31"}},
            DossierFilter(overlaps=JANUARY),
            None,
        ),
        ({"overlaps": {"end": "2024-01-31"}}, DossierFilter(overlaps=Period(1, JANUARY.end)), None),
        ({"active_on": "2024-01-01"}, DossierFilter(active_on=JANUARY.begin), None),
        (
            {"ends_between": {"begin": "2024-01-01"}},
            DossierFilter(ends_between=Period(JANUARY.begin, OPEN)),
            None,
        ),
        ({"at_revision": 0}, DossierFilter(), AsOf(revision=0)),
        ({"at_revision": 12}, DossierFilter(), AsOf(revision=12)),
        ({"at_time": "2026-07-01T12:00:00.250000999Z"}, DossierFilter(), AsOf(instant=NOON)),
    ],
)
async def test_a_filter_is_read(
    harness: Harness, request_: dict[str, Any], which: DossierFilter, as_of: AsOf | None
) -> None:
    harness.consult.answer = ConsultAnswer((), "", 0, ())
    await call(harness, "Consult", {**request_, "page_size": 5, "page_token": "t"})
    assert harness.consult.asked[0][2:] == (which, as_of, 5, "t")
    harness.consult.answer = [ExportPart((), 0)]
    message = ParseDict(request_, v1.ExportRequest())
    await harness.stub.Export(message, metadata=CALLER).read()
    assert harness.consult.asked[1][2:] == (which, as_of)


async def test_all_violations_of_a_filter_are_reported_at_once(harness: Harness) -> None:
    wrong = {
        "register": "x",
        "niss": [ANN, "", "1"],
        "dossier_types": ["", "a\0b"],
        "overlaps": {},
        "at_revision": -1,
    }
    expected = [
        ("register", "ENTERPRISE_NUMBER_MALFORMED"),
        ("niss[1]", "NISS_MALFORMED"),
        ("niss[2]", "NISS_MALFORMED"),
        ("dossier_types[0]", "VALUE_INVALID"),
        ("dossier_types[1]", "VALUE_INVALID"),
        ("overlaps", "PERIOD_INVALID"),
        ("at_revision", "VALUE_INVALID"),
    ]
    refusal = await refused(harness, "Consult", {**wrong, "page_size": -1})
    assert refusal.violations == [*expected, ("page_size", "VALUE_INVALID")]
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await harness.stub.Export(ParseDict(wrong, v1.ExportRequest()), metadata=CALLER).read()
    assert told(raised.value).violations == expected


UNKNOWN = Violation("dossier_types[1]", Reason.DOSSIER_TYPE_UNKNOWN)
FUTURE = Violation("at_revision", Reason.REVISION_IN_FUTURE, values={"latest_revision": "7"})


async def test_violations_of_the_state_are_reported_with_those_of_the_request(harness: Harness) -> None:
    harness.consult.found = [Violation("dossier_types[0]", Reason.DOSSIER_TYPE_UNKNOWN), UNKNOWN, FUTURE]
    request = {"niss": ["x"], "dossier_types": [" ", "B", "B"], "at_revision": 9}
    expected = [
        ("niss[0]", "NISS_MALFORMED"),
        # A field that cannot be read has no second fault.
        ("dossier_types[0]", "VALUE_INVALID"),
        ("dossier_types[1]", "DOSSIER_TYPE_UNKNOWN"),
        ("at_revision", "REVISION_IN_FUTURE"),
    ]
    refusal = await refused(harness, "Consult", request)
    assert (refusal.status, refusal.violations) == ("INVALID_ARGUMENT", expected)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await harness.stub.Export(ParseDict(request, v1.ExportRequest()), metadata=CALLER).read()
    assert told(raised.value).violations == expected
    assert harness.consult.asked == []


async def test_wrong_history_or_routing_request_is_refused_with_all_violations(harness: Harness) -> None:
    harness.history.found = [Violation("dossier_type", Reason.DOSSIER_TYPE_UNKNOWN)]
    refusal = await refused(harness, "GetHistory", {"niss": "x", "dossier_type": "B"})
    assert refusal.violations == [("niss", "NISS_MALFORMED"), ("dossier_type", "DOSSIER_TYPE_UNKNOWN")]
    harness.routing.found = [Violation("niss", Reason.NISS_UNKNOWN)]
    refusal = await refused(harness, "FindRegisters", {"niss": ANN, "active_on": ""})
    assert refusal.violations == [("active_on", "VALUE_INVALID"), ("niss", "NISS_UNKNOWN")]


async def test_violations_of_the_state_are_reported_for_checks_that_can_be_read(harness: Harness) -> None:
    harness.check.found = [UNKNOWN.below("checks[2]")]
    checks = [{"register": OWN, "niss": ANN}, {"register": OWN}, {"register": OWN, "niss": BOB}]
    refusal = await refused(harness, "CheckInscriptions", {"checks": checks})
    assert refusal.violations == [
        ("checks[1].niss", "REQUIRED"),
        ("checks[2].dossier_types[1]", "DOSSIER_TYPE_UNKNOWN"),
    ]
    harness.check.found = [Violation("checks[0].register", Reason.MANDATE_MISSING)]
    refusal = await refused(harness, "CheckInscriptions", {"checks": checks})
    assert (refusal.status, refusal.info.reason) == ("PERMISSION_DENIED", "MANDATE_MISSING")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"niss": [ANN] * 1_001}, ("niss", "VALUE_INVALID")),
        ({"dossier_types": ["A"] * 1_001}, ("dossier_types", "VALUE_INVALID")),
        ({"active_on": ""}, ("active_on", "VALUE_INVALID")),
        ({"active_on": "2024-02-30"}, ("active_on", "VALUE_INVALID")),
        ({"ends_between": {"begin": ""}}, ("ends_between.begin", "PERIOD_INVALID")),
        (
            {"overlaps": {"begin": "2024-02-01", "end": "2024-01-01"}},
            ("overlaps.end", "PERIOD_INVALID"),
        ),
    ],
)
async def test_filters_that_are_not_valid_are_refused(
    harness: Harness, request_: dict[str, Any], expected: tuple[str, str]
) -> None:
    refusal = await refused(harness, "Consult", request_)
    assert (refusal.status, refusal.violations) == ("INVALID_ARGUMENT", [expected])


@pytest.mark.parametrize(("seconds", "nanos"), [(-(10**12), 0), (10**12, 0), (0, -1), (0, 10**9)])
async def test_instants_that_are_not_valid_are_refused(harness: Harness, seconds: int, nanos: int) -> None:
    request = v1.ConsultRequest()
    request.at_time.seconds, request.at_time.nanos = seconds, nanos
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await harness.stub.Consult(request, metadata=CALLER)
    assert told(raised.value).violations == [("at_time", "VALUE_INVALID")]


async def test_export_is_audited_before_its_first_part_and_at_its_end(harness: Harness) -> None:
    harness.consult.answer = [ExportPart((view(ANN),), 9), ExportPart((view(BOB),), 9)]
    parts = [part async for part in harness.stub.Export(v1.ExportRequest(), metadata=CALLER)]
    assert [(part.dossiers[0].niss, part.revision) for part in parts] == [(ANN, 9), (BOB, 9)]
    assert [(each.kind, each.bulk, each.revision, each.outcome) for each in harness.audit.records] == [
        (RecordKind.EXTENT, BulkRead({}, None, 9, 0), None, "OK"),
        (RecordKind.CALL, BulkRead({}, None, None, 2), 9, "OK"),
    ]


def mutation(revision: int, kind: MutationKind, **changes: Any) -> Mutation:
    stamp = Stamp(number(OTHER), CALL_ID, "request", "PCSA", "T-1")
    fields: dict[str, Any] = {
        "niss": niss(ANN),
        "requested_niss": None,
        "dossier_type": "HEALTH",
        "dossier_types": (),
        "before": (),
        "after": LINES,
        "detail": None,
        **changes,
    }
    return Mutation(
        register=number(OWN),
        revision=revision,
        batch_last_revision=revision + 1,
        kind=kind,
        record_time=NOON,
        stamp=stamp,
        checksum=b"\x02" * 32,
        **fields,
    )


async def test_the_history_is_shown_as_recorded(harness: Harness) -> None:
    before = DossierType("HEALTH", {})
    after = DossierType(
        "HEALTH",
        {"fr": "Santé"},
        "12",
        number(OTHER),
        JANUARY.begin,
        JANUARY.end,
        IdentityChanges.NONE,
    )
    harness.history.answer = HistoryAnswer(
        [
            mutation(3, MutationKind.INSCRIBED, requested_niss=niss(MOVED)),
            mutation(4, MutationKind.NISS_REPLACED, detail=Replacement(niss(MOVED), niss(ANN))),
            mutation(
                5,
                MutationKind.DOSSIER_TYPE_CHANGED,
                niss=None,
                dossier_type=None,
                after=(),
                detail=DossierTypeChange(before, after),
            ),
        ],
        "",
        (),
    )
    answer = await call(harness, "GetHistory", {"niss": ANN, "dossier_type": "HEALTH", "page_size": 3})
    assert harness.history.asked[0][2:] == (niss(ANN), "HEALTH", 3, "")
    first, second, third = answer["mutations"]
    assert first == {
        "register": OWN,
        "revision": "3",
        "batch_last_revision": "4",
        "kind": "MUTATION_KIND_INSCRIBED",
        "niss": ANN,
        "requested_niss": MOVED,
        "dossier_type": "HEALTH",
        "after": LINES_SHOWN,
        "record_time": "2026-07-01T12:00:00.250Z",
        "actor": OTHER,
        "call_id": str(CALL_ID),
        "request_id": "request",
        "legal_context": "PCSA",
        "ticket": "T-1",
        "checksum": "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=",
    }
    assert second["replacement"] == {"replaced_niss": MOVED, "successor_niss": ANN}
    assert "niss" not in third
    assert third["dossier_type_change"] == {
        "before": {"code": "HEALTH", "identity_changes": "IDENTITY_CHANGES_WHILE_KNOWN"},
        "after": {
            "code": "HEALTH",
            "labels": {"fr": "Santé"},
            "quality_code": "12",
            "partner": OTHER,
            "active_from": "2024-01-01",
            "active_until": "2024-02-01",
            "identity_changes": "IDENTITY_CHANGES_NONE",
        },
    }
    assert harness.audit.records[0].revision == 5


async def test_a_history_needs_a_number(harness: Harness) -> None:
    refusal = await refused(harness, "GetHistory", {"dossier_type": "", "page_size": -1})
    assert refusal.violations == [
        ("niss", "REQUIRED"),
        ("dossier_type", "REQUIRED"),
        ("page_size", "VALUE_INVALID"),
    ]


async def test_checks_are_read_and_decided(harness: Harness) -> None:
    decisions = (
        Decision(True, DecisionReason.INSCRIBED, (view(ANN),), 4, niss(ANN)),
        Decision(False, DecisionReason.NISS_CANCELLED, (), 7, None),
    )
    harness.check.answer = CheckAnswer(decisions, NOON)
    answer = await call(
        harness,
        "CheckInscriptions",
        {
            "checks": [
                {"register": OWN, "niss": MOVED, "dossier_types": ["HEALTH"], "active_on": "2024-01-01"},
                {"register": OTHER, "niss": GONE, "overlaps": {"end": "2024-01-31"}},
            ],
            "at_time": "2026-07-01T12:00:00.25Z",
        },
    )
    assert answer == {
        "decisions": [
            {
                "inscribed": True,
                "reason": "DECISION_REASON_INSCRIBED",
                "dossiers": [shown(ANN)],
                "revision": "4",
                "successor_niss": ANN,
            },
            {"reason": "DECISION_REASON_NISS_CANCELLED", "revision": "7"},
        ],
        "decision_time": "2026-07-01T12:00:00.250Z",
    }
    checks, at_time, _ = harness.check.asked[0]
    assert at_time == NOON
    assert checks == {
        0: Check(number(OWN), niss(MOVED), ("HEALTH",), active_on=JANUARY.begin),
        1: Check(number(OTHER), niss(GONE), (), overlaps=Period(1, JANUARY.end)),
    }
    seen = {(record.register, record.touched, record.shown) for record in harness.audit.records}
    assert seen == {(int(OWN), (int(MOVED),), (int(ANN),)), (int(OTHER), (int(GONE),), ())}


async def test_the_registers_of_checks_are_looked_up_together(harness: Harness) -> None:
    harness.check.answer = refuse(Reason.OVERLOADED)
    checks = [{"register": register, "niss": ANN} for register in (OWN, OTHER, NOBODY)]
    await refused(harness, "CheckInscriptions", {"checks": checks})
    assert harness.registers.asked == 1
    admit = harness.check.asked[0][2]
    assert (await admit(number(OTHER))).id == 2
    with pytest.raises(Exception, match="MANDATE_MISSING"):
        await admit(number(NOBODY))
    assert harness.registers.asked == 1


async def test_all_violations_of_checks_are_reported_with_their_paths(harness: Harness) -> None:
    refusal = await refused(
        harness,
        "CheckInscriptions",
        {
            "checks": [
                {"register": OWN, "niss": ANN},
                {},
                {"register": "1", "niss": "1", "dossier_types": [""], "active_on": "x"},
            ]
        },
    )
    assert refusal.violations == [
        ("checks[1].register", "REQUIRED"),
        ("checks[1].niss", "REQUIRED"),
        ("checks[2].register", "ENTERPRISE_NUMBER_MALFORMED"),
        ("checks[2].niss", "NISS_MALFORMED"),
        ("checks[2].dossier_types[0]", "VALUE_INVALID"),
        ("checks[2].active_on", "VALUE_INVALID"),
    ]


@pytest.mark.parametrize(("count", "reason"), [(0, "REQUIRED"), (1_001, "BATCH_TOO_LARGE")])
async def test_checks_have_a_number(harness: Harness, count: int, reason: str) -> None:
    refusal = await refused(
        harness, "CheckInscriptions", {"checks": [{"register": OWN, "niss": ANN}] * count}
    )
    assert refusal.violations == [("checks", reason)]


async def test_registers_that_know_a_person_are_shown(harness: Harness) -> None:
    harness.routing.answer = RoutingAnswer(
        (Match(number(OTHER), "HEALTH", number(OWN), LINES, 8),), NOON, ((niss(MOVED), niss(ANN)),)
    )
    answer = await call(
        harness, "FindRegisters", {"niss": MOVED, "dossier_types": ["HEALTH"], "active_on": "2024-01-01"}
    )
    assert answer == {
        "matches": [
            {
                "register": OTHER,
                "dossier_type": "HEALTH",
                "partner": OWN,
                "periods": LINES_SHOWN,
                "revision": "8",
            }
        ],
        "decision_time": "2026-07-01T12:00:00.250Z",
        "resolved": [{"niss": MOVED, "successor_niss": ANN}],
    }
    assert harness.routing.asked[0] == (niss(MOVED), ("HEALTH",), JANUARY.begin, None, None, WHOLE)


async def test_routing_needs_a_number(harness: Harness) -> None:
    refusal = await refused(harness, "FindRegisters", {"overlaps": {}})
    assert refusal.violations == [("niss", "REQUIRED"), ("overlaps", "PERIOD_INVALID")]


async def test_stale_numbers_are_shown(harness: Harness) -> None:
    harness.stale.answer = (
        (
            Stale(niss(MOVED), PersonStatus.REPLACED, niss(ANN), ("HEALTH", "PENSION")),
            Stale(niss(BOB), None, None, ("HEALTH",)),
        ),
        "next",
    )
    assert await call(harness, "ListStaleNiss", {"page_size": 2}) == {
        "stale": [
            {
                "niss": MOVED,
                "status": "PERSON_STATUS_REPLACED",
                "successor_niss": ANN,
                "dossier_types": ["HEALTH", "PENSION"],
            },
            {"niss": BOB, "dossier_types": ["HEALTH"]},
        ],
        "next_page_token": "next",
    }
    assert harness.audit.records[0].shown == numbers_of(MOVED, ANN, BOB)


async def test_a_token_of_another_use_is_refused(harness: Harness) -> None:
    refusal = await refused(harness, "ListDossierTypes", {"page_token": "e30="})
    assert (refusal.status, refusal.violations) == (
        "INVALID_ARGUMENT",
        [("page_token", "PAGE_TOKEN_INVALID")],
    )

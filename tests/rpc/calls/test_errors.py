"""Refusals as statuses: which one, what the details say, and how much of it."""

from __future__ import annotations

from uuid import UUID

import pytest
from google.rpc import error_details_pb2, status_pb2

from raas.domain.errors import Category, Reason, Refused, Violation, refuse
from raas.rpc.calls.errors import DETAILS_LIMIT, refusal, status_of, violations_of
from raas.usecases.limits.limits import exceeded
from raas.usecases.ports.errors import (
    CommitUnknown,
    PortError,
    SourceUnavailable,
    StoreFault,
    StoreUnavailable,
)
from raas.v1.error_reason_pb2 import ErrorReason

CALL_ID = UUID("12345678-1234-4234-8234-123456789012")


def details(
    violations: list[Violation], language: str = "en"
) -> tuple[error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, status_pb2.Status]:
    made = refusal(violations, CALL_ID, language)
    assert len(made.details) <= DETAILS_LIMIT
    status = status_pb2.Status.FromString(made.details)
    assert (status.code, status.message) == (made.code.value[0], made.message)
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad)
    return info, bad, status


def test_retry_info_has_the_delay_of_the_limit_and_else_a_second() -> None:
    for violations, seconds in (
        (exceeded("streams", 7, 0.25).violations, 0.25),
        (exceeded("persons_shown_per_day", 7, 30_000).violations, 30_000),
        ((Violation("", Reason.OVERLOADED),), 1),
        ((Violation("", Reason.UNAVAILABLE),), 1),
    ):
        info, _, status = details(list(violations))
        retry = error_details_pb2.RetryInfo()
        assert any(detail.Unpack(retry) for detail in status.details)
        assert retry.retry_delay.ToTimedelta().total_seconds() == seconds
        assert info.metadata.get("retry_after", "1") == f"{seconds:g}"


@pytest.mark.parametrize(
    ("reasons", "status"),
    [
        ((Reason.NISS_MALFORMED,), "INVALID_ARGUMENT"),
        ((Reason.NISS_UNKNOWN,), "NOT_FOUND"),
        ((Reason.NISS_UNKNOWN, Reason.DOSSIER_TYPE_UNKNOWN), "NOT_FOUND"),
        ((Reason.NISS_CANCELLED,), "FAILED_PRECONDITION"),
        ((Reason.NISS_UNKNOWN, Reason.DOSSIER_TYPE_CLOSED), "FAILED_PRECONDITION"),
        ((Reason.NISS_UNKNOWN, Reason.DOSSIER_TYPE_CLOSED, Reason.REQUIRED), "INVALID_ARGUMENT"),
        ((Reason.DOSSIER_TYPE_EXISTS,), "ALREADY_EXISTS"),
        ((Reason.REVISION_IN_FUTURE,), "OUT_OF_RANGE"),
        ((Reason.REVISION_IN_FUTURE, Reason.REVISION_EXPIRED), "OUT_OF_RANGE"),
        ((Reason.DOSSIER_TYPE_UNKNOWN, Reason.REVISION_IN_FUTURE), "FAILED_PRECONDITION"),
        ((Reason.REVISION_IN_FUTURE, Reason.NISS_MALFORMED), "INVALID_ARGUMENT"),
        ((Reason.UNAUTHENTICATED,), "UNAUTHENTICATED"),
        ((Reason.MANDATE_MISSING,), "PERMISSION_DENIED"),
        ((Reason.OVERLOADED,), "RESOURCE_EXHAUSTED"),
        ((Reason.LIMIT_EXCEEDED,), "RESOURCE_EXHAUSTED"),
        ((Reason.AUTHENTIC_SOURCE_UNAVAILABLE,), "UNAVAILABLE"),
        ((Reason.AUDIT_UNAVAILABLE,), "UNAVAILABLE"),
        ((Reason.INTERNAL,), "INTERNAL"),
        ((Reason.REQUIRED, Reason.MANDATE_MISSING), "PERMISSION_DENIED"),
    ],
)
def test_the_status_follows_from_the_categories(reasons: tuple[Reason, ...], status: str) -> None:
    assert status_of([Violation("", reason) for reason in reasons]).name == status


@pytest.mark.parametrize("reason", [each for each in Reason if each.category is not Category.NOTICE])
def test_every_reason_has_a_status_and_a_value_in_the_contract(reason: Reason) -> None:
    info, _, _ = details([Violation("", reason)])
    assert info.reason == reason.name
    assert ErrorReason.Value(f"ERROR_REASON_{reason.name}") == reason.value[1]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (refuse(Reason.NISS_UNKNOWN, "niss"), Reason.NISS_UNKNOWN),
        (Refused([]), Reason.INTERNAL),
        (StoreUnavailable(), Reason.UNAVAILABLE),
        (CommitUnknown(), Reason.UNAVAILABLE),
        (StoreFault(), Reason.INTERNAL),
        (PortError(), Reason.INTERNAL),
        (SourceUnavailable(), Reason.AUTHENTIC_SOURCE_UNAVAILABLE),
        (KeyError("x"), Reason.INTERNAL),
    ],
)
def test_exceptions_become_violations(error: Exception, reason: Reason) -> None:
    assert [violation.reason for violation in violations_of(error)] == [reason]


def test_the_info_is_that_of_the_first_violation() -> None:
    info, bad, status = details(
        [
            Violation("niss", Reason.NISS_REPLACED, values={"successor": "85673003360"}),
            Violation("period.begin", Reason.DOSSIER_TYPE_CLOSED, values={"active_until": "2023-12-31"}),
        ]
    )
    assert (info.reason, info.domain) == ("NISS_REPLACED", "raas")
    assert dict(info.metadata) == {
        "successor": "85673003360",
        "active_until": "2023-12-31",
        "violation_count": "2",
    }
    assert [(each.field, each.reason) for each in bad.field_violations] == [
        ("niss", "NISS_REPLACED"),
        ("period.begin", "DOSSIER_TYPE_CLOSED"),
    ]
    assert status.message == "niss: This NISS has been replaced by another one. (1 more)"


def test_metadata_of_an_element_are_prefixed_by_its_path() -> None:
    info, _, _ = details(
        [
            Violation("operations[3].niss", Reason.NISS_REPLACED, values={"successor": "85673003360"}),
            Violation("operations[9].niss", Reason.NISS_REPLACED, values={"successor": "17670303353"}),
            Violation("operations", Reason.BATCH_TOO_LARGE, values={"limit": "1000"}),
        ]
    )
    assert dict(info.metadata) == {
        "operations[3].successor": "85673003360",
        "operations[9].successor": "17670303353",
        "limit": "1000",
        "violation_count": "3",
    }


@pytest.mark.parametrize("language", ["en", "fr", "nl", "de"])
def test_a_thousand_violations_stay_readable(language: str) -> None:
    violations = [
        Violation(f"operations[{index}].{field}", reason, values=values)
        for index in range(1_000)
        for field, reason, values in (
            ("niss", Reason.NISS_REPLACED, {"successor": "85673003360"}),
            ("period.end", Reason.PERIOD_INVALID, {}),
        )
    ]
    info, bad, status = details(violations, language)
    assert info.metadata["violation_count"] == "2000"
    assert info.metadata["truncated"] == "true"
    told = [each.field for each in bad.field_violations]
    assert told == [violation.field for violation in violations[: len(told)]]
    assert len(told) > 15
    assert info.metadata["operations[0].successor"] == "85673003360"
    # Not one more would have fitted.
    assert len(status.SerializeToString()) > DETAILS_LIMIT - 600


def test_details_that_fit_are_not_marked_truncated() -> None:
    info, bad, _ = details([Violation(f"niss[{index}]", Reason.NISS_MALFORMED) for index in range(20)])
    assert "truncated" not in info.metadata
    assert len(bad.field_violations) == 20


def test_the_trailers_stay_below_what_every_client_accepts() -> None:
    violations = [Violation(f"operations[{index}].niss", Reason.NISS_MALFORMED) for index in range(1_000)]
    made = refusal(violations, CALL_ID, "de")
    trailers = {
        "grpc-status": "3",
        "grpc-message": made.message,
        "grpc-status-details-bin": "x" * (-(-len(made.details) // 3) * 4),
        "raas-call-id": str(CALL_ID),
    }
    # RFC 9113: an entry of a header list counts its name, its value and 32 bytes.
    assert sum(len(name) + len(value.encode()) + 32 for name, value in trailers.items()) < 8_192


@pytest.mark.parametrize("reason", [r for r in Reason if r.category is Category.INTERNAL])
def test_internal_errors_list_no_fields(reason: Reason) -> None:
    info, bad, _ = details([Violation("", reason)])
    assert not bad.field_violations
    assert "violation_count" not in info.metadata

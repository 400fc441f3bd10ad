"""Refusals as gRPC statuses: a canonical code with the details of google.rpc.

    exception            status
    Refused              the status of its violations, see `status_of`
    StoreUnavailable     UNAVAILABLE; so is CommitUnknown: repeat the request with its request id
    SourceUnavailable    UNAVAILABLE, reason AUTHENTIC_SOURCE_UNAVAILABLE
    the last three, late DEADLINE_EXCEEDED without a reason: the deadline of the call has passed
    anything else        INTERNAL, without the text of the exception

The details are sent in a trailer, in base64. Clients refuse trailers of more than 8 KiB, some of them at
random. So as many violations are sent as fit, and the metadata contain the number of all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from raas.domain.errors import RETRY_AFTER, Category, Reason, Refused, Violation
from raas.domain.sentences import DEFAULT_LANGUAGE
from raas.rpc.wire.violations import sentence_of
from raas.usecases.ports.errors import CommitUnknown, SourceUnavailable, StoreUnavailable

DOMAIN = "raas"
DETAILS_LIMIT = 5_600
"""Bytes of details; in base64, with the other trailers and their overhead, just below 8 KiB."""

_ENVELOPE = 128
"""Bytes reserved for the wrapping of the BadRequest and for the entry `truncated`."""

_RETRY_SECONDS = 1.0
_STATUS = {
    Category.SHAPE: grpc.StatusCode.INVALID_ARGUMENT,
    Category.UNKNOWN: grpc.StatusCode.NOT_FOUND,
    Category.STATE: grpc.StatusCode.FAILED_PRECONDITION,
    Category.EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    Category.RANGE: grpc.StatusCode.OUT_OF_RANGE,
    Category.IDENTITY: grpc.StatusCode.UNAUTHENTICATED,
    Category.PERMISSION: grpc.StatusCode.PERMISSION_DENIED,
    Category.LOAD: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Category.SIZE: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Category.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    Category.ELSEWHERE: grpc.StatusCode.UNIMPLEMENTED,
    Category.INTERNAL: grpc.StatusCode.INTERNAL,
}
_COLLECTED = (Category.SHAPE, Category.UNKNOWN, Category.STATE, Category.RANGE)
_ABOUT_THE_REQUEST = (*_COLLECTED, Category.EXISTS)
_PLACE = re.compile(r"\w+\[\d+\]\.")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status to be sent; `details` is a serialised google.rpc.Status."""

    code: grpc.StatusCode
    message: str
    details: bytes


def violations_of(error: Exception) -> tuple[Violation, ...]:
    """The violations that are sent for an exception, at least one."""
    match error:
        case Refused(violations=violations) if violations:
            return violations
        case StoreUnavailable() | CommitUnknown():
            return (Violation("", Reason.UNAVAILABLE),)
        case SourceUnavailable():
            return (Violation("", Reason.AUTHENTIC_SOURCE_UNAVAILABLE),)
        case _:
            return (Violation("", Reason.INTERNAL),)


def status_of(violations: Sequence[Violation]) -> grpc.StatusCode:
    """The status of these violations.

    A violation that stands alone (identity, permission, load …) decides. Otherwise INVALID_ARGUMENT when one
    is of shape; NOT_FOUND when all name unknown things; OUT_OF_RANGE when all are about revisions that are
    not kept; FAILED_PRECONDITION in all other cases.
    """
    categories = {violation.reason.category: None for violation in violations}
    for category in categories:
        if category not in _COLLECTED:
            return _STATUS[category]
    if Category.SHAPE in categories:
        return _STATUS[Category.SHAPE]
    (only, *others) = categories
    return _STATUS[Category.STATE if others else only]


def refusal(violations: Sequence[Violation], call_id: UUID, language: str) -> Refusal:
    """The status of these violations with its details, of at most `DETAILS_LIMIT` bytes."""
    first = violations[0]
    code = status_of(violations)
    message = _summary(violations)
    info = error_details_pb2.ErrorInfo(
        reason=first.reason.name, domain=DOMAIN, metadata=dict(_metadata(first))
    )
    request = error_details_pb2.RequestInfo(request_id=str(call_id))
    details: list[Message] = [info, request]
    if first.reason.category in _ABOUT_THE_REQUEST:
        info.metadata["violation_count"] = str(len(violations))
        room = DETAILS_LIMIT - len(_status(code, message, details)) - _ENVELOPE
        bad_request = _bad_request(violations, language, room, info)
        if len(bad_request.field_violations) < len(violations):
            info.metadata["truncated"] = "true"
        details.insert(1, bad_request)
    if first.reason.category in (Category.LOAD, Category.UNAVAILABLE):
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromMilliseconds(round(1000 * _retry_seconds(violations)))
        details.append(retry)
    return Refusal(code, message, _status(code, message, details))


def _retry_seconds(violations: Sequence[Violation]) -> float:
    """The longest of the delays that the violations name; without one, a second."""
    named = [float(v.values[RETRY_AFTER]) for v in violations if RETRY_AFTER in v.values]
    return max(named, default=_RETRY_SECONDS)


def past_deadline(call_id: UUID) -> Refusal:
    """The status of a call whose deadline passed before it was answered."""
    message = "The deadline of the call has passed. A write may or may not have been made."
    code = grpc.StatusCode.DEADLINE_EXCEEDED
    request = error_details_pb2.RequestInfo(request_id=str(call_id))
    return Refusal(code, message, _status(code, message, [request]))


def _bad_request(
    violations: Sequence[Violation], language: str, room: int, info: error_details_pb2.ErrorInfo
) -> error_details_pb2.BadRequest:
    """As many violations as fit, in their order; their metadata are added to `info`."""
    bad_request = error_details_pb2.BadRequest()
    for violation in violations:
        message = error_details_pb2.BadRequest.FieldViolation(
            field=violation.field,
            reason=violation.reason.name,
            description=sentence_of(violation, language),
        )
        metadata = [(key, value) for key, value in _metadata(violation) if key not in info.metadata]
        # Six bytes at most frame a message of this size, or an entry of a map.
        room -= message.ByteSize() + 6
        room -= sum(len(key.encode()) + len(value.encode()) + 12 for key, value in metadata)
        if room < 0 and bad_request.field_violations:
            break
        bad_request.field_violations.append(message)
        info.metadata.update(metadata)
    return bad_request


def _metadata(violation: Violation) -> list[tuple[str, str]]:
    """The values of a violation; those of an element (`operations[3].niss`) are prefixed by its path."""
    if not violation.values:
        return []
    place = _PLACE.match(violation.field)
    prefix = place.group() if place else ""
    return [(prefix + key, value) for key, value in violation.values.items()]


def _summary(violations: Sequence[Violation]) -> str:
    """One short English sentence, the message of the status."""
    first = violations[0]
    field = f"{first.field}: " if first.field else ""
    more = f" ({len(violations) - 1} more)" if len(violations) > 1 else ""
    return f"{field}{sentence_of(first, DEFAULT_LANGUAGE)}{more}"


def _status(code: grpc.StatusCode, message: str, details: Sequence[Message]) -> bytes:
    status = status_pb2.Status(code=code.value[0], message=message)
    for detail in details:
        packed = Any()
        packed.Pack(detail)
        status.details.append(packed)
    return bytes(status.SerializeToString())

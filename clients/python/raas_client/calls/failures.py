"""The exception for the status of a failed call."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import cast

import grpc
import grpc.aio
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from raas_client.calls.hints import hint_of
from raas_client.errors import (
    CallFailed,
    CredentialUnavailable,
    DeadlineExceeded,
    RaasError,
    Refused,
    Violation,
)
from raas_client.reasons import BY_REASON

DOMAIN = "raas"
_DETAILS = "grpc-status-details-bin"
_CALL_ID = "raas-call-id"
_PLACE = re.compile(r"\w+\[\d+\]\.")

Failure = Refused | CallFailed

NOTHING_WAS_DONE = frozenset(
    {"LIMIT_EXCEEDED", "OVERLOADED", "AUTHENTIC_SOURCE_UNAVAILABLE", "UNAUTHENTICATED"}
)
"""Reasons after which every call may be repeated: the server has done nothing."""

LONGEST_RETRY_SECONDS = 300.0
"""The longest wait asked by the server that the client waits out: a budget of a day is not worth it."""

_LOST = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED})
"""The statuses with which a server that stops ends its calls."""

_ENDED_WHILE_WRITING = "Internal error from Core"
"""The details that grpc.aio gives a call that ends while a message is being written."""


def failure_of(error: grpc.aio.AioRpcError) -> Failure:
    """The exception for a failed call: a refusal of RaaS, or a failure that gRPC reports."""
    code, message = error.code(), error.details() or error.code().name
    info = error_details_pb2.ErrorInfo()
    wrong = error_details_pb2.BadRequest()
    request = error_details_pb2.RequestInfo()
    retry_after = None
    trailers = list(cast("Iterable[tuple[str, str | bytes]]", error.trailing_metadata() or ()))
    for detail in _status(trailers).details:
        for known in (info, wrong, request):
            detail.Unpack(known)
        retry = error_details_pb2.RetryInfo()
        if detail.Unpack(retry):
            retry_after = retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
    if message == _ENDED_WHILE_WRITING:
        # The true status is lost; a new attempt gets it.
        code = grpc.StatusCode.UNAVAILABLE
    if info.domain != DOMAIN:
        kind = DeadlineExceeded if code is grpc.StatusCode.DEADLINE_EXCEEDED else CallFailed
        failed = kind(message, code)
        if (hint := hint_of(message)) is not None:
            failed.add_note(hint)
        return failed
    metadata = dict(info.metadata)
    violations = [
        Violation(each.field, each.reason, each.description, _values(metadata, each.field))
        for each in wrong.field_violations
    ] or [Violation("", info.reason, message, metadata)]
    call_id = request.request_id or next((str(value) for key, value in trailers if key == _CALL_ID), None)
    return BY_REASON.get(info.reason, Refused)(
        message,
        reason=info.reason,
        status=code,
        violations=violations,
        metadata=metadata,
        call_id=call_id,
        retry_after=retry_after,
    )


def may_pass(failure: RaasError) -> bool:
    """Whether the same call may succeed later.

    The server was lost, or asked to wait a while; or the source of the tokens failed for a while.
    """
    if isinstance(failure, CredentialUnavailable):
        return failure.may_pass
    if not isinstance(failure, Refused | CallFailed):
        return False
    if failure.status is grpc.StatusCode.RESOURCE_EXHAUSTED:
        asked = failure.retry_after if isinstance(failure, Refused) else None
        return asked is not None and asked <= LONGEST_RETRY_SECONDS
    return failure.status in _LOST


def _values(metadata: dict[str, str], field: str) -> dict[str, str]:
    """The metadata of one violation: in a batch they are prefixed by the place of the operation."""
    place = _PLACE.match(field)
    if place is None:
        return {key: value for key, value in metadata.items() if "." not in key}
    prefix = place.group()
    return {key.removeprefix(prefix): value for key, value in metadata.items() if key.startswith(prefix)}


def _status(trailers: Iterable[tuple[str, str | bytes]]) -> status_pb2.Status:
    status = status_pb2.Status()
    for key, value in trailers:
        if key == _DETAILS and isinstance(value, bytes):
            try:
                status.ParseFromString(value)
            except DecodeError:
                continue
    return status

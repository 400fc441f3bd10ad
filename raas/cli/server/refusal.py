"""What a failed call says, read from the status and the details of google.rpc."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

_DETAILS = "grpc-status-details-bin"
_LOST = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
"""A server that goes away ends its calls with the one or the other."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A failed call, for people and scripts.

    `reason` is the name of an ErrorReason, or that of the gRPC status when the server gave none;
    `passing` says that the same call may succeed later.
    """

    status: str
    reason: str
    sentences: tuple[str, ...]
    call_id: str | None
    passing: bool

    @property
    def text(self) -> str:
        """Everything that is wrong, one sentence per line."""
        return "\n".join(self.sentences)

    def as_json(self) -> dict[str, object]:
        """The members of an `error` in the output of a command under --json."""
        return {
            "status": self.status,
            "reason": self.reason,
            "messages": list(self.sentences),
            "call_id": self.call_id,
        }


def refusal_of(error: grpc.RpcError) -> Refusal:
    """What the server, or gRPC in its place, said."""
    code, message = error.code(), error.details() or ""
    info = error_details_pb2.ErrorInfo()
    request = error_details_pb2.RequestInfo()
    wrong = error_details_pb2.BadRequest()
    retry = error_details_pb2.RetryInfo()
    may_be_repeated = False
    for detail in _status(error).details:
        for known in (info, request, wrong):
            detail.Unpack(known)
        may_be_repeated |= detail.Unpack(retry)
    sentences = tuple(_sentence(violation) for violation in wrong.field_violations) or (message,)
    if info.metadata.get("truncated") == "true":
        untold = int(info.metadata.get("violation_count", 0)) - len(sentences)
        sentences = (*sentences, f"… and {untold} more")
    return Refusal(
        status=code.name,
        reason=info.reason or code.name,
        sentences=sentences,
        call_id=request.request_id or None,
        passing=may_be_repeated or code in _LOST,
    )


def _sentence(violation: error_details_pb2.BadRequest.FieldViolation) -> str:
    place = f"{violation.field}: " if violation.field else ""
    return f"{place}{violation.description} [{violation.reason}]"


def _status(error: grpc.RpcError) -> status_pb2.Status:
    status = status_pb2.Status()
    trailers = cast("Iterable[tuple[str, str | bytes]]", error.trailing_metadata() or ())
    for key, value in trailers:
        if key == _DETAILS and isinstance(value, bytes):
            try:
                status.ParseFromString(value)
            except DecodeError:
                continue
    return status

"""Fingerprints: how a repeated request is recognised as the same one.

A fingerprint is stored with a request id for 7 days, so its form outlives a release: see
docs/stored-forms.md before changing anything here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from raas.domain.errors import Reason, refuse
from raas.domain.json_value import JsonObject
from raas.usecases.calls.call import CallerKey
from raas.usecases.ports.errors import StoreUnavailable

VERSION = 1
_EARLIER_LENGTH = 32
"""Earlier versions stored a bare SHA-256 of the message in protobuf."""


@dataclass(frozen=True, slots=True)
class RequestId:
    """A request id as received."""

    value: str
    earlier_hash: Callable[[], bytes]
    """The hash under which earlier versions stored this very request."""


def request_keys(caller: CallerKey, request_id: RequestId) -> Sequence[tuple[str, str]]:
    """The keys under which the request may be stored: that of the caller, then that of earlier versions."""
    texts = (caller.text, caller.earlier_text)
    return [(text, request_id.value) for text in texts if text is not None]


def canonical_json(value: JsonObject) -> bytes:
    """JSON in UTF-8 with sorted keys and without spaces: equal values have equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def fingerprint(form: JsonObject) -> bytes:
    """The fingerprint of a request: the version in one byte, then the SHA-256 of its canonical JSON."""
    return bytes((VERSION,)) + sha256(canonical_json(form)).digest()


def require_same_request(stored: bytes, fingerprint: bytes, request_id: RequestId) -> None:
    """Raise Refused REQUEST_ID_REUSED unless the request stored under this id is this one.

    Raises StoreUnavailable for a fingerprint of a later version: a server of that version can compare it.
    """
    if is_earlier_form(stored):
        same = stored == request_id.earlier_hash()
    elif stored[:1] == fingerprint[:1]:
        same = stored == fingerprint
    else:
        raise StoreUnavailable("a later version of RaaS stored this request id")
    if not same:
        raise refuse(Reason.REQUEST_ID_REUSED, "request_id")


def is_earlier_form(stored: bytes) -> bool:
    """Whether a stored fingerprint is of a version before fingerprints had versions."""
    return len(stored) == _EARLIER_LENGTH

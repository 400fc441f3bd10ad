"""Readers of single fields of requests.

Each function reads one field. When it is wrong, its violation is added to `faults` and the value is None: the
rest of the request is read all the same, and everything that is wrong is reported at once.
"""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from collections.abc import Sequence, Sized
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import partial
from typing import Literal, Protocol, TypeVar

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from raas.domain.bounded_memo import BoundedMemo
from raas.domain.errors import Reason, Violation
from raas.domain.invalid import Invalid
from raas.domain.numbers.enterprise_number import EnterpriseNumber, parse_enterprise_number
from raas.domain.numbers.niss import Niss, NissProfile, parse_niss
from raas.domain.text import text_violations

CODE_LIMIT = 64
LIST_LIMIT = 1_000
REQUEST_ID_LIMIT = 128
LARGEST_REVISION = 2**62
ROW_VIOLATIONS = 10
"""The most violations that are reported for one element of a batch, a list of checks or an import."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_SECOND = int((datetime(1, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds())
_LAST_SECOND = int((datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - _EPOCH).total_seconds())
_Value = TypeVar("_Value", bound=Enum)

Faults = list[Violation]
"""The violations of a request, in the order of reading."""


class NissRules:
    """The NISS that are accepted on a day. Numbers that were read are kept: the same persons recur."""

    def __init__(self, profile: NissProfile, today: int) -> None:
        self.today = today
        self.parse = BoundedMemo(partial(parse_niss, profile=profile, today=today)).__getitem__
        """The number written as text. Raises Invalid."""


class NamesRegister(Protocol):
    """A request with the field `register`."""

    register: str

    def HasField(self, field_name: Literal["register"]) -> bool:
        """Whether an optional field is there."""


class HasRequestId(Protocol):
    """A request with the field `request_id`."""

    request_id: str

    def HasField(self, field_name: Literal["request_id"]) -> bool:
        """Whether an optional field is there."""


def read_register(request: NamesRegister, faults: Faults) -> EnterpriseNumber | None:
    """The register acted on; None when it is absent (the caller's own is meant) or malformed."""
    if not request.HasField("register"):
        return None
    return read_enterprise_number("register", request.register, faults)


def read_enterprise_number(field: str, text: str, faults: Faults) -> EnterpriseNumber | None:
    """The enterprise number in a field that is present."""
    try:
        return parse_enterprise_number(text)
    except Invalid as invalid:
        faults.append(invalid.at(field))
        return None


def read_optional_number(field: str, request: Message, faults: Faults) -> EnterpriseNumber | None:
    """The enterprise number in an optional field of a request; None when it is absent or malformed."""
    return read_enterprise_number(field, getattr(request, field), faults) if request.HasField(field) else None


def read_niss(field: str, text: str, rules: NissRules, faults: Faults) -> Niss | None:
    """The NISS in a mandatory field."""
    if not text:
        faults.append(Violation(field, Reason.REQUIRED))
        return None
    try:
        return rules.parse(text)
    except Invalid as invalid:
        faults.append(invalid.at(field))
        return None


def read_nisses(field: str, texts: Sequence[str], rules: NissRules, faults: Faults) -> tuple[Niss, ...]:
    """The NISS of a list, each once; violations are at `niss[3]`."""
    if not within_limit(field, texts, faults):
        return ()
    found: dict[Niss, None] = {}
    for index, text in enumerate(texts):
        try:
            found[rules.parse(text)] = None
        except Invalid as invalid:
            faults.append(invalid.at(f"{field}[{index}]"))
    return tuple(found)


def read_code(field: str, text: str, faults: Faults) -> str | None:
    """The code of a dossier type in a mandatory field; the use cases check that it exists."""
    if not text:
        faults.append(Violation(field, Reason.REQUIRED))
        return None
    wrong = text_violations(field, text, CODE_LIMIT)
    faults.extend(wrong)
    return None if wrong else text


def read_codes(field: str, texts: Sequence[str], faults: Faults) -> tuple[str, ...]:
    """The codes of dossier types in a list, in their order; a code that no type can have is ""."""
    if not within_limit(field, texts, faults):
        return ()
    codes = []
    for index, text in enumerate(texts):
        wrong = text_violations(f"{field}[{index}]", text, CODE_LIMIT)
        faults.extend(wrong)
        codes.append("" if wrong else text)
    return tuple(codes)


def within_limit(field: str, values: Sized, faults: Faults, limit: int = LIST_LIMIT) -> bool:
    """Whether a list has at most `limit` elements; a longer one is not read."""
    if len(values) <= limit:
        return True
    faults.append(Violation(field, Reason.VALUE_INVALID, "LIST_TOO_LONG", {"limit": str(limit)}))
    return False


def within_batch(field: str, values: Sized, limit: int, faults: Faults) -> bool:
    """Whether a batch has at most `limit` elements; a longer one is not read."""
    if len(values) <= limit:
        return True
    counts = {"limit": str(limit), "count": str(len(values))}
    faults.append(Violation(field, Reason.BATCH_TOO_LARGE, values=counts))
    return False


def read_text(field: str, text: str, limit: int, faults: Faults) -> str | None:
    """A free text that is present: 1 to `limit` characters, no control characters."""
    wrong = text_violations(field, text, limit)
    faults.extend(wrong)
    return None if wrong else text


def read_request_id(request: HasRequestId, faults: Faults) -> str | None:
    """The request id; None when it is absent."""
    if not request.HasField("request_id"):
        return None
    return read_text("request_id", request.request_id, REQUEST_ID_LIMIT, faults)


def read_instant(field: str, timestamp: Timestamp, faults: Faults) -> datetime | None:
    """An instant of the years 1 to 9999, truncated to microseconds."""
    if _FIRST_SECOND <= timestamp.seconds <= _LAST_SECOND and 0 <= timestamp.nanos < 1_000_000_000:
        return _EPOCH + timedelta(seconds=timestamp.seconds, microseconds=timestamp.nanos // 1_000)
    faults.append(Violation(field, Reason.VALUE_INVALID))
    return None


def read_revision(field: str, revision: int, faults: Faults) -> int:
    """A revision, 0 or more; whether it exists is checked by the use cases.

    One that is far in the future is read as `LARGEST_REVISION`, so that the store can calculate with it.
    """
    if revision < 0:
        faults.append(Violation(field, Reason.VALUE_INVALID))
    return min(revision, LARGEST_REVISION)


def read_enum(field: str, number: int, kind: type[_Value], faults: Faults) -> _Value | None:
    """The value of a domain enum that has the numbers of the proto enum; 0 is not a value."""
    try:
        return kind(number)
    except ValueError:
        faults.append(Violation(field, Reason.VALUE_INVALID, "ENUM_UNKNOWN"))
        return None


def check_page_size(page_size: int, faults: Faults) -> None:
    """Add a violation for a negative page size; the use cases reduce one that is too large."""
    if page_size < 0:
        faults.append(Violation("page_size", Reason.VALUE_INVALID, "PAGE_SIZE_NEGATIVE"))

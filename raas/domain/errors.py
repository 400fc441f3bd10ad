"""Refusals as values.

Every refusal of RaaS is one exception, `Refused`, which carries violations; each violation names
the field, a machine-readable `Reason` and the key of a sentence (domain/sentences) with its values.

    Refused
      violations: Violation(field, reason, sentence, values) ...

A `Reason` belongs to one `Category`; the gRPC layer derives the status of the answer from the
categories present (SHAPE before all others that are collected: UNKNOWN, STATE, RANGE; the rest stand alone).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum


class Category(Enum):
    """The category of a reason; it decides the status of the answer."""

    SHAPE = "the request can never be right as it is written"
    UNKNOWN = "the request names something that does not exist"
    STATE = "the request is well written but the state forbids it"
    EXISTS = "the thing to create is already there"
    RANGE = "a revision outside the revisions kept"
    IDENTITY = "the caller could not be identified"
    PERMISSION = "the caller may not do this"
    LOAD = "too much at once; the same request may succeed later"
    UNAVAILABLE = "a part that is needed does not answer; the same request may succeed later"
    ELSEWHERE = "this server does not do that at all; another one does"
    SIZE = "the message is too large; sent again, it is refused again"
    INTERNAL = "a fault of RaaS itself"
    NOTICE = "nothing is refused; the caller should know"


RETRY_AFTER = "retry_after"
"""The value of a violation that has the seconds after which the same request may succeed."""


class Reason(Enum):
    """Every machine-readable reason; names equal the values of the proto enum ErrorReason."""

    REQUIRED = Category.SHAPE, 1
    VALUE_INVALID = Category.SHAPE, 2
    NISS_MALFORMED = Category.SHAPE, 3
    ENTERPRISE_NUMBER_MALFORMED = Category.SHAPE, 4
    PERIOD_INVALID = Category.SHAPE, 5
    BATCH_TOO_LARGE = Category.SHAPE, 6
    PAGE_TOKEN_INVALID = Category.SHAPE, 7
    NISS_UNKNOWN = Category.UNKNOWN, 8
    DOSSIER_TYPE_UNKNOWN = Category.UNKNOWN, 9
    REGISTER_UNKNOWN = Category.UNKNOWN, 10
    NISS_REPLACED = Category.STATE, 11
    NISS_CANCELLED = Category.STATE, 12
    DOSSIER_TYPE_CLOSED = Category.STATE, 13
    DOSSIER_TOO_LARGE = Category.STATE, 14
    IDENTITY_MISMATCH = Category.STATE, 15
    PERSON_NOT_UPDATABLE = Category.STATE, 16
    REQUEST_ID_REUSED = Category.STATE, 17
    IMPORT_OFFSET_AHEAD = Category.STATE, 18
    TOO_MANY_RESULTS = Category.STATE, 19
    LOG_REPLACED = Category.STATE, 20
    DOSSIER_TYPE_EXISTS = Category.EXISTS, 21
    REGISTER_EXISTS = Category.EXISTS, 22
    REVISION_EXPIRED = Category.RANGE, 23
    REVISION_IN_FUTURE = Category.RANGE, 24
    UNAUTHENTICATED = Category.IDENTITY, 25
    MANDATE_MISSING = Category.PERMISSION, 26
    ROLE_MISSING = Category.PERMISSION, 27
    OVERLOADED = Category.LOAD, 28
    AUTHENTIC_SOURCE_UNAVAILABLE = Category.UNAVAILABLE, 29
    AUDIT_UNAVAILABLE = Category.UNAVAILABLE, 80
    UNAVAILABLE = Category.UNAVAILABLE, 30
    INTERNAL = Category.INTERNAL, 31
    PERSON_DECEASED = Category.NOTICE, 34
    PERIOD_BEFORE_BIRTH = Category.NOTICE, 35
    PERSONS_KEPT_ELSEWHERE = Category.ELSEWHERE, 36
    NISS_HISTORY_UNKNOWN = Category.STATE, 37
    MESSAGE_TOO_LARGE = Category.SIZE, 38
    CREDENTIAL_EXPIRED = Category.IDENTITY, 39
    SCOPE_MISSING = Category.PERMISSION, 40
    LEGAL_CONTEXT_REQUIRED = Category.PERMISSION, 61
    LEGAL_CONTEXT_NOT_ALLOWED = Category.PERMISSION, 62
    ADMISSION_MISSING = Category.PERMISSION, 90
    LIMIT_EXCEEDED = Category.LOAD, 41
    MANDATE_UNKNOWN = Category.UNKNOWN, 50
    GRANT_UNKNOWN = Category.UNKNOWN, 51
    LEGAL_CONTEXT_UNKNOWN = Category.UNKNOWN, 63
    BLOCK_UNKNOWN = Category.UNKNOWN, 64
    SERVICE_UNKNOWN = Category.UNKNOWN, 70
    AUTHORISATION_MISSING = Category.UNKNOWN, 71
    ROLES_EXCLUDE = Category.STATE, 52
    SECOND_ADMINISTRATOR_REQUIRED = Category.STATE, 53
    GRANT_REVOKED = Category.STATE, 54
    PARTNER_IN_USE = Category.STATE, 55
    SUBSCRIBER_UNKNOWN = Category.UNKNOWN, 32
    SUBSCRIBER_FILTER_DIFFERS = Category.STATE, 33

    @property
    def category(self) -> Category:
        """The category of this reason."""
        return self.value[0]


def reason_named(name: str) -> Reason:
    """The reason of this name of the contract; VALUE_INVALID for one that a later version has added."""
    return Reason.__members__.get(name, Reason.VALUE_INVALID)


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong.

    `field` is the path in the request (`period.end`, in a batch `operations[3].period.end`; "" = the
    call as a whole). `sentence` is a key of domain/sentences ("" = the reason's own sentence) and `values`
    fills its placeholders and becomes the metadata of the error. Values never hold a NISS, a name
    or another fact about a person, except `successor` of NISS_REPLACED.
    """

    field: str
    reason: Reason
    sentence: str = ""
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def below(self, prefix: str) -> Violation:
        """The same violation with its field path below `prefix` (`operations[3]`)."""
        return replace(self, field=f"{prefix}.{self.field}" if self.field else prefix)


class Refused(Exception):
    """The request is refused as a whole and nothing was changed; `violations` is all that is wrong."""

    def __init__(self, violations: Iterable[Violation]) -> None:
        self.violations = tuple(violations)
        super().__init__(", ".join(f"{v.field}: {v.reason.name}" for v in self.violations))

    def __reduce__(self) -> tuple[type[Refused], tuple[tuple[Violation, ...]]]:
        return type(self), (self.violations,)


def refuse(reason: Reason, field: str = "", sentence: str = "", **values: str) -> Refused:
    """A `Refused` of one violation, ready to raise."""
    return Refused([Violation(field, reason, sentence, values)])

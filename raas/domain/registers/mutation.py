"""A mutation: one recorded change of a register, and the checksum that chains it to the one before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from hashlib import sha256
from uuid import UUID

from raas.domain.calendar.day import OPEN, day_text
from raas.domain.calendar.periods import Lines
from raas.domain.json_value import Json, JsonObject
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.persons.identity import Identity
from raas.domain.registers.dossier_type import DossierType


class MutationKind(IntEnum):
    """The kind of a mutation; the values equal those of the proto enum MutationKind."""

    INSCRIBED = 1
    REMOVED = 2
    NISS_REPLACED = 3
    NISS_RESTORED = 4
    NISS_CANCELLED = 5
    IDENTITY_CHANGED = 6
    NETWORK_EVENT = 7
    DOSSIER_TYPE_CHANGED = 8
    ACCESS_GRANTED = 9


@dataclass(frozen=True, slots=True)
class Stamp:
    """The actor and the call: shared by all mutations of one call.

    `actor` is the authenticated organisation. `on_behalf_of` is the organisation for which it called as a
    gateway.
    """

    actor: EnterpriseNumber
    call_id: UUID
    request_id: str | None = None
    legal_context: str | None = None
    ticket: str | None = None
    application: str | None = None
    on_behalf_of: EnterpriseNumber | None = None


@dataclass(frozen=True, slots=True)
class DossierTypeChange:
    """A dossier type before (None = created) and after."""

    before: DossierType | None
    after: DossierType


@dataclass(frozen=True, slots=True)
class Replacement:
    """The two numbers of a replacement."""

    replaced_niss: Niss
    successor_niss: Niss


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """A change of the identity of a person; its content beside the log may have been erased."""

    fields: tuple[str, ...]
    before: Identity | None
    """Only the fields that changed; None = not known, or erased."""
    after: Identity | None
    """The same; None = erased."""
    effective_date: int | None
    content_hash: bytes
    erased_time: datetime | None


@dataclass(frozen=True, slots=True)
class NetworkEvent:
    """News from another service about a person; its content beside the log may have been erased."""

    service: str
    event_id: str
    type: str
    authorisation: str
    effective_date: int | None
    payload: JsonObject | None
    """JSON values; None = erased."""
    content_hash: bytes
    erased_time: datetime | None


@dataclass(frozen=True, slots=True)
class AccessGranted:
    """A mandate to read the register that an administrator took."""

    mandate_id: UUID
    reason: str
    ticket: str
    until: datetime


Detail = AccessGranted | DossierTypeChange | Replacement | IdentityChange | NetworkEvent


@dataclass(frozen=True, slots=True)
class Mutation:
    """One mutation as read from the log; `dossier_type` is None where no single dossier changed."""

    register: EnterpriseNumber
    revision: int
    batch_last_revision: int
    kind: MutationKind
    niss: Niss | None
    requested_niss: Niss | None
    dossier_type: str | None
    dossier_types: tuple[str, ...]
    before: Lines
    after: Lines
    record_time: datetime
    stamp: Stamp
    checksum: bytes
    detail: Detail | None


def lines_text(lines: Lines) -> str:
    """The lines as `{[2024-01-01,2024-01-31],[2024-05-01,]}`: both days inclusive, no end = open."""
    texts = [f"[{day_text(begin)},{day_text(end - 1) if end < OPEN else ''}]" for begin, end in lines]
    return "{" + ",".join(texts) + "}"


def canonical_detail(detail: JsonObject | None) -> str:
    """The detail of a mutation as one text: `name=value` pairs sorted by name, nested ones dotted."""
    if not detail:
        return ""
    flat: list[str] = []

    def walk(prefix: str, value: Json) -> None:
        if isinstance(value, Mapping):
            for name in sorted(value):
                walk(f"{prefix}.{name}" if prefix else name, value[name])
        elif value is not None:
            flat.append(f"{prefix}={value}")

    walk("", detail)
    return ";".join(flat)


def record_time_text(instant: datetime) -> str:
    """An instant in microseconds since 1970, as the checksum counts it."""
    return str(int(instant.timestamp()) * 1_000_000 + instant.microsecond)


def stamp_text(stamp: Stamp) -> str:
    """The part of the canonical bytes that all mutations of one call share."""
    return "\n".join(
        (
            enterprise_number_text(stamp.actor),
            str(stamp.call_id),
            stamp.request_id or "",
            stamp.legal_context or "",
            stamp.ticket or "",
        )
    )


def caller_text(stamp: Stamp) -> str:
    """The end of the canonical bytes: a line for each of `application` and `on_behalf_of` that is present.

    Mutations of callers that have neither keep the checksums that they had before these fields existed.
    """
    application, on_behalf_of = stamp.application, stamp.on_behalf_of
    return ("" if application is None else f"\napplication={application}") + (
        "" if on_behalf_of is None else f"\non_behalf_of={enterprise_number_text(on_behalf_of)}"
    )


def chained_checksum(
    previous: bytes,
    revision: int,
    batch_last_revision: int,
    kind: int,
    niss: Niss | None,
    requested_niss: Niss | None,
    dossier_type: str,
    dossier_types: str,
    before: str,
    after: str,
    record_time: str,
    stamp: str,
    detail: str,
    caller: str = "",
) -> bytes:
    """SHA-256 of the previous checksum followed by the canonical bytes of a mutation.

    docs/checksum-format.md defines the canonical bytes. Each argument is one of their texts: `before` and
    `after` as `lines_text`, `dossier_types` joined by commas, `record_time` as `record_time_text`, `stamp` as
    `stamp_text`, `detail` as `canonical_detail`, `caller` as `caller_text`. No text contains a line
    break: the gRPC layer refuses it.
    """
    canonical = (
        f"{revision}\n{batch_last_revision}\n{kind}\n{'' if niss is None else niss_text(niss)}\n"
        f"{'' if requested_niss is None else niss_text(requested_niss)}\n{dossier_type}\n{dossier_types}\n"
        f"{before}\n{after}\n{record_time}\n{stamp}\n{detail}{caller}"
    )
    return sha256(previous + canonical.encode()).digest()

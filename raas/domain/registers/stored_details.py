"""The details of mutations as stored in the log, with the contents beside it.

    kind                     detail in the log                               content beside it
    NISS_REPLACED, RESTORED  replaced_niss, successor_niss                   –
    DOSSIER_TYPE_CHANGED     before, after                                   –
    ACCESS_GRANTED           mandate_id, reason, ticket, until               –
    IDENTITY_CHANGED         content, fields                                 before, after, effective_date
    NETWORK_EVENT            content, service, event_id, type, authorisation payload, effective_date

`content` is the hash of the content in hexadecimal, `fields` are names joined by commas, `until` is in
microseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from raas.domain.calendar.day import parse_day
from raas.domain.numbers.niss import Niss
from raas.domain.persons.stored_identity import identity_from_json
from raas.domain.registers.content import Content
from raas.domain.registers.mutation import (
    AccessGranted,
    Detail,
    DossierTypeChange,
    IdentityChange,
    MutationKind,
    NetworkEvent,
    Replacement,
    record_time_text,
)
from raas.domain.registers.stored_dossier_type import dossier_type_from_json

_ACCESS_GRANTED = MutationKind.ACCESS_GRANTED.value
_DOSSIER_TYPE_CHANGED = MutationKind.DOSSIER_TYPE_CHANGED.value
_IDENTITY_CHANGED = MutationKind.IDENTITY_CHANGED.value
_NETWORK_EVENT = MutationKind.NETWORK_EVENT.value
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def identity_change_json(content_hash: str, fields: Sequence[str]) -> dict[str, Any]:
    """The detail of IDENTITY_CHANGED as stored in the log."""
    return {"content": content_hash, "fields": ",".join(fields)}


def access_granted_json(mandate_id: UUID, reason: str, ticket: str, until: datetime) -> dict[str, str]:
    """The detail of ACCESS_GRANTED as stored in the log."""
    return {
        "mandate_id": str(mandate_id),
        "reason": reason,
        "ticket": ticket,
        "until": record_time_text(until),
    }


def detail_from_json(kind: int, json: Mapping[str, Any] | None, content: Content | None) -> Detail | None:
    """The detail of a mutation of this kind; `content` is its content beside the log."""
    if not json:
        return None
    if kind == _DOSSIER_TYPE_CHANGED:
        earlier = json["before"]
        return DossierTypeChange(
            None if earlier is None else dossier_type_from_json(earlier),
            dossier_type_from_json(json["after"]),
        )
    if kind == _ACCESS_GRANTED:
        until = _EPOCH + timedelta(microseconds=int(json["until"]))
        return AccessGranted(UUID(json["mandate_id"]), json["reason"], json["ticket"], until)
    if "replaced_niss" in json:
        return Replacement(Niss(int(json["replaced_niss"])), Niss(int(json["successor_niss"])))
    if content is None:
        return None
    if kind == _IDENTITY_CHANGED:
        return _identity_change(json, content)
    return _network_event(json, content) if kind == _NETWORK_EVENT else None


def _identity_change(json: Mapping[str, Any], content: Content) -> IdentityChange:
    body = content.body
    return IdentityChange(
        tuple(json["fields"].split(",")),
        identity_from_json(body["before"]) if body and body["before"] else None,
        identity_from_json(body["after"]) if body else None,
        _effective_date(body),
        bytes.fromhex(json["content"]),
        content.erased_time,
    )


def _network_event(json: Mapping[str, Any], content: Content) -> NetworkEvent:
    return NetworkEvent(
        json["service"],
        json["event_id"],
        json["type"],
        json["authorisation"],
        _effective_date(content.body),
        content.body["payload"] if content.body else None,
        bytes.fromhex(json["content"]),
        content.erased_time,
    )


def _effective_date(body: Mapping[str, Any] | None) -> int | None:
    day = body and body["effective_date"]
    return parse_day(day) if day else None

"""An audit record: who asked what, when, about whom, and with which outcome; and its canonical texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

from raas.domain.json_value import JsonObject
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.numbers.niss import Niss, niss_text

FORM = "1"
"""The version of the canonical texts."""
TEXTS = 22
"""The number of canonical texts of a record."""


class RecordKind(Enum):
    """The kind of an audit record."""

    CALL = "CALL"
    """One authenticated call, answered or refused."""
    EXTENT = "EXTENT"
    """Revisions that a stream may send from now on, reserved before they are sent."""
    REFUSALS = "REFUSALS"
    """Refusals of one minute, counted: unauthenticated, limited or overloaded."""
    COMMAND = "COMMAND"
    """A command of an operator on the database."""
    BEGIN = "BEGIN"
    """The first record of the chain of a process."""
    SEAL = "SEAL"
    """The last record of the chain of a process."""


class Actor(NamedTuple):
    """The caller of a record.

    `credential` is `certificate:` or `token:` with the fingerprint, `development`, or `os:` with the user of
    a command. `peer` is the address, or the address prefix of counted refusals.
    """

    enterprise_number: EnterpriseNumber | None = None
    application: str | None = None
    credential: str | None = None
    peer: str | None = None
    on_behalf_of: EnterpriseNumber | None = None
    end_user: str | None = None


@dataclass(frozen=True, slots=True)
class BulkRead:
    """An answer about many persons: the filter, the revisions of the register and the number of items.

    `filter` holds no NISS: the numbers of a filter are `touched`.
    """

    filter: JsonObject
    first_revision: int | None
    last_revision: int | None
    count: int


@dataclass(slots=True)
class AuditRecord:
    """One record as it is kept; `time` is in microseconds since 1970.

    Nobody changes a record. It is not frozen, because every call makes one, and a frozen one takes five
    times as long to make.
    """

    kind: RecordKind
    time: int
    actor: Actor
    rpc: str
    """`/raas.v1.RegisterService/Consult`, or `raas trim` for a command."""
    outcome: str
    """OK, or the reason of the refusal."""
    call_id: UUID | None = None
    register: EnterpriseNumber | None = None
    touched: Sequence[Niss] = ()
    """Numbers of the request: ascending, each once."""
    shown: Sequence[Niss] = ()
    """Numbers of the answer: ascending, each once."""
    bulk: BulkRead | None = None
    legal_context: str | None = None
    ticket: str | None = None
    revision: int | None = None
    """The revision of the register after a write, or that a read was answered from."""
    count: int | None = None
    """The number of refusals that a REFUSALS record counts."""
    criteria_hash: bytes | None = None
    """The salted hash of search criteria that are kept beside the record and can be erased."""
    details: JsonObject = field(default_factory=dict)
    """The details of the kind: parameters of a command, host of a process, the cause of a seal."""


def record_texts(record: AuditRecord) -> tuple[str, ...]:
    """The canonical texts of a record, in the order of docs/audit-format.md; "" stands for absent."""
    actor = record.actor
    return (
        FORM,
        record.kind.value,
        str(record.time),
        "" if record.call_id is None else str(record.call_id),
        _number(actor.enterprise_number),
        actor.application or "",
        actor.credential or "",
        actor.peer or "",
        _number(actor.on_behalf_of),
        actor.end_user or "",
        record.rpc,
        _number(record.register),
        ",".join(map(niss_text, record.touched)),
        ",".join(map(niss_text, record.shown)),
        _bulk_text(record.bulk),
        record.legal_context or "",
        record.ticket or "",
        record.outcome,
        "" if record.revision is None else str(record.revision),
        "" if record.count is None else str(record.count),
        "" if record.criteria_hash is None else record.criteria_hash.hex(),
        json_text(record.details) if record.details else "",
    )


def record_from_texts(texts: Sequence[str]) -> AuditRecord:
    """The record of these canonical texts; `record_texts` gives the same texts back.

    Raises ValueError for texts that no record of this version has.
    """
    if len(texts) != TEXTS or texts[0] != FORM:
        raise ValueError("not a record of a known form")
    record = AuditRecord(
        RecordKind(texts[1]),
        int(texts[2]),
        Actor(
            _enterprise_number(texts[4]),
            texts[5] or None,
            texts[6] or None,
            texts[7] or None,
            _enterprise_number(texts[8]),
            texts[9] or None,
        ),
        texts[10],
        texts[17],
        call_id=UUID(texts[3]) if texts[3] else None,
        register=_enterprise_number(texts[11]),
        touched=_nisses(texts[12]),
        shown=_nisses(texts[13]),
        bulk=_bulk(texts[14]),
        legal_context=texts[15] or None,
        ticket=texts[16] or None,
        revision=int(texts[18]) if texts[18] else None,
        count=int(texts[19]) if texts[19] else None,
        criteria_hash=bytes.fromhex(texts[20]) if texts[20] else None,
        details=json.loads(texts[21]) if texts[21] else {},
    )
    if record_texts(record) != tuple(texts):
        raise ValueError("the texts are not in canonical form")
    return record


def numbers_of_record(nisses: Iterable[Niss]) -> tuple[Niss, ...]:
    """Numbers in the order of a record: ascending, each once."""
    return tuple(sorted(set(nisses)))


def json_text(value: JsonObject) -> str:
    """Canonical JSON: names in alphabetical order, no spaces, no escapes but those that JSON demands."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _bulk_text(bulk: BulkRead | None) -> str:
    if bulk is None:
        return ""
    form: dict[str, Any] = {"count": bulk.count, "filter": bulk.filter}
    if bulk.first_revision is not None:
        form["first_revision"] = bulk.first_revision
    if bulk.last_revision is not None:
        form["last_revision"] = bulk.last_revision
    return json_text(form)


def _bulk(text: str) -> BulkRead | None:
    if not text:
        return None
    form = json.loads(text)
    if not isinstance(form, dict) or "filter" not in form or "count" not in form:
        raise ValueError("not a bulk read")
    return BulkRead(form["filter"], form.get("first_revision"), form.get("last_revision"), form["count"])


def _number(number: EnterpriseNumber | None) -> str:
    return "" if number is None else enterprise_number_text(number)


def _enterprise_number(text: str) -> EnterpriseNumber | None:
    return EnterpriseNumber(int(text)) if text else None


def _nisses(text: str) -> tuple[Niss, ...]:
    return tuple(Niss(int(niss)) for niss in text.split(",")) if text else ()

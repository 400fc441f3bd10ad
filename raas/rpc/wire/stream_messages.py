"""The messages of the stream of mutations, as the bytes that leave.

A mutation is written once and sent to many, and reading a log means writing hundreds of thousands. Both
rest on a rule of the encoding: the bytes of a message are those of its parts, joined. So what repeats
(lines, dossier types) is written once and kept, and a message of many mutations is the
bytes of these one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp

from raas.domain.content import Content
from raas.domain.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.mutation_json import detail_from_json
from raas.domain.niss import niss_text
from raas.rpc.wire.dossiers import dossier_messages
from raas.rpc.wire.mutation_details import put_detail
from raas.usecases.ports import DossierView
from raas.usecases.stream_ports import LogEntry, Mark
from raas.v1 import mutation_pb2, mutation_stream_pb2, period_pb2

_Mutation = mutation_pb2.Mutation
_MutationsPart = mutation_stream_pb2.MutationsPart
_Response = mutation_stream_pb2.SubscribeResponse
_Period = period_pb2.Period

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LENGTH_DELIMITED = 2
_number_text = lru_cache(maxsize=4_096)(enterprise_number_text)


def _tag(field_number: int) -> bytes:
    """How a field that holds a text or a message begins; its length comes next."""
    return bytes([field_number << 3 | _LENGTH_DELIMITED])


_ENTRY = _tag(_MutationsPart.MUTATIONS_FIELD_NUMBER)
_PART = _tag(_Response.MUTATIONS_FIELD_NUMBER)
_BEFORE, _AFTER = _tag(_Mutation.BEFORE_FIELD_NUMBER), _tag(_Mutation.AFTER_FIELD_NUMBER)

_DAY = len("2024-01-01")
_BEGIN = _tag(_Period.BEGIN_FIELD_NUMBER) + bytes([_DAY])
_END = _tag(_Period.END_FIELD_NUMBER) + bytes([_DAY])
_OPEN_PERIOD = bytes([len(_BEGIN) + _DAY]) + _BEGIN
_PERIOD = bytes([len(_BEGIN) + _DAY + len(_END) + _DAY]) + _BEGIN


class StreamMessages:
    """The Messages of stream_ports.py."""

    def entry(self, register: EnterpriseNumber, entry: LogEntry) -> bytes:
        """One mutation, as an element of a list of them (field 1 of whatever message holds the list)."""
        mutation = mutation_bytes(register, entry)
        return _ENTRY + _length(mutation) + mutation

    def mutations(self, log_id: UUID, entries: bytes, through_revision: int) -> bytes:
        """A message of joined entries."""
        part = entries + _MutationsPart(through_revision=through_revision).SerializeToString()
        return b"".join((_log_id(log_id), _PART, _length(part), part))

    def bookmark(self, log_id: UUID, mark: Mark, *, snapshot_complete: bool) -> bytes:
        """A message that says through which revision the stream is complete."""
        bookmark = mutation_stream_pb2.Bookmark(
            revision=mark.revision,
            snapshot_complete=snapshot_complete,
            record_time=timestamp_of(mark.record_time),
            checksum=mark.checksum,
        )
        return _Response(log_id=str(log_id), bookmark=bookmark).SerializeToString()

    def snapshot(
        self,
        log_id: UUID,
        register: EnterpriseNumber,
        dossiers: Sequence[DossierView],
        resume_token: str,
        revision: int,
    ) -> bytes:
        """A message with a part of a snapshot."""
        part = mutation_stream_pb2.SnapshotPart(
            dossiers=dossier_messages(register, dossiers), resume_token=resume_token, revision=revision
        )
        return _Response(log_id=str(log_id), snapshot=part).SerializeToString()


def mutation_bytes(register: EnterpriseNumber, entry: LogEntry) -> bytes:
    """A mutation as a message of its own; equal to that of `mutation_message` once it is read."""
    varying = _Mutation(
        revision=entry.revision,
        batch_last_revision=entry.batch_last_revision,
        kind=entry.kind,  # type: ignore[arg-type]
        niss="" if entry.niss is None else f"{entry.niss:011d}",
        record_time=timestamp_of(entry.record_time),
        actor=_number_text(entry.actor),
        call_id=entry.call_id,
        checksum=entry.checksum,
    )
    parts = [_register(register), varying.SerializeToString()]
    if entry.dossier_type is not None:
        parts.append(_dossier_type(entry.dossier_type))
    if entry.before != "{}":
        parts += map(_before, entry.before[2:-2].split("),["))
    if entry.after != "{}":
        parts += map(_after, entry.after[2:-2].split("),["))
    if (
        entry.requested_niss is not None
        or entry.dossier_types
        or entry.request_id is not None
        or entry.legal_context is not None
        or entry.ticket is not None
        or entry.detail
    ):
        parts.append(_rare(entry))
    return b"".join(parts)


@lru_cache(maxsize=4_096)
def _register(register: EnterpriseNumber) -> bytes:
    return _Mutation(register=enterprise_number_text(register)).SerializeToString()


@lru_cache(maxsize=4_096)
def _dossier_type(code: str) -> bytes:
    return _Mutation(dossier_type=code).SerializeToString()


@lru_cache(maxsize=65_536)
def _before(line: str) -> bytes:
    return _BEFORE + _period(line)


@lru_cache(maxsize=65_536)
def _after(line: str) -> bytes:
    return _AFTER + _period(line)


def _period(line: str) -> bytes:
    """The period of `2024-01-01,2024-02-01`, whose end is the day after the last one, and its length."""
    # A log of many different days is read: making messages of them would take most of the time.
    begin, end = line[:_DAY], line[_DAY + 1 :]
    if not end:
        return _OPEN_PERIOD + begin.encode()
    return b"".join((_PERIOD, begin.encode(), _END, _day_before(end)))


@lru_cache(maxsize=65_536)
def _day_before(day: str) -> bytes:
    return date.fromordinal(date.fromisoformat(day).toordinal() - 1).isoformat().encode()


def _rare(entry: LogEntry) -> bytes:
    """What not every mutation has."""
    message = _Mutation(
        dossier_types=entry.dossier_types or (),
        request_id=entry.request_id,
        legal_context=entry.legal_context,
        ticket=entry.ticket,
    )
    if entry.requested_niss is not None:
        message.requested_niss = niss_text(entry.requested_niss)
    content = None
    if entry.content is not None or entry.content_erased_time is not None:
        content = Content(entry.content, entry.content_erased_time)
    put_detail(message, detail_from_json(entry.kind, entry.detail, content))
    return message.SerializeToString()


def timestamp_of(instant: datetime) -> Timestamp:
    """An instant as a message."""
    # Three times as fast as Timestamp.FromDatetime.
    since = instant - _EPOCH
    return Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1_000)


@lru_cache(maxsize=256)
def _log_id(log_id: UUID) -> bytes:
    return _Response(log_id=str(log_id)).SerializeToString()


def _length(data: bytes) -> bytes:
    """The length of `data` as the encoding writes it: seven bits a byte, lowest first."""
    length = len(data)
    if length < 0x80:
        return bytes((length,))
    if length < 0x4000:
        return bytes((length & 0x7F | 0x80, length >> 7))
    written = bytearray()
    while length > 0x7F:
        written.append(length & 0x7F | 0x80)
        length >>= 7
    written.append(length)
    return bytes(written)

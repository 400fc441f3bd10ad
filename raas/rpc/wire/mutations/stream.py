"""The serialised messages of the stream of mutations.

A mutation is serialised once and sent to many subscribers; reading a log means serialising hundreds of
thousands. Both use a rule of the encoding: the bytes of a message are those of its parts, joined, in any
order. So a message with many mutations is the bytes of these, one after the other (`columns.py` serialises
them).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from operator import add
from uuid import UUID

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import niss_text
from raas.domain.registers.content import Content
from raas.domain.registers.stored_details import detail_from_json
from raas.domain.rights.identity_fields import IdentityFields
from raas.domain.rights.view import RegisterView
from raas.rpc.wire.dossiers import dossiers_bytes
from raas.rpc.wire.encoding import nested, text_tag, varint
from raas.rpc.wire.mutations.columns import timestamp_of, usual_fields
from raas.rpc.wire.mutations.details import put_detail
from raas.rpc.wire.mutations.restricted import restricted_entries
from raas.usecases.feed.columns import columns_of
from raas.usecases.ports.log import LogEntry, LogPoint
from raas.usecases.ports.read_store import DossierView
from raas.v1 import mutation_pb2, mutation_stream_pb2

_Mutation = mutation_pb2.Mutation
_MutationsPart = mutation_stream_pb2.MutationsPart
_Response = mutation_stream_pb2.SubscribeResponse

_ENTRY = text_tag(_MutationsPart.MUTATIONS_FIELD_NUMBER)
_PART = text_tag(_Response.MUTATIONS_FIELD_NUMBER)
_SNAPSHOT = text_tag(_Response.SNAPSHOT_FIELD_NUMBER)
_DOSSIERS = text_tag(mutation_stream_pb2.SnapshotPart.DOSSIERS_FIELD_NUMBER)


class StreamMessages:
    """The Messages of the ports."""

    def entries(self, register: EnterpriseNumber, entries: Sequence[LogEntry]) -> list[bytes]:
        """Each mutation as an element of a repeated field, number 1 in every message that has one."""
        mutations = mutations_bytes(register, entries)
        return list(map(add, map(_entry_head, map(len, mutations)), mutations))

    def restricted(self, entries: bytes, view: RegisterView, identity: IdentityFields) -> bytes:
        """Joined entries without what a caller may not see."""
        return restricted_entries(entries, view, identity)

    def mutations(self, log_id: UUID, entries: bytes, through_revision: int) -> bytes:
        """A message of joined entries."""
        part = entries + _MutationsPart(through_revision=through_revision).SerializeToString()
        return _log_id(log_id) + nested(_PART, part)

    def bookmark(self, log_id: UUID, point: LogPoint, *, snapshot_complete: bool) -> bytes:
        """A bookmark: the revision through which the stream is complete."""
        bookmark = mutation_stream_pb2.Bookmark(
            revision=point.revision,
            snapshot_complete=snapshot_complete,
            record_time=timestamp_of(point.record_time),
            checksum=point.checksum,
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
        rest = mutation_stream_pb2.SnapshotPart(resume_token=resume_token, revision=revision)
        part = dossiers_bytes(_DOSSIERS, register, dossiers) + rest.SerializeToString()
        return _log_id(log_id) + nested(_SNAPSHOT, part)


def mutations_bytes(register: EnterpriseNumber, entries: Sequence[LogEntry]) -> list[bytes]:
    """Mutations as serialised messages; parsed, they equal those of `mutation_message`."""
    if not entries:
        return []
    columns = columns_of(entries)
    usual = usual_fields(register, columns)
    # In most logs thousands of mutations in a row have no other fields.
    unusual = columns.requested_niss, columns.dossier_types, columns.detail, columns.content_erased_time
    if all(column.count(None) == len(entries) for column in unusual):
        return usual
    return list(map(add, usual, map(_rare, entries)))


def _rare(entry: LogEntry) -> bytes:
    """The fields that few mutations have."""
    message = _Mutation(dossier_types=entry.dossier_types or ())
    if entry.requested_niss is not None:
        message.requested_niss = niss_text(entry.requested_niss)
    content = None
    if entry.content is not None or entry.content_erased_time is not None:
        content = Content(entry.content, entry.content_erased_time)
    put_detail(message, detail_from_json(entry.kind, entry.detail, content))
    return message.SerializeToString()


@lru_cache(maxsize=256)
def _log_id(log_id: UUID) -> bytes:
    return _Response(log_id=str(log_id)).SerializeToString()


@lru_cache(maxsize=4_096)
def _entry_head(length: int) -> bytes:
    return _ENTRY + varint(length)

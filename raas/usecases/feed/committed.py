"""Publish the mutations of a committed batch of this process without reading them from the log.

Batches that do not follow the last published revision, or refer to contents beside the log, are read from
the log instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.usecases.ports.log import CommittedBatch, LogEntry, LogHead, LogPage


def page_of(
    register: EnterpriseNumber, position: int, committed_batches: Iterable[CommittedBatch]
) -> LogPage | None:
    """The page of the log that follows a position; None = it must be read from the log.

    Batches up to the position are skipped.
    """
    entries: list[LogEntry] = []
    head = None
    for committed_batch in committed_batches:
        if committed_batch.point.revision <= position:
            continue
        reached = position if head is None else head.latest.revision
        joins = committed_batch.after == reached and (head is None or head.log_id == committed_batch.log_id)
        # Contents beside the log are not part of the batch.
        if not joins or any(mutation.content_id is not None for mutation in committed_batch.mutations):
            return None
        head = LogHead(register, committed_batch.log_id, position, committed_batch.point)
        entries += _entries(committed_batch)
    return None if head is None else LogPage(head, head.latest, entries, limited=False)


def _entries(committed_batch: CommittedBatch) -> Iterator[LogEntry]:
    code_of, record_time = committed_batch.code_of, committed_batch.point.record_time
    for m in committed_batch.mutations:
        stamp = m.stamp
        yield LogEntry(
            m.revision,
            m.batch_last_revision,
            m.kind,
            m.niss,
            m.requested_niss,
            None if m.dossier_type_id is None else code_of(m.dossier_type_id),
            m.dossier_types or None,
            m.before,
            m.after,
            record_time,
            stamp.actor,
            str(stamp.call_id),
            stamp.request_id,
            stamp.legal_context,
            stamp.ticket,
            stamp.application,
            stamp.on_behalf_of,
            m.checksum,
            m.detail,
        )

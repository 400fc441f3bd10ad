"""Evidence of the outcome of a lost COMMIT of a register: see connection/commit.py."""

from __future__ import annotations

from raas.storage.audit.log import AuditLog
from raas.storage.connection.commit import NOTHING_TO_FIND, Evidence
from raas.usecases.ports.write_store import WriteSet

_LOCK = "SELECT 1 FROM register_head WHERE register_id = %s FOR NO KEY UPDATE"

# The register was locked, and it is locked again: the mutation of this revision is that of this transaction,
# or of another one and has another checksum, or there is none. A log trimmed beyond it holds no answer.
_MUTATION = """
SELECT CASE WHEN r.oldest_revision > %(revision)s THEN NULL
  ELSE coalesce((SELECT m.checksum = %(checksum)s::bytea FROM mutation m
                 WHERE m.register_id = %(register)s AND m.revision = %(revision)s), false) END
FROM register_head r WHERE r.register_id = %(register)s"""

# The request id was unknown while the register was locked. Another transaction may have answered it since:
# with the same answer it makes no difference which of the two it was.
_REQUEST = """
SELECT EXISTS (SELECT 1 FROM request WHERE register_id = %s AND caller = %s AND request_id = %s
               AND body_hash = %s AND answer = %s)"""

_IMPORT = """
SELECT EXISTS (SELECT 1 FROM import_progress WHERE register_id = %s AND caller = %s AND import_id = %s
               AND through_offset >= %s)"""


_AUDIT = """
SELECT EXISTS (SELECT 1 FROM audit_write
               WHERE register_id = %s AND log = %s AND chain_index = %s AND hash = %s)"""


def evidence_of(register_id: int, written: WriteSet, log: AuditLog | None = None) -> Evidence:
    """The evidence that a part of a transaction leaves: its first mutation or audit record, else another row.

    A part without any of them changes nothing when it is repeated.
    """
    if written.mutations:
        first = written.mutations[0]
        parameters = {"register": register_id, "revision": first.revision, "checksum": first.checksum}
        return Evidence(_LOCK, (register_id,), _MUTATION, parameters)
    if written.audit and log is not None:
        record = written.audit[0]
        return Evidence(_LOCK, (register_id,), _AUDIT, (register_id, log.number, record.index, record.hash))
    for key, answered in written.requests.items():
        row = (register_id, *key, answered.fingerprint, answered.answer)
        return Evidence(_LOCK, (register_id,), _REQUEST, row)
    for key, offset in written.imports.items():
        return Evidence(_LOCK, (register_id,), _IMPORT, (register_id, *key, offset))
    return NOTHING_TO_FIND

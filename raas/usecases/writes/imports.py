"""Import: a stream of messages, each part of one transaction; refused rows are reported and skipped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator, Iterable, Sequence, Set
from dataclasses import dataclass, replace

from raas.concurrency.slices import slices
from raas.domain.audit.record import AuditRecord
from raas.domain.errors import Refused, Violation
from raas.domain.json_value import JsonObject
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.registers.mutation import Stamp
from raas.domain.registers.operation import Operation
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.audit.call_audit import successors_in, write_record
from raas.usecases.calls.audit.scope import AuditScope
from raas.usecases.calls.call import Call
from raas.usecases.calls.import_offsets import MessageOffsets, rows_to_skip
from raas.usecases.limits.claim_limits import ClaimLimits
from raas.usecases.ports.authentic_source import AuthenticSource
from raas.usecases.ports.persons import IdentitySource
from raas.usecases.ports.write_store import DossierKey, DossierTypes, ImportKey, RequestKey, WriteStore
from raas.usecases.writes.claims import with_identity_violations
from raas.usecases.writes.operation_jobs import dossier_keys
from raas.usecases.writes.operations import persons_of
from raas.usecases.writes.queue import WriteQueues
from raas.usecases.writes.unit_of_work import Persons, RegisterUnitOfWork
from raas.usecases.writes.visible_types import within_view

_SLICE = 250
"""Rows applied before other tasks run: a few milliseconds."""

_WINDOW = 3
"""Messages of one stream in work at once: one commits while the next ones are read and checked."""


@dataclass(frozen=True, slots=True)
class ImportMessage:
    """Operations with the offsets `offset`, `offset` + 1, …; `import_id` is that of the first message."""

    import_id: str | None
    offset: int
    operations: Sequence[Operation]


@dataclass(frozen=True, slots=True)
class ImportAnswer:
    """The outcome of one message: committed up to, not including, `through_offset`.

    `rejected` are the rows that were refused and skipped, in order of offset, those of an earlier attempt at
    the same rows included: a client that missed an answer receives them again.
    """

    through_offset: int
    applied: int
    unchanged: int
    rejected: tuple[tuple[int, tuple[Violation, ...]], ...]
    revision: int


class Imports:
    """The use case; `run` serves one stream."""

    def __init__(
        self,
        write_queues: WriteQueues,
        store: WriteStore,
        source: AuthenticSource,
        identities: IdentitySource,
        claim_limits: ClaimLimits | None = None,
    ) -> None:
        self._write_queues = write_queues
        self._store = store
        self._source = source
        self._identities = identities
        self._claim_limits = claim_limits

    async def run(
        self, call: Call, register: AdmittedRegister, messages: AsyncIterator[ImportMessage]
    ) -> AsyncIterator[ImportAnswer]:
        """One answer per message, in order, each sent once its message is committed.

        With an import id, rows below the offset the server keeps are skipped, never applied twice; a
        message above it is refused with IMPORT_OFFSET_AHEAD. Leaving the stream early drops messages
        that wait; those being committed may still be.
        """
        window: asyncio.Queue[asyncio.Task[ImportAnswer] | None] = asyncio.Queue(_WINDOW)
        reader = asyncio.create_task(self._read(call, register, messages, window))
        try:
            while (task := await window.get()) is not None:
                yield await task
            await reader
        finally:
            _abandon(reader)
            while not window.empty():
                if (left := window.get_nowait()) is not None:
                    _abandon(left)

    async def _read(
        self,
        call: Call,
        register: AdmittedRegister,
        messages: AsyncIterator[ImportMessage],
        window: asyncio.Queue[asyncio.Task[ImportAnswer] | None],
    ) -> None:
        """Start the messages one after the other; the window holds back a client that is faster."""
        import_id: str | None = None
        first = True
        offsets = MessageOffsets()
        try:
            async for message in messages:
                if first:
                    import_id, first = message.import_id, False
                    await self._adopt(call, register, import_id)
                offsets.follow(message.offset, len(message.operations), has_id=import_id is not None)
                job = await self._job(call, register, message, import_id)
                task = asyncio.create_task(self._message(call, register, message, job))
                try:
                    await window.put(task)
                except asyncio.CancelledError:
                    _abandon(task)
                    raise
        finally:
            await window.put(None)

    async def _adopt(self, call: Call, register: AdmittedRegister, import_id: str | None) -> None:
        """Go on with an import that an earlier version stored under the organisation alone."""
        caller = call.caller.key
        if import_id is not None and caller.earlier_text is not None:
            await self._store.adopt_import(register.id, (caller.text, import_id), caller.earlier_text)

    async def _job(
        self, call: Call, register: AdmittedRegister, message: ImportMessage, import_id: str | None
    ) -> _ImportJob:
        operations = within_view(register.view, message.operations)
        operations = await with_identity_violations(call, operations, self._identities, self._claim_limits)
        message = replace(message, operations=operations)
        persons = await persons_of(self._source, operations)
        key = (call.caller.key.text, import_id) if import_id is not None else None
        return _ImportJob(call, message, persons, call.stamp(import_id), key)

    async def _message(
        self, call: Call, register: AdmittedRegister, message: ImportMessage, job: _ImportJob
    ) -> ImportAnswer:
        answer, skipped = await self._write_queues[register.id].submit(job, call.caller.key, register.lost)
        if not skipped or job.import_key is None:
            return answer
        earlier = await self._store.rejections(
            register.id, job.import_key, message.offset, message.offset + skipped
        )
        repeated = tuple((offset, tuple(violations)) for offset, violations in earlier)
        return replace(answer, rejected=repeated + answer.rejected)


class _ImportJob:
    """One message in the write queue."""

    background = True
    changes_partner_of: str | None = None
    requests: Sequence[RequestKey] = ()
    recorded: AuditScope | None = None
    """None: more messages of the call may follow."""

    def __init__(
        self,
        call: Call,
        message: ImportMessage,
        persons: Persons,
        stamp: Stamp,
        import_key: ImportKey | None,
    ) -> None:
        self.size = len(message.operations)
        self._call = call
        self.deadline = call.deadline
        self.import_key: ImportKey | None = import_key
        self._message = message
        self.persons = persons
        self._stamp = stamp

    def codes(self) -> Set[str]:
        """The codes of the dossier types that it names."""
        return {o.dossier_type for o in self._message.operations if o.dossier_type is not None}

    def keys(self, types: DossierTypes) -> Iterable[DossierKey]:
        """The dossiers that it touches."""
        return dossier_keys(self._message.operations, self.persons, types)

    def apply(self, unit_of_work: RegisterUnitOfWork) -> Generator[bool, None, tuple[ImportAnswer, int]]:
        """Apply the rows that were not applied before; returns their outcome and how many were skipped."""
        message, end = self._message, self._message.offset + len(self._message.operations)
        skip = 0
        if self.import_key is not None:
            through = unit_of_work.idempotency.import_offset(self.import_key)
            skip = rows_to_skip(through, message.offset, len(message.operations))
            end = max(end, through)
        applied = unchanged = 0
        rejected: list[tuple[int, tuple[Violation, ...]]] = []
        offset = message.offset + skip
        for some in slices(message.operations[skip:], _SLICE):
            for operation in some:
                try:
                    entry = unit_of_work.apply(operation, self.persons, self._stamp)
                except Refused as refused:
                    rejected.append((offset, refused.violations))
                else:
                    if entry.change.changed:
                        applied += 1
                    else:
                        unchanged += 1
                offset += 1
            yield True
        answer = ImportAnswer(end, applied, unchanged, tuple(rejected), unit_of_work.revision)
        unit_of_work.record(self._record(answer, unit_of_work.loaded.register))
        # Nothing below may be refused: `rollback_to` does not undo it.
        if self.import_key is not None and skip < len(message.operations):
            unit_of_work.idempotency.advance_import(self.import_key, end, rejected)
        return answer, skip

    def _record(self, answer: ImportAnswer, register: EnterpriseNumber) -> AuditRecord | None:
        """The audit record of the message, with the numbers of all its rows."""
        touched = (o.niss for o in self._message.operations if o.niss is not None)
        shown = (niss for _, violations in answer.rejected for niss in successors_in(violations))
        details: JsonObject = {
            "offset": self._message.offset,
            "rows": self.size,
            "applied": answer.applied,
            "unchanged": answer.unchanged,
            "rejected": len(answer.rejected),
        }
        return write_record(self._call, register, touched, shown, answer.revision, details)


def _abandon(task: asyncio.Task[ImportAnswer] | asyncio.Task[None]) -> None:
    """Cancel a task whose answer is no longer wanted, and consume its error."""
    task.cancel()
    task.add_done_callback(lambda done: done.cancelled() or done.exception())

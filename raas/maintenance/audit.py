"""The composition of the commands on the audit of a database: export, proof, verification."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.audit.export import Header, parse_line
from raas.domain.audit.findings import Fault, Finding, Verification
from raas.domain.audit.inclusion import InclusionProof
from raas.domain.audit.key_history import KeyHistory
from raas.domain.audit.verify import verify_export
from raas.signing.destinations import KeptNotes
from raas.signing.ed25519 import check_signature
from raas.storage.audit.chain_ends import chain_ends
from raas.storage.audit.log import AuditLog, newest_audit_log
from raas.storage.audit.proof_store import PostgresProofStore
from raas.storage.audit.stored_checkpoints import missing_checkpoints
from raas.storage.connection.database import open_database
from raas.usecases.ports.audit.proof import ProofStore
from raas.usecases.ports.errors import StoreFault
from raas.usecases.proof.export import export_audit
from raas.usecases.proof.prove import prove_call
from raas.usecases.proof.verify_tail import TailVerification
from raas.wiring.audit import DIRECTORY

_LINES_AT_ONCE = 1_000


class AuditOfDatabase:
    """The open log of a database, used from a command that has no event loop."""

    def __init__(self, runner: asyncio.Runner, engine: AsyncEngine, log: AuditLog) -> None:
        self.log = log
        self._runner = runner
        self._engine = engine
        self._store: ProofStore = PostgresProofStore(engine, log.number)

    def export(self) -> Iterator[bytes]:
        """The lines of an export; none before the first checkpoint. Raises PortErrors."""
        lines = export_audit(self._store)
        while some := self._runner.run(_some(lines)):
            yield from some

    def prove(self, call_id: UUID) -> Sequence[InclusionProof]:
        """The proofs of the records of a call. Raises NotProvable, PortErrors."""
        return self._runner.run(prove_call(self._store, call_id))

    def verify(self, checkpoints: Path, keys: KeyHistory) -> Verification:
        """Verify all records against the checkpoints in a directory, and those after the newest one.

        A checkpoint that was not delivered yet is taken from the database. Raises OSError, PortErrors.
        """
        delivered = self._runner.run(self._store.delivered(DIRECTORY))
        kept = KeptNotes(checkpoints)
        lines = self.export()
        first = next(lines, None)
        ends = self._runner.run(chain_ends(self._engine, self.log.number))
        if first is None:
            found = [_no_checkpoint(self.log.origin)] if kept else []
            result = Verification(tuple(found), self.log.origin)
        else:
            header = parse_line(first.rstrip(b"\n"))
            assert isinstance(header, Header)
            undelivered = self._runner.run(self._notes(delivered + 1, header.checkpoint))
            notes = _Notes(kept, undelivered)
            result = verify_export(_all_of(first, lines), notes, keys, check_signature)
        tail = TailVerification(self._store, self.log.origin)
        findings = (*self._gaps(), *self._runner.run(_listed(tail.verify(ends))))
        return replace(result, findings=(*result.findings, *findings), records=result.records + tail.records)

    def _gaps(self) -> Iterator[Finding]:
        """The checkpoints before the newest one that were removed from the database."""
        for first, last in self._runner.run(missing_checkpoints(self._engine, self.log.number)):
            numbers = f"checkpoint {first} is" if first == last else f"checkpoints {first} to {last} are"
            text = f"{numbers} missing from the database"
            yield Finding(Fault.CHECKPOINT_MISSING, text, checkpoint=first)

    async def _notes(self, first: int, last: int) -> Mapping[str, bytes]:
        """Notes of the database, which the directory need not have yet."""
        notes = {}
        for number in range(first, last + 1):
            note = await self._store.note(number)
            if note is not None:
                notes[f"checkpoint {number} of the database"] = note
        return notes


class _Notes(Mapping[str, bytes]):
    """The notes of a directory, which are read when they are asked for, and others."""

    def __init__(self, kept: KeptNotes, others: Mapping[str, bytes]) -> None:
        self._kept = kept
        self._others = others

    def __getitem__(self, name: str) -> bytes:
        return self._others[name] if name in self._others else self._kept[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._kept
        yield from self._others

    def __len__(self) -> int:
        return len(self._kept) + len(self._others)


@contextmanager
def audit_of(dsn: str) -> Iterator[AuditOfDatabase]:
    """The audit of a database. Raises StoreFault where there is none; StoreUnavailable."""
    with asyncio.Runner() as runner:
        engine = open_database(dsn, size=1, autocommit=True, limits=None)
        try:
            log = runner.run(newest_audit_log(engine))
            if log is None:
                raise StoreFault("the audit of this database has not begun")
            yield AuditOfDatabase(runner, engine, log)
        finally:
            runner.run(engine.dispose())


async def _some(lines: AsyncIterator[bytes]) -> Sequence[bytes]:
    some = []
    async for line in lines:
        some.append(line)
        if len(some) == _LINES_AT_ONCE:
            break
    return some


async def _listed(findings: AsyncIterator[Finding]) -> tuple[Finding, ...]:
    return tuple([finding async for finding in findings])


def _all_of(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from others


def _no_checkpoint(origin: str) -> Finding:
    text = f"the log {origin} of the database has no checkpoint, and checkpoints are kept outside"
    return Finding(Fault.TAIL_CUT, text)

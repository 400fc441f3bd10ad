"""Logs in memory, and messages that can be read, for tests of the stream."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from raas.domain.errors import Reason, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import MutationKind, Stamp
from raas.usecases.ports.log import (
    CommittedBatch,
    LogEntry,
    LogFilter,
    LogHead,
    LogPage,
    LogPoint,
    ReadLimits,
)
from raas.usecases.ports.read_store import DossierView
from raas.usecases.ports.write_store import NewMutation

NUMBER = EnterpriseNumber(999999922)
LOG_ID, OTHER_LOG_ID = UUID(int=1), UUID(int=2)
START = datetime(2026, 1, 1, tzinfo=UTC)
TYPES = {"A": 1, "B": 2}


def entry_of(revision: int, batch_last: int = 0, code: str = "A", kind: int = 1, niss: int = 7) -> LogEntry:
    """A mutation of which everything else is the same for all."""
    return LogEntry(
        revision,
        batch_last or revision,
        kind,
        Niss(niss),
        None,
        code,
        None,
        "{}",
        "{[2024-01-01,2024-02-01)}",
        START + timedelta(seconds=revision),
        NUMBER,
        str(UUID(int=revision)),
        None,
        None,
        None,
        revision.to_bytes(32, "big"),
        None,
    )


_CODES = {id_: code for code, id_ in TYPES.items()}
STAMP = Stamp(NUMBER, UUID(int=9), "request", "context", "ticket")


def _mutation(revision: int, batch_last: int) -> NewMutation:
    return NewMutation(
        revision,
        batch_last,
        0,
        MutationKind.INSCRIBED,
        Niss(7),
        Niss(8),
        2,
        "{}",
        "{[2024-01-01,2024-01-31]}",
        STAMP,
        checksum=revision.to_bytes(32, "big"),
    )


def committed_batch(first: int, last: int, log_id: UUID = LOG_ID) -> CommittedBatch:
    """One transaction with one batch."""
    point = LogPoint(last, START + timedelta(seconds=last), last.to_bytes(32, "big"))
    mutations = [_mutation(revision, last) for revision in range(first, last + 1)]
    return CommittedBatch(log_id, mutations, point, _CODES.__getitem__)


class MemoryLog:
    """One log; `write` is a transaction."""

    def __init__(self) -> None:
        self.entries: list[LogEntry] = []
        self.log_id = LOG_ID
        self.oldest = 0
        self.lost: set[int] = set()
        """Revisions that are not there, though they should be."""

    @property
    def head(self) -> LogHead:
        return LogHead(NUMBER, self.log_id, self.oldest, self.point(len(self.entries)))

    def point(self, revision: int) -> LogPoint:
        at = START + timedelta(seconds=revision)
        return LogPoint(revision, at, revision.to_bytes(32, "big"))

    def write(self, mutations: int = 1, *, code: str = "A", kind: int = 1) -> int:
        """One group of so many mutations; answers its last revision."""
        last = len(self.entries) + mutations
        self.entries += [
            entry_of(revision, last, code, kind) for revision in range(len(self.entries) + 1, last + 1)
        ]
        return last

    def read(self, after: int, which: LogFilter, reach: ReadLimits) -> LogPage:
        edge = len(self.entries)
        if after + reach.revisions <= edge:
            edge = self.entries[after + reach.revisions - 1].batch_last_revision
        found = [
            entry
            for entry in self.entries[after:edge]
            if entry.revision > self.oldest
            and entry.revision not in self.lost
            and (not which.type_ids or TYPES[entry.dossier_type or ""] in which.type_ids)
            and (not which.kinds or entry.kind in which.kinds)
        ][: reach.entries]
        return LogPage(self.head, self.point(edge), found, len(found) >= reach.entries)


class MemoryLogs:
    """The LogStore of stream_ports.py; `faults` are raised first, one per call."""

    def __init__(self) -> None:
        self.logs: dict[int, MemoryLog] = {}
        self.faults: list[Exception] = []
        self.readings: list[tuple[dict[int, int], LogFilter, ReadLimits]] = []
        """What `read` was asked."""

    def __getitem__(self, register_id: int) -> MemoryLog:
        return self.logs.setdefault(register_id, MemoryLog())

    async def heads(self, register_ids: Collection[int]) -> Mapping[int, LogHead]:
        self._fail()
        return {register_id: self[register_id].head for register_id in register_ids}

    async def read(
        self, after: Mapping[int, int], which: LogFilter, reach: ReadLimits
    ) -> Mapping[int, LogPage]:
        self._fail()
        self.readings.append((dict(after), which, reach))
        return {id_: self[id_].read(revision, which, reach) for id_, revision in after.items()}

    async def point(self, register_id: int, revision: int) -> LogPoint:
        if revision < self[register_id].oldest:
            raise refuse(Reason.REVISION_EXPIRED, oldest_revision=str(self[register_id].oldest))
        return self[register_id].point(revision)

    async def type_ids(self, register_id: int, codes: Collection[str]) -> Mapping[str, int]:
        return {code: TYPES[code] for code in codes if code in TYPES}

    def _fail(self) -> None:
        if self.faults:
            raise self.faults.pop(0)


class ReadableMessages:
    """Messages as JSON, and how often an entry was written down."""

    def __init__(self) -> None:
        self.written: list[int] = []

    def entries(self, register: EnterpriseNumber, entries: Sequence[LogEntry]) -> Sequence[bytes]:
        self.written += [entry.revision for entry in entries]
        return [f"{entry.revision} ".encode() for entry in entries]

    def mutations(self, log_id: UUID, entries: bytes, through_revision: int) -> bytes:
        return _written(mutations=[*map(int, entries.split())], through=through_revision)

    def bookmark(self, log_id: UUID, point: LogPoint, *, snapshot_complete: bool) -> bytes:
        return _written(bookmark=point.revision, complete=snapshot_complete)

    def snapshot(
        self,
        log_id: UUID,
        register: EnterpriseNumber,
        dossiers: Sequence[DossierView],
        resume_token: str,
        revision: int,
    ) -> bytes:
        return _written(snapshot=[d.niss for d in dossiers], token=resume_token, revision=revision)


def _written(**content: Any) -> bytes:
    return json.dumps(content).encode()


def read(data: bytes | None) -> dict[str, Any]:
    """What a readable message says."""
    assert data is not None
    content: dict[str, Any] = json.loads(data)
    return content

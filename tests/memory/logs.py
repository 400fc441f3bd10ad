"""Logs in memory that tests write to and make fail, and messages that tests can read."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.content import Content
from raas.domain.registers.dossier_type import DossierType
from raas.domain.registers.mutation import MutationKind, Stamp
from raas.domain.rights.identity_fields import IdentityFields
from raas.domain.rights.view import RegisterView
from raas.memory.log import MemoryLogStore, log_head, log_page
from raas.memory.mutations import entry_of as entry_in
from raas.memory.state import Logged, MemoryState, RegisterState
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
STAMP = Stamp(NUMBER, UUID(int=9), "request", "context", "ticket", "urn:app", NUMBER)

_CODES = {id_: code for code, id_ in TYPES.items()}


def recorded(revision: int) -> datetime:
    """When a revision was recorded."""
    return START + timedelta(seconds=revision)


def _mutation(
    revision: int, batch_last: int, code: str = "B", kind: int = MutationKind.INSCRIBED, niss: int = 7
) -> NewMutation:
    return NewMutation(
        revision,
        batch_last,
        0,
        MutationKind(kind),
        Niss(niss),
        Niss(8),
        TYPES[code],
        "{}",
        "{[2024-01-01,2024-01-31]}",
        STAMP,
        checksum=revision.to_bytes(32, "big"),
    )


def entry_of(revision: int, batch_last: int = 0, code: str = "A", kind: int = 1, niss: int = 7) -> LogEntry:
    """A mutation as it is read from the log."""
    logged = Logged(_mutation(revision, batch_last or revision, code, kind, niss), recorded(revision))
    return entry_in(MemoryState(), _register(), logged)


def committed_batch(first: int, last: int, log_id: UUID = LOG_ID) -> CommittedBatch:
    """One transaction with one batch."""
    point = LogPoint(last, recorded(last), last.to_bytes(32, "big"))
    mutations = [_mutation(revision, last) for revision in range(first, last + 1)]
    return CommittedBatch(log_id, mutations, point, _CODES.__getitem__)


def _register(register_id: int = 1) -> RegisterState:
    types = {code: (id_, DossierType(code, {})) for code, id_ in TYPES.items()}
    return RegisterState(register_id, NUMBER, "A register", LOG_ID, create_time=START, types=types)


class MemoryLog:
    """One log; `write` is a transaction."""

    def __init__(self, register_id: int = 1, state: MemoryState | None = None) -> None:
        self.state = state or MemoryState()
        self.register = self.state.registers.setdefault(register_id, _register(register_id))
        self.lost: set[int] = set()
        """Revisions that a damaged store does not return."""

    @property
    def revision(self) -> int:
        return self.register.revision

    @property
    def head(self) -> LogHead:
        return log_head(self.register)

    def point(self, revision: int) -> LogPoint:
        return self.register.point(revision)

    def write(self, mutations: int = 1, *, code: str = "A", kind: int = 1) -> int:
        """One group of so many mutations; answers its last revision."""
        last = self.revision + mutations
        self.register.log += [
            Logged(_mutation(revision, last, code, kind), recorded(revision))
            for revision in range(self.revision + 1, last + 1)
        ]
        return last

    def write_content(self) -> None:
        """One mutation with a content beside the log."""
        self.write()
        content_id = len(self.state.contents) + 1
        self.state.contents[content_id] = Content({"after": {}}, None)
        self.register.log[-1].mutation.content_id = content_id

    def erase_contents(self) -> None:
        """Erase every content."""
        self.state.contents.update(dict.fromkeys(self.state.contents, Content(None, START)))

    def read(self, after: int, which: LogFilter, reach: ReadLimits) -> LogPage:
        return self.damaged(log_page(self.state, self.register, after, which, reach))

    def damaged(self, page: LogPage) -> LogPage:
        """The page without the revisions that were lost."""
        entries = [entry for entry in page.entries if entry.revision not in self.lost]
        return LogPage(page.head, page.edge, entries, page.limited)


class MemoryLogs:
    """The LogStore in memory; it raises `faults` first, one per call, and notes what `read` was asked."""

    def __init__(self) -> None:
        self.logs: dict[int, MemoryLog] = {}
        self.faults: list[Exception] = []
        self.readings: list[tuple[dict[int, int], LogFilter, ReadLimits]] = []
        self._state = MemoryState()
        self._store = MemoryLogStore(self._state)

    def __getitem__(self, register_id: int) -> MemoryLog:
        if register_id not in self.logs:
            self.logs[register_id] = MemoryLog(register_id, self._state)
        return self.logs[register_id]

    async def heads(self, register_ids: Collection[int]) -> Mapping[int, LogHead]:
        self._fail()
        self._open(register_ids)
        return await self._store.heads(register_ids)

    async def read(
        self, after: Mapping[int, int], which: LogFilter, reach: ReadLimits
    ) -> Mapping[int, LogPage]:
        self._fail()
        self._open(after)
        self.readings.append((dict(after), which, reach))
        pages = await self._store.read(after, which, reach)
        return {id_: self[id_].damaged(page) for id_, page in pages.items()}

    async def point(self, register_id: int, revision: int) -> LogPoint:
        self._open([register_id])
        return await self._store.point(register_id, revision)

    async def type_ids(self, register_id: int, codes: Collection[str]) -> Mapping[str, int]:
        self._open([register_id])
        return await self._store.type_ids(register_id, codes)

    def _open(self, register_ids: Collection[int]) -> None:
        for register_id in register_ids:
            _ = self[register_id]

    def _fail(self) -> None:
        if self.faults:
            raise self.faults.pop(0)


class ReadableMessages:
    """Messages as JSON, and how often each entry was serialised, and messages were restricted."""

    def __init__(self) -> None:
        self.written: list[int] = []
        self.restrictions = 0

    def entries(self, register: EnterpriseNumber, entries: Sequence[LogEntry]) -> Sequence[bytes]:
        self.written += [entry.revision for entry in entries]
        return [f"{entry.revision} ".encode() for entry in entries]

    def restricted(self, entries: bytes, view: RegisterView, identity: IdentityFields) -> bytes:
        self.restrictions += 1
        return entries

    def mutations(self, log_id: UUID, entries: bytes, through_revision: int) -> bytes:
        return _json(mutations=[*map(int, entries.split())], through=through_revision)

    def bookmark(self, log_id: UUID, point: LogPoint, *, snapshot_complete: bool) -> bytes:
        return _json(bookmark=point.revision, complete=snapshot_complete)

    def snapshot(
        self,
        log_id: UUID,
        register: EnterpriseNumber,
        dossiers: Sequence[DossierView],
        resume_token: str,
        revision: int,
    ) -> bytes:
        return _json(snapshot=[d.niss for d in dossiers], token=resume_token, revision=revision)


def _json(**content: Any) -> bytes:
    return json.dumps(content).encode()


def read(data: bytes) -> dict[str, Any]:
    """The content of a readable message."""
    content: dict[str, Any] = json.loads(data)
    return content

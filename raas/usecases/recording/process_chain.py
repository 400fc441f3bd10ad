"""The chain of this process: records of concurrent calls are appended by one transaction.

Only the one worker of the queue changes the state of the chain. A chain whose state is no longer known is
given up: another one begins, and the old one is sealed once its length can be read. Records whose commit is
unknown are appended to another chain only after they were found not to be committed: no record is kept twice.
While that cannot be learned, the calls that wait for them fail, and the others go on with another chain.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from uuid import UUID, uuid4

import structlog

from raas.concurrency.batch_queue import BatchQueue, DeadlinePassed, NotProcessed, own_copy, still_wanted
from raas.concurrency.linger import CommitDelay
from raas.domain.audit.chain import ChainState, new_chain, process_chain
from raas.domain.audit.record import Actor, AuditRecord, RecordKind
from raas.domain.errors import Reason, refuse
from raas.domain.json_value import JsonObject
from raas.usecases.calls.audit.call_audit import Entry
from raas.usecases.ports.audit.chains import AuditStore, ChainedRecord, ChainSealed, follow
from raas.usecases.ports.errors import CommitUnknown, PortError, StoreFault, StoreUnavailable
from raas.usecases.recording.waiting_records import WaitingRecords

GROUP = 1_000
"""The largest size of a transaction, in records; one with many numbers counts for more."""
WAITING = 50_000
"""The size of the records that may wait."""
DELAY = CommitDelay(seconds_each=0.00025, longest_seconds=0.01, enough=20)
"""Without it transactions have half as many records at 64 calls in flight, and Consult is a tenth slower."""
_RETRY_SECONDS = (0.02, 0.1, 0.3, 0.6, 1.0, 2.0)

log = structlog.get_logger()


class ProcessChain:
    """Appends records in the order in which they arrive."""

    def __init__(self, store: AuditStore) -> None:
        self._store = store
        self._queue: BatchQueue[WaitingRecords] = BatchQueue(self._append_batch, limit=GROUP, delay=DELAY)
        self._process: UUID | None = None
        self._state: ChainState | None = None
        self._given_up: dict[UUID, dict[int, ChainState]] = {}
        """Chains to seal, with the states in which they may be, by their length."""
        self._postponed: dict[UUID, _Unsettled] = {}
        """Records that nobody waits for whose commit is unknown, by their chain: its length tells."""

    @property
    def name(self) -> str | None:
        """The name of the chain that is open; None before the first record."""
        return None if self._process is None else process_chain(self._process)

    @property
    def waiting(self) -> int:
        """The size of the records that wait for a transaction."""
        return self._queue.size

    async def append(self, entries: Sequence[Entry], deadline: float = float("inf")) -> None:
        """Return once the records are committed. Raises Refused AUDIT_UNAVAILABLE.

        Those of a caller that is cancelled, or whose deadline passes, while they wait are not appended.
        """
        if self._queue.size > WAITING:
            raise refuse(Reason.AUDIT_UNAVAILABLE)
        waiting = WaitingRecords(entries, deadline)
        self._queue.put(waiting)
        try:
            await waiting.answer()
        except (PortError, DeadlinePassed, NotProcessed, ValueError) as error:
            log.error("audit record could not be kept", cause=type(error).__name__)
            raise refuse(Reason.AUDIT_UNAVAILABLE) from None

    def append_later(self, entries: Sequence[Entry], failed: Callable[[], None]) -> None:
        """Append records without waiting; `failed` is called where that is not possible."""
        if self._queue.size > WAITING:
            failed()
            return
        waiting = WaitingRecords(entries, float("inf"), failed)
        self._queue.put(waiting)

    async def close(self) -> None:
        """Append what waits, then seal the chain. Raises PortErrors."""
        error: PortError | None = None
        await self._queue.drained()
        try:
            await self.seal_given_up()
        except PortError as raised:
            error = raised
        # Records whose outcome was learned only now may wait again.
        await self._queue.drained()
        if self._process is not None and self._state is not None:
            process, self._process = self._process, None
            _, (seal,) = follow(self._state, [(seal_record("ended", None), None)])
            await self._store.seal(process, seal)
        if error is not None:
            raise error

    async def begin(self) -> None:
        """Begin the chain, if none is open. Raises PortErrors."""
        if self._process is None:
            process = uuid4()
            state = new_chain(await self._store.origin(), process_chain(process))
            begun, (first,) = follow(state, [(_begin_record(), None)])
            try:
                await self._store.begin(process, first)
            except BaseException:
                # It may have been committed.
                self._give_up(process, begun)
                raise
            self._process, self._state = process, begun

    async def seal_given_up(self) -> None:
        """Seal the chains that were given up, as far as possible. Raises PortErrors."""
        error: PortError | None = None
        for process in list(self._given_up):
            try:
                await self._seal_given_up(process)
            except PortError as raised:
                error = raised
        if error is not None:
            raise error

    async def _seal_given_up(self, process: UUID) -> None:
        length = await self._store.length(process)
        if unsettled := self._postponed.get(process):
            kept = await self._store.is_kept(process, unsettled.last)
            if self._postponed.pop(process, None) is not None and not kept:
                for waiting in unsettled.taken:
                    self._queue.put(waiting.again())
        if state := self._given_up.get(process, {}).get(length):
            _, (seal,) = follow(state, [(seal_record("ended", self.name), None)])
            try:
                await self._store.seal(process, seal)
            except ChainSealed:
                log.warning("chain was sealed by another process", chain=process_chain(process))
        self._given_up.pop(process, None)

    async def _append_batch(self, batch: Sequence[WaitingRecords]) -> Sequence[WaitingRecords]:
        pauses = iter(_RETRY_SECONDS)
        again = True
        unsettled: _Unsettled | None = None
        while batch:
            try:
                if unsettled is not None:
                    kept = await self._settle(unsettled)
                    unsettled = None
                    if kept:
                        return ()
                    raise StoreUnavailable("the records were not committed")
                await self.begin()
                unsettled = await self._append(batch)
                if unsettled is None:
                    return ()
            except StoreUnavailable:
                pause = next(pauses, None)
                if pause is None:
                    self._postpone(unsettled)
                    raise
                await asyncio.sleep(pause)
                if unsettled is None:
                    batch = still_wanted(batch)
            except StoreFault:
                if len(batch) == 1 or unsettled is not None:
                    self._postpone(unsettled)
                    raise
                await self._append_one_by_one(batch)
                return ()
            except (ChainSealed, CommitUnknown):
                if not again or unsettled is not None:
                    self._postpone(unsettled)
                    raise
                # Once more, on another chain.
                again = False
        return ()

    async def _append_one_by_one(self, batch: Sequence[WaitingRecords]) -> None:
        """After a fault of the store: so that only the records that it refuses are not kept."""
        for waiting in batch:
            try:
                await self._append_batch([waiting])
            except Exception as error:
                waiting.fail(own_copy(error))

    async def _append(self, batch: Sequence[WaitingRecords]) -> _Unsettled | None:
        """One transaction; returns its records if their commit is unknown, and gives up the chain.

        Raises PortErrors; the chain is then as before, or given up.
        """
        process, before = self._process, self._state
        assert process is not None
        assert before is not None
        state, records, taken = before, list[ChainedRecord](), list[WaitingRecords]()
        for waiting in batch:
            try:
                state, chained = follow(state, waiting.entries)
            except ValueError as error:
                # Too large: this call is not answered, the others are.
                waiting.fail(error)
                continue
            records += chained
            taken.append(waiting)
        if not records:
            return None
        try:
            await self._store.append(process, records)
        except StoreUnavailable:
            raise
        except StoreFault:
            await self._require_length(process, before)
            raise
        except CommitUnknown:
            self._give_up(process, before, state)
            return _Unsettled(process, records[-1], taken)
        except BaseException:
            self._give_up(process, before, state)
            raise
        self._state = state
        for waiting in taken:
            waiting.succeed()
        return None

    async def _settle(self, unsettled: _Unsettled) -> bool:
        """Whether a transaction was committed whose commit was unknown. Raises PortErrors."""
        kept = await self._store.is_kept(unsettled.process, unsettled.last)
        if kept:
            for waiting in unsettled.taken:
                waiting.succeed()
        return kept

    def _postpone(self, unsettled: _Unsettled | None) -> None:
        """Keep the records that nobody waits for until the length of their chain can be read."""
        if unsettled is not None:
            later = [waiting for waiting in unsettled.taken if waiting.failed is not None]
            for waiting in later:
                waiting.succeed()
            self._postponed[unsettled.process] = replace(unsettled, taken=later)

    async def _require_length(self, process: UUID, state: ChainState) -> None:
        """Give up the chain unless it has this length. Raises ChainSealed, PortErrors."""
        try:
            length = await self._store.length(process)
        except BaseException:
            self._give_up(process, state)
            raise
        if length != state.length:
            self._give_up(process, state)
            raise ChainSealed(process_chain(process))

    def _give_up(self, process: UUID, *states: ChainState) -> None:
        self._given_up[process] = {state.length: state for state in states}
        self._process = self._state = None


@dataclass(frozen=True, slots=True)
class _Unsettled:
    """A transaction whose commit is unknown: its chain, its last record, and the calls that wait for it."""

    process: UUID
    last: ChainedRecord
    taken: Sequence[WaitingRecords]


def seal_record(cause: str, by: str | None) -> AuditRecord:
    """The last record of a chain; `by` is the chain of the process that seals it."""
    details: JsonObject = {"cause": cause} if by is None else {"cause": cause, "by": by}
    return AuditRecord(RecordKind.SEAL, _now(), _PROCESS, "raas serve", "OK", details=details)


def _begin_record() -> AuditRecord:
    details: JsonObject = {"host": socket.gethostname(), "pid": os.getpid(), "version": version("raas")}
    return AuditRecord(RecordKind.BEGIN, _now(), _PROCESS, "raas serve", "OK", details=details)


_PROCESS = Actor()


def _now() -> int:
    return time.time_ns() // 1_000

"""The keeper of the records of this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

import structlog

from raas.domain.audit.record import Actor
from raas.domain.errors import Reason
from raas.usecases.calls.audit.call_audit import Entry
from raas.usecases.ports.audit.chains import AuditStore, follow
from raas.usecases.ports.errors import PortError
from raas.usecases.recording.process_chain import ProcessChain, seal_record
from raas.usecases.recording.refusal_counts import MINUTE, RefusalCounts

_PREFIX = "process/"
_LATE_SECONDS = 0.1
"""The time after the end of a minute in which its counts are recorded."""
_COUNTS_AT_ONCE = 500

log = structlog.get_logger()


class AuditRecorder:
    """Keeps records in the chain of this process; `run` is its background task, `close` its end.

    While `refuse_calls` returns True, calls are refused with AUDIT_UNAVAILABLE, and bulk reads also while
    `admits_bulk_reads` returns False.
    """

    def __init__(
        self,
        store: AuditStore,
        refuse_calls: Callable[[], bool] = lambda: False,
        admits_bulk_reads: Callable[[], bool] = lambda: True,
    ) -> None:
        self._store = store
        self._refuse_calls = refuse_calls
        self._admits_bulk_reads = admits_bulk_reads
        self._chain = ProcessChain(store)
        self._counts = RefusalCounts()

    @property
    def unavailable(self) -> bool:
        """Whether calls must be refused, because what they do could not be proven."""
        return self._refuse_calls()

    @property
    def admits_bulk_reads(self) -> bool:
        """Whether the database has space for bulk reads."""
        return self._admits_bulk_reads()

    @property
    def waiting(self) -> int:
        """The size of the records that wait to be committed."""
        return self._chain.waiting

    async def keep(self, entries: Sequence[Entry], deadline: float = float("inf")) -> None:
        """Return once the records are committed. Raises Refused AUDIT_UNAVAILABLE."""
        await self._chain.append(entries, deadline)

    def keep_later(self, entries: Sequence[Entry]) -> None:
        """Keep records without waiting; those that cannot be kept are counted."""

        def count() -> None:
            for record, _ in entries:
                actor = record.actor
                caller = Actor(actor.enterprise_number, actor.application, on_behalf_of=actor.on_behalf_of)
                self.count(caller, record.rpc, Reason.AUDIT_UNAVAILABLE.name)

        self._chain.append_later(entries, count)

    def count(self, actor: Actor, rpc: str, reason: str) -> None:
        """Count a refusal."""
        self._counts.add(_now(), actor, rpc, reason)

    async def run(self) -> None:
        """Each minute, and at the beginning: record the counts that ended, and seal chains that ended."""
        while True:
            self.record_counts()
            for complete in (self._chain.seal_given_up, self.seal_dead_chains):
                try:
                    await complete()
                except PortError as error:
                    log.warning("audit chains could not be completed", cause=type(error).__name__)
            await asyncio.sleep((MINUTE - _now() % MINUTE) / 1_000_000 + _LATE_SECONDS)

    def record_counts(self, *, all_of_them: bool = False) -> None:
        """Record the counts of the minutes that have ended, or of all; those not committed are kept."""
        counted = self._counts.take(_now(), all_of_them=all_of_them)
        for begin in range(0, len(counted), _COUNTS_AT_ONCE):
            some = counted[begin : begin + _COUNTS_AT_ONCE]
            self._chain.append_later(
                [(record, None) for record in some], partial(self._counts.put_back, some)
            )

    async def seal_dead_chains(self) -> None:
        """Seal the chains of processes that died. Raises PortErrors."""
        for state in await self._store.dead_chains():
            _, (seal,) = follow(state, [(seal_record("died", self._chain.name), None)])
            if await self._store.seal_dead(UUID(state.chain.removeprefix(_PREFIX)), seal):
                log.info("sealed the audit chain of a process that died", chain=state.chain)

    async def close(self) -> None:
        """Record all counts and what waits, and seal the chain. Raises PortErrors."""
        self.record_counts(all_of_them=True)
        await self._chain.close()


def _now() -> int:
    return time.time_ns() // 1_000

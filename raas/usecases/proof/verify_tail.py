"""Verification of what an export does not have: records after the newest checkpoint, and stray ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from raas.domain.audit.chain import ChainState, new_chain
from raas.domain.audit.findings import Fault, Finding, missing_records
from raas.domain.audit.record import record_texts
from raas.usecases.ports.audit.proof import ChainEnd, ProofStore, StoredRecord

_RECORDS = 1_000


class TailVerification:
    """Follows each chain from its state at the newest checkpoint to its end; `records` counts them.

    A checkpoint that is made meanwhile does no harm. Records after the newest one are not proven: this finds
    those that were altered carelessly.
    """

    def __init__(self, store: ProofStore, origin: str) -> None:
        self.records = 0
        self._store = store
        self._origin = origin

    async def verify(self, ends: Iterable[ChainEnd]) -> AsyncIterator[Finding]:
        """Everything that is wrong with these chains. Raises PortErrors."""
        logged = {state.chain: state for state in await self._store.open_chains()}
        for end in ends:
            async for finding in self._chain(end, logged.get(end.chain)):
                yield finding

    async def _chain(self, end: ChainEnd, logged: ChainState | None) -> AsyncIterator[Finding]:
        chain = end.chain
        if end.sealed:
            for index in range(end.covered + 1, end.last + 1)[:_RECORDS]:
                text = f"record {index} after the seal of chain {chain}"
                yield Finding(Fault.RECORD_INVENTED, text, chain=chain, index=index)
            return
        if logged is None and end.covered:
            return  # a checkpoint covers its seal by now
        state = logged or new_chain(self._origin, chain)
        seal = False
        while state.length < end.last:
            records = await self._store.records(chain, state.length + 1, state.length + _RECORDS)
            if not records:
                text = missing_records(state.length + 1, end.last, f"chain {chain}")
                yield Finding(Fault.RECORD_MISSING, text, chain=chain, index=state.length + 1)
                return
            for stored in records:
                if seal or stored.index <= state.length:
                    what = "a record after the seal" if seal else f"a second record {stored.index}"
                    yield _finding(Fault.RECORD_INVENTED, f"{what} of chain {chain}", stored)
                    continue
                finding = self._follow(state, stored)
                if finding is not None:
                    yield finding
                state, seal = ChainState(chain, stored.index, stored.hash), stored.seal
                self.records += 1
                if end.head is not None and end.head.length == state.length and end.head.head != state.head:
                    text = f"record {state.length} of chain {chain} is not the one that its register names"
                    yield _finding(Fault.RECORD_ALTERED, text, stored)
        if end.following is not None and end.last > end.following:
            text = f"record {end.last} of chain {chain}, but its register follows record {end.following}"
            yield Finding(Fault.RECORD_INVENTED, text, chain=chain, index=end.last)
        if end.has_seal and not seal:
            text = f"the newest records of chain {chain} are missing: it ends before its seal"
            yield Finding(Fault.TAIL_CUT, text, chain=chain, index=state.length)
        if end.head is not None and end.head.length > state.length:
            text = f"the newest records of chain {chain} are missing: it ends before record {end.head.length}"
            yield Finding(Fault.TAIL_CUT, text, chain=chain, index=state.length)
        if end.last == 0 and not state.length and not end.has_seal and end.head is None:
            text = f"all records of chain {chain} are missing"
            yield Finding(Fault.TAIL_CUT, text, chain=chain)

    @staticmethod
    def _follow(state: ChainState, stored: StoredRecord) -> Finding | None:
        """The fault of a record that comes next; None = there is none."""
        index, named = stored.index, f"record {stored.index} of chain {stored.chain}"
        if index > state.length + 1:
            text = missing_records(state.length + 1, index - 1, f"chain {stored.chain}")
            return _finding(Fault.RECORD_MISSING, text, stored)
        if stored.record is None:
            return _finding(Fault.RECORD_MISSING, f"{named} was removed", stored)
        try:
            followed = state.follow(record_texts(stored.record))
        except ValueError as error:
            return _finding(Fault.RECORD_ALTERED, f"{named}: {error}", stored)
        if followed.head != stored.hash:
            return _finding(Fault.RECORD_ALTERED, f"{named} is not as it was recorded", stored)
        if stored.criteria is not None and stored.record.criteria_hash != stored.criteria.hash:
            return _finding(Fault.CRITERIA_ALTERED, f"{named}: not the criteria of its hash", stored)
        return None


def _finding(fault: Fault, text: str, stored: StoredRecord) -> Finding:
    return Finding(fault, text, chain=stored.chain, index=stored.index)

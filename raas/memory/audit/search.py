"""The AuditSearch in memory."""

from __future__ import annotations

from collections.abc import Sequence

from raas.domain.audit.record import AuditRecord
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.memory.rights import MemoryRights
from raas.memory.state import MemoryState
from raas.usecases.ports.audit.proof import StoredRecord
from raas.usecases.ports.audit.search import AuditFilter, AuditPlace, FoundRecord, is_within

_REGISTER = "register/"
_ALL = 1_000_000


class MemoryAuditSearch:
    """Finds the records of the log in memory; the catalogue of legal contexts is that of `rights`."""

    def __init__(self, state: MemoryState, rights: MemoryRights) -> None:
        self._state = state
        self._rights = rights

    async def records(
        self, which: AuditFilter, after: AuditPlace | None, limit: int
    ) -> Sequence[FoundRecord]:
        """The records that match, after a place."""
        hidden = await self._hidden(which.hidden_on)
        found = [
            self._found(stored, stored.record)
            for records in self._state.audit.chains.values()
            for stored in records
            if stored.record is not None and _matches(which, stored.record)
            if not _contexts(stored.record) & hidden
        ]
        found = [each for each in found if after is None or each.place > after]
        return sorted(found, key=lambda each: each.place)[:limit]

    async def checkpoint(self, until: int | None) -> bytes | None:
        """No checkpoint: nothing proves a log in memory."""
        return None

    def _found(self, stored: StoredRecord, record: AuditRecord) -> FoundRecord:
        of_register = stored.chain.startswith(_REGISTER)
        key = stored.chain.partition("/")[2]
        if of_register:
            register = self._state.register_of(EnterpriseNumber(int(key)))
            key = f"{0 if register is None else register.id:020}"
        place = AuditPlace(record.time, of_register, key, 1, stored.index)
        return FoundRecord(place, stored.chain, stored.index, stored.hash, record)

    async def _hidden(self, day: int | None) -> set[tuple[EnterpriseNumber, str]]:
        if day is None:
            return set()
        return {
            (each.organisation, each.legal_context)
            for each in await self._rights.legal_contexts(None, None, None, _ALL)
            if each.confidential_until is not None and each.confidential_until >= day
        }


def _contexts(record: AuditRecord) -> set[tuple[EnterpriseNumber, str]]:
    """The legal context of a call, for the organisation that called and that for which it called."""
    if record.legal_context is None:
        return set()
    actor = record.actor
    return {
        (number, record.legal_context)
        for number in (actor.enterprise_number, actor.on_behalf_of)
        if number is not None
    }


def _matches(which: AuditFilter, record: AuditRecord) -> bool:
    return (
        (which.register is None or which.register == record.register)
        and (which.caller is None or which.caller == record.actor.enterprise_number)
        and (which.from_time is None or which.from_time <= record.time)
        and (which.until_time is None or record.time < which.until_time)
        and (not which.rpcs or record.rpc in which.rpcs)
        and (not which.outcomes or record.outcome in which.outcomes)
        and (
            not which.nisses
            or not {*record.touched, *record.shown}.isdisjoint(which.nisses)
            or is_within(which.extents, record)
        )
    )

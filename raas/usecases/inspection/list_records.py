"""ListAuditRecords: the records of calls, by person, register or caller."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

from raas.domain.calendar.day import brussels_day
from raas.domain.errors import Reason, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import Mutation
from raas.usecases.calls.call import Call
from raas.usecases.calls.pagination import Pages, page_size_of
from raas.usecases.calls.successors import United, unite
from raas.usecases.inspection.presence import Certainty, Presence
from raas.usecases.ports.audit.search import AuditFilter, AuditPlace, AuditSearch, FoundRecord
from raas.usecases.ports.authentic_source import AuthenticSource
from raas.usecases.ports.log import LogStore
from raas.usecases.ports.read_store import ReadStore

_HISTORY_PAGE = 1_000
_LARGEST_FETCH = 1_000


@dataclass(frozen=True, slots=True)
class AskedRecords:
    """The records that a caller asks for; None = absent."""

    register: EnterpriseNumber | None
    niss: Niss | None
    caller: EnterpriseNumber | None
    from_time: int | None
    until_time: int | None
    rpcs: tuple[str, ...]
    outcomes: tuple[str, ...]
    for_person: bool = False
    """Leave out what the person must not be shown yet."""


class ShownRecord(NamedTuple):
    """A record, and for an answer about many persons whether it held the person asked for."""

    found: FoundRecord
    certainty: Certainty | None


class RecordPage(NamedTuple):
    """A page of records, the person asked for, and the token of the next page ("" = the last)."""

    records: Sequence[ShownRecord]
    person: United | None
    next_page_token: str


def _now() -> datetime:
    return datetime.now(UTC)


class ListAuditRecords:
    """Finds records; an auditor sees all, an owner those about its register."""

    def __init__(
        self,
        search: AuditSearch,
        reads: ReadStore,
        logs: LogStore,
        source: AuthenticSource,
        pages: Pages,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._search = search
        self._reads = reads
        self._logs = logs
        self._source = source
        self._pages = pages
        self._now = now

    async def page(
        self, call: Call, asked: AskedRecords, is_auditor: bool, page_size: int, page_token: str
    ) -> RecordPage:
        """One page. Raises Refused: MANDATE_MISSING, REQUIRED, VALUE_INVALID, PAGE_TOKEN_INVALID."""
        which = self._filter(call, asked, is_auditor)
        size = page_size_of(page_size)
        person: United | None = None
        presences: Mapping[EnterpriseNumber, Presence] = {}
        if asked.niss is not None:
            person = await unite(self._source, asked.niss)
            presences = await self.presences(person.numbers, which.register)
            extents = tuple(extent for each in presences.values() for extent in each.extents())
            which = replace(which, nisses=person.numbers, extents=extents)
        # Bound to what was asked: the numbers of the person and its registers may change between two pages.
        token = self._pages.open(page_token, call, None, _use(which, asked))
        after = None if token is None else AuditPlace(*token["after"])
        shown = await self._shown(which, presences, after, size + 1)
        rest = shown[size:]
        shown = shown[:size]
        if not rest:
            return RecordPage(shown, person, "")
        place = {"after": list(shown[-1].found.place)}
        return RecordPage(shown, person, self._pages.seal(call, None, _use(which, asked), place))

    async def about(self, numbers: Sequence[Niss]) -> AsyncGenerator[ShownRecord, None]:
        """All records about the person with these numbers that the person may be shown, in order of time."""
        presences = await self.presences(numbers, None)
        extents = tuple(extent for each in presences.values() for extent in each.extents())
        which = AuditFilter(tuple(numbers), extents, hidden_on=brussels_day(self._now()))
        after: AuditPlace | None = None
        while shown := await self._shown(which, presences, after, _LARGEST_FETCH):
            for each in shown:
                yield each
            after = shown[-1].found.place

    async def checkpoint(self, until: int | None) -> bytes | None:
        """The newest checkpoint at or before an instant in microseconds since 1970 (None = now)."""
        return await self._search.checkpoint(until)

    def _filter(self, call: Call, asked: AskedRecords, is_auditor: bool) -> AuditFilter:
        if asked.register is None and asked.niss is None and asked.caller is None:
            raise refuse(Reason.REQUIRED, "register", "AUDIT_SUBJECT_REQUIRED")
        register = asked.register
        if not is_auditor:
            own = call.caller.acts_as
            if register not in (None, own):
                raise refuse(Reason.MANDATE_MISSING, "register")
            register = own
        hides = asked.for_person or not is_auditor
        return AuditFilter(
            register=register,
            caller=asked.caller,
            from_time=asked.from_time,
            until_time=asked.until_time,
            rpcs=asked.rpcs,
            outcomes=asked.outcomes,
            hidden_on=brussels_day(self._now()) if hides else None,
        )

    async def _shown(
        self,
        which: AuditFilter,
        presences: Mapping[EnterpriseNumber, Presence],
        after: AuditPlace | None,
        many: int,
    ) -> list[ShownRecord]:
        """The records of a page, without answers about many persons that did not hold this one."""
        shown: list[ShownRecord] = []
        while len(shown) < many:
            limit = many - len(shown) if not which.extents else min(2 * many, _LARGEST_FETCH)
            found = await self._search.records(which, after, limit)
            for each in found:
                certainty = _certainty(each, which, presences)
                if certainty is None or certainty.is_shown:
                    shown.append(ShownRecord(each, None if certainty is None else certainty.value))
                if len(shown) == many:
                    break
            if len(found) < limit:
                break
            after = found[-1].place
        return shown

    async def presences(
        self, numbers: Sequence[Niss], register: EnterpriseNumber | None
    ) -> Mapping[EnterpriseNumber, Presence]:
        """The presence of a person in each register that has, or had, a dossier of one of its numbers."""
        holders = {
            identity.id: identity.enterprise_number
            for identity, _ in await self._reads.holders(numbers)
            if register in (None, identity.enterprise_number)
        }
        if not holders:
            return {}
        heads = await self._logs.heads(list(holders))
        keys = [(register_id, niss) for register_id in holders for niss in numbers]
        current = await self._reads.dossiers_of(keys, {})
        found = {}
        for register_id, number in holders.items():
            mutations: list[Mutation] = []
            after, more = 0, True
            while more:
                some, more = await self._reads.history(register_id, numbers, None, after, _HISTORY_PAGE)
                mutations += some
                after = mutations[-1].revision if some else after
                more = more and bool(some)
            now = {
                (view.niss, view.dossier_type): view.lines
                for niss in numbers
                for view in current.get((register_id, niss), ())
            }
            found[number] = Presence(number, heads[register_id].oldest_revision, mutations, now)
        return found


class _Decision(NamedTuple):
    value: Certainty | None
    is_shown: bool


def _certainty(
    found: FoundRecord, which: AuditFilter, presences: Mapping[EnterpriseNumber, Presence]
) -> _Decision | None:
    """The decision about an answer to many persons; None for every other record."""
    record = found.record
    if record.bulk is None or not which.nisses:
        return None
    named = {*record.touched, *record.shown}
    if named.intersection(which.nisses):
        return _Decision(Certainty.CERTAIN, True)
    presence = None if record.register is None else presences.get(record.register)
    # A filter of numbers that are not those of the person.
    if record.touched or presence is None:
        return _Decision(None, False)
    certainty = presence.certainty(record)
    return _Decision(certainty, certainty is not None)


def _use(which: AuditFilter, asked: AskedRecords) -> AuditFilter:
    """The use of a page token: what was asked, and not what followed from it."""
    nisses = () if asked.niss is None else (asked.niss,)
    return replace(which, nisses=nisses, extents=(), hidden_on=None if which.hidden_on is None else 1)

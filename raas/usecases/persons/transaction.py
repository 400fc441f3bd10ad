"""Alterations: changes of persons and what they do to the registers, gathered in one transaction.

While it is open no write lane runs anywhere (person_change.py). Each register touched is locked once and
has one ledger, so that many changes in one transaction read each other's results.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from raas.domain.calendar.day import brussels_day, day_text
from raas.domain.calendar.periods import Lines, covers, normalise
from raas.domain.errors import Reason, Refused, Violation, refuse
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.persons.identity import Identity
from raas.domain.persons.record import Person
from raas.domain.persons.status import PersonStatus
from raas.domain.persons.stored_identity import identity_json
from raas.domain.registers.dossier_type import DossierType, IdentityChanges
from raas.domain.registers.mutation import MutationKind, Stamp
from raas.domain.registers.shares import separate, unite
from raas.domain.registers.stored_details import identity_change_json
from raas.usecases.persons.record_cache import ACTIVE, RecordCache
from raas.usecases.ports.person_change import (
    LoadedRegister,
    NissStatus,
    PersonWriteStore,
    PersonWriteTransaction,
)
from raas.usecases.ports.persons import Progress
from raas.usecases.ports.write_store import ImportKey
from raas.usecases.writes.unit_of_work import RegisterUnitOfWork

_CANCELLED = NissStatus(PersonStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class LockedRegister:
    """A register that the alteration has locked, and its ledger."""

    loaded_register: LoadedRegister
    unit_of_work: RegisterUnitOfWork

    def type_of(self, type_id: int) -> DossierType:
        """A dossier type of the register."""
        return self.loaded_register.types.by_id[type_id]


class PersonTransactions:
    """Begins alterations; `committed(register_id)` is called for every register that one wrote."""

    def __init__(
        self, store: PersonWriteStore, max_lines: int, committed: Callable[[int], None] = lambda _: None
    ) -> None:
        self._store = store
        self._max_lines = max_lines
        self._committed = committed

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[PersonTransaction]:
        """Keep every write lane out; leaving without commit rolls back."""
        async with self._store.change() as change:
            yield PersonTransaction(change, self._max_lines, self._committed)


class PersonTransaction:
    """One transaction: the PersonAlteration of person_ports.py, and what ReplaceNiss and its like need."""

    def __init__(
        self, change: PersonWriteTransaction, max_lines: int, committed: Callable[[int], None]
    ) -> None:
        self._change = change
        self._max_lines = max_lines
        self._committed = committed
        self._cache = RecordCache(change)
        self._open: dict[int, LockedRegister] = {}

    # ---- records --------------------------------------------------------------------------------

    async def persons(self, nisses: Collection[Niss]) -> Mapping[Niss, Person]:
        """The records of these numbers, this transaction's changes included."""
        return await self._cache.persons(nisses)

    async def put(self, persons: Sequence[Person]) -> None:
        """Write records, new or changed."""
        await self._cache.put(persons)

    async def foresee(self, nisses: Collection[Niss]) -> None:
        """Read at once, and lock, what changes of these numbers will ask for one by one."""
        await self._cache.foresee(nisses)
        await self._opened(sorted(nisses))

    async def import_offset(self, key: ImportKey) -> int:
        """The offset from which an import goes on."""
        return await self._change.records.import_offset(key)

    async def advance_import(self, progress: Progress) -> None:
        """Keep how far an import came."""
        await self._change.records.advance_import(progress)

    # ---- standing -------------------------------------------------------------------------------

    async def replace(self, niss: Niss, successor: Niss, stamp: Stamp) -> None:
        """Unite a number with the one that replaces it, everywhere.

        Per register and dossier type two consecutive mutations: the old number loses its lines, the
        successor has the union (recorded also where that changes nothing for it). What had been united in
        the old number goes along. Repeating it does nothing. Raises Refused: NISS_UNKNOWN, NISS_REPLACED
        (one of them is replaced already: that is also how a cycle shows), NISS_CANCELLED, VALUE_INVALID
        when both are the same.
        """
        old, new = await self._cache.statuses_of(niss, successor)
        if old is not None and old.replaced_by == successor:
            return
        if niss == successor:
            raise refuse(Reason.VALUE_INVALID, "successor_niss", "SUCCESSOR_IS_ITSELF")
        if violations := [*_unfit("niss", old), *_unfit("successor_niss", new)]:
            raise Refused(violations)
        for each, niss_status in (await self._cache.united_in(niss)).items():
            self._cache.changed[each] = NissStatus(niss_status.status, niss_status.replaced_by, successor)
        self._cache.changed[niss] = NissStatus(PersonStatus.REPLACED, successor, successor)
        for register in await self.registers([niss, successor]):
            for type_id in register.unit_of_work.types_of(niss):
                _move(register.unit_of_work, niss, successor, type_id, stamp)

    async def restore(self, niss: Niss, stamp: Stamp) -> dict[tuple[int, str], Lines]:
        """Undo the replacement or the cancellation of a number.

        It gets back the days it brought, and those inscribed under it since; what was inscribed since
        under the successor stays there. Days removed since stay away; those that cannot be attributed are
        answered, by register id and type code. Repeating it does nothing. Raises Refused NISS_UNKNOWN.
        """
        niss_status = await self.niss_status(niss)
        if niss_status is None:
            raise refuse(Reason.NISS_UNKNOWN, "niss")
        if niss_status.status is PersonStatus.CANCELLED:
            await self._tell_holders(niss, MutationKind.NISS_RESTORED, stamp)
        inseparable: dict[tuple[int, str], Lines] = {}
        if niss_status.successor is not None:
            holder = niss_status.successor
            family = _replaced_through(niss, await self._cache.united_in(holder))
            for each, member in family.items():
                self._cache.changed[each] = NissStatus(member.status, member.replaced_by, niss)
            for register in await self.registers([niss, holder]):
                for type_id in register.unit_of_work.types_of(holder):
                    left = _give_back(register.unit_of_work, niss, family, holder, type_id, stamp)
                    if left:
                        inseparable[register.loaded_register.register_id, register.type_of(type_id).code] = (
                            left
                        )
        if niss_status != ACTIVE:
            self._cache.changed[niss] = ACTIVE
        return inseparable

    async def cancel(self, niss: Niss, stamp: Stamp) -> None:
        """Cancel a number: its dossiers stay, nothing is inscribed under it any more, every holder is told.

        Repeating it does nothing. Raises Refused NISS_UNKNOWN, NISS_REPLACED.
        """
        niss_status = await self.niss_status(niss)
        if niss_status is not None and niss_status.status is PersonStatus.CANCELLED:
            return
        if violations := _unfit("niss", niss_status):
            raise Refused(violations)
        self._cache.changed[niss] = _CANCELLED
        await self._tell_holders(niss, MutationKind.NISS_CANCELLED, stamp)

    async def _tell_holders(self, niss: Niss, kind: MutationKind, stamp: Stamp) -> None:
        """Record news about a number in every register that knows it."""
        for register in await self.registers([niss]):
            codes = [
                register.type_of(type_id).code
                for type_id in register.unit_of_work.types_of(niss)
                if register.unit_of_work.lines((niss, type_id))
            ]
            if codes:
                register.unit_of_work.news(kind, niss, tuple(sorted(codes)), stamp)

    # ---- identity -------------------------------------------------------------------------------

    async def apply_identity_change(
        self,
        niss: Niss,
        before: Identity,
        after: Identity,
        fields: Sequence[str],
        effective_date: int | None,
        stamp: Stamp,
    ) -> None:
        """Tell the registers that know the person, as the `identity_changes` of their types ask.

        WHILE_KNOWN: the dossier has a line; WHILE_INSCRIBED: a line covers the effective date or the day of
        recording; NONE: never. One mutation IDENTITY_CHANGED per register; the identities, reduced to
        `fields`, are kept once beside the log, and not at all when no register is told.
        """
        concerned = []
        for register in await self.registers([niss]):
            codes = [
                register.type_of(type_id).code
                for type_id in register.unit_of_work.types_of(niss)
                if _hears(register, (niss, type_id), effective_date)
            ]
            if codes:
                concerned.append((register.unit_of_work, tuple(sorted(codes))))
        if not concerned:
            return
        body = {
            "before": _reduced(before, fields),
            "after": _reduced(after, fields),
            "effective_date": None if effective_date is None else day_text(effective_date),
        }
        content_id, digest = await self._change.keep_content(niss, body)
        detail = identity_change_json(digest, fields)
        for unit_of_work, codes_told in concerned:
            unit_of_work.news(MutationKind.IDENTITY_CHANGED, niss, codes_told, stamp, detail, content_id)

    # ---- the transaction ------------------------------------------------------------------------

    async def registers(self, nisses: Sequence[Niss]) -> Sequence[LockedRegister]:
        """The registers that have, or had, dossiers of these numbers, locked, with what they hold now."""
        if self._cache.foresaw(nisses):
            opened = [register for _, register in sorted(self._open.items())]
            return [each for each in opened if any(each.unit_of_work.types_of(niss) for niss in nisses)]
        return await self._opened(nisses)

    async def _opened(self, nisses: Sequence[Niss]) -> Sequence[LockedRegister]:
        found = []
        for loaded_register in await self._change.loaded_registers(nisses):
            known = self._open.get(loaded_register.register_id)
            if known is None:
                unit_of_work = RegisterUnitOfWork(
                    loaded_register.loaded, loaded_register.types, self._max_lines
                )
                known = self._open[loaded_register.register_id] = LockedRegister(
                    loaded_register, unit_of_work
                )
            else:
                known.unit_of_work.extend(loaded_register.loaded)
            found.append(known)
        return found

    async def commit(self) -> None:
        """Write all of it and commit, or nothing. Raises StoreUnavailable, CommitUnknown, StoreFault."""
        written = [
            (register_id, result)
            for register_id, register in sorted(self._open.items())
            if (result := register.unit_of_work.take()) is not None
        ]
        await self._cache.write()
        await self._change.commit(self._cache.changed, written)
        for register_id, _ in written:
            self._committed(register_id)

    async def niss_status(self, niss: Niss) -> NissStatus | None:
        """The standing of a number, this transaction's changes included; None = unknown."""
        (niss_status,) = await self._cache.statuses_of(niss)
        return niss_status


def _unfit(field: str, niss_status: NissStatus | None) -> list[Violation]:
    """Why a number cannot be replaced, be a successor, or be cancelled."""
    if niss_status is None:
        return [Violation(field, Reason.NISS_UNKNOWN)]
    if niss_status.successor is not None:
        return [
            Violation(field, Reason.NISS_REPLACED, values={"successor": niss_text(niss_status.successor)})
        ]
    if niss_status.status is PersonStatus.CANCELLED:
        return [Violation(field, Reason.NISS_CANCELLED)]
    return []


def _replaced_through(niss: Niss, united: Mapping[Niss, NissStatus]) -> dict[Niss, NissStatus]:
    """Of the numbers united in one, those that had been replaced by `niss`, directly or in the end."""
    family: dict[Niss, NissStatus] = {}
    ahead = [niss]
    while ahead:
        successor = ahead.pop()
        for each, niss_status in united.items():
            if niss_status.replaced_by == successor and each not in family:
                family[each] = niss_status
                ahead.append(each)
    return family


def _move(unit_of_work: RegisterUnitOfWork, old: Niss, new: Niss, type_id: int, stamp: Stamp) -> None:
    lines, shares = unit_of_work.lines((old, type_id)), unit_of_work.shares((old, type_id))
    if not lines and not shares:
        return
    into = unit_of_work.lines((new, type_id))
    united = unite(old, lines, shares, new, into, unit_of_work.shares((new, type_id)))
    after = ((), normalise((*into, *lines)))
    unit_of_work.transfer(MutationKind.NISS_REPLACED, old, new, type_id, after, ({}, united), stamp)


def _give_back(
    unit_of_work: RegisterUnitOfWork,
    old: Niss,
    going: Collection[Niss],
    holder: Niss,
    type_id: int,
    stamp: Stamp,
) -> Lines:
    """Take the shares of `old`, and of the numbers `going` with it, out of the holder's dossier.

    Answers what is inseparable.
    """
    shares = unit_of_work.shares((holder, type_id))
    if not shares.keys() & {old, *going}:
        return ()
    apart = separate(shares, old, going, holder)
    own = normalise((*unit_of_work.lines((old, type_id)), *apart.given_back))
    after = (own, apart.kept)
    left = (apart.given_back_shares, apart.kept_shares)
    unit_of_work.transfer(MutationKind.NISS_RESTORED, old, holder, type_id, after, left, stamp)
    return apart.inseparable


def _hears(register: LockedRegister, key: tuple[Niss, int], effective_date: int | None) -> bool:
    """Whether a dossier makes its register hear of a change of identity."""
    lines = register.unit_of_work.lines(key)
    match register.type_of(key[1]).identity_changes:
        case IdentityChanges.NONE:
            return False
        case IdentityChanges.WHILE_KNOWN:
            return bool(lines)
        case IdentityChanges.WHILE_INSCRIBED:
            recorded = brussels_day(register.unit_of_work.loaded.record_time)
            return covers(lines, recorded) or (effective_date is not None and covers(lines, effective_date))


def _reduced(identity: Identity, fields: Sequence[str]) -> dict[str, object]:
    return {name: value for name, value in identity_json(identity).items() if name in fields}

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
from raas.usecases.persons.record_cache import ACTIVE, PersonsAtHand
from raas.usecases.ports.person_change import Holding, PersonChange, PersonChangeStore, Standing
from raas.usecases.ports.persons import Progress
from raas.usecases.ports.write_store import ImportKey
from raas.usecases.writes.unit_of_work import Ledger

_CANCELLED = Standing(PersonStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class Open:
    """A register that the alteration has locked, and its ledger."""

    holding: Holding
    ledger: Ledger

    def type_of(self, type_id: int) -> DossierType:
        """A dossier type of the register."""
        return self.holding.types.by_id[type_id]


class Alterations:
    """Begins alterations; `committed(register_id)` is called for every register that one wrote."""

    def __init__(
        self, store: PersonChangeStore, max_lines: int, committed: Callable[[int], None] = lambda _: None
    ) -> None:
        self._store = store
        self._max_lines = max_lines
        self._committed = committed

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Alteration]:
        """Keep every write lane out; leaving without commit rolls back."""
        async with self._store.change() as change:
            yield Alteration(change, self._max_lines, self._committed)


class Alteration:
    """One transaction: the PersonAlteration of person_ports.py, and what ReplaceNiss and its like need."""

    def __init__(self, change: PersonChange, max_lines: int, committed: Callable[[int], None]) -> None:
        self._change = change
        self._max_lines = max_lines
        self._committed = committed
        self._at_hand = PersonsAtHand(change)
        self._open: dict[int, Open] = {}

    # ---- records --------------------------------------------------------------------------------

    async def persons(self, nisses: Collection[Niss]) -> Mapping[Niss, Person]:
        """The records of these numbers, this transaction's changes included."""
        return await self._at_hand.persons(nisses)

    async def put(self, persons: Sequence[Person]) -> None:
        """Write records, new or changed."""
        await self._at_hand.put(persons)

    async def foresee(self, nisses: Collection[Niss]) -> None:
        """Read at once, and lock, what changes of these numbers will ask for one by one."""
        await self._at_hand.foresee(nisses)
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
        old, new = await self._at_hand.standings_of(niss, successor)
        if old is not None and old.replaced_by == successor:
            return
        if niss == successor:
            raise refuse(Reason.VALUE_INVALID, "successor_niss", "SUCCESSOR_IS_ITSELF")
        if violations := [*_unfit("niss", old), *_unfit("successor_niss", new)]:
            raise Refused(violations)
        for each, standing in (await self._at_hand.united_in(niss)).items():
            self._at_hand.changed[each] = Standing(standing.status, standing.replaced_by, successor)
        self._at_hand.changed[niss] = Standing(PersonStatus.REPLACED, successor, successor)
        for register in await self.registers([niss, successor]):
            for type_id in register.ledger.types_of(niss):
                _move(register.ledger, niss, successor, type_id, stamp)

    async def restore(self, niss: Niss, stamp: Stamp) -> dict[tuple[int, str], Lines]:
        """Undo the replacement or the cancellation of a number.

        It gets back the days it brought, and those inscribed under it since; what was inscribed since
        under the successor stays there. Days removed since stay away; those that cannot be attributed are
        answered, by register id and type code. Repeating it does nothing. Raises Refused NISS_UNKNOWN.
        """
        standing = await self.standing(niss)
        if standing is None:
            raise refuse(Reason.NISS_UNKNOWN, "niss")
        if standing.status is PersonStatus.CANCELLED:
            await self._tell_holders(niss, MutationKind.NISS_RESTORED, stamp)
        inseparable: dict[tuple[int, str], Lines] = {}
        if standing.successor is not None:
            holder = standing.successor
            family = _replaced_through(niss, await self._at_hand.united_in(holder))
            for each, member in family.items():
                self._at_hand.changed[each] = Standing(member.status, member.replaced_by, niss)
            for register in await self.registers([niss, holder]):
                for type_id in register.ledger.types_of(holder):
                    left = _give_back(register.ledger, niss, family, holder, type_id, stamp)
                    if left:
                        inseparable[register.holding.register_id, register.type_of(type_id).code] = left
        if standing != ACTIVE:
            self._at_hand.changed[niss] = ACTIVE
        return inseparable

    async def cancel(self, niss: Niss, stamp: Stamp) -> None:
        """Cancel a number: its dossiers stay, nothing is inscribed under it any more, every holder is told.

        Repeating it does nothing. Raises Refused NISS_UNKNOWN, NISS_REPLACED.
        """
        standing = await self.standing(niss)
        if standing is not None and standing.status is PersonStatus.CANCELLED:
            return
        if violations := _unfit("niss", standing):
            raise Refused(violations)
        self._at_hand.changed[niss] = _CANCELLED
        await self._tell_holders(niss, MutationKind.NISS_CANCELLED, stamp)

    async def _tell_holders(self, niss: Niss, kind: MutationKind, stamp: Stamp) -> None:
        """Record news about a number in every register that knows it."""
        for register in await self.registers([niss]):
            codes = [
                register.type_of(type_id).code
                for type_id in register.ledger.types_of(niss)
                if register.ledger.lines((niss, type_id))
            ]
            if codes:
                register.ledger.news(kind, niss, tuple(sorted(codes)), stamp)

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
                for type_id in register.ledger.types_of(niss)
                if _hears(register, (niss, type_id), effective_date)
            ]
            if codes:
                concerned.append((register.ledger, tuple(sorted(codes))))
        if not concerned:
            return
        body = {
            "before": _reduced(before, fields),
            "after": _reduced(after, fields),
            "effective_date": None if effective_date is None else day_text(effective_date),
        }
        content_id, digest = await self._change.keep_content(niss, body)
        detail = identity_change_json(digest, fields)
        for ledger, codes_told in concerned:
            ledger.news(MutationKind.IDENTITY_CHANGED, niss, codes_told, stamp, detail, content_id)

    # ---- the transaction ------------------------------------------------------------------------

    async def registers(self, nisses: Sequence[Niss]) -> Sequence[Open]:
        """The registers that have, or had, dossiers of these numbers, locked, with what they hold now."""
        if self._at_hand.foresaw(nisses):
            opened = [register for _, register in sorted(self._open.items())]
            return [each for each in opened if any(each.ledger.types_of(niss) for niss in nisses)]
        return await self._opened(nisses)

    async def _opened(self, nisses: Sequence[Niss]) -> Sequence[Open]:
        found = []
        for holding in await self._change.holdings(nisses):
            known = self._open.get(holding.register_id)
            if known is None:
                ledger = Ledger(holding.loaded, holding.types, self._max_lines)
                known = self._open[holding.register_id] = Open(holding, ledger)
            else:
                known.ledger.extend(holding.loaded)
            found.append(known)
        return found

    async def commit(self) -> None:
        """Write all of it and commit, or nothing. Raises StoreUnavailable, CommitUnknown, StoreFault."""
        written = [
            (register_id, result)
            for register_id, register in sorted(self._open.items())
            if (result := register.ledger.take()) is not None
        ]
        await self._at_hand.write()
        await self._change.commit(self._at_hand.changed, written)
        for register_id, _ in written:
            self._committed(register_id)

    async def standing(self, niss: Niss) -> Standing | None:
        """The standing of a number, this transaction's changes included; None = unknown."""
        (standing,) = await self._at_hand.standings_of(niss)
        return standing


def _unfit(field: str, standing: Standing | None) -> list[Violation]:
    """Why a number cannot be replaced, be a successor, or be cancelled."""
    if standing is None:
        return [Violation(field, Reason.NISS_UNKNOWN)]
    if standing.successor is not None:
        return [Violation(field, Reason.NISS_REPLACED, values={"successor": niss_text(standing.successor)})]
    if standing.status is PersonStatus.CANCELLED:
        return [Violation(field, Reason.NISS_CANCELLED)]
    return []


def _replaced_through(niss: Niss, united: Mapping[Niss, Standing]) -> dict[Niss, Standing]:
    """Of the numbers united in one, those that had been replaced by `niss`, directly or in the end."""
    family: dict[Niss, Standing] = {}
    ahead = [niss]
    while ahead:
        successor = ahead.pop()
        for each, standing in united.items():
            if standing.replaced_by == successor and each not in family:
                family[each] = standing
                ahead.append(each)
    return family


def _move(ledger: Ledger, old: Niss, new: Niss, type_id: int, stamp: Stamp) -> None:
    lines, shares = ledger.lines((old, type_id)), ledger.shares((old, type_id))
    if not lines and not shares:
        return
    into = ledger.lines((new, type_id))
    united = unite(old, lines, shares, new, into, ledger.shares((new, type_id)))
    after = ((), normalise((*into, *lines)))
    ledger.transfer(MutationKind.NISS_REPLACED, old, new, type_id, after, ({}, united), stamp)


def _give_back(
    ledger: Ledger, old: Niss, going: Collection[Niss], holder: Niss, type_id: int, stamp: Stamp
) -> Lines:
    """Take the shares of `old`, and of the numbers `going` with it, out of the holder's dossier.

    Answers what is inseparable.
    """
    shares = ledger.shares((holder, type_id))
    if not shares.keys() & {old, *going}:
        return ()
    apart = separate(shares, old, going, holder)
    own = normalise((*ledger.lines((old, type_id)), *apart.given_back))
    after = (own, apart.kept)
    left = (apart.given_back_shares, apart.kept_shares)
    ledger.transfer(MutationKind.NISS_RESTORED, old, holder, type_id, after, left, stamp)
    return apart.inseparable


def _hears(register: Open, key: tuple[Niss, int], effective_date: int | None) -> bool:
    """Whether a dossier makes its register hear of a change of identity."""
    lines = register.ledger.lines(key)
    match register.type_of(key[1]).identity_changes:
        case IdentityChanges.NONE:
            return False
        case IdentityChanges.WHILE_KNOWN:
            return bool(lines)
        case IdentityChanges.WHILE_INSCRIBED:
            recorded = brussels_day(register.ledger.loaded.record_time)
            return covers(lines, recorded) or (effective_date is not None and covers(lines, effective_date))


def _reduced(identity: Identity, fields: Sequence[str]) -> dict[str, object]:
    return {name: value for name, value in identity_json(identity).items() if name in fields}

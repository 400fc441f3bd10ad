"""Replacing, restoring and cancelling a number inside a transaction, in every register at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from raas.domain.calendar.periods import Lines, normalise
from raas.domain.errors import Reason, Refused, Violation, refuse
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.persons.status import PersonStatus
from raas.domain.registers.mutation import MutationKind, Stamp
from raas.domain.registers.shares import separate, unite
from raas.usecases.persons.transaction import PersonTransaction
from raas.usecases.ports.persons import NissStatus
from raas.usecases.writes.unit_of_work import RegisterUnitOfWork

_ACTIVE = NissStatus(PersonStatus.ACTIVE)
_CANCELLED = NissStatus(PersonStatus.CANCELLED)


def replace_niss(
    transaction: PersonTransaction, niss: Niss, successor: Niss, stamp: Stamp, *, follow: bool = False
) -> None:
    """Move the dossiers of a number to the number that replaces it, in every register.

    Each register records one group of mutations, two consecutive ones per dossier type: the old number loses
    its lines, and the successor gets the union (recorded even if its lines stay the same). The numbers that
    the old one had replaced follow it. Repeating the replacement changes nothing. With `follow` the
    successor may be a replaced number: then the dossiers move to its final successor.

    Raises Refused: NISS_UNKNOWN, NISS_REPLACED (one of the numbers is replaced already; a cycle shows in
    this way too), NISS_CANCELLED, VALUE_INVALID when both numbers are the same.
    """
    records = transaction.records
    old, new, final = records.status(niss), records.status(successor), successor
    if old is not None and old.replaced_by == successor:
        return
    if follow and new is not None and new.successor is not None and new.successor != niss:
        final = new.successor
        new = records.status(final)
    if niss == successor:
        raise refuse(Reason.VALUE_INVALID, "successor_niss", "SUCCESSOR_IS_ITSELF")
    if violations := [*_violations("niss", old), *_violations("successor_niss", new)]:
        raise Refused(violations)
    for each, niss_status in records.united_in(niss).items():
        records.set_status(each, NissStatus(niss_status.status, niss_status.replaced_by, final))
    records.set_status(niss, NissStatus(PersonStatus.REPLACED, successor, final))
    for register in transaction.registers([niss, final]):
        savepoint = register.unit_of_work.savepoint()
        for type_id in register.unit_of_work.types_of(niss):
            _unite(register.unit_of_work, niss, final, type_id, stamp)
        register.unit_of_work.bind(savepoint)


def restore_niss(transaction: PersonTransaction, niss: Niss, stamp: Stamp) -> dict[tuple[int, str], Lines]:
    """Undo the replacement or the cancellation of a number.

    The number gets back the days that it brought, and those inscribed under it since; the successor keeps
    the days inscribed under its own number since. Days removed since are not given back. Answers the days
    that cannot be attributed to either person, by register id and type code. Repeating the restoration
    changes nothing. Raises Refused NISS_UNKNOWN.
    """
    records = transaction.records
    niss_status = records.status(niss)
    if niss_status is None:
        raise refuse(Reason.NISS_UNKNOWN, "niss")
    if niss_status.status is PersonStatus.CANCELLED:
        _notify_holders(transaction, niss, MutationKind.NISS_RESTORED, stamp)
    inseparable: dict[tuple[int, str], Lines] = {}
    holder = niss_status.successor
    if holder is not None:
        family = _replaced_through(niss, records.united_in(holder))
        for each, member in family.items():
            records.set_status(each, NissStatus(member.status, member.replaced_by, niss))
        for register in transaction.registers([niss, holder]):
            savepoint = register.unit_of_work.savepoint()
            for type_id in register.unit_of_work.types_of(holder):
                if left := _separate(register.unit_of_work, niss, family, holder, type_id, stamp):
                    inseparable[register.id, register.type_of(type_id).code] = left
            register.unit_of_work.bind(savepoint)
    if niss_status != _ACTIVE:
        records.set_status(niss, _ACTIVE)
    return inseparable


def cancel_niss(transaction: PersonTransaction, niss: Niss, stamp: Stamp) -> None:
    """Cancel a number: it keeps its dossiers, takes no further inscription, and its holders are notified.

    Repeating the cancellation changes nothing. Raises Refused NISS_UNKNOWN, NISS_REPLACED.
    """
    niss_status = transaction.records.status(niss)
    if niss_status is not None and niss_status.status is PersonStatus.CANCELLED:
        return
    if violations := _violations("niss", niss_status):
        raise Refused(violations)
    transaction.records.set_status(niss, _CANCELLED)
    _notify_holders(transaction, niss, MutationKind.NISS_CANCELLED, stamp)


def _violations(field: str, niss_status: NissStatus | None) -> list[Violation]:
    """The reasons why a number cannot be replaced, be a successor, or be cancelled."""
    if niss_status is None:
        return [Violation(field, Reason.NISS_UNKNOWN)]
    if niss_status.successor is not None:
        values = {"successor": niss_text(niss_status.successor)}
        return [Violation(field, Reason.NISS_REPLACED, values=values)]
    if niss_status.status is PersonStatus.CANCELLED:
        return [Violation(field, Reason.NISS_CANCELLED)]
    return []


def _notify_holders(transaction: PersonTransaction, niss: Niss, kind: MutationKind, stamp: Stamp) -> None:
    """Record news about a number in every register that has a line of it."""
    for register in transaction.registers([niss]):
        codes = sorted(dossier_type.code for dossier_type, lines in register.dossiers_of(niss) if lines)
        if codes:
            register.unit_of_work.news(kind, niss, tuple(codes), stamp)


def _replaced_through(niss: Niss, united: Mapping[Niss, NissStatus]) -> dict[Niss, NissStatus]:
    """Of the numbers united in one, those that `niss` had replaced, directly or through others."""
    family: dict[Niss, NissStatus] = {}
    ahead = [niss]
    while ahead:
        successor = ahead.pop()
        for each, niss_status in united.items():
            if niss_status.replaced_by == successor and each not in family:
                family[each] = niss_status
                ahead.append(each)
    return family


def _unite(unit_of_work: RegisterUnitOfWork, old: Niss, new: Niss, type_id: int, stamp: Stamp) -> None:
    """Move the lines and shares of one dossier of `old` to `new`."""
    lines, shares = unit_of_work.lines((old, type_id)), unit_of_work.shares((old, type_id))
    if not lines and not shares:
        return
    into = unit_of_work.lines((new, type_id))
    united = unite(old, lines, shares, new, into, unit_of_work.shares((new, type_id)))
    after = ((), normalise((*into, *lines)))
    unit_of_work.transfer(MutationKind.NISS_REPLACED, old, new, type_id, after, ({}, united), stamp)


def _separate(
    unit_of_work: RegisterUnitOfWork,
    old: Niss,
    going: Collection[Niss],
    holder: Niss,
    type_id: int,
    stamp: Stamp,
) -> Lines:
    """Give `old` its shares of the holder's dossier, and those of the numbers `going` with it.

    Answers the days that cannot be attributed.
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

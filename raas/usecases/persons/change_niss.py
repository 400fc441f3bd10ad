"""ReplaceNiss, RestoreNiss, CancelNiss: one change of a number's standing, in every register at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.usecases.calls.call import Call
from raas.usecases.persons.transaction import LockedRegister, PersonTransaction, PersonTransactions
from raas.usecases.ports.persons import AffectedRegister, Inseparable, Restored
from raas.usecases.ports.read_store import DossierView

_Views = dict[int, tuple[DossierView, ...]]


class ChangeNiss:
    """The NissChanges of person_ports.py; with `validate_only` everything is done, and nothing kept."""

    def __init__(self, transactions: PersonTransactions) -> None:
        self._transactions = transactions

    async def replace(
        self, call: Call, niss: Niss, successor: Niss, *, validate_only: bool
    ) -> tuple[AffectedRegister, ...]:
        """Put one number in the place of another; registers in order of enterprise number."""
        async with self._transactions.begin() as transaction:
            watched = await _watch(transaction, [niss, successor])
            await transaction.replace(niss, successor, call.stamp())
            affected = watched.affected()
            if not validate_only:
                await transaction.commit()
            return affected

    async def restore(self, call: Call, niss: Niss, *, validate_only: bool) -> Restored:
        """Undo a replacement or a cancellation; registers in order of enterprise number."""
        async with self._transactions.begin() as transaction:
            niss_status = await transaction.niss_status(niss)
            holder = niss_status.successor if niss_status else None
            watched = await _watch(transaction, [niss] if holder is None else [niss, holder])
            inseparable = await transaction.restore(niss, call.stamp())
            restored = Restored(
                watched.affected(),
                tuple(
                    Inseparable(watched.numbers[register_id], code, lines)
                    for (register_id, code), lines in sorted(inseparable.items())
                ),
            )
            if not validate_only:
                await transaction.commit()
            return restored

    async def cancel(self, call: Call, niss: Niss) -> None:
        """Withdraw a number without a successor."""
        async with self._transactions.begin() as transaction:
            await transaction.cancel(niss, call.stamp())
            await transaction.commit()


class _Watched(NamedTuple):
    """The registers of some numbers, with their dossiers as they were when the watch began."""

    registers: Sequence[LockedRegister]
    before: _Views
    look: Callable[[LockedRegister], tuple[DossierView, ...]]

    @property
    def numbers(self) -> dict[int, EnterpriseNumber]:
        """The enterprise numbers by register id."""
        return {each.loaded_register.register_id: each.loaded_register.register for each in self.registers}

    def affected(self) -> tuple[AffectedRegister, ...]:
        """The registers whose dossiers are others now."""
        pairs = [
            (each, self.before[each.loaded_register.register_id], self.look(each)) for each in self.registers
        ]
        affected = [
            AffectedRegister(each.loaded_register.register, before, after)
            for each, before, after in pairs
            if before != after
        ]
        return tuple(sorted(affected, key=lambda each: each.register))


async def _watch(transaction: PersonTransaction, nisses: Sequence[Niss]) -> _Watched:
    def look(register: LockedRegister) -> tuple[DossierView, ...]:
        views = []
        for niss in sorted(nisses):
            for type_id in register.unit_of_work.types_of(niss):
                key, dossier_type = (niss, type_id), register.type_of(type_id)
                if lines := register.unit_of_work.lines(key):
                    revision = register.unit_of_work.last_revision(key)
                    views.append(DossierView(niss, dossier_type.code, dossier_type.partner, lines, revision))
        return tuple(sorted(views, key=lambda view: (view.niss, view.dossier_type)))

    registers = await transaction.registers(nisses)
    return _Watched(registers, {each.loaded_register.register_id: look(each) for each in registers}, look)

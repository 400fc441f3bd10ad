"""ReplaceNiss, RestoreNiss and CancelNiss: each changes the status of one number, in every register."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from raas.domain.calendar.periods import Lines
from raas.domain.errors import Reason
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.usecases.calls.call import Call
from raas.usecases.persons.replacement_rules import cancel_niss, replace_niss, restore_niss
from raas.usecases.persons.transaction import PersonTransaction, PersonTransactions, RegisterDraft
from raas.usecases.ports.read_store import DossierView
from raas.usecases.writes.results import Notice


@dataclass(frozen=True, slots=True)
class AffectedRegister:
    """The dossiers of the numbers concerned in one register, before and after; by number, then code."""

    register: EnterpriseNumber
    before: tuple[DossierView, ...]
    after: tuple[DossierView, ...]
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Inseparable:
    """Days of a dossier that can no longer be attributed to one of two persons."""

    register: EnterpriseNumber
    dossier_type: str
    lines: Lines


@dataclass(frozen=True, slots=True)
class Restored:
    """The effect of a restoration; registers in order of enterprise number."""

    registers: tuple[AffectedRegister, ...]
    inseparable: tuple[Inseparable, ...]


class ChangeNiss:
    """The three use cases. With `validate_only` the effect is computed and answered, but not committed."""

    def __init__(self, transactions: PersonTransactions) -> None:
        self._transactions = transactions

    async def replace(
        self, call: Call, niss: Niss, successor: Niss, *, validate_only: bool
    ) -> tuple[AffectedRegister, ...]:
        """Replace one number by another; answers the registers in order of enterprise number."""
        async with self._transactions.begin([niss, successor]) as transaction:
            before = _Before(transaction, [niss, successor])
            replace_niss(transaction, niss, successor, call.stamp())
            affected = before.affected()
            if not validate_only:
                await transaction.commit(call)
            return affected

    async def restore(self, call: Call, niss: Niss, *, validate_only: bool) -> Restored:
        """Undo a replacement or a cancellation."""
        async with self._transactions.begin([niss]) as transaction:
            niss_status = transaction.records.status(niss)
            holder = niss_status.successor if niss_status else None
            before = _Before(transaction, [niss] if holder is None else [niss, holder])
            inseparable = restore_niss(transaction, niss, call.stamp())
            restored = Restored(before.affected(), before.named(inseparable))
            if not validate_only:
                await transaction.commit(call)
            return restored

    async def cancel(self, call: Call, niss: Niss) -> None:
        """Cancel a number without a successor."""
        async with self._transactions.begin([niss]) as transaction:
            cancel_niss(transaction, niss, call.stamp())
            await transaction.commit(call)


class _Before:
    """The dossiers of some numbers before a change, to compare with those after it."""

    def __init__(self, transaction: PersonTransaction, nisses: Collection[Niss]) -> None:
        self._nisses = sorted(nisses)
        self._registers = transaction.registers(nisses)
        self._views = [_views(register, self._nisses) for register in self._registers]

    def affected(self) -> tuple[AffectedRegister, ...]:
        """The registers whose dossiers differ now."""
        affected = [
            AffectedRegister(register.enterprise_number, before, after, _notices(register, before, after))
            for register, before in zip(self._registers, self._views, strict=True)
            if before != (after := _views(register, self._nisses))
        ]
        return tuple(sorted(affected, key=lambda each: each.register))

    def named(self, inseparable: Mapping[tuple[int, str], Lines]) -> tuple[Inseparable, ...]:
        """Inseparable days with the enterprise number of their register instead of its id."""
        numbers = {register.id: register.enterprise_number for register in self._registers}
        return tuple(
            Inseparable(numbers[register_id], code, lines)
            for (register_id, code), lines in sorted(inseparable.items())
        )


def _notices(
    register: RegisterDraft, before: Collection[DossierView], after: Collection[DossierView]
) -> tuple[Notice, ...]:
    """A notice for each dossier that changed and now has more lines than an operation may leave."""
    return tuple(
        Notice(Reason.DOSSIER_TOO_LARGE, f"dossiers_after[{index}]", "NOTICE_DOSSIER_TOO_LARGE")
        for index, view in enumerate(after)
        if len(view.lines) > register.unit_of_work.max_lines and view not in before
    )


def _views(register: RegisterDraft, nisses: Collection[Niss]) -> tuple[DossierView, ...]:
    """The dossiers with lines of these numbers, by number, then code."""
    views = []
    for niss in nisses:
        for type_id in register.unit_of_work.types_of(niss):
            key, dossier_type = (niss, type_id), register.type_of(type_id)
            if lines := register.unit_of_work.lines(key):
                revision = register.unit_of_work.last_revision(key)
                views.append(DossierView(niss, dossier_type.code, dossier_type.partner, lines, revision))
    return tuple(sorted(views, key=lambda view: (view.niss, view.dossier_type)))

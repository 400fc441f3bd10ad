"""ReplaceNiss, RestoreNiss, CancelNiss: one change of a number's standing, in every register at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.usecases.calls.call import Call
from raas.usecases.persons.transaction import Alteration, Alterations, Open
from raas.usecases.ports.persons import AffectedRegister, Inseparable, Restored
from raas.usecases.ports.read_store import DossierView

_Views = dict[int, tuple[DossierView, ...]]


class Replacements:
    """The NissChanges of person_ports.py; with `validate_only` everything is done, and nothing kept."""

    def __init__(self, alterations: Alterations) -> None:
        self._alterations = alterations

    async def replace(
        self, call: Call, niss: Niss, successor: Niss, *, validate_only: bool
    ) -> tuple[AffectedRegister, ...]:
        """Put one number in the place of another; registers in order of enterprise number."""
        async with self._alterations.begin() as alteration:
            watched = await _watch(alteration, [niss, successor])
            await alteration.replace(niss, successor, call.stamp())
            affected = watched.affected()
            if not validate_only:
                await alteration.commit()
            return affected

    async def restore(self, call: Call, niss: Niss, *, validate_only: bool) -> Restored:
        """Undo a replacement or a cancellation; registers in order of enterprise number."""
        async with self._alterations.begin() as alteration:
            standing = await alteration.standing(niss)
            holder = standing.successor if standing else None
            watched = await _watch(alteration, [niss] if holder is None else [niss, holder])
            inseparable = await alteration.restore(niss, call.stamp())
            restored = Restored(
                watched.affected(),
                tuple(
                    Inseparable(watched.numbers[register_id], code, lines)
                    for (register_id, code), lines in sorted(inseparable.items())
                ),
            )
            if not validate_only:
                await alteration.commit()
            return restored

    async def cancel(self, call: Call, niss: Niss) -> None:
        """Withdraw a number without a successor."""
        async with self._alterations.begin() as alteration:
            await alteration.cancel(niss, call.stamp())
            await alteration.commit()


class _Watched(NamedTuple):
    """The registers of some numbers, with their dossiers as they were when the watch began."""

    registers: Sequence[Open]
    before: _Views
    look: Callable[[Open], tuple[DossierView, ...]]

    @property
    def numbers(self) -> dict[int, EnterpriseNumber]:
        """The enterprise numbers by register id."""
        return {each.holding.register_id: each.holding.register for each in self.registers}

    def affected(self) -> tuple[AffectedRegister, ...]:
        """The registers whose dossiers are others now."""
        pairs = [(each, self.before[each.holding.register_id], self.look(each)) for each in self.registers]
        affected = [
            AffectedRegister(each.holding.register, before, after)
            for each, before, after in pairs
            if before != after
        ]
        return tuple(sorted(affected, key=lambda each: each.register))


async def _watch(alteration: Alteration, nisses: Sequence[Niss]) -> _Watched:
    def look(register: Open) -> tuple[DossierView, ...]:
        views = []
        for niss in sorted(nisses):
            for type_id in register.ledger.types_of(niss):
                key, dossier_type = (niss, type_id), register.type_of(type_id)
                if lines := register.ledger.lines(key):
                    revision = register.ledger.last_revision(key)
                    views.append(DossierView(niss, dossier_type.code, dossier_type.partner, lines, revision))
        return tuple(sorted(views, key=lambda view: (view.niss, view.dossier_type)))

    registers = await alteration.registers(nisses)
    return _Watched(registers, {each.holding.register_id: look(each) for each in registers}, look)

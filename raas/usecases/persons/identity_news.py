"""Recording a change of identity in the registers that know the person."""

from __future__ import annotations

from collections.abc import Sequence

from raas.domain.calendar.day import brussels_day, day_text
from raas.domain.calendar.periods import Lines, covers
from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import Identity
from raas.domain.persons.stored_identity import identity_json
from raas.domain.registers.dossier_type import IdentityChanges
from raas.domain.registers.mutation import MutationKind, Stamp
from raas.domain.registers.stored_details import identity_change_json
from raas.usecases.persons.transaction import PersonTransaction


async def record_identity_change(
    transaction: PersonTransaction,
    niss: Niss,
    before: Identity,
    after: Identity,
    fields: Sequence[str],
    effective_date: int | None,
    stamp: Stamp,
) -> None:
    """Record IDENTITY_CHANGED once in every register whose dossier types ask for it.

    The `identity_changes` of a type decide: WHILE_KNOWN if the dossier has a line; WHILE_INSCRIBED if a
    line covers the effective date or the day of recording; NONE never. The identities, reduced to `fields`,
    are kept once beside the log, and not at all when no register records the change.
    """
    notified = []
    for register in transaction.registers([niss]):
        recorded = brussels_day(register.unit_of_work.loaded.record_time)
        days = (recorded,) if effective_date is None else (recorded, effective_date)
        codes = sorted(
            dossier_type.code
            for dossier_type, lines in register.dossiers_of(niss)
            if _asks(dossier_type.identity_changes, lines, days)
        )
        if codes:
            notified.append((register.unit_of_work, tuple(codes)))
    if not notified:
        return
    body = {
        "before": _reduced(before, fields),
        "after": _reduced(after, fields),
        "effective_date": None if effective_date is None else day_text(effective_date),
    }
    content_id, digest = await transaction.keep_content(niss, body)
    detail = identity_change_json(digest, fields)
    for unit_of_work, codes_notified in notified:
        unit_of_work.news(MutationKind.IDENTITY_CHANGED, niss, codes_notified, stamp, detail, content_id)


def _asks(identity_changes: IdentityChanges, lines: Lines, days: Sequence[int]) -> bool:
    """Whether a dossier with these lines makes its register record the change."""
    match identity_changes:
        case IdentityChanges.NONE:
            return False
        case IdentityChanges.WHILE_KNOWN:
            return bool(lines)
        case IdentityChanges.WHILE_INSCRIBED:
            return any(covers(lines, day) for day in days)


def _reduced(identity: Identity, fields: Sequence[str]) -> dict[str, object]:
    return {name: value for name, value in identity_json(identity).items() if name in fields}

"""Mutations without the days that restrictions hide, for all readers but auditors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from raas.domain.errors import Refused
from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import Mutation
from raas.domain.registers.restriction import HiddenDays, shown_mutation
from raas.usecases.ports.read_store import ReadStore


async def shown_history(
    reads: ReadStore,
    register_id: int,
    nisses: Sequence[Niss],
    dossier_type: str | None,
    after: int,
    limit: int,
) -> tuple[Sequence[Mutation], bool]:
    """Like `ReadStore.history`, without hidden days; a page is empty only if no more follow.

    Hidden days are read after the mutations: so a restriction holds for every read that begins after it.
    """
    while True:
        mutations, more = await reads.history(register_id, nisses, dossier_type, after, limit)
        hidden = await reads.hidden_days(register_id, nisses) if mutations else ()
        shown: Sequence[Mutation] = mutations
        if hidden:
            each = [await _shown(reads, register_id, mutation, hidden) for mutation in mutations]
            shown = [mutation for mutation in each if mutation is not None]
        if shown or not more:
            return shown, more
        after = mutations[-1].revision


async def shown_at(reads: ReadStore, register_id: int, revision: int) -> Mutation | None:
    """Like `ReadStore.mutation`, without hidden days; None also when nothing is left of the mutation."""
    mutation = await reads.mutation(register_id, revision)
    if mutation is None or mutation.niss is None:
        return mutation
    hidden = await reads.hidden_days(register_id, [mutation.niss])
    return await _shown(reads, register_id, mutation, hidden)


async def _shown(
    reads: ReadStore, register_id: int, mutation: Mutation, hidden: Sequence[HiddenDays]
) -> Mutation | None:
    if mutation.dossier_type is not None or mutation.niss is None:
        return shown_mutation(mutation, hidden)
    codes = {
        each.dossier_type
        for each in hidden
        if each.niss == mutation.niss
        and each.hides_at(mutation.revision)
        and each.dossier_type in mutation.dossier_types
    }
    if not codes:
        return mutation
    # News about a person says under which types the person was known: without the hidden days, maybe not.
    codes -= await _known_types(reads, register_id, mutation.niss, mutation.revision)
    kept = tuple(code for code in mutation.dossier_types if code not in codes)
    if kept == mutation.dossier_types:
        return mutation
    return replace(mutation, dossier_types=kept, checksum=b"") if kept else None


async def _known_types(reads: ReadStore, register_id: int, niss: Niss, revision: int) -> set[str]:
    """The types under which the number had lines, hidden days left out; none where that was trimmed."""
    key = register_id, niss
    try:
        dossiers = await reads.dossiers_of([key], {register_id: revision})
    except Refused:
        return set()
    return {dossier.dossier_type for dossier in dossiers[key]}

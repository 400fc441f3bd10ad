"""Numbers united and separated at random: every state of then, and what numbers meant, can still be asked."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.periods import Lines
from raas.domain.errors import Refused
from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import Mutation, MutationKind, Replacement
from raas.storage.reads.store import PostgresReadStore
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.ports.read_store import DossierFilter
from tests.storage.persons.test_transaction import HEALTH, Harness, call

STEPS = 70


@pytest.fixture
def harness(engine: AsyncEngine) -> Harness:
    return Harness(engine)


@pytest.fixture
def reads(reading_engine: AsyncEngine) -> PostgresReadStore:
    return PostgresReadStore(reading_engine)


async def befall(harness: Harness, register: AdmittedRegister, people: list[Niss], seed: int) -> None:
    """Inscriptions, removals, replacements, restorations and cancellations at random."""
    chance = random.Random(seed)
    for _ in range(STEPS):
        one, other = chance.sample(people, 2)
        day = chance.randrange(1, 28)
        try:
            match chance.randrange(10):
                case 0 | 1:
                    await harness.replace(one, other)
                case 2 | 3:
                    await harness.numbers.restore(call(), one, validate_only=False)
                case 4:
                    await harness.numbers.cancel(call(), one)
                case 5 | 6:
                    await harness.remove(register, one, f"2024-01-{day:02}", f"2024-02-{day:02}")
                case _:
                    await harness.inscribe(register, one, f"2024-01-{day:02}", f"2024-02-{day:02}")
        except Refused:
            continue  # replaced or cancelled at that moment


def replayed(log: list[Mutation]) -> Mapping[Niss, Lines]:
    state = {m.niss: m.after for m in log if m.dossier_type is not None}
    return {niss: lines for niss, lines in state.items() if niss is not None and lines}


def meant(log: list[Mutation]) -> Mapping[Niss, Niss]:
    """The number that each replaced one stood for, by going through the log in order."""
    direct: dict[Niss, Niss] = {}
    for mutation in log:
        if isinstance(detail := mutation.detail, Replacement):
            direct.pop(detail.replaced_niss, None)
            if mutation.kind is MutationKind.NISS_REPLACED:
                direct[detail.replaced_niss] = detail.successor_niss
    finals = {}
    for niss in direct:
        final = niss
        while final in direct:
            final = direct[final]
        finals[niss] = final
    return finals


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_every_state_of_then_and_what_numbers_meant(
    harness: Harness, reads: PostgresReadStore, seed: int
) -> None:
    register = await harness.register()
    people = await harness.persons(5)
    await befall(harness, register, people, seed)

    history, more = await reads.history(register.id, people, None, 0, 1_000)
    assert not more
    log = list(history)
    assert {m.kind for m in log} >= {MutationKind.NISS_REPLACED, MutationKind.NISS_RESTORED}
    keys = [(register.id, niss) for niss in people]
    begin = log[0].revision - 1
    for revision in range(begin, log[-1].revision + 1):
        known = [m for m in log if m.revision <= revision]
        page = await reads.page(register.id, DossierFilter(dossier_types=(HEALTH,)), revision, None, 1_000)
        assert {view.niss: view.lines for view in page.dossiers} == replayed(known)
        inside = known and known[-1].revision < known[-1].batch_last_revision
        if not inside:
            successors = await reads.successors_at(keys, {register.id: revision})
            assert {niss: final for (_, niss), final in successors.items()} == meant(known)

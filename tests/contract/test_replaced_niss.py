"""Random replacements, restorations and cancellations: earlier states and successors can still be asked."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from uuid import uuid4

import pytest

from raas.domain.calendar.day import parse_day
from raas.domain.calendar.periods import Lines, Period
from raas.domain.errors import Refused
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.dossier_type import DossierType
from raas.domain.registers.mutation import Mutation, MutationKind, Replacement
from raas.domain.registers.operation import Action, Operation
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.call import Call, Caller
from raas.usecases.calls.successors import final_niss, states_of
from raas.usecases.persons.change_niss import ChangeNiss
from raas.usecases.persons.identities import NoIdentities
from raas.usecases.persons.transaction import PersonTransactions
from raas.usecases.ports.niss_history import ReadAs
from raas.usecases.ports.read_store import DossierFilter
from raas.usecases.writes.batch import WriteLimits
from raas.usecases.writes.dossier_types import ManageDossierTypes
from raas.usecases.writes.operations import WriteOperations
from raas.usecases.writes.queue import WriteQueues
from tests.contract.stores import Stores
from tests.oracle import numbers

STEPS = 70
HEALTH = "HEALTH_INSURANCE"

_OWNERS = (EnterpriseNumber(int(numbers.enterprise_number(eight))) for eight in count(4_000_000))
_PERSONS = (Niss(int(numbers.niss(1946, 61, 1 + i % 28, 1 + i // 28))) for i in range(4_000))
"""Numbers that no other test uses."""


class Harness:
    """Registers, and the use cases that write them."""

    def __init__(self, stores: Stores) -> None:
        self.stores = stores
        limits = WriteLimits()
        self.queues = WriteQueues(stores.writes, limits)
        self.operations = WriteOperations(self.queues, stores.writes, stores.source, NoIdentities(), limits)
        self.numbers = ChangeNiss(PersonTransactions(stores.person_writes, 1_000))

    async def register(self) -> AdmittedRegister:
        created = await self.stores.registers.create(next(_OWNERS), "Fictitious organisation")
        register = AdmittedRegister(created.id, created.enterprise_number)
        types = ManageDossierTypes(self.queues, self.stores.writes, None)  # type: ignore[arg-type]
        await types.create(call(), register, DossierType(HEALTH, {}))
        return register

    async def persons(self, number: int) -> list[Niss]:
        """Numbers that the source knows, active."""
        nisses = [next(_PERSONS) for _ in range(number)]
        await self.stores.add_persons(nisses)
        return nisses

    async def apply(self, register: AdmittedRegister, action: Action, niss: Niss, day: int) -> None:
        period = Period(parse_day(f"2024-01-{day:02}"), parse_day(f"2024-02-{day:02}") + 1)
        operation = Operation(action, niss, HEALTH, period)
        await self.operations.single(call(), register, operation, validate_only=False, request_id=None)


def call() -> Call:
    return Call(Caller(EnterpriseNumber(999999922)), uuid4(), "/test")


async def befall(
    harness: Harness, register: AdmittedRegister, people: list[Niss], seed: int, steps: int = STEPS
) -> None:
    """Inscriptions, removals, replacements, restorations and cancellations at random."""
    chance = random.Random(seed)
    for _ in range(steps):
        one, other = chance.sample(people, 2)
        day = chance.randrange(1, 28)
        try:
            match chance.randrange(10):
                case 0 | 1:
                    await harness.numbers.replace(call(), one, other, validate_only=False)
                case 2 | 3:
                    await harness.numbers.restore(call(), one, validate_only=False)
                case 4:
                    await harness.numbers.cancel(call(), one)
                case 5 | 6:
                    await harness.apply(register, Action.REMOVE, one, day)
                case _:
                    await harness.apply(register, Action.INSCRIBE, one, day)
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
async def test_earlier_states_and_successors_equal_the_replay(stores: Stores, seed: int) -> None:
    harness, reads = Harness(stores), stores.reads
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
            logged = await reads.logged_numbers(keys, {register.id: revision})
            finals = {niss: read_as.niss for (_, niss), read_as in logged.items() if read_as.niss != niss}
            assert finals == meant(known)
            assert replayed(known).keys() <= {read_as.niss for read_as in logged.values()}


async def test_history_answers_the_statuses_of_every_instant_and_revision(stores: Stores) -> None:
    harness = Harness(stores)
    register = await harness.register()
    people = await harness.persons(4)
    moments: list[tuple[datetime, int, Mapping[Niss, ReadAs]]] = []
    for seed in range(30):
        await befall(harness, register, people, seed, steps=1)
        states = await states_of(stores.source, people)
        read_as = {}
        for niss in people:
            final = final_niss(niss, states)
            read_as[niss] = ReadAs(final, states[final].status)
        page = await stores.reads.page(register.id, DossierFilter(), None, None, 1)
        moments.append((datetime.now(UTC), page.revision, read_as))
    for index, (instant, revision, read_as) in enumerate(moments):
        assert await stores.niss_history.at_instant(people, instant) == read_as
        if moments[index + 1 :] and moments[index + 1][1] == revision:
            continue
        assert await stores.niss_history.at_revision(register.id, revision, people) == read_as
    ever = {
        (final, niss)
        for _, _, read_as in moments
        for niss, then in read_as.items()
        for final in (then.niss,)
        if final != niss
    }
    for final in people:
        found = await stores.niss_history.ever_replaced_by(final)
        assert set(found) == {niss for replaced_by, niss in ever if replaced_by == final}

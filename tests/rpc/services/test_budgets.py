"""Budgets of a day, call by call: what counts, and that nothing is told once they are used up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import grpc.aio
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.errors import Reason, Refused, Violation
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss, niss_text
from raas.rpc.calls.usage.call_budget import CallBudget
from raas.storage.limits.budgets import PostgresBudgetStore
from raas.usecases.calls.call import Caller
from raas.usecases.limits.budgets import Budgets
from raas.usecases.limits.limits import CallerLimits, LimitTable
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.reads.check import CheckAnswer, Decision, DecisionReason
from raas.usecases.reads.find_registers import RoutingAnswer
from raas.v1 import register_service_pb2 as v1
from raas.v1.decision_pb2 import InscriptionCheck
from raas.v1.inscription_pb2 import Inscription, Removal
from raas.v1.period_pb2 import Period
from tests.rpc.harness import ANN, BOB, CALLER, NEVER, OTHER, OWN, Harness, open_harness, told
from tests.rpc.person_harness import open_person_harness
from tests.rpc.services.test_person_service import Own
from tests.usecases.limits.test_budgets import Alerts, MemoryBudgetStore
from tests.usecases.persons.harness import an_identity, new_niss

SHOWN, UNKNOWN, CLAIMS = "persons_shown_per_day", "unknown_numbers_per_day", "wrong_claims_per_day"
DAY = Period(begin="2024-01-01")
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def budgets(**limits: int) -> Budgets:
    return Budgets(MemoryBudgetStore(), LimitTable(CallerLimits(**limits)), Alerts())


@asynccontextmanager
async def persons(
    engine: AsyncEngine, reading_engine: AsyncEngine, **limits: int
) -> AsyncIterator[tuple[Own, list[str]]]:
    """A caller whose register holds four persons, and their numbers."""
    stored = Budgets(PostgresBudgetStore(reading_engine), LimitTable(CallerLimits(**limits)), Alerts())
    async with open_person_harness(engine, reading_engine, budgets=stored) as server:
        register = await server.harness.register()
        held = [await server.harness.person(an_identity("Zwingli", "1931-05-14")) for _ in range(4)]
        for niss in held:
            await server.harness.inscribe(register, niss, "2024-01-01", "2024-12-31")
        yield Own(server, register, held[0]), [niss_text(niss) for niss in held]


async def exceeded(own: Own, rpc: str, request: dict[str, Any]) -> str:
    refusal = await own.refusal(rpc, request)
    assert (refusal.status, refusal.info.reason) == ("RESOURCE_EXHAUSTED", "LIMIT_EXCEEDED")
    assert float(refusal.info.metadata["retry_after"]) > 0
    assert own.raas_server.audit.counted[-1][2] == "LIMIT_EXCEEDED"
    return refusal.info.metadata["limit"]


async def test_persons_shown_by_all_calls_share_a_budget(
    engine: AsyncEngine, reading_engine: AsyncEngine
) -> None:
    async with persons(engine, reading_engine, persons_shown_per_day=2) as (own, (first, second, third, _)):
        await own.ask("GetPerson", {"niss": first})
        await own.ask("ConfrontIdentity", {"niss": second, "identity": {"last_name": "Zwingli"}})
        await own.ask("GetPerson", {"niss": second})
        assert await exceeded(own, "GetPerson", {"niss": third}) == SHOWN
        # Nothing more is looked up, not even whether somebody exists; persons shown before are.
        search = {"last_name": "Nobody", "birth_date": "1931-05-14"}
        assert await exceeded(own, "SearchPersons", search) == SHOWN
        nobody = niss_text(new_niss())
        assert await exceeded(own, "CheckPersons", {"checks": [{"niss": first}, {"niss": nobody}]}) == SHOWN
        await own.ask("GetPerson", {"niss": first})
        await own.ask("CheckPersons", {"checks": [{"niss": first}, {"niss": second}]})


async def test_update_is_refused_before_anything_is_changed(
    engine: AsyncEngine, reading_engine: AsyncEngine
) -> None:
    async with persons(engine, reading_engine, persons_shown_per_day=1) as (own, (first, second, *_)):
        update = {
            "identity": {"birth_place": "Genk"},
            "update_mask": "birthPlace",
            "source_date": "2024-01-01",
        }
        await own.ask("UpdatePerson", {"niss": first, **update})
        assert await exceeded(own, "UpdatePerson", {"niss": second, **update}) == SHOWN
        found = await own.raas_server.harness.store.finals([Niss(int(each)) for each in (first, second)])
        assert [person.identity.birth_place for person in found.values()] == ["Genk", None]


async def test_call_is_audited_also_when_its_budget_cannot_be_counted(
    engine: AsyncEngine, reading_engine: AsyncEngine
) -> None:
    class Away(MemoryBudgetStore):
        async def salt(self, day: int) -> bytes:
            raise StoreUnavailable("away")

    counted = Budgets(Away(), LimitTable(), Alerts())
    async with open_person_harness(engine, reading_engine, budgets=counted) as server:
        own = Own(server, await server.harness.register(), new_niss())
        refusal = await own.refusal("GetPerson", {"niss": own.text})
        assert refusal.info.reason == "UNAVAILABLE"
        assert [record.outcome for record in server.audit.records] == ["UNAVAILABLE"]


async def test_candidates_beyond_the_budget_are_not_shown(
    engine: AsyncEngine, reading_engine: AsyncEngine
) -> None:
    async with persons(engine, reading_engine, persons_shown_per_day=3) as (own, _):
        search = {"last_name": "Zwingli", "birth_date": "1931-05-14"}
        assert await exceeded(own, "SearchPersons", search) == SHOWN


async def test_unknown_numbers_of_all_calls_share_a_budget(
    engine: AsyncEngine, reading_engine: AsyncEngine
) -> None:
    async with persons(engine, reading_engine, unknown_numbers_per_day=2) as (own, (first, second, *_)):
        nobody, none, other = (niss_text(new_niss()) for _ in range(3))
        refusal = await own.refusal("GetPerson", {"niss": nobody})
        assert refusal.info.reason == "NISS_UNKNOWN"
        refusal = await own.refusal("ConfrontIdentity", {"niss": nobody, "identity": {"last_name": "X"}})
        assert refusal.info.reason == "NISS_UNKNOWN"
        await own.ask("CheckPersons", {"checks": [{"niss": nobody}, {"niss": none}, {"niss": first}]})
        assert await exceeded(own, "CheckPersons", {"checks": [{"niss": other}]}) == UNKNOWN
        # Known or not: it is not told.
        assert await exceeded(own, "GetPerson", {"niss": second}) == UNKNOWN
        assert await exceeded(own, "GetPerson", {"niss": nobody}) == UNKNOWN


async def test_wrong_claims_about_all_persons_share_a_budget(
    engine: AsyncEngine, reading_engine: AsyncEngine
) -> None:
    async with persons(engine, reading_engine, wrong_claims_per_day=2) as (own, (first, second, third, _)):
        right, wrong = {"last_name": "Zwingli"}, {"last_name": "Janssens"}
        await own.ask("ConfrontIdentity", {"niss": first, "identity": right})
        await own.ask("ConfrontIdentity", {"niss": first, "identity": wrong})
        await own.ask("CheckPersons", {"checks": [{"niss": second, "identity": wrong}]})
        for claim in (wrong, right):
            request = {"niss": third, "identity": claim}
            assert await exceeded(own, "ConfrontIdentity", request) == CLAIMS
        checks = {"checks": [{"niss": second, "identity": right}]}
        assert await exceeded(own, "CheckPersons", checks) == CLAIMS
        await own.ask("GetPerson", {"niss": third})


# ---- RegisterService ----------------------------------------------------------------------------


@pytest.fixture
async def register() -> AsyncIterator[Harness]:
    counted = budgets(unknown_numbers_per_day=1, persons_shown_per_day=1)
    async with open_harness(budgets=counted) as opened:
        yield opened


def inscription(niss: str) -> Inscription:
    return Inscription(niss=niss, dossier_type="HEALTH", period=DAY)


def single(niss: str) -> v1.InscribeRequest:
    return v1.InscribeRequest(niss=niss, dossier_type="HEALTH", period=DAY)


async def reason(call: Any) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return told(raised.value).info.reason


async def test_writes_of_unknown_numbers_count_and_other_writes_go_on(register: Harness) -> None:
    unknown = [NEVER, str(new_niss())]
    register.source.unknown.update(Niss(int(niss)) for niss in unknown)
    stub = register.stub
    assert await reason(stub.Inscribe(single(unknown[0]), metadata=CALLER)) == "NISS_UNKNOWN"
    assert await reason(stub.Inscribe(single(unknown[0]), metadata=CALLER)) == "NISS_UNKNOWN"
    assert await reason(stub.Inscribe(single(unknown[1]), metadata=CALLER)) == "LIMIT_EXCEEDED"
    batch = [v1.BatchOperation(inscribe=inscription(niss)) for niss in (ANN, unknown[1])]
    for validate_only in (True, False):
        request = v1.ApplyBatchRequest(operations=batch, validate_only=validate_only)
        assert await reason(stub.ApplyBatch(request, metadata=CALLER)) == "LIMIT_EXCEEDED"
    await stub.Inscribe(single(ANN), metadata=CALLER)
    assert [reason for _, _, reason in register.audit.counted] == ["LIMIT_EXCEEDED"] * 3


async def test_validation_is_refused_once_the_budget_is_used_up_known_or_not(register: Harness) -> None:
    unknown = [str(new_niss()) for _ in range(2)]
    register.source.unknown.update(Niss(int(niss)) for niss in unknown)
    stub = register.stub
    for niss in unknown:
        await reason(stub.Inscribe(single(niss), metadata=CALLER))
    for niss in (ANN, unknown[1]):
        checked = v1.InscribeRequest(niss=niss, dossier_type="HEALTH", period=DAY, validate_only=True)
        removal = v1.RemoveRequest(niss=niss, dossier_type="HEALTH", validate_only=True)
        batch = v1.ApplyBatchRequest(
            operations=[v1.BatchOperation(inscribe=inscription(niss))], validate_only=True
        )
        for call in (stub.Inscribe(checked, metadata=CALLER), stub.Remove(removal, metadata=CALLER)):
            assert await reason(call) == "LIMIT_EXCEEDED"
        assert await reason(stub.ApplyBatch(batch, metadata=CALLER)) == "LIMIT_EXCEEDED"


@pytest.mark.parametrize("harmless", [True, False])
async def test_unknown_numbers_count_in_rows_of_an_import_that_would_write_nothing(
    register: Harness, harmless: bool
) -> None:
    """Other rows write every number that is known into the register, where its owner sees it."""
    unknown = [str(new_niss()) for _ in range(3)]
    register.source.unknown.update(Niss(int(niss)) for niss in unknown)
    if harmless:
        rows = [v1.BatchOperation(inscribe=inscription(niss)) for niss in unknown]
    else:
        of_no_type = Inscription(niss=unknown[0], dossier_type="NO_SUCH_TYPE", period=DAY)
        removal = Removal(niss=unknown[1], dossier_type="HEALTH")
        rows = [v1.BatchOperation(inscribe=of_no_type), v1.BatchOperation(remove=removal)]
    rows.append(v1.BatchOperation(inscribe=inscription(ANN)))

    async def imported(*operations: v1.BatchOperation) -> v1.ImportResponse:
        call: Any = register.stub.Import(iter([v1.ImportRequest(operations=operations)]), metadata=CALLER)
        return await anext(aiter(call))

    if harmless:
        answer = await imported(*rows)
        assert (answer.applied, [row.offset for row in answer.rejected]) == (1, [0, 1, 2])
    else:
        assert [row.offset for row in (await imported(rows[0])).rejected] == [0]
        assert await reason(imported(*rows)) == "LIMIT_EXCEEDED"


def decision(why: DecisionReason) -> Decision:
    return Decision(False, why, (), 1, None)


async def test_checks_on_other_registers_count_and_those_on_the_own_one_do_not(register: Harness) -> None:
    async def check(*checks: tuple[str, str, DecisionReason]) -> None:
        register.check.answer = CheckAnswer(tuple(decision(why) for _, _, why in checks), NOW)
        asked = [InscriptionCheck(register=number, niss=niss) for number, niss, _ in checks]
        await register.stub.CheckInscriptions(v1.CheckInscriptionsRequest(checks=asked), metadata=CALLER)

    absent, unknown = DecisionReason.NOT_KNOWN, DecisionReason.NISS_UNKNOWN
    await check((OWN, ANN, absent), (OWN, BOB, absent))
    await check((OTHER, ANN, absent), (OTHER, NEVER, unknown))
    await check((OTHER, ANN, absent))
    assert await reason(check((OTHER, BOB, absent))) == "LIMIT_EXCEEDED"
    asked = len(register.check.asked)
    assert await reason(check((OTHER, BOB, absent))) == "LIMIT_EXCEEDED"
    assert len(register.check.asked) == asked
    await check((OWN, ANN, absent), (OWN, BOB, absent), (OWN, NEVER, unknown))
    assert await reason(check((OWN, str(new_niss()), unknown))) == "LIMIT_EXCEEDED"


async def test_routing_counts_the_person(register: Harness) -> None:
    register.routing.answer = RoutingAnswer((), NOW, ())
    ask = register.stub.FindRegisters
    for _ in range(2):
        await ask(v1.FindRegistersRequest(niss=ANN), metadata=CALLER)
    assert await reason(ask(v1.FindRegistersRequest(niss=BOB), metadata=CALLER)) == "LIMIT_EXCEEDED"
    assert len(register.routing.asked) == 3
    assert await reason(ask(v1.FindRegistersRequest(niss=NEVER), metadata=CALLER)) == "LIMIT_EXCEEDED"
    assert len(register.routing.asked) == 3


async def test_number_of_an_unforeseen_field_is_not_forgotten() -> None:
    store = MemoryBudgetStore()
    counted = Budgets(store, LimitTable(), Alerts())
    budget = CallBudget(counted, Caller(EnterpriseNumber(999999922)))
    budget.asked = {"niss": Niss(1), "successor_niss": Niss(2)}
    budget.batch = [Niss(3), None]
    for fields, count in ((["successor_niss"], 1), (["operations[0].niss"], 2), (["elsewhere"], 3)):
        await budget.count_refusal(Refused(Violation(field, Reason.NISS_UNKNOWN) for field in fields))
        assert len(store.entries) == count

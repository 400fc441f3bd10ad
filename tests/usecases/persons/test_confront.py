"""ConfrontIdentity, CheckPersons and the claims of inscriptions: verdicts, never a true value."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.day import parse_day
from raas.domain.calendar.periods import Period
from raas.domain.errors import Reason, Refused, Violation
from raas.domain.numbers.niss import Niss
from raas.domain.persons.confrontation import Verdict
from raas.domain.persons.identity import Identity, IdentityClaim, Sex
from raas.domain.persons.record import Person
from raas.domain.persons.status import PersonState, PersonStatus
from raas.domain.registers.operation import Action, Operation
from raas.usecases.limits.claim_limits import BURST, SECONDS, ClaimLimits
from raas.usecases.limits.rate_limit import RateLimit
from raas.usecases.persons.confront import ConfrontIdentity
from raas.usecases.persons.identities import NoIdentities, StoredIdentities, compared
from raas.usecases.persons.read import CheckedPerson, PersonCheck
from raas.usecases.ports.persons import Claim, Comparison
from raas.usecases.writes.claims import with_identity_violations
from tests.usecases.persons.harness import BIS, PersonHarness, a_call, an_identity, new_niss, ordinal

CLAIM = IdentityClaim("PEETERS", sex=Sex.MALE)


@pytest.fixture
def harness(engine: AsyncEngine, reading_engine: AsyncEngine) -> PersonHarness:
    return PersonHarness(engine, reading_engine)


def confronting(harness: PersonHarness, burst: int = BURST) -> ConfrontIdentity:
    return ConfrontIdentity(harness.store, ClaimLimits(RateLimit(burst, SECONDS)))


async def reason(confront: ConfrontIdentity, niss: Niss, actor: int | None = None) -> Reason | None:
    try:
        await confront.confront(a_call(actor), niss, CLAIM)
    except Refused as refused:
        return refused.violations[0].reason
    return None


async def test_every_claimed_field_gets_a_verdict(harness: PersonHarness):
    niss = await harness.person()
    assert await confronting(harness).confront(a_call(), niss, CLAIM) == (
        ("last_name", Verdict.MATCH),
        ("sex", Verdict.MISMATCH),
    )


async def test_replaced_number_is_compared_with_its_final_successor(harness: PersonHarness):
    old, new = await harness.person(an_identity("Old")), await harness.person()
    await harness.numbers.replace(a_call(), old, new, validate_only=False)
    verdicts = await confronting(harness).confront(a_call(), old, IdentityClaim("Peeters"))
    assert verdicts == (("last_name", Verdict.MATCH),)


async def test_unknown_number_is_refused(harness: PersonHarness):
    assert await reason(confronting(harness), new_niss()) is Reason.NISS_UNKNOWN


async def test_confrontations_under_all_numbers_of_a_person_share_a_budget(harness: PersonHarness):
    confront = confronting(harness, burst=3)
    first, second, final = [await harness.person() for _ in range(3)]
    for old in (first, second):
        await harness.numbers.replace(a_call(), old, final, validate_only=False)
    tried = [await reason(confront, niss) for niss in (first, second, final, first, second, final)]
    assert tried == [None] * 3 + [Reason.LIMIT_EXCEEDED] * 3


async def test_confrontations_are_limited_per_caller_and_number(harness: PersonHarness):
    confront = confronting(harness, burst=3)
    niss, other, nobody = await harness.person(), await harness.person(), new_niss()
    assert [await reason(confront, niss) for _ in range(4)] == [None, None, None, Reason.LIMIT_EXCEEDED]
    assert await reason(confront, other) is None
    assert await reason(confront, niss, actor=244640631) is None
    # An unknown number has the same budget, so the budget does not reveal whether a number exists.
    unknown = [await reason(confront, nobody) for _ in range(4)]
    assert unknown == [Reason.NISS_UNKNOWN] * 3 + [Reason.LIMIT_EXCEEDED]


def test_attempts_are_refilled_over_time():
    now = 0.0
    attempts = RateLimit(2, 10.0, lambda: now)
    assert [attempts.spend("a") for _ in range(3)] == [0.0, 0.0, 10.0]
    now = 9.5
    assert attempts.spend("a") == 0.5
    now = 10.0
    assert attempts.spend("a") == 0.0
    assert attempts.spend("a") == 10.0
    now = 1_000.0
    assert [attempts.spend("a") for _ in range(3)] == [0.0, 0.0, 10.0]
    assert attempts.spend("b") == 0.0
    assert [attempts.wait("a"), attempts.wait("b"), attempts.wait("b")] == [10.0, 0.0, 0.0]


# ---- claims of inscriptions ---------------------------------------------------------------------


def inscription(niss: Niss | None, claim: IdentityClaim | None, *violations: Violation) -> Operation:
    period = Period(parse_day("2024-01-01"), parse_day("2024-12-31"))
    return Operation(Action.INSCRIBE, niss, "HEALTH", period, claim, False, violations)


async def test_differing_claim_is_refused_with_the_names_of_its_fields(harness: PersonHarness):
    niss, unknown = await harness.person(), new_niss()
    wrong = IdentityClaim("Janssens", ("Marie",), None, Sex.MALE)
    bad = Violation("period", Reason.REQUIRED)
    operations = [
        inscription(niss, wrong, bad),
        inscription(niss, IdentityClaim("Peeters")),
        inscription(niss, None),
        inscription(unknown, wrong),
        inscription(None, wrong, bad),
    ]
    checked = await with_identity_violations(a_call(), operations, StoredIdentities(harness.store))
    mismatch = Violation("identity", Reason.IDENTITY_MISMATCH, values={"fields": "last_name,sex"})
    assert [operation.violations for operation in checked] == [(bad, mismatch), (), (), (), (bad,)]
    assert list(checked[1:]) == operations[1:]


async def test_source_without_identities_refuses_no_claim():
    operations = [inscription(new_niss(), CLAIM)]
    assert list(await with_identity_violations(a_call(), operations, NoIdentities())) == operations


async def test_caller_over_the_budget_of_wrong_claims_is_refused_even_when_right(harness: PersonHarness):
    niss, other = await harness.person(), await harness.person()
    right, wrong = IdentityClaim("Peeters"), IdentityClaim("Janssens")
    guesses = ClaimLimits(RateLimit(2, 60.0))

    async def reasons(*operations: Operation, actor: int | None = None) -> list[list[Reason]]:
        source = StoredIdentities(harness.store)
        checked = await with_identity_violations(a_call(actor), operations, source, guesses)
        return [[violation.reason for violation in operation.violations] for operation in checked]

    asked = [inscription(niss, claim) for claim in (right, wrong, right, wrong, right, wrong)]
    mismatch, stopped = [Reason.IDENTITY_MISMATCH], [Reason.LIMIT_EXCEEDED]
    assert await reasons(*asked) == [[], mismatch, [], mismatch, stopped, stopped]
    assert await reasons(inscription(niss, right), inscription(other, right)) == [stopped, []]
    assert await reasons(inscription(niss, None)) == [[]]
    assert await reasons(inscription(niss, right), actor=244640631) == [[]]


async def test_wrong_claims_under_all_numbers_of_a_person_share_a_budget(harness: PersonHarness):
    old, new = await harness.person(), await harness.person()
    await harness.numbers.replace(a_call(), old, new, validate_only=False)
    guesses, source = ClaimLimits(RateLimit(2, 60.0)), StoredIdentities(harness.store)
    asked = [inscription(niss, IdentityClaim("Janssens")) for niss in (old, new, old, new)]
    checked = await with_identity_violations(a_call(), asked, source, guesses)
    assert [operation.violations[0].reason for operation in checked] == [
        *[Reason.IDENTITY_MISMATCH] * 2,
        *[Reason.LIMIT_EXCEEDED] * 2,
    ]


async def test_inscription_without_claim_does_not_ask_the_source():
    class Silent:
        async def compare(self, claims: list[Claim]) -> list[Comparison]:
            raise AssertionError("nothing was claimed")

    operations = [inscription(new_niss(), None)]
    assert await with_identity_violations(a_call(), operations, Silent()) is operations  # type: ignore[arg-type]


# ---- checks for other servers ---------------------------------------------------------------------


async def test_check_answers_are_in_the_order_of_the_checks(harness: PersonHarness):
    old, new, gone = [await harness.person() for _ in range(3)]
    unknown = new_niss()
    await harness.numbers.replace(a_call(), old, new, validate_only=False)
    await harness.numbers.cancel(a_call(), gone)
    born = ordinal(1968, 6, 14)
    checks = [
        PersonCheck(old, CLAIM, with_former=True),
        PersonCheck(unknown, CLAIM, with_former=True),
        PersonCheck(gone),
        PersonCheck(new, CLAIM),
    ]
    assert await harness.read.check(checks) == (
        CheckedPerson(PersonState(PersonStatus.REPLACED, new, born), ("sex",), (old,)),
        CheckedPerson(None, (), ()),
        CheckedPerson(PersonState(PersonStatus.CANCELLED, None, born), (), ()),
        CheckedPerson(PersonState(PersonStatus.ACTIVE, None, born), ("sex",), ()),
    )


async def test_register_reads_only_persons_it_holds(harness: PersonHarness):
    register, niss, other = await harness.register(), await harness.person(Identity("Nemo")), new_niss()
    for unheld in (niss, other):
        with pytest.raises(Refused) as refused:
            await harness.read.get(register, unheld, ordinal(2024, 6, 1))
        assert refused.value.violations == (Violation("niss", Reason.NISS_UNKNOWN),)
    await harness.inscribe(register, niss, "2024-01-01", "2024-12-31")
    assert (await harness.read.get(register, niss, ordinal(2024, 6, 1))).person == await harness.record(niss)
    with pytest.raises(Refused):
        await harness.read.get(await harness.register(), niss, ordinal(2024, 6, 1))


async def test_other_tasks_run_while_long_claims_are_compared() -> None:
    iterations = 0

    async def other() -> None:
        nonlocal iterations
        while True:
            iterations += 1
            await asyncio.sleep(0)

    claim = IdentityClaim("é" * 250, tuple(f"{'é' * 250} {number}" for number in range(32)))
    task = asyncio.create_task(other())
    # They take a hundred milliseconds; fewer claims than were once compared without a pause.
    found = await compared({Niss(1): Person(Niss(1), BIS, an_identity())}, [(Niss(1), claim)] * 40)
    task.cancel()
    assert iterations > 2
    assert found == [("last_name",)] * 40

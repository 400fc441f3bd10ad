"""CheckInscriptions: the decision and its reason."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.day import OPEN
from raas.domain.calendar.periods import Period
from raas.domain.errors import Reason, Refused, Violation, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.storage.reads.store import PostgresReadStore
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.persons.no_history import UnchangingNumbers
from raas.usecases.reads.check import Check, CheckInscriptions, DecisionReason
from tests.storage.seed import START, Book, new_book, persons
from tests.usecases.feed.reading import (
    CANCELLED,
    REPLACED,
    REPLACED_BY_CANCELLED,
    SUCCESSOR,
    UNKNOWN,
    Source,
    admitted,
    said,
)

# In Belgium it is the 2nd of June already.
NOW = datetime(2024, 6, 1, 22, 30, tzinfo=UTC)
TODAY = date(2024, 6, 2).toordinal()
NOBODY = EnterpriseNumber(100000033)


@pytest.fixture
def check(reading_engine: AsyncEngine) -> CheckInscriptions:
    return CheckInscriptions(PostgresReadStore(reading_engine), Source(), UnchangingNumbers(), lambda: NOW)


def admitting(*books: Book) -> Callable[[EnterpriseNumber], Awaitable[AdmittedRegister]]:
    async def admit(number: EnterpriseNumber) -> AdmittedRegister:
        for book in books:
            if book.number == number:
                return admitted(book)
        raise refuse(Reason.MANDATE_MISSING, "register")

    return admit


def placed(*checks: Check) -> Mapping[int, Check]:
    return dict(enumerate(checks))


async def test_every_reason_of_a_decision(check: CheckInscriptions, engine: AsyncEngine) -> None:
    book = await new_book(engine, "A", "B", "C")
    person, had = persons(2)
    await book.set((person, "A", (Period(100, 200),)), (person, "B", (Period(300, OPEN),)))
    await book.set((had, "A", (Period(100, 200),)), (had, "A", ()))
    await book.set((SUCCESSOR, "A", (Period(100, 200),)), (CANCELLED, "A", (Period(100, 200),)))
    answers: list[tuple[Check, DecisionReason, list[str], Niss | None]] = [
        (Check(book.number, person, (), 150), DecisionReason.INSCRIBED, ["A"], None),
        (Check(book.number, person, (), None, Period(150, 301)), DecisionReason.INSCRIBED, ["A", "B"], None),
        (Check(book.number, person, ("B", "C"), 300), DecisionReason.INSCRIBED, ["B"], None),
        (Check(book.number, person, (), None, None), DecisionReason.INSCRIBED, ["B"], None),
        (Check(book.number, person, ("B",), 299), DecisionReason.OUTSIDE_PERIOD, [], None),
        (Check(book.number, person, ("A",)), DecisionReason.OUTSIDE_PERIOD, [], None),
        (Check(book.number, person, ("C",), 150), DecisionReason.OTHER_DOSSIER_TYPE, [], None),
        (Check(book.number, had, (), 150), DecisionReason.NOT_KNOWN, [], None),
        (Check(book.number, REPLACED, (), 150), DecisionReason.INSCRIBED, ["A"], SUCCESSOR),
        (Check(book.number, REPLACED, (), 200), DecisionReason.OUTSIDE_PERIOD, [], SUCCESSOR),
        (Check(book.number, CANCELLED, (), 150), DecisionReason.NISS_CANCELLED, [], None),
        (Check(book.number, REPLACED_BY_CANCELLED, (), 150), DecisionReason.NISS_CANCELLED, [], CANCELLED),
        (Check(book.number, UNKNOWN, (), 150), DecisionReason.NISS_UNKNOWN, [], None),
    ]
    answer = await check.decide(placed(*(each[0] for each in answers)), None, admitting(book))
    assert [
        (d.reason, d.inscribed, [view.dossier_type for view in d.dossiers], d.successor_niss, d.revision)
        for d in answer.decisions
    ] == [
        (reason, reason is DecisionReason.INSCRIBED, codes, successor, 6)
        for _, reason, codes, successor in answers
    ]
    assert answer.decision_time == NOW


async def test_large_answer_has_each_dossier_once_or_is_refused(
    check: CheckInscriptions, engine: AsyncEngine
) -> None:
    book = await new_book(engine, "A")
    person, *others = persons(150)
    lines = tuple(Period(day, day + 1) for day in range(1, 2_000, 2))
    await book.set(*((each, "A", lines) for each in (person, *others)))

    few = await check.decide(placed(*[Check(book.number, person, (), 1)] * 100), None, admitting(book))
    many = await check.decide(placed(*[Check(book.number, person, (), 1)] * 150), None, admitting(book))
    with pytest.raises(Refused) as raised:
        await check.decide(
            placed(*(Check(book.number, each, (), 1) for each in others)), None, admitting(book)
        )

    assert not few.first_dossiers_only
    assert [d.dossiers[0].lines for d in few.decisions] == [lines] * 100
    assert many.first_dossiers_only
    assert all(decision.inscribed for decision in many.decisions)
    assert [d.dossiers[0].lines for d in many.decisions] == [lines] + [()] * 149
    assert raised.value.violations == (Violation("checks", Reason.BATCH_TOO_LARGE, "ANSWER_TOO_LARGE"),)


async def test_check_without_a_day_means_today_in_belgium(
    check: CheckInscriptions, engine: AsyncEngine
) -> None:
    book = await new_book(engine, "A", "B")
    person = persons(1)[0]
    await book.set((person, "A", (Period(TODAY, TODAY + 1),)), (person, "B", (Period(TODAY - 1, TODAY),)))
    answer = await check.decide(placed(Check(book.number, person)), None, admitting(book))
    assert [view.dossier_type for view in answer.decisions[0].dossiers] == ["A"]


async def test_check_as_of_an_instant_uses_statuses_and_days_of_then(
    check: CheckInscriptions, engine: AsyncEngine
) -> None:
    book = await new_book(engine, "A")
    day = START.date().toordinal()
    for number in (REPLACED, CANCELLED, UNKNOWN):
        await book.set((number, "A", (Period(day, day + 1),)))
    then = book.record_time
    for number in (REPLACED, CANCELLED, UNKNOWN):
        await book.set((number, "A", ()))
    checks = [Check(book.number, number) for number in (REPLACED, CANCELLED, UNKNOWN, SUCCESSOR)]
    answer = await check.decide(placed(*checks), then, admitting(book))
    assert [(d.reason, d.successor_niss, d.revision) for d in answer.decisions] == [
        (DecisionReason.INSCRIBED, None, 3),
        (DecisionReason.INSCRIBED, None, 3),
        (DecisionReason.INSCRIBED, None, 3),
        (DecisionReason.NOT_KNOWN, None, 3),
    ]
    assert answer.decision_time == then


async def test_registers_are_each_read_at_one_revision(check: CheckInscriptions, engine: AsyncEngine) -> None:
    one, other = await new_book(engine, "A"), await new_book(engine, "A")
    people = persons(3)
    await one.set(*((person, "A", (Period(1, OPEN),)) for person in people))
    await other.set((people[0], "A", (Period(1, OPEN),)))
    checks = [Check(book.number, person) for person in people for book in (one, other)]
    answer = await check.decide(placed(*checks), None, admitting(one, other))
    assert [(d.inscribed, d.revision) for d in answer.decisions] == [
        (True, 3),
        (True, 1),
        (True, 3),
        (False, 1),
        (True, 3),
        (False, 1),
    ]


async def test_all_violations_are_reported_together(check: CheckInscriptions, engine: AsyncEngine) -> None:
    book = await new_book(engine, "A")
    person = persons(1)[0]
    checks = {
        0: Check(book.number, person, ("A", "X")),
        2: Check(book.number, person, ("A",)),
        5: Check(book.number, person, ("Y", "X")),
    }
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    unknown = [
        ("checks[0].dossier_types[1]", Reason.DOSSIER_TYPE_UNKNOWN),
        ("checks[5].dossier_types[0]", Reason.DOSSIER_TYPE_UNKNOWN),
        ("checks[5].dossier_types[1]", Reason.DOSSIER_TYPE_UNKNOWN),
    ]
    for at_time, expected in (
        (None, unknown),
        (tomorrow, [*unknown, ("at_time", Reason.VALUE_INVALID)]),
    ):
        with pytest.raises(Refused) as refused:
            await check.decide(checks, at_time, admitting(book))
        assert said(refused.value) == expected
        violations = await check.violations(checks, at_time, admitting(book))
        # The time of the server, which a sentence states, has moved on.
        assert said(Refused(violations)) == expected
        assert [each.sentence for each in violations] == [each.sentence for each in refused.value.violations]


async def test_missing_permission_is_reported_alone(check: CheckInscriptions, engine: AsyncEngine) -> None:
    book = await new_book(engine, "A")
    person = persons(1)[0]
    checks = {1: Check(book.number, person, ("X",)), 3: Check(NOBODY, person), 4: Check(NOBODY, person)}
    with pytest.raises(Refused) as refused:
        await check.decide(checks, None, admitting(book))
    assert said(refused.value) == [
        ("checks[3].register", Reason.MANDATE_MISSING),
        ("checks[4].register", Reason.MANDATE_MISSING),
    ]


async def test_instants_outside_the_log_are_refused(check: CheckInscriptions, engine: AsyncEngine) -> None:
    book = await new_book(engine, "A")
    for day in range(1, 4):
        await book.set((persons(1)[0], "A", (Period(day, OPEN),)))
    await book.trim(2)
    for instant, reason in (
        (START, Reason.REVISION_EXPIRED),
        (datetime.now(UTC) + timedelta(hours=1), Reason.VALUE_INVALID),
    ):
        with pytest.raises(Refused) as refused:
            await check.decide(placed(Check(book.number, persons(1)[0])), instant, admitting(book))
        assert said(refused.value) == [("at_time", reason)]

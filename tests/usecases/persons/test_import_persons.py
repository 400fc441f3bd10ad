"""ImportPersons: the effect of a row, exactly once, also after interruptions."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.incomplete_date import parse_incomplete_date
from raas.domain.errors import Reason, Refused, Violation
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.persons.identity import Address, Identity
from raas.domain.persons.record import Person, RegisterOfOrigin
from raas.domain.persons.status import PersonStatus
from raas.domain.persons.stored_identity import identity_json
from raas.domain.registers.dossier_type import IdentityChanges
from raas.domain.registers.mutation import MutationKind
from raas.storage.connection.database import open_database
from raas.usecases.persons.import_progress import PersonImportAnswer, PersonImportMessage
from raas.usecases.persons.import_rows import ImportedPerson
from raas.usecases.ports.errors import PortError
from raas.usecases.ports.persons import AddResult, Progress
from tests.engines import close
from tests.oracle import numbers
from tests.usecases.persons.harness import (
    BIS,
    NATIONAL,
    PersonHarness,
    a_call,
    an_identity,
    new_niss,
    ordinal,
)

DOOMED = "doomed"
"""The application name of connections that are killed."""

REPLACED, CANCELLED, ACTIVE = PersonStatus.REPLACED, PersonStatus.CANCELLED, PersonStatus.ACTIVE


@pytest.fixture
def harness(engine: AsyncEngine, reading_engine: AsyncEngine) -> PersonHarness:
    return PersonHarness(engine, reading_engine)


def row(niss: Niss | None = None, **values: object) -> ImportedPerson:
    given = {"register_of_origin": BIS, "identity": an_identity(), **values}
    return ImportedPerson(niss or new_niss(), **given)  # type: ignore[arg-type]


def about(niss: Niss, **identity: object) -> ImportedPerson:
    """A row with these fields only."""
    return ImportedPerson(niss, identity=Identity(**identity))  # type: ignore[arg-type]


# ---- the effect of a row --------------------------------------------------------------------------


async def test_import_adds_new_numbers(harness: PersonHarness):
    rows = [row(), row(register_of_origin=NATIONAL, source_date=ordinal(2024, 5, 6))]
    assert await harness.imported(rows) == PersonImportAnswer(2, 2, 0, ())
    first, second = [await harness.record(each.niss) for each in rows if each.niss]
    assert (first.status, first.version, first.identity) == (ACTIVE, 1, an_identity())
    assert second.register_of_origin is NATIONAL
    assert second.source_date == ordinal(2024, 5, 6)


async def test_import_of_known_data_changes_nothing(harness: PersonHarness):
    rows = [row(), row(), row()]
    await harness.imported(rows)
    assert await harness.imported(rows) == PersonImportAnswer(3, 0, 3, ())
    for each in rows:
        assert each.niss
        assert (await harness.record(each.niss)).version == 1


async def test_import_of_changed_data_updates_the_record_and_notifies_registers(harness: PersonHarness):
    register = await harness.register()
    niss = await harness.person(an_identity("Peeters"))
    await harness.inscribe(register, niss, "2020-01-01", "2020-12-31")
    assert await harness.imported([about(niss, last_name="Janssens")]) == PersonImportAnswer(1, 1, 0, ())
    record = await harness.record(niss)
    assert record.identity == replace(an_identity(), last_name="Janssens")
    (_, told) = await harness.log(register)
    assert told == (
        3,
        MutationKind.IDENTITY_CHANGED.value,
        niss,
        ["HEALTH"],
        {
            "fields": ["last_name"],
            "before": {"last_name": "Peeters"},
            "after": {"last_name": "Janssens"},
            "effective_date": None,
        },
    )


async def test_effective_date_of_a_death_is_its_day(harness: PersonHarness):
    register = await harness.register()
    niss = await harness.person()
    await harness.inscribe(register, niss, "2020-01-01", "2020-12-31")
    await harness.imported([about(niss, death_date=parse_incomplete_date("2023-04-05"))])
    (_, told) = await harness.log(register)
    assert isinstance(told[4], dict)
    assert told[4]["effective_date"] == "2023-04-05"
    assert (await harness.source.states([niss]))[niss].deceased


@pytest.mark.parametrize(
    ("changes", "begin", "end", "source_date", "told"),
    [
        (IdentityChanges.WHILE_KNOWN, "2001-01-01", "2001-01-31", None, True),
        (IdentityChanges.NONE, "2001-01-01", "9998-01-31", ordinal(2001, 1, 1), False),
        (IdentityChanges.WHILE_INSCRIBED, "2001-01-01", "2001-01-31", None, False),
        (IdentityChanges.WHILE_INSCRIBED, "2001-01-01", "2001-01-31", ordinal(2001, 1, 31), True),
        (IdentityChanges.WHILE_INSCRIBED, "2001-01-01", "2001-01-31", ordinal(2001, 2, 1), False),
        (IdentityChanges.WHILE_INSCRIBED, "2001-01-01", "9998-01-31", ordinal(2000, 1, 1), True),
    ],
)
async def test_identity_changes_setting_decides_whether_a_register_is_notified(
    harness: PersonHarness,
    changes: IdentityChanges,
    begin: str,
    end: str,
    source_date: int | None,
    told: bool,
):
    register = await harness.register(TYPE=changes)
    niss = await harness.person()
    await harness.inscribe(register, niss, begin, end, "TYPE")
    await harness.imported([replace(about(niss, birth_place="Gent"), source_date=source_date)])
    assert [entry[1] for entry in await harness.log(register)] == [1] + [6] * told


async def test_register_without_the_person_is_not_notified(harness: PersonHarness):
    register = await harness.register()
    niss, other = await harness.person(), await harness.person()
    await harness.inscribe(register, other, "2020-01-01", "2020-12-31")
    await harness.imported([about(niss, birth_place="Gent")])
    assert len(await harness.log(register)) == 1


async def test_rows_replace_and_cancel_like_the_single_calls(harness: PersonHarness):
    register = await harness.register()
    old, new, gone = [await harness.person() for _ in range(3)]
    for niss in (old, gone):
        await harness.inscribe(register, niss, "2020-01-01", "2020-12-31")
    rows = [ImportedPerson(old, status=REPLACED, replaced_by=new), ImportedPerson(gone, status=CANCELLED)]
    assert await harness.imported(rows) == PersonImportAnswer(2, 2, 0, ())
    assert [entry[1:3] for entry in await harness.log(register)][2:] == [
        (MutationKind.NISS_REPLACED.value, old),
        (MutationKind.NISS_REPLACED.value, new),
        (MutationKind.NISS_CANCELLED.value, gone),
    ]
    assert await harness.imported(rows) == PersonImportAnswer(2, 0, 2, ())
    assert len(await harness.log(register)) == 5
    record = await harness.record(old)
    assert (record.status, record.replaced_by, record.successor) == (REPLACED, new, new)


async def test_new_number_may_be_replaced_or_cancelled_from_the_start(harness: PersonHarness):
    successor, old, gone = new_niss(), new_niss(), new_niss()
    rows = [
        row(successor),
        ImportedPerson(old, BIS, REPLACED, successor),
        ImportedPerson(gone, BIS, CANCELLED),
    ]
    assert await harness.imported(rows) == PersonImportAnswer(3, 3, 0, ())
    states = await harness.source.states([old, gone])
    assert (states[old].successor, states[gone].status) == (successor, CANCELLED)


async def test_row_sees_the_changes_of_earlier_rows(harness: PersonHarness):
    niss = new_niss()
    rows = [row(niss), about(niss, last_name="Two"), about(niss, last_name="Three"), row(niss)]
    assert await harness.imported(rows) == PersonImportAnswer(4, 4, 0, ())
    assert (await harness.record(niss)).identity.last_name == "Peeters"


async def test_older_row_does_not_overwrite_newer_fields(harness: PersonHarness):
    niss = new_niss()
    newer, older = ordinal(2024, 6, 1), ordinal(2024, 5, 1)
    await harness.imported([replace(row(niss, identity=an_identity("New")), source_date=newer)])
    late = Identity(last_name="Old", birth_place="Gent")
    answer = await harness.imported([ImportedPerson(niss, identity=late, source_date=older)])
    assert answer == PersonImportAnswer(1, 1, 0, ())
    record = await harness.record(niss)
    assert (record.identity.last_name, record.identity.birth_place) == ("New", "Gent")
    assert (record.source_dates["last_name"], record.source_dates["birth_place"]) == (newer, older)
    assert await harness.imported(
        [ImportedPerson(niss, identity=late, source_date=older)]
    ) == PersonImportAnswer(1, 0, 1, ())


async def test_row_without_a_field_keeps_its_value(harness: PersonHarness):
    identity = replace(an_identity(), address=Address("BE", "Gent"))
    niss = await harness.person(identity)
    await harness.imported([about(niss, last_name="Janssens")])
    assert (await harness.record(niss)).identity == replace(identity, last_name="Janssens")


async def test_row_changes_the_register_of_origin(harness: PersonHarness):
    niss = await harness.person()
    answer = await harness.imported([ImportedPerson(niss, RegisterOfOrigin.RAD)])
    assert answer == PersonImportAnswer(1, 1, 0, ())
    assert (await harness.record(niss)).register_of_origin is RegisterOfOrigin.RAD


# ---- numbers that were replaced -----------------------------------------------------------------


async def test_news_about_a_replaced_number_change_its_final_successor(harness: PersonHarness):
    register = await harness.register()
    first, second, third = [await harness.person() for _ in range(3)]
    await harness.inscribe(register, first, "2020-01-01", "2020-12-31")
    for old, new in ((first, second), (second, third)):
        await harness.numbers.replace(a_call(), old, new, validate_only=False)
    before = await harness.log(register)
    died = about(first, death_date=parse_incomplete_date("2023-04-05"))
    assert await harness.imported([died]) == PersonImportAnswer(1, 1, 0, ())
    told = (await harness.log(register))[len(before) :]
    assert [(kind, niss) for _, kind, niss, *_ in told] == [(MutationKind.IDENTITY_CHANGED.value, third)]
    for niss in (first, second, third):
        assert (await harness.source.states([niss]))[niss].deceased
    assert (await harness.record(first)).identity.death_date is None
    assert await harness.imported([died]) == PersonImportAnswer(1, 0, 1, ())


async def test_row_that_says_replaced_describes_the_number_itself(harness: PersonHarness):
    old, new = await harness.person(), await harness.person(an_identity("New"))
    await harness.numbers.replace(a_call(), old, new, validate_only=False)
    row_of_old = ImportedPerson(old, BIS, REPLACED, new, Identity(last_name="Former"))
    assert await harness.imported([row_of_old]) == PersonImportAnswer(1, 1, 0, ())
    assert (await harness.record(old)).identity.last_name == "Former"
    assert (await harness.record(new)).identity.last_name == "New"


async def test_row_that_names_a_later_successor_of_a_chain_changes_nothing(harness: PersonHarness):
    first, second, third = [await harness.person() for _ in range(3)]
    await harness.imported([ImportedPerson(first, status=REPLACED, replaced_by=second)])
    await harness.imported([ImportedPerson(second, status=REPLACED, replaced_by=third)])
    for named in (second, third):
        row_of_first = ImportedPerson(first, status=REPLACED, replaced_by=named)
        assert await harness.imported([row_of_first]) == PersonImportAnswer(1, 0, 1, ())
    assert (await harness.record(first)).replaced_by == second


@pytest.mark.parametrize("known", [True, False])
async def test_row_may_name_a_successor_that_a_later_row_adds(harness: PersonHarness, known: bool):
    register = await harness.register()
    old = await harness.person() if known else new_niss()
    if known:
        await harness.inscribe(register, old, "2020-01-01", "2020-12-31")
    new, last = new_niss(), await harness.person()
    rows = [
        ImportedPerson(old, BIS, REPLACED, new),
        *(row() for _ in range(60)),
        ImportedPerson(new, BIS, REPLACED, last, identity=an_identity("Between")),
        row(new, status=REPLACED, replaced_by=last),
    ]
    answer = await harness.imported(rows)
    assert (answer.applied, answer.rejected) == (len(rows), ())
    record = await harness.record(old)
    assert (record.status, record.replaced_by, record.successor) == (REPLACED, new, last)
    again = await harness.imported(rows[:-2])
    assert (again.applied, again.unchanged) == (0, len(rows) - 2)


async def test_rows_of_a_message_are_applied_in_any_order(harness: PersonHarness):
    """Every order of rows about persons who come with the message leaves the same persons."""
    outcomes = set()
    orders = list(itertools.permutations(range(5)))
    for order in random.Random(6).sample(orders, 24):
        first, second, third = [new_niss() for _ in range(3)]
        rows = [
            row(first, identity=an_identity("First")),
            row(second, identity=an_identity("Second")),
            row(third, identity=an_identity("Third")),
            ImportedPerson(first, status=REPLACED, replaced_by=second),
            about(third, death_date=parse_incomplete_date("2023-04-05")),
        ]
        answer = await harness.imported([rows[i] for i in order])
        assert answer == PersonImportAnswer(5, 5, 0, ())
        names = {first: 1, second: 2, third: 3, None: 0}
        records = [await harness.record(niss) for niss in (first, second, third)]
        outcomes.add(
            tuple((p.identity.last_name, names[p.successor], p.identity.death_date) for p in records)
        )
    assert len(outcomes) == 1


async def test_replacements_of_a_chain_are_applied_in_any_order(harness: PersonHarness):
    outcomes = []
    for order in ((0, 1), (1, 0)):
        register = await harness.register()
        first, second, third = [await harness.person() for _ in range(3)]
        for niss, year in ((first, 2020), (second, 2021)):
            await harness.inscribe(register, niss, f"{year}-01-01", f"{year}-12-31")
        chain = [
            ImportedPerson(first, status=REPLACED, replaced_by=second),
            ImportedPerson(second, status=REPLACED, replaced_by=third),
        ]
        assert await harness.imported([chain[i] for i in order]) == PersonImportAnswer(2, 2, 0, ())
        records = [await harness.record(niss) for niss in (first, second)]
        outcomes.append([(r.status, r.replaced_by == second, r.successor == third) for r in records])
        # The direct successor is known too, so each number can be restored.
        restored = await harness.numbers.restore(a_call(), second, validate_only=False)
        assert restored.inseparable == ()
        assert (await harness.record(first)).successor == second
    assert outcomes[0] == outcomes[1]


async def test_numbers_that_rows_need_are_added_although_another_feed_has_just_added_one_of_them(
    harness: PersonHarness, monkeypatch: pytest.MonkeyPatch
):
    store, calls = harness.import_persons._store, 0
    add = store.add

    async def add_after_another_import(persons: Sequence[Person], progress: Progress | None) -> AddResult:
        nonlocal calls
        calls += 1
        if calls == 1:
            await add(persons[:1], None)
        return await add(persons, progress)

    monkeypatch.setattr(store, "add", add_after_another_import)
    old, other, new, last = [new_niss() for _ in range(4)]
    rows = [
        ImportedPerson(old, BIS, REPLACED, new),
        ImportedPerson(other, BIS, REPLACED, last),
        row(new, identity=an_identity("New")),
        row(last, identity=an_identity("Last")),
    ]
    answer = await harness.imported(rows)
    assert answer.rejected == ()
    assert [(await harness.record(niss)).successor for niss in (old, other)] == [new, last]
    assert calls > 1


async def test_rows_refused_for_an_unknown_successor_are_applied_when_sent_again(harness: PersonHarness):
    old, new = new_niss(), new_niss()
    replaced = ImportedPerson(old, BIS, REPLACED, new)
    first = await harness.imported([replaced])
    assert [v.reason for _, violations in first.rejected for v in violations] == [Reason.NISS_UNKNOWN]
    await harness.imported([row(new)])
    assert await harness.imported([replaced]) == PersonImportAnswer(1, 1, 0, ())


async def test_cycle_of_replacements_is_refused(harness: PersonHarness):
    one, other = await harness.person(), await harness.person()
    rows = [
        ImportedPerson(one, status=REPLACED, replaced_by=other),
        ImportedPerson(other, status=REPLACED, replaced_by=one),
    ]
    answer = await harness.imported(rows)
    assert (answer.applied, [offset for offset, _ in answer.rejected]) == (1, [1])


# ---- births and deaths --------------------------------------------------------------------------


async def test_person_without_known_birth_date_is_fed_and_inscribed(harness: PersonHarness):
    register = await harness.register()
    niss = Niss(int(numbers.niss(1900, 60, 1, 37)))
    person = ImportedPerson(niss, BIS, identity=Identity("Nemo"))
    assert await harness.imported([person]) == PersonImportAnswer(1, 1, 0, ())
    await harness.inscribe(register, niss, "2020-01-01", "2020-12-31")
    assert len(await harness.log(register)) == 1
    # Any other number contains at least the year of birth, so the date is mandatory.
    answer = await harness.imported([ImportedPerson(new_niss(), BIS, identity=Identity("Nemo"))])
    assert [[v.field for v in violations] for _, violations in answer.rejected] == [["identity.birth_date"]]


async def test_newer_row_withdraws_a_death(harness: PersonHarness):
    register = await harness.register()
    niss = await harness.person()
    await harness.inscribe(register, niss, "2020-01-01", "2020-12-31")
    march, april, may = (ordinal(2024, month, 1) for month in (3, 4, 5))
    death = replace(about(niss, death_date=parse_incomplete_date("2024-02-03")), source_date=april)
    withdrawn = ImportedPerson(niss, withdraws_death=True)
    await harness.imported([death])
    assert await harness.imported([replace(withdrawn, source_date=march)]) == PersonImportAnswer(1, 0, 1, ())
    assert (await harness.source.states([niss]))[niss].deceased
    assert await harness.imported([replace(withdrawn, source_date=may)]) == PersonImportAnswer(1, 1, 0, ())
    assert not (await harness.source.states([niss]))[niss].deceased
    told = (await harness.log(register))[-1][4]
    assert isinstance(told, dict)
    assert (told["before"], told["after"], told["effective_date"]) == (
        {"death_date": "2024-02-03"},
        {},
        "2024-05-01",
    )
    # The mistaken row is older, so sending it again changes nothing.
    assert await harness.imported([death]) == PersonImportAnswer(1, 0, 1, ())
    assert (await harness.record(niss)).identity.death_date is None


async def test_person_with_many_given_names_is_fed(harness: PersonHarness):
    names = tuple(f"Name{i}" for i in range(32))
    niss = new_niss()
    given = ImportedPerson(niss, BIS, identity=an_identity("Peeters", "1968-06-14", *names))
    assert await harness.imported([given]) == PersonImportAnswer(1, 1, 0, ())
    assert (await harness.record(niss)).identity.first_names == names


# ---- refusals -----------------------------------------------------------------------------------


async def test_invalid_rows_are_reported_and_skipped(harness: PersonHarness):
    unread = Violation("niss", Reason.NISS_MALFORMED, "NISS_FORMAT")
    good = [row() for _ in range(3)]
    rows = [
        good[0],
        ImportedPerson(None, violations=(unread,)),
        ImportedPerson(new_niss()),
        good[1],
        ImportedPerson(new_niss(), BIS, REPLACED, new_niss()),
        good[2],
    ]
    answer = await harness.imported(rows, offset=100)
    assert (answer.through_offset, answer.applied, answer.unchanged) == (106, 3, 0)
    assert [
        (offset, [(v.field, v.reason) for v in violations]) for offset, violations in answer.rejected
    ] == [
        (101, [("niss", Reason.NISS_MALFORMED)]),
        (
            102,
            [
                ("register_of_origin", Reason.REQUIRED),
                ("identity.last_name", Reason.REQUIRED),
                ("identity.birth_date", Reason.REQUIRED),
            ],
        ),
        (104, [("replaced_by", Reason.NISS_UNKNOWN)]),
    ]
    known = await harness.store.persons([each.niss for each in rows if each.niss])
    assert set(known) == {each.niss for each in good}


async def test_row_does_not_reactivate_a_replaced_or_cancelled_number(harness: PersonHarness):
    old, new, gone = [await harness.person() for _ in range(3)]
    await harness.imported(
        [ImportedPerson(old, status=REPLACED, replaced_by=new), ImportedPerson(gone, status=CANCELLED)]
    )
    answer = await harness.imported(
        [
            ImportedPerson(old, status=ACTIVE),
            ImportedPerson(old, status=CANCELLED),
            ImportedPerson(old, status=REPLACED, replaced_by=gone),
            ImportedPerson(gone, status=ACTIVE),
            ImportedPerson(new, status=REPLACED, replaced_by=old),
            ImportedPerson(new, status=REPLACED, replaced_by=gone),
        ]
    )
    assert (answer.applied, answer.unchanged) == (0, 0)
    successor = {"successor": niss_text(new)}
    assert [violations for _, violations in answer.rejected] == [
        (Violation("status", Reason.NISS_REPLACED, values=successor),),
        (Violation("status", Reason.NISS_REPLACED, values=successor),),
        (Violation("status", Reason.NISS_REPLACED, values=successor),),
        (Violation("status", Reason.NISS_CANCELLED),),
        (Violation("replaced_by", Reason.NISS_REPLACED, values=successor),),
        (Violation("replaced_by", Reason.NISS_CANCELLED),),
    ]


# ---- exactly once -------------------------------------------------------------------------------


async def test_repeated_import_changes_nothing_and_reports_skipped_rows_again(harness: PersonHarness):
    import_id = uuid4().hex
    rows = [row(), ImportedPerson(new_niss()), row()]
    first = await harness.imported(rows, import_id=import_id)
    again = await harness.imported(rows, import_id=import_id)
    assert again == PersonImportAnswer(3, 0, 0, first.rejected)
    assert len(first.rejected) == 1


async def test_message_across_the_stored_offset_is_applied_from_it(harness: PersonHarness):
    import_id = uuid4().hex
    niss = new_niss()
    await harness.imported([row(niss)], import_id=import_id)
    answer = await harness.imported([about(niss, last_name="No"), row()], import_id=import_id)
    assert answer == PersonImportAnswer(2, 1, 0, ())
    assert (await harness.record(niss)).identity.last_name == "Peeters"


async def test_offset_ahead_of_the_stored_one_is_refused(harness: PersonHarness):
    with pytest.raises(Refused) as refused:
        await harness.imported([row()], offset=5, import_id=uuid4().hex)
    assert refused.value.violations[0].values == {"through_offset": "0"}


@pytest.mark.parametrize("altering", [False, True])
async def test_concurrent_streams_of_one_import_apply_each_row_once(harness: PersonHarness, altering: bool):
    register = await harness.register()
    people = [await harness.person() for _ in range(4)]
    for niss in people:
        await harness.inscribe(register, niss, "2020-01-01", "2020-12-31")
    rows = [about(niss, last_name="Changed") for niss in people] if altering else [row() for _ in range(4)]
    rows.insert(2, ImportedPerson(new_niss()))
    import_id = uuid4().hex
    answers = await asyncio.gather(*(harness.imported(rows, import_id=import_id) for _ in range(6)))
    assert {answer.through_offset for answer in answers} == {5}
    assert sum(answer.applied for answer in answers) == 4
    assert all([offset for offset, _ in answer.rejected] == [2] for answer in answers)
    assert len(await harness.log(register)) == (8 if altering else 4)


async def test_gap_between_messages_is_refused_without_an_import_id(harness: PersonHarness):
    async def messages() -> AsyncIterator[PersonImportMessage]:
        yield PersonImportMessage(None, 10, [row()])
        yield PersonImportMessage(None, 12, [row()])

    answers = []
    stream = harness.import_persons.run(a_call(), messages())
    answers.append((await anext(stream)).through_offset)
    with pytest.raises(Refused):
        await anext(stream)
    assert answers == [11]


async def test_message_without_rows_answers_the_stored_offset(harness: PersonHarness):
    import_id = uuid4().hex
    await harness.imported([row(), row()], import_id=import_id)
    assert await harness.imported([], import_id=import_id) == PersonImportAnswer(2, 0, 0, ())


async def test_rows_are_applied_exactly_once_while_connections_are_killed(harness: PersonHarness, dsn: str):
    """A feed with all kinds of rows, while the connections of the store are killed."""
    doomed_dsn = make_url(dsn).update_query_dict({"application_name": DOOMED})
    engines = [
        open_database(doomed_dsn.render_as_string(hide_password=False), autocommit=autocommit)
        for autocommit in (False, True)
    ]
    doomed = PersonHarness(*engines)
    chance = random.Random(4)
    register = await harness.register()
    people = [await harness.person(an_identity(f"Start{i}")) for i in range(12)]
    for niss in people:
        await harness.inscribe(register, niss, "2020-01-01", "2020-12-31")
    rows = [
        chance.choice((row(), about(people[number % 9], last_name=f"Name{number}"))) for number in range(100)
    ]
    rows.insert(40, ImportedPerson(people[9], status=REPLACED, replaced_by=people[10]))
    rows.insert(60, ImportedPerson(people[11], status=CANCELLED))
    import_id = uuid4().hex
    killer = asyncio.create_task(kill_connections(dsn))
    through = died = 0
    while through < len(rows) or died <= 3:
        try:
            if through == len(rows):
                # Send more rows until enough connections have died.
                rows.append(about(people[through % 9], last_name=f"Name{through}"))
            some = rows[through : through + 4]
            through = (await doomed.imported(some, offset=through, import_id=import_id)).through_offset
        except PortError:
            died += 1
            through = (await harness.imported([], import_id=import_id)).through_offset
    killer.cancel()
    await asyncio.wait([killer])
    for engine in engines:
        await close(engine)
    assert died > 3
    kinds = [entry[1] for entry in await harness.log(register)]
    changes = [each for each in rows if each.register_of_origin is None and each.status is None]
    assert kinds.count(MutationKind.IDENTITY_CHANGED.value) == len(changes)
    assert kinds.count(MutationKind.NISS_REPLACED.value) == 2
    assert kinds.count(MutationKind.NISS_CANCELLED.value) == 1
    last = {each.niss: each.identity.last_name for each in changes}
    assert {niss: (await harness.record(niss)).identity.last_name for niss in last if niss} == last


async def kill_connections(dsn: str) -> None:
    """Terminate the sessions of the feed every few milliseconds, and then less and less often.

    A message with a new connection needs longer than that on a busy machine.
    """
    kill = sql.SQL(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = {}"
    ).format(sql.Literal(DOOMED))
    chance = random.Random(5)
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        for kills in itertools.count():
            await asyncio.sleep(chance.uniform(0.01, 0.06) * 1.05**kills)
            await connection.execute(kill)


def test_identity_json_omits_unknown_fields():
    assert identity_json(an_identity()) == {
        "last_name": "Peeters",
        "birth_date": "1968-06-14",
        "sex": "FEMALE",
    }


async def test_rows_have_the_same_effect_in_one_message_as_in_several(harness: PersonHarness):
    """Each row sees the effects of the rows before it, also when they are loaded together."""
    outcomes = []
    for at_once in (True, False):
        register = await harness.register()
        old, new, third = [await harness.person() for _ in range(3)]
        for niss in (old, new, third):
            await harness.inscribe(register, niss, "2024-01-01", "2024-12-31")
        born, twin = new_niss(), new_niss()
        rows = [
            row(born, status=CANCELLED),
            row(born, identity=an_identity("Later")),
            row(born, status=ACTIVE),
            row(twin, status=REPLACED, replaced_by=old),
            ImportedPerson(old, status=REPLACED, replaced_by=new),
            ImportedPerson(old, status=REPLACED, replaced_by=new),
            ImportedPerson(old, status=ACTIVE),
            ImportedPerson(old, status=REPLACED, replaced_by=third),
            about(new, last_name="Changed"),
            about(new, last_name="Again"),
            ImportedPerson(new, status=REPLACED, replaced_by=old),
            ImportedPerson(new, status=REPLACED, replaced_by=third),
            ImportedPerson(third, status=CANCELLED),
            ImportedPerson(third, status=CANCELLED, identity=Identity("Gone")),
            ImportedPerson(twin, status=REPLACED, replaced_by=old),
        ]
        answers = (
            [await harness.imported(rows)]
            if at_once
            else [await harness.imported([r], i) for i, r in enumerate(rows)]
        )
        names = {born: "born", twin: "twin", old: "old", new: "new", third: "third", None: ""}
        persons = [await harness.record(niss) for niss in (born, twin, old, new, third)]
        outcomes.append(
            (
                sum(answer.applied for answer in answers),
                [
                    (offset, [(v.field, v.reason) for v in violations])
                    for answer in answers
                    for offset, violations in answer.rejected
                ],
                [(p.status, names[p.replaced_by], names[p.successor], p.identity.last_name) for p in persons],
                [(revision, kind, names[niss]) for revision, kind, niss, *_ in await harness.log(register)],
            )
        )
    assert outcomes[0] == outcomes[1]
    assert [offset for offset, _ in outcomes[0][1]] == [2, 6, 7, 10]

"""Restricted inscriptions: reads as of an earlier time leave their days out, auditors see them."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from uuid import uuid4

import pytest

from raas.domain.calendar.day import parse_day
from raas.domain.calendar.periods import Lines, Period, covers, overlaps
from raas.domain.errors import Refused
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import MutationKind
from raas.domain.registers.operation import Action, Operation
from raas.domain.registers.register import Register
from raas.domain.registers.restriction import Grounds, HiddenDays, Restriction, shown_lines, without
from raas.usecases.admin.restrict import Inscription, RestrictInscriptions
from raas.usecases.calls.call import Call, Caller
from raas.usecases.ports.audit.journal import InscriptionRestricted, NoJournal, RestrictionLifted
from raas.usecases.ports.log import EVERYTHING, ReadLimits
from raas.usecases.ports.read_store import DossierFilter
from raas.usecases.reads.hidden import shown_at, shown_history
from raas.usecases.reads.transitions import coverage_transitions
from tests.contract.book import FIRST_DAY, LAST_DAY, Book, State, new_book, persons, write_at_random
from tests.contract.stores import Stores
from tests.contract.test_replaced_niss import HEALTH, Harness, call
from tests.usecases.admin.test_journaled_rights import ListedJournal

PEOPLE = persons(6)
ANN, BEA = PEOPLE[:2]
GROUNDS = Grounds("Wrong person", "T-1", "operator")
LINE, EARLIER, LATER = (Period(FIRST_DAY + n, FIRST_DAY + n + 10) for n in (100, 50, 150))
CALL = Call(Caller(EnterpriseNumber(999999922)), uuid4(), "/test")


async def register_of(stores: Stores, book: Book) -> Register:
    found = await stores.registers.find(book.number)
    assert found is not None
    return found


async def restrict(stores: Stores, book: Book, which: Inscription) -> Restriction:
    restricting = RestrictInscriptions(stores.restrictions, stores.reads, NoJournal())
    return await restricting.restrict(await register_of(stores, book), which, GROUNDS)


async def refusal(stores: Stores, book: Book, which: Inscription) -> str:
    with pytest.raises(Refused) as raised:
        await restrict(stores, book, which)
    violation = raised.value.violations[0]
    return violation.sentence or violation.reason.name


@dataclass(frozen=True)
class Told:
    """A register with restrictions, and the days that they hide."""

    book: Book
    hidden: list[HiddenDays]

    def state_at(self, revision: int) -> State:
        """The register at a revision, hidden days left out, by replaying the mutations."""
        shown = {
            (who, code): (
                shown_lines(lines, revision, [days for days in self.hidden if days.of(who, code)]),
                last,
            )
            for (who, code), (lines, last) in self.book.state_at(revision).items()
        }
        return {key: (lines, last) for key, (lines, last) in shown.items() if lines}


@pytest.fixture(scope="module")
async def told(stores: Stores) -> Told:
    """Random dossiers with restrictions: mistaken inscriptions that were removed later on."""
    book = await new_book(stores, "A", "B")
    await write_at_random(book, PEOPLE, 250, seed=11)
    chance = random.Random(12)
    hidden: list[HiddenDays] = []
    entries = list(book.entries)
    chance.shuffle(entries)
    for entry in entries:
        added = without(entry.after, entry.before)
        if len(hidden) == 8 or entry.niss is None or entry.code is None or not added:
            continue
        removed = [
            later.revision
            for later in book.entries[entry.revision :]
            if (later.niss, later.code) == (entry.niss, entry.code)
            and not any(overlaps(later.after, period) for period in added)
        ]
        if not removed:
            continue
        which = Inscription(entry.niss, entry.code, None, entry.revision, removed[0])
        restriction = await restrict(stores, book, which)
        assert restriction.lines == added
        hidden += restriction.hidden_days
    assert len(hidden) == 8
    for who in PEOPLE[3:]:
        now = book.state_at(book.revision).get((who, "A"), ((), 0))[0]
        free = without((Period(FIRST_DAY, LAST_DAY),), now)
        if free:
            hidden += (await restrict(stores, book, Inscription(who, "A", free[0]))).hidden_days
    return Told(book, hidden)


def filters(chance: random.Random) -> list[DossierFilter]:
    begin = chance.randrange(FIRST_DAY, LAST_DAY)
    period = Period(begin, begin + chance.randrange(1, 400))
    return [
        DossierFilter(),
        DossierFilter(nisses=tuple(PEOPLE[:4])),
        DossierFilter(dossier_types=("A",), overlaps=period),
        DossierFilter(active_on=begin),
        DossierFilter(ends_between=period),
        DossierFilter(nisses=(PEOPLE[4],), ends_between=Period(FIRST_DAY, LAST_DAY)),
    ]


async def test_pages_of_earlier_states_leave_hidden_days_out(stores: Stores, told: Told) -> None:
    chance = random.Random(13)
    for at in chance.sample(range(told.book.revision + 1), 25):
        for which in filters(chance):
            page = await stores.reads.page(told.book.id, which, at, None, 1_000)
            assert {(d.niss, d.dossier_type): (d.lines, d.revision) for d in page.dossiers} == {
                (who, code): found
                for (who, code), found in told.state_at(at).items()
                if which.matches(code, found[0]) and (not which.nisses or who in which.nisses)
            }


async def test_readings_of_earlier_states_leave_hidden_days_out(stores: Stores, told: Told) -> None:
    keys = [(told.book.id, who) for who in PEOPLE]
    for at in random.Random(14).sample(range(told.book.revision + 1), 40):
        found = await stores.reads.dossiers_of(keys, {told.book.id: at})
        read = {(d.niss, d.dossier_type): (d.lines, d.revision) for views in found.values() for d in views}
        assert read == told.state_at(at)


async def test_current_state_and_auditors_see_everything(stores: Stores, told: Told) -> None:
    now = await stores.reads.page(told.book.id, DossierFilter(), None, None, 1_000)
    state = told.book.state_at(told.book.revision)
    assert {(d.niss, d.dossier_type): (d.lines, d.revision) for d in now.dossiers} == state
    showing = stores.reads.showing_restricted()
    assert await showing.hidden_days(told.book.id, PEOPLE) == ()
    for at in range(0, told.book.revision, 9):
        page = await showing.page(told.book.id, DossierFilter(), at, None, 1_000)
        shown = {(d.niss, d.dossier_type): (d.lines, d.revision) for d in page.dossiers}
        assert shown == told.book.state_at(at)
    everything, _ = await shown_history(showing, told.book.id, PEOPLE, None, 0, 1_000)
    assert [m.revision for m in everything] == [entry.revision for entry in told.book.entries]


@pytest.mark.parametrize("limit", [1, 7, 1_000])
async def test_history_leaves_hidden_days_out(stores: Stores, told: Told, limit: int) -> None:
    found: list[tuple[int, Lines, Lines, bool]] = []
    after, more = 0, True
    while more:
        page, more = await shown_history(stores.reads, told.book.id, PEOPLE, None, after, limit)
        assert page
        after = page[-1].revision
        found += [(m.revision, m.before, m.after, bool(m.checksum)) for m in page]
    expected = []
    for entry in told.book.entries:
        key = entry.niss, entry.code
        of_dossier = [days for days in told.hidden if days.of(*key)]
        before = shown_lines(entry.before, entry.revision - 1, of_dossier)
        after_it = shown_lines(entry.after, entry.revision, of_dossier)
        whole = (before, after_it) == (entry.before, entry.after)
        if whole or before != after_it:
            expected.append((entry.revision, before, after_it, whole))
    assert found == expected
    assert len(expected) < len(told.book.entries)


async def test_log_keeps_all_mutations_of_a_restricted_inscription(stores: Stores, told: Told) -> None:
    page = (await stores.logs.read({told.book.id: 0}, EVERYTHING, ReadLimits(1_000, 1_000)))[told.book.id]
    assert [entry.revision for entry in page.entries] == [entry.revision for entry in told.book.entries]


async def test_transitions_do_not_see_hidden_days(stores: Stores, told: Told) -> None:
    chance = random.Random(15)
    days = sorted({line.begin for each in told.hidden for line in each.lines})
    for day in days:
        found = await stores.reads.chains(told.book.id, PEOPLE, "A", day)
        for at in chance.sample(range(told.book.revision + 1), 12):
            state = told.state_at(at)
            transitions = await coverage_transitions(stores.reads, told.book.id, found.chains, at, day, CALL)
            for each in transitions:
                assert each.covers == covers(state.get((each.niss, "A"), ((), 0))[0], day)
                if each.revision is not None and each.covers:
                    shown = await shown_at(stores.reads, told.book.id, each.revision)
                    assert shown is not None
                    assert (covers(shown.before, day), covers(shown.after, day)) == (False, True)


async def test_lifted_restriction_hides_nothing(stores: Stores) -> None:
    book = await new_book(stores, "A")
    await book.set((ANN, "A", (LINE,)))
    await book.set((ANN, "A", ()))
    made = await restrict(stores, book, Inscription(ANN, "A", LINE))
    register = await register_of(stores, book)
    restricting = RestrictInscriptions(stores.restrictions, stores.reads, NoJournal())
    (kept,) = await restricting.all_of(register)
    assert kept == made
    assert await stores.reads.dossiers_of([(book.id, ANN)], {book.id: 1}) == {(book.id, ANN): ()}
    assert await shown_history(stores.reads, book.id, [ANN], None, 0, 10) == ([], False)
    lifting = Grounds("It was right", "T-2", "other")
    assert await restricting.lift(register, made.id, lifting)
    assert not await restricting.lift(register, made.id, lifting)
    (lifted,) = await restricting.all_of(register)
    assert (lifted.lifted, lifted.hidden_days) == (lifting, ())
    assert lifted.lift_time is not None
    views = await stores.reads.dossiers_of([(book.id, ANN)], {book.id: 1})
    assert [view.lines for view in views[book.id, ANN]] == [(LINE,)]


async def test_later_inscription_of_the_same_days_is_shown(stores: Stores) -> None:
    book = await new_book(stores, "A")
    await book.set((ANN, "A", (LINE,)))
    await book.set((ANN, "A", ()))
    await restrict(stores, book, Inscription(ANN, "A", LINE))
    await book.set((ANN, "A", (LINE,)))
    await book.set((ANN, "A", ()))
    shown, _ = await shown_history(stores.reads, book.id, [ANN], None, 0, 10)
    assert [mutation.revision for mutation in shown] == [3, 4]
    assert await stores.reads.dossiers_of([(book.id, ANN)], {book.id: 1}) == {(book.id, ANN): ()}
    views = await stores.reads.dossiers_of([(book.id, ANN)], {book.id: 3})
    assert [view.lines for view in views[book.id, ANN]] == [(LINE,)]


async def test_other_days_of_a_mutation_are_shown_without_its_checksum(stores: Stores) -> None:
    book = await new_book(stores, "A")
    await book.set((ANN, "A", (EARLIER,)))
    await book.set((ANN, "A", (EARLIER, LINE, LATER)))
    await book.set((ANN, "A", (EARLIER, LATER)))
    await restrict(stores, book, Inscription(ANN, "A", LINE))
    shown, _ = await shown_history(stores.reads, book.id, [ANN], "A", 0, 10)
    assert [(m.revision, m.after, bool(m.checksum)) for m in shown] == [
        (1, (EARLIER,), True),
        (2, (EARLIER, LATER), False),
    ]


async def test_news_about_a_person_known_by_hidden_days_alone_is_not_shown(stores: Stores) -> None:
    book = await new_book(stores, "A", "B")
    await book.set((ANN, "A", (LINE,)), (BEA, "A", (LINE,)))
    await book.set((BEA, "B", (LINE,)))
    await book.about(ANN, MutationKind.NISS_CANCELLED, ["A"])
    await book.about(BEA, MutationKind.NISS_CANCELLED, ["A", "B"])
    await book.set((ANN, "A", ()), (BEA, "A", ()))
    for who in (ANN, BEA):
        await restrict(stores, book, Inscription(who, "A", LINE))
    shown, _ = await shown_history(stores.reads, book.id, [ANN, BEA], None, 0, 10)
    assert [(m.revision, m.dossier_types) for m in shown] == [(3, ()), (5, ("B",))]


async def test_inscription_is_restricted_under_all_numbers_of_the_person(stores: Stores) -> None:
    old, new = PEOPLE[2], PEOPLE[3]
    book = await new_book(stores, "A")
    await book.set((old, "A", (LINE,)))
    nisses = tuple(sorted((old, new)))
    made = Restriction(uuid4(), nisses, "A", (LINE,), 0, book.revision, GROUNDS, book.record_time)
    await stores.restrictions.add(book.id, made)
    (kept,) = await stores.restrictions.of_register(book.id)
    assert kept.nisses == nisses
    hidden = await stores.reads.hidden_days(book.id, [new, old])
    assert sorted(each.niss for each in hidden) == sorted(nisses)
    assert await stores.reads.hidden_days(book.id, [ANN]) == ()


async def test_inscription_that_is_not_removed_is_not_restricted(stores: Stores) -> None:
    book = await new_book(stores, "A")
    await book.set((ANN, "A", (LINE,)))
    assert await refusal(stores, book, Inscription(ANN, "A", LINE)) == "RESTRICTION_NOT_REMOVED"
    assert await refusal(stores, book, Inscription(ANN, "A", None, 1)) == "RESTRICTION_NOT_REMOVED"
    await book.set((ANN, "A", ()))
    assert await refusal(stores, book, Inscription(ANN, "A", None, 1, 1)) == "RESTRICTION_NOT_REMOVED"
    assert (await restrict(stores, book, Inscription(ANN, "A", None, 1, 2))).last_revision == 2


async def test_restriction_needs_an_inscription(stores: Stores) -> None:
    book = await new_book(stores, "A", "B")
    await book.set((ANN, "A", (LINE,)))
    await book.set((ANN, "A", ()))
    none = "RESTRICTION_WITHOUT_INSCRIPTION"
    assert await refusal(stores, book, Inscription(ANN, "A", LATER)) == none
    assert await refusal(stores, book, Inscription(BEA, "A", LINE)) == none
    assert await refusal(stores, book, Inscription(ANN, "B", None, 1)) == none
    assert await refusal(stores, book, Inscription(ANN, "A", None, 2)) == none
    assert await refusal(stores, book, Inscription(ANN, "A", None, 0)) == none
    assert await refusal(stores, book, Inscription(ANN, "C", LINE)) == "DOSSIER_TYPE_UNKNOWN"
    assert await refusal(stores, book, Inscription(ANN, "A", None, 1, 3)) == "REVISION_IN_FUTURE"


async def test_restriction_names_everything_that_is_wrong(stores: Stores) -> None:
    book = await new_book(stores, "A")
    await book.set((ANN, "A", (LINE,)))
    register = await register_of(stores, book)
    restricting = RestrictInscriptions(stores.restrictions, stores.reads, NoJournal())
    wrong = [(5, 4), (2, 1)]
    found = []
    for first, last in wrong:
        with pytest.raises(Refused) as raised:
            await restricting.restrict(
                register, Inscription(ANN, "C", None, first, last), Grounds("", "", "o")
            )
        found.append([(each.field, each.sentence or each.reason.name) for each in raised.value.violations])
    grounds = [("reason", "TEXT_EMPTY"), ("ticket", "TEXT_EMPTY")]
    unknown, future = ("dossier_type", "DOSSIER_TYPE_UNKNOWN"), "REVISION_IN_FUTURE"
    assert found == [
        [unknown, ("first_revision", future), ("last_revision", future), *grounds],
        [unknown, ("first_revision", future), ("last_revision", "RESTRICTION_ENDS_BEFORE"), *grounds],
    ]
    with pytest.raises(Refused):
        await restricting.lift(register, uuid4(), Grounds("", "T-1", "o"))


async def test_earlier_inscription_of_the_same_days_is_shown(stores: Stores) -> None:
    book = await new_book(stores, "A")
    await book.set((ANN, "A", (LINE,)))
    await book.set((ANN, "A", ()))
    await book.set((ANN, "A", (LINE, LATER)))
    await book.set((ANN, "A", ()))
    made = await restrict(stores, book, Inscription(ANN, "A", None, 3))
    assert (made.lines, made.first_revision, made.last_revision) == ((LINE, LATER), 3, 4)
    shown, _ = await shown_history(stores.reads, book.id, [ANN], None, 0, 10)
    assert [mutation.revision for mutation in shown] == [1, 2]


def test_hidden_days_belong_to_one_dossier() -> None:
    days = HiddenDays(ANN, "A", (LINE,), 2, 3)
    assert [days.hides_at(revision) for revision in (1, 2, 3, 4)] == [False, True, True, False]
    assert days.of(ANN, "A")
    assert not days.of(Niss(BEA), "A")


async def test_inscription_that_moved_to_a_successor_is_restricted_under_both_numbers(stores: Stores) -> None:
    harness = Harness(stores)
    register = await harness.register()
    old, new = await harness.persons(2)
    await harness.apply(register, Action.INSCRIBE, old, 1)
    await harness.numbers.replace(call(), old, new, validate_only=False)
    await harness.apply(register, Action.REMOVE, new, 1)
    stored = await stores.registers.find(register.enterprise_number)
    assert stored is not None
    restricting = RestrictInscriptions(stores.restrictions, stores.reads, NoJournal())
    period = Period(parse_day("2024-01-01"), parse_day("2024-02-02"))
    made = await restricting.restrict(stored, Inscription(old, HEALTH, period), GROUNDS)
    assert made.nisses == tuple(sorted((old, new)))
    for at in range(1, stored.revision + 1):
        page = await stores.reads.page(register.id, DossierFilter(), at, None, 10)
        assert page.dossiers == ()
    shown, _ = await shown_history(stores.reads, register.id, [old, new], None, 0, 10)
    assert list(shown) == []


async def test_days_that_another_number_of_the_person_had_are_not_restricted_by_revision(
    stores: Stores,
) -> None:
    harness = Harness(stores)
    register = await harness.register()
    old, new = await harness.persons(2)
    await harness.apply(register, Action.INSCRIBE, old, 1)
    await harness.apply(register, Action.INSCRIBE, new, 10)
    await harness.numbers.replace(call(), old, new, validate_only=False)
    await harness.operations.single(
        call(),
        register,
        Operation(Action.REMOVE, new, HEALTH, None),
        validate_only=False,
        request_id=None,
    )
    stored = await stores.registers.find(register.enterprise_number)
    assert stored is not None
    restricting = RestrictInscriptions(stores.restrictions, stores.reads, NoJournal())
    with pytest.raises(Refused) as raised:
        await restricting.restrict(stored, Inscription(new, HEALTH, None, 3), GROUNDS)
    assert raised.value.violations[0].sentence == "RESTRICTION_INSCRIBED_BEFORE"


async def test_restrictions_of_a_journal_are_made_again_on_an_older_copy(stores: Stores) -> None:
    book = await new_book(stores, "A")
    await book.set((ANN, "A", (LINE,)), (BEA, "A", (LINE,)))
    await book.set((ANN, "A", ()), (BEA, "A", ()))
    journal = ListedJournal()
    restricting = RestrictInscriptions(stores.restrictions, stores.reads, journal)
    register = await register_of(stores, book)
    for who in (ANN, BEA):
        await restricting.restrict(register, Inscription(who, "A", LINE), GROUNDS)
    made = await restricting.all_of(register)
    assert await restricting.lift(register, made[1].id, GROUNDS)
    assert not await restricting.lift(register, uuid4(), GROUNDS)
    assert [type(each) for each in journal.entries] == [*[InscriptionRestricted] * 2, RestrictionLifted]
    assert await restricting.again(journal.entries, stores.registers) == 0
    # The copy has the inscriptions, but neither their removal nor a dossier type that was added later.
    copy = await new_book(stores, "A")
    await copy.set((ANN, "A", (LINE,)), (BEA, "A", (LINE,)))
    entries = [
        replace(each, register=copy.number)
        for each in journal.entries
        if isinstance(each, InscriptionRestricted | RestrictionLifted)
    ]
    later = Restriction(uuid4(), (ANN,), "A", (LINE,), 3, 4, GROUNDS, made[0].time)
    unknown = replace(later, id=uuid4(), dossier_type="B", first_revision=0)
    entries += [InscriptionRestricted(copy.number, each) for each in (later, unknown)]
    entries.append(InscriptionRestricted(EnterpriseNumber(1), later))
    assert await restricting.again(entries, stores.registers) == 2
    found = await restricting.all_of(await register_of(stores, copy))
    assert sorted((each.id, each.last_revision, each.lift_time is None) for each in found) == sorted(
        (each.id, 2, each.id == made[0].id) for each in made
    )
    assert await restricting.again(entries, stores.registers) == 0
    await copy.set((ANN, "A", ()))
    shown, _ = await shown_history(stores.reads, copy.id, [ANN], None, 0, 10)
    assert list(shown) == []

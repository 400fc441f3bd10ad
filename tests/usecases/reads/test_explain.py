"""ExplainDossier: the reason why a person is, or is not, known on a day."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.periods import covers
from raas.domain.errors import Reason, Refused
from raas.domain.numbers.niss import Niss
from raas.domain.registers.dossier_type import IdentityChanges
from raas.domain.registers.mutation import MutationKind
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.call import Call
from raas.usecases.persons.no_history import UnchangingNumbers
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.reads.explain import ExplainDossier, Explanation
from tests.storage.persons.test_transaction import days
from tests.usecases.feed.reading import said
from tests.usecases.persons.harness import a_call, new_niss
from tests.usecases.reads.harness import ReadingHarness, now

DAY = "2024-06-15"


@dataclass
class Asking:
    """The verb, asked about DAY."""

    harness: ReadingHarness
    verb: ExplainDossier

    async def why(
        self,
        register: AdmittedRegister,
        niss: Niss,
        code: str | None = None,
        day: str = DAY,
        at: object = None,
        call: Call | None = None,
    ) -> Explanation:
        return await self.verb.explain(
            call or a_call(),
            register,
            niss,
            code,
            days(day, day).begin,
            at,  # type: ignore[arg-type]
        )

    async def told(
        self, register: AdmittedRegister, niss: Niss, code: str | None = None
    ) -> tuple[bool, int | None, str]:
        """Whether it is known, the deciding revision, and how that is said."""
        found = await self.why(register, niss, code)
        sentence = found.sentence.removeprefix("EXPLAIN_")
        return found.known, found.mutation.revision if found.mutation else None, sentence


@pytest.fixture
def harness(engine: AsyncEngine, reading_engine: AsyncEngine) -> ReadingHarness:
    return ReadingHarness(engine, reading_engine)


@pytest.fixture
def ask(harness: ReadingHarness) -> Asking:
    return Asking(harness, ExplainDossier(harness.reads, harness.source, harness.niss_history))


async def test_last_mutation_that_changed_the_day_decides(harness: ReadingHarness, ask: Asking) -> None:
    register, niss = await harness.register(), await harness.person()
    assert await ask.told(register, niss) == (False, None, "NEVER")
    await harness.inscribe(register, niss, "2023-01-01", "2023-12-31")  # 2
    assert await ask.told(register, niss) == (False, None, "OTHER_DAYS")
    await harness.inscribe(register, niss, "2024-06-01", "2024-06-30")  # 3
    await harness.inscribe(register, niss, "2024-01-01", "2024-12-31")  # 4: covered already
    assert await ask.told(register, niss) == (True, 3, "INSCRIBED")
    await harness.remove(register, niss, "2024-06-10", "2024-06-20")  # 5
    await harness.remove(register, niss, "2024-01-01", "2024-02-01")  # 6: another part
    assert await ask.told(register, niss) == (False, 5, "REMOVED")
    await harness.inscribe(register, niss, "2024-06-01", "2024-06-30")  # 7
    assert await ask.told(register, niss) == (True, 7, "INSCRIBED")


async def test_mutation_and_sentence_name_actor_time_and_context(
    harness: ReadingHarness, ask: Asking
) -> None:
    register, niss = await harness.register(), await harness.person()
    await harness.inscribe(register, niss, "2024-01-01", "2024-12-31")
    found = await ask.why(register, niss)
    assert found.mutation is not None
    assert found.mutation.kind is MutationKind.INSCRIBED
    assert (found.numbers, found.resolved, found.revision) == ((niss,), (), 2)
    assert dict(found.values) == {
        "day": DAY,
        "dossier_type": "HEALTH",
        "actor": "0999999922",
        "recorded": found.values["recorded"],
        "legal_context": "–",
    }
    assert found.values["recorded"].startswith("20")


async def test_last_deciding_mutation_of_several_types_counts(harness: ReadingHarness, ask: Asking) -> None:
    known = IdentityChanges.WHILE_KNOWN
    register = await harness.register(HEALTH=known, PENSION=known)
    niss = await harness.person()
    await harness.inscribe(register, niss, "2024-01-01", "2024-12-31", "HEALTH")  # 3
    await harness.inscribe(register, niss, "2024-01-01", "2024-12-31", "PENSION")  # 4
    assert await ask.told(register, niss) == (True, 4, "INSCRIBED")
    assert await ask.told(register, niss, "HEALTH") == (True, 3, "INSCRIBED")
    await harness.remove(register, niss, "2024-01-01", "2024-12-31", "PENSION")  # 5
    assert await ask.told(register, niss) == (True, 3, "INSCRIBED")
    assert await ask.told(register, niss, "PENSION") == (False, 5, "REMOVED")
    await harness.remove(register, niss, "2024-06-01", "2024-12-31", "HEALTH")  # 6
    assert await ask.told(register, niss) == (False, 6, "REMOVED")


async def test_day_taken_over_is_traced_to_the_replaced_number(harness: ReadingHarness, ask: Asking) -> None:
    register = await harness.register()
    first, second, third = [await harness.person() for _ in range(3)]
    await harness.inscribe(register, first, "2024-01-01", "2024-12-31")  # 2
    await harness.replace(first, second)  # 3, 4
    await harness.inscribe(register, second, "2024-01-01", "2025-12-31")  # 5: covered already
    await harness.replace(second, third)  # 6, 7
    for asked in (first, second, third):
        assert await ask.told(register, asked) == (True, 2, "INSCRIBED")
        found = await ask.why(register, asked)
        assert found.numbers == (third, *sorted([first, second]))
        assert found.resolved == (() if asked == third else ((asked, third),))
    await harness.remove(register, first, "2024-06-15", "2024-06-15")  # 8
    assert await ask.told(register, second) == (False, 8, "REMOVED")


async def test_removal_before_a_replacement_still_decides(harness: ReadingHarness, ask: Asking) -> None:
    register = await harness.register()
    old, new = await harness.person(), await harness.person()
    await harness.inscribe(register, old, "2024-01-01", "2024-12-31")  # 2
    await harness.remove(register, old, "2024-06-01", "2024-06-30")  # 3
    await harness.inscribe(register, new, "2025-01-01", "2025-12-31")  # 4
    await harness.replace(old, new)  # 5, 6
    assert await ask.told(register, new) == (False, 3, "REMOVED")


async def test_restoration_is_explained_for_both_numbers(harness: ReadingHarness, ask: Asking) -> None:
    register = await harness.register()
    old, new = await harness.person(), await harness.person()
    await harness.inscribe(register, old, "2024-01-01", "2024-12-31")  # 2
    await harness.replace(old, new)  # 3, 4
    await harness.restore(old)  # 5, 6
    assert await ask.told(register, old) == (True, 5, "GIVEN_BACK")
    assert await ask.told(register, new) == (False, 6, "SEPARATED")
    assert (await ask.why(register, new)).numbers == (new,)


async def test_day_removed_before_a_restoration_is_not_attributed_to_the_successor(
    harness: ReadingHarness, ask: Asking
) -> None:
    register = await harness.register()
    old, new = [await harness.person() for _ in range(2)]
    await harness.inscribe(register, old, "2024-01-01", "2024-12-31")  # 2
    await harness.replace(old, new)  # 3, 4
    await harness.remove(register, new, "2024-06-15", "2024-06-15")  # 5
    await harness.restore(old)  # 6, 7
    assert await ask.told(register, old) == (False, 3, "NOT_GIVEN_BACK")
    assert await ask.told(register, new) == (False, 5, "REMOVED")


async def test_day_removed_before_a_restoration_is_not_said_to_have_passed_to_a_later_successor(
    harness: ReadingHarness, ask: Asking
) -> None:
    register = await harness.register()
    old, new, later = [await harness.person() for _ in range(3)]
    await harness.inscribe(register, old, "2024-01-01", "2024-12-31")  # 2
    await harness.replace(old, new)  # 3, 4
    await harness.remove(register, new, "2024-06-15", "2024-06-15")  # 5
    await harness.restore(old)  # 6, 7
    await harness.replace(old, later)  # 8, 9
    for asked in (old, later):
        assert await ask.told(register, asked) == (False, 3, "NOT_GIVEN_BACK")
    assert await ask.told(register, new) == (False, 5, "REMOVED")


async def test_day_given_to_another_number_meanwhile_is_not_said_to_be_the_successors(
    harness: ReadingHarness, ask: Asking
) -> None:
    register = await harness.register()
    first, second, third = [await harness.person() for _ in range(3)]
    await harness.inscribe(register, first, "2024-01-01", "2024-12-31")  # 2
    await harness.inscribe(register, second, "2025-01-01", "2025-12-31")  # 3
    await harness.replace(first, second)  # 4, 5
    await harness.replace(second, third)  # 6, 7
    await harness.restore(first)  # 8, 9: first from third
    await harness.restore(second)  # 10, 11
    assert await ask.told(register, first) == (True, 8, "GIVEN_BACK")
    assert await ask.told(register, second) == (False, 6, "NOT_GIVEN_BACK")
    assert await ask.told(register, third) == (False, 9, "SEPARATED")


async def test_sentence_includes_the_status_of_the_number(harness: ReadingHarness, ask: Asking) -> None:
    register, niss, unknown = await harness.register(), await harness.person(), new_niss()
    await harness.inscribe(register, niss, "2024-01-01", "2024-12-31")
    await harness.cancel(niss)
    assert await ask.told(register, niss) == (True, 2, "INSCRIBED_CANCELLED")
    assert await ask.told(register, unknown) == (False, None, "NISS_UNKNOWN")


async def test_source_without_replacements_keeps_the_number(harness: ReadingHarness) -> None:
    register = await harness.register()
    old, new = await harness.person(), await harness.person()
    await harness.inscribe(register, old, "2024-01-01", "2024-12-31")
    await harness.replace(old, new)
    ask = Asking(harness, ExplainDossier(harness.reads, harness.structure, UnchangingNumbers()))
    assert await ask.told(register, old) == (False, 3, "MOVED_AWAY")
    assert await ask.told(register, new) == (True, 2, "INSCRIBED")


async def test_lines_of_a_former_number_are_mentioned(harness: ReadingHarness, ask: Asking) -> None:
    register = await harness.register()
    old, new = await harness.person(), await harness.person()
    await harness.replace(old, new)
    await harness.write_as_before(register, old, days("2024-01-01", "2024-12-31"))  # 2
    for niss in (old, new):
        assert await ask.told(register, niss) == (False, 2, "STALE")


async def test_explanation_as_of_an_instant(harness: ReadingHarness, ask: Asking) -> None:
    register = await harness.register()
    old, new = await harness.person(), await harness.person()
    moments = [now()]
    for happens in (
        lambda: harness.inscribe(register, old, "2024-01-01", "2024-12-31"),  # 2
        lambda: harness.replace(old, new),  # 3, 4
        lambda: harness.remove(register, new, "2024-06-01", "2024-06-30"),  # 5
        lambda: harness.restore(old),  # 6, 7
    ):
        await happens()
        moments.append(now())

    async def then(niss: Niss, moment: int) -> tuple[bool, int | None, tuple[Niss, ...]]:
        found = await ask.why(register, niss, at=moments[moment])
        return found.known, found.mutation.revision if found.mutation else None, found.numbers

    assert await then(old, 0) == (False, None, (old,))
    assert (await ask.why(register, old, at=moments[0])).sentence == "EXPLAIN_NEVER"
    assert await then(old, 1) == (True, 2, (old,))
    assert await then(new, 1) == (False, None, (new,))
    assert await then(old, 2) == (True, 2, (new, old))
    assert await then(new, 2) == (True, 2, (new, old))
    assert await then(old, 3) == (False, 5, (new, old))
    assert await then(old, 4) == (False, 3, (old,))
    await harness.replace(old, new)
    assert await then(old, 2) == (True, 2, (new, old))
    assert await then(new, 1) == (False, None, (new,))


async def test_explanation_mentions_a_trimmed_log(harness: ReadingHarness, ask: Asking) -> None:
    register, niss, other = await harness.register(), await harness.person(), await harness.person()
    await harness.inscribe(register, niss, "2024-01-01", "2024-12-31")  # 2
    await harness.inscribe(register, other, "2024-06-15", "2024-06-15")  # 3
    await harness.remove(register, other, "2024-06-15", "2024-06-15")  # 4
    await harness.inscribe(register, niss, "2025-06-01", "2025-12-31")  # 5
    await harness.inscribe(register, other, "2025-06-01", "2025-12-31")  # 6
    moment = now()
    await harness.remove(register, niss, "2024-01-01", "2024-12-31")  # 7
    await harness.trim(register, 4)
    assert await ask.told(register, niss) == (False, 7, "REMOVED")
    assert await ask.told(register, other) == (False, None, "NOT_KNOWN_BEFORE_LOG")
    earlier = await ask.why(register, niss, at=moment)
    assert (earlier.known, earlier.mutation, earlier.sentence) == (True, None, "EXPLAIN_KNOWN_BEFORE_LOG")
    await harness.trim(register, 7)
    assert await ask.told(register, niss) == (False, None, "NOT_KNOWN_BEFORE_LOG")


async def test_replacement_decides_when_the_earlier_mutation_is_trimmed(
    harness: ReadingHarness, ask: Asking
) -> None:
    register = await harness.register()
    old, new = await harness.person(), await harness.person()
    await harness.inscribe(register, old, "2024-01-01", "2024-12-31")  # 2
    await harness.replace(old, new)  # 3, 4
    await harness.trim(register, 2)
    assert await ask.told(register, new) == (True, 4, "TAKEN_OVER")


async def test_all_violations_are_reported_together(harness: ReadingHarness, ask: Asking) -> None:
    register, niss = await harness.register(), await harness.person()
    tomorrow = now().replace(year=now().year + 1)
    with pytest.raises(Refused) as refused:
        await ask.why(register, niss, "X", at=tomorrow)
    assert said(refused.value) == [
        ("dossier_type", Reason.DOSSIER_TYPE_UNKNOWN),
        ("at_time", Reason.VALUE_INVALID),
    ]
    # The time of the server, which a sentence states, has moved on.
    again = await ask.verb.violations(register, "X", tomorrow)
    assert said(Refused(again)) == said(refused.value)
    assert [each.sentence for each in again] == [each.sentence for each in refused.value.violations]


async def test_walk_ends_at_the_deadline_of_its_call(harness: ReadingHarness, ask: Asking) -> None:
    register, niss = await harness.register(), await harness.person()
    await harness.inscribe(register, niss, "2024-01-01", "2024-12-31")
    with pytest.raises(StoreUnavailable):
        await ask.why(register, niss, call=replace(a_call(), deadline=0.0))


async def test_explanation_agrees_with_a_scan_of_the_whole_log(harness: ReadingHarness, ask: Asking) -> None:
    """Against the whole history, by hand, for persons whose numbers are replaced and restored at random."""
    chance = random.Random(23)
    register = await harness.register()
    people = [await harness.person() for _ in range(4)]
    for _ in range(60):
        one, other = chance.sample(people, 2)
        first, last = sorted(chance.sample(range(1, 29), 2))
        period = f"2024-06-{first:02}", f"2024-06-{last:02}"
        try:
            match chance.randrange(8):
                case 0:
                    await harness.replace(one, other)
                case 1:
                    await harness.restore(one)
                case 2 | 3 | 4:
                    await harness.remove(register, one, *period)
                case _:
                    await harness.inscribe(register, one, *period)
        except Refused:
            continue  # already replaced
    day = days(DAY, DAY).begin
    for niss in people:
        numbers = (await harness.source.numbers_of([niss]))[niss]
        log, _ = await harness.reads.history(register.id, numbers, None, 0, 1_000)
        final = [m for m in log if m.niss == numbers[0]]
        known = bool(final) and covers(final[-1].after, day)
        found = await ask.why(register, niss)
        assert found.known == known
        turned = [m for m in log if covers(m.before, day) != covers(m.after, day)]
        if known:
            decides = next(m for m in reversed(turned) if m.niss == numbers[0])
            while decides.kind is MutationKind.NISS_REPLACED:
                taken_from = next(m for m in turned if m.revision == decides.revision - 1)
                decides = next(
                    m
                    for m in reversed(turned)
                    if m.niss == taken_from.niss and m.revision < taken_from.revision
                )
        elif turned:
            decides = turned[-1]
        expected = decides.revision if turned else None
        assert (found.mutation.revision if found.mutation else None) == expected


async def test_long_chain_is_walked_in_pieces(
    harness: ReadingHarness, ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    register, niss = await harness.register(), await harness.person()
    await harness.inscribe(register, niss, "2024-06-01", "2024-06-30")
    for year in range(1980, 1995):
        await harness.inscribe(register, niss, f"{year}-01-01", f"{year}-06-30")
    monkeypatch.setattr("raas.storage.reads.transitions.walk.__defaults__", (4,))
    assert await ask.told(register, niss) == (True, 2, "INSCRIBED")

"""The sentences of ExplainDossier against a model that reads the whole log.

The model knows, beside the log, when each number was restored, and which numbers are cancelled. It says which
sentence is due after a random history, now and as of an earlier moment, and verifies the claims of the
sentence in the four languages.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.day import brussels_time_text
from raas.domain.calendar.periods import covers
from raas.domain.errors import Refused
from raas.domain.numbers.niss import Niss
from raas.domain.registers.dossier_type import IdentityChanges
from raas.domain.registers.mutation import Mutation, MutationKind, Replacement
from raas.domain.sentences import SENTENCES, sentence
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.reads.explain import ExplainDossier, Explanation
from tests.storage.persons.test_transaction import days
from tests.usecases.persons.harness import a_call
from tests.usecases.reads.harness import ReadingHarness, now

DAYS = ("2024-06-05", "2024-06-15")
TYPES = ("HEALTH", "PENSION")
REPLACED, RESTORED = MutationKind.NISS_REPLACED, MutationKind.NISS_RESTORED

SEEDS = (*range(10), 18, 30, 38, 55, 64)
"""The last five led to untrue sentences before."""

CLAIMS = {
    "INSCRIBED": ("inscribed that day", "inscrite par", "ingeschreven door", "eingetragen von"),
    "INSCRIBED_CANCELLED": (
        "cancelled since",
        "annulé depuis",
        "sindsdien geannuleerd",
        "seither annulliert",
    ),
    "GIVEN_BACK": ("was undone", "a été annulé", "ongedaan is gemaakt", "rückgängig gemacht wurde"),
    "REMOVED": ("removed that day", "a supprimé ce jour", "heeft verwijderd", "entfernt hat"),
    "NOT_GIVEN_BACK": ("not given back", "n’a pas été restitué", "niet teruggegeven", "nicht zurückgegeben"),
    "SEPARATED": ("got that day back", "a été restitué à l’autre", "teruggekregen", "zurückerhalten hat"),
    "OTHER_DAYS": ("only other days", "seuls d’autres jours", "alleen andere dagen", "nur andere Tage"),
    "NEVER": ("nothing was ever", "rien n’a jamais", "nooit iets", "nie etwas"),
}
"""The expected sentences in English, French, Dutch and German."""


@dataclass
class Model:
    """One person's register as the log tells it, and what befell the numbers."""

    log: list[Mutation]
    restored: list[tuple[Niss, int]] = field(default_factory=list)
    """Numbers that were restored, with the last revision before that."""
    cancelled: set[Niss] = field(default_factory=set)

    def changes(self, number: Niss, code: str, day: int) -> list[Mutation]:
        """The mutations that changed whether a dossier covers the day."""
        return [
            m
            for m in self.log
            if (m.niss, m.dossier_type) == (number, code) and covers(m.before, day) != covers(m.after, day)
        ]

    def origin(self, gained: Mutation, day: int) -> Mutation:
        """The mutation by which the day came to the number that a replacement took it from."""
        while gained.kind is REPLACED:
            assert isinstance(gained.detail, Replacement)
            assert gained.dossier_type is not None
            changes = self.changes(gained.detail.replaced_niss, gained.dossier_type, day)
            gained = max((m for m in changes if m.revision < gained.revision - 1), key=revision)
        return gained

    def decision(
        self, numbers: Sequence[Niss], codes: Iterable[str], day: int
    ) -> tuple[bool, Mutation | None]:
        """Whether the first of the numbers covers the day, and the deciding mutation."""
        found = {(n, c): self.changes(n, c, day) for n in numbers for c in codes}
        last = {key: changes[-1] for key, changes in found.items() if changes}
        gained = [m for (n, _), m in last.items() if n == numbers[0] and covers(m.after, day)]
        if gained:
            return True, max((self.origin(m, day) for m in gained), key=revision)
        return False, max(last.values(), key=revision, default=None)

    def restoration(self, number: Niss, after: int) -> int | None:
        """The last revision before the first restoration of a number after a revision."""
        return next((at for niss, at in self.restored if niss == number and at >= after), None)

    def key(
        self, known: bool, decided: Mutation | None, numbers: Sequence[Niss], codes: Iterable[str]
    ) -> str:
        """The sentence that is due."""
        if decided is None:
            held = {(m.niss, m.dossier_type) for m in self.log if m.dossier_type}
            return "OTHER_DAYS" if held & {(n, c) for n in numbers for c in codes} else "NEVER"
        if known:
            return "GIVEN_BACK" if decided.kind is RESTORED else "INSCRIBED"
        if decided.kind is REPLACED:
            return "NOT_GIVEN_BACK"
        return "SEPARATED" if decided.kind is RESTORED else "REMOVED"

    def verify(self, key: str, decided: Mutation, day: int) -> None:
        """Verify the claims that a sentence makes about the past."""
        code, number = decided.dossier_type, decided.niss
        assert code is not None
        assert number is not None
        gains = covers(decided.after, day)
        if key in ("INSCRIBED", "INSCRIBED_CANCELLED"):
            assert (decided.kind, gains) == (MutationKind.INSCRIBED, True)
        elif key == "GIVEN_BACK":
            assert (decided.kind, gains) == (RESTORED, True)
        elif key == "REMOVED":
            assert (decided.kind, gains) == (MutationKind.REMOVED, False)
        elif key == "SEPARATED":
            group = [m for m in self.log if m.batch_last_revision == decided.batch_last_revision]
            received = [m for m in group if m.dossier_type == code and not covers(m.before, day)]
            assert [m.niss for m in received if covers(m.after, day)] != [number]
            assert any(covers(m.after, day) for m in received)
        elif key == "NOT_GIVEN_BACK":
            undone = self.restoration(number, decided.revision)
            assert undone is not None, "the replacement is still in force"
            between = [m for m in self.log[decided.revision : undone] if m.dossier_type == code]
            removed = [m for m in between if m.kind is MutationKind.REMOVED and covers(m.before, day)]
            received = [m for m in between if m.kind is RESTORED and covers(m.after, day)]
            assert [m for m in removed if not covers(m.after, day)] or [
                m for m in received if m.niss != number and not covers(m.before, day)
            ], "the day was neither removed nor given to another number"


def revision(mutation: Mutation) -> int:
    return mutation.revision


@pytest.fixture
def harness(engine: AsyncEngine, reading_engine: AsyncEngine) -> ReadingHarness:
    return ReadingHarness(engine, reading_engine)


async def whole_log(harness: ReadingHarness, register: AdmittedRegister) -> list[Mutation]:
    found = [
        await harness.reads.mutation(register.id, n + 1) for n in range(await harness.revision(register))
    ]
    return [mutation for mutation in found if mutation is not None]


async def random_history(
    harness: ReadingHarness, register: AdmittedRegister, people: Sequence[Niss], chance: random.Random
) -> list[tuple[datetime, Model]]:
    """A history, and what the model knew at each moment of it, in order."""
    model = Model([])
    replaced: set[Niss] = set()
    moments: list[tuple[datetime, int, Model]] = []
    for _ in range(chance.randrange(8, 40)):
        one, other = chance.sample(people, 2)
        first, last = sorted(chance.sample(range(1, 29), 2))
        code, period = chance.choice(TYPES), (f"2024-06-{first:02}", f"2024-06-{last:02}")
        if chance.random() < 0.5:
            period = "2024-06-01", "2024-06-20"
        before = await harness.revision(register)
        try:
            match chance.randrange(10):
                case 0 | 1 | 2:
                    await harness.replace(one, other)
                    replaced.add(one)
                case 3 | 4 if replaced:
                    one = chance.choice(sorted(replaced))
                    await harness.restore(one)
                    replaced.discard(one)
                    model.restored.append((one, before))
                    if chance.random() < 0.5:
                        await harness.replace(one, chance.choice([each for each in people if each != one]))
                        replaced.add(one)
                case 5 | 6 | 7:
                    await harness.remove(register, one, *period, code)
                case 8 if chance.random() < 0.1:
                    await harness.cancel(one)
                    model.cancelled.add(one)
                case _:
                    await harness.inscribe(register, one, *period, code)
        except Refused:
            pass  # replaced or cancelled
        moments.append((now(), await harness.revision(register), deepcopy(model)))
    log = await whole_log(harness, register)
    for _, last_revision, then in moments:
        then.log = log[:last_revision]
    return [(moment, then) for moment, _, then in moments]


@pytest.mark.parametrize("seed", SEEDS)
async def test_sentence_is_true_after_any_history(harness: ReadingHarness, seed: int) -> None:
    chance = random.Random(seed)
    known = IdentityChanges.WHILE_KNOWN
    register = await harness.register(HEALTH=known, PENSION=known)
    people = [await harness.person() for _ in range(4)]
    moments = await random_history(harness, register, people, chance)
    explain = ExplainDossier(harness.reads, harness.source, harness.niss_history)
    for at, model in ((None, moments[-1][1]), chance.choice(moments)):
        for niss, text, code in product(people, DAYS, (None, *TYPES)):
            day = days(text, text).begin
            found = await explain.explain(a_call(), register, niss, code, day, at)
            assert_true(model, found, TYPES if code is None else (code,), day, text)


def assert_true(model: Model, found: Explanation, codes: Sequence[str], day: int, text: str) -> None:
    is_known, decided = model.decision(found.numbers, codes, day)
    assert (found.known, found.mutation) == (is_known, decided)
    key = model.key(is_known, decided, found.numbers, codes)
    if key == "INSCRIBED" and found.numbers[0] in model.cancelled:
        key = "INSCRIBED_CANCELLED"
    assert found.sentence == f"EXPLAIN_{key}"
    if decided is not None:
        model.verify(key, decided, day)
    for language, claim in zip(SENTENCES, CLAIMS[key], strict=True):
        said = sentence(found.sentence, language, found.values)
        assert claim in said
        assert text in said
        assert "…" not in said
        assert re.search(r"\d{11}", said) is None
        if decided is not None:
            assert decided.dossier_type is not None
            facts = (decided.dossier_type, brussels_time_text(decided.record_time), "0999999922")
            assert [fact for fact in facts if fact not in said] == []

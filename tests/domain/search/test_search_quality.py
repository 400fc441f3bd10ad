"""Recall on small sets: `make trials` measures it on large ones, and on public data."""

from __future__ import annotations

from collections import Counter
from datetime import date
from random import Random

import pytest

from benchmarks.clerk_mistakes import MISTAKES, Case, cases
from benchmarks.held_out import held_out
from benchmarks.name_spellings import as_typed, lines, score
from benchmarks.name_variants import MadePersons
from benchmarks.search_quality import Question, given_name_pairs, measure

DAYS = 366


@pytest.fixture(scope="module")
def set_of_clerks() -> list[Case]:
    return list(cases(Random(11), 12, date(1968, 1, 1), DAYS))


def test_the_ladder_finds_persons_whom_a_clerk_calls_the_same(set_of_clerks: list[Case]):
    made = MadePersons(Random(12))
    persons = [case.person for case in set_of_clerks]
    persons += [made.draw(date(1968, 1, 1), DAYS) for _ in range(1_500)]
    questions = [Question(case.kind, case.query, place, False) for place, case in enumerate(set_of_clerks)]
    result = measure(persons, questions)
    assert set(MISTAKES) < set(result.kinds)
    missed = Counter(question.kind for question in result.missed)
    assert max(missed.values(), default=0) <= 1, missed
    total = result.kinds["all"]
    assert total.found / total.questions >= 0.97
    assert total.first / total.questions >= 0.95


def test_each_band_of_scores_is_worth_more_than_the_band_below(set_of_clerks: list[Case]):
    made = MadePersons(Random(13))
    persons = [case.person for case in set_of_clerks]
    persons += [made.draw(date(1968, 1, 1), DAYS) for _ in range(12_000)]
    questions = [Question(case.kind, case.query, place, False) for place, case in enumerate(set_of_clerks)]
    bands = measure(persons, questions).bands
    low = [bands[band] for band in bands if band < 0.86]
    high = [bands[band] for band in bands if band >= 0.86]
    low_precision, high_precision = (
        sum(counts.found for counts in some) / sum(counts.answered for counts in some) for some in (low, high)
    )
    assert high_precision >= 0.95 > low_precision


def test_at_most_one_in_twenty_different_names_scores_nine_tenths():
    pairs = [tuple(line) for line in lines("different_names.txt")]
    high = [pair for pair in pairs if score(*as_typed(pair)) >= 0.9]
    assert len(pairs) > 300
    assert len(high) <= len(pairs) / 20, high
    for one, other in (
        ("Xu", "Xue"),
        ("Rahman", "Rahmani"),
        ("Kumar", "Kumari"),
        ("Ferrari", "Ferraro"),
        ("Kowalski", "Kowalczyk"),
    ):
        assert score(*as_typed((one, other))) < 0.9
        assert score(*as_typed((other, one))) < 0.9


def test_both_halves_of_a_set_are_about_equal():
    pairs = [f"{one}|{other}" for _, one, other in given_name_pairs()]
    # Of 158 pairs, by chance: three standard deviations are 0.12.
    assert 0.38 < sum(map(held_out, pairs)) / len(pairs) < 0.62

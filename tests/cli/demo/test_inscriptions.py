"""The demonstration register: fictitious persons, the same everywhere."""

from __future__ import annotations

import csv
from pathlib import Path

from raas.cli.demo.inscriptions import COLUMNS, SAMPLE_CHILD, SAMPLE_PERSON, demo_rows
from raas.domain.calendar.day import parse_day
from raas.domain.numbers.niss import NissProfile, niss_text, parse_niss

EXAMPLE = Path(__file__).parents[3] / "examples" / "inscriptions.csv"
TODAY = parse_day("2025-12-31")


def assert_fictitious(text: str) -> None:
    assert niss_text(parse_niss(text, NissProfile.TEST, TODAY)) == text
    assert 60 < int(text[2:4]) <= 72


def test_demo_inscriptions_are_of_fictitious_persons() -> None:
    persons = {row.fields[COLUMNS.index("niss")] for row in demo_rows()}
    assert {SAMPLE_PERSON, SAMPLE_CHILD} < persons
    for niss in persons:
        assert_fictitious(niss)


def test_demo_inscriptions_are_always_the_same() -> None:
    rows = list(demo_rows())
    assert rows == list(demo_rows())
    assert len({tuple(row.fields[1:3]) for row in rows}) == 5_326


def test_example_file_has_other_fictitious_persons() -> None:
    with EXAMPLE.open(newline="") as file:
        persons = {row["niss"] for row in csv.DictReader(file)}
    assert not persons & {row.fields[1] for row in demo_rows()}
    for niss in persons:
        assert_fictitious(niss)

"""Lines as PostgreSQL writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.day import BEGINNING, OPEN
from raas.domain.calendar.periods import Lines, Period, normalise
from raas.domain.registers.mutation import lines_text
from raas.storage.connection.query import fetch
from raas.storage.rows.ranges import lines_of, multirange_text, range_text

days = st.integers(BEGINNING, OPEN - 1)
lines = st.lists(st.tuples(days, days | st.just(OPEN)), max_size=5).map(
    lambda pairs: normalise(Period(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1])
)


def test_text_of_lines() -> None:
    open_line = Period(738_886, OPEN)
    assert lines_of("{}") == ()
    assert lines_of("{[2024-01-01,)}") == (open_line,)
    assert lines_of("{[2023-01-01,2023-02-01),[2024-01-01,)}") == (Period(738_521, 738_552), open_line)
    assert multirange_text((Period(738_521, 738_552), open_line)) == "{[2023-01-01,2023-02-01),[2024-01-01,)}"
    assert range_text(open_line) == "[2024-01-01,)"


@given(lines)
def test_lines_of_is_the_inverse_of_multirange_text(some: Lines) -> None:
    assert lines_of(multirange_text(some)) == some


async def test_text_is_the_one_that_postgresql_writes(reading_engine: AsyncEngine) -> None:
    @given(st.lists(lines, min_size=1, max_size=50))
    def examples(many: list[Lines]) -> None:
        asked.append(many)

    asked: list[list[Lines]] = []
    examples()
    for many in asked:
        # Both ways in which lines reach the database: half-open, and as the checksum writes them.
        for written in (multirange_text, lines_text):
            statement = "SELECT t::datemultirange::text FROM unnest(%(texts)s::text[]) t"
            rows = await fetch(reading_engine, statement, {"texts": [written(each) for each in many]})
            assert [lines_of(text) for (text,) in rows] == many


@pytest.mark.parametrize(
    "text", ["", "{", "[2024-01-01,)", "{(,2024-01-01)}", "{[2024-01-01,2024-02-01]}", "{[x,y)}", "empty"]
)
def test_text_that_no_dossier_can_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever its words
        lines_of(text)

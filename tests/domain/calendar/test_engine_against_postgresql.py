"""The engine against a second oracle: the multiranges of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raas.domain.calendar.day import BEGINNING, OPEN
from raas.domain.calendar.periods import Lines, Period, normalise
from raas.domain.registers.dossier import inscribe, remove

HORIZON = 60


@pytest.fixture(scope="module")
def connection(dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(dsn, autocommit=True) as connected:
        yield connected


def periods() -> st.SearchStrategy[Period]:
    begin = st.integers(BEGINNING, HORIZON)
    closed = st.tuples(begin, st.integers(1, 15)).map(lambda pair: Period(pair[0], sum(pair)))
    return closed | closed | closed | begin.map(lambda day: Period(day, OPEN))


def text(lines: Lines) -> str:
    """The lines as PostgreSQL writes an int4multirange."""
    return "{" + ",".join(f"[{begin},{end})" for begin, end in lines) + "}"


# The connection is shared by all examples; they only ask, so nothing of one is left for the next.
shared = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@shared
@given(many=st.lists(periods(), min_size=1, max_size=30))
def test_normalise_agrees_with_range_agg(connection, many):
    row = connection.execute(
        "SELECT range_agg(int4range(begin_day, end_day))::text FROM unnest(%s::int[], %s::int[])"
        " AS period (begin_day, end_day)",
        [[period.begin for period in many], [period.end for period in many]],
    ).fetchone()
    assert row == (text(normalise(many)),)


@shared
@given(sequence=st.lists(st.tuples(st.booleans(), periods()), min_size=1, max_size=40))
def test_sequence_of_operations_agrees_with_multiranges(connection, sequence):
    changes = []
    lines: Lines = ()
    for inscribes, period in sequence:
        change = inscribe(lines, period) if inscribes else remove(lines, period)
        changes.append(change)
        lines = change.after
    rows = connection.execute(
        "SELECT (CASE WHEN inscribes THEN before + period ELSE before - period END)::text,"
        " (before * period)::text"
        " FROM unnest(%s::bool[], %s::int4multirange[], %s::int4multirange[])"
        " WITH ORDINALITY AS step (inscribes, before, period, number) ORDER BY number",
        [
            [inscribes for inscribes, _ in sequence],
            [text(change.before) for change in changes],
            [text((period,)) for _, period in sequence],
        ],
    ).fetchall()
    for change, (inscribes, _), (after, common) in zip(changes, sequence, rows, strict=True):
        assert text(change.after) == after
        if not inscribes:
            assert text(change.gone) == common

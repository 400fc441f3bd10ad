"""Rows as operations: what an empty field means, and what is no operation."""

from __future__ import annotations

import pytest

from raas.cli.imports.csv_table import Row
from raas.cli.imports.rows import ROWS_PER_MESSAGE, Message, messages
from raas.v1.identity_pb2 import IdentityClaim, Sex
from raas.v1.inscription_pb2 import Inscription, Removal
from raas.v1.period_pb2 import Period
from raas.v1.register_service_pb2 import BatchOperation

KEY = ("niss", "dossier_type", "begin", "end")
PERSON = ("last_name", "first_names", "birth_date", "sex")


def message(columns: tuple[str, ...], *fields: str) -> Message:
    (one,) = messages(columns, iter([Row(2, list(fields))]), 0)
    return one


def operation(columns: tuple[str, ...], *fields: str) -> BatchOperation:
    one = message(columns, *fields)
    assert one.faults == {}
    return one.request.operations[0]


def inscription(period: Period) -> BatchOperation:
    return BatchOperation(inscribe=Inscription(niss="1", dossier_type="A", period=period))


def removal(period: Period | None) -> BatchOperation:
    return BatchOperation(remove=Removal(niss="1", dossier_type="A", period=period))


def test_without_an_operation_column_every_row_inscribes() -> None:
    expected = inscription(Period(begin="2024-01-01", end="2024-12-31"))
    assert operation(KEY, "1", "A", "2024-01-01", "2024-12-31") == expected


def test_columns_in_any_order() -> None:
    columns = ("end", "operation", "begin", "dossier_type", "niss")
    assert operation(columns, "", "remove", "2024-01-01", "A", "1") == removal(Period(begin="2024-01-01"))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (("INSCRIBE", "1", "A", "2024-01-01", ""), inscription(Period(begin="2024-01-01"))),
        (("", "1", "A", "2024-01-01", ""), inscription(Period(begin="2024-01-01"))),
        # Not absent: the server is to say that its begin is missing.
        (("INSCRIBE", "1", "A", "", ""), inscription(Period())),
        (("REMOVE", "1", "A", "", "2024-01-31"), removal(Period(end="2024-01-31"))),
        (("REMOVE", "1", "A", "", ""), removal(None)),
    ],
)
def test_empty_days_are_absent(fields: tuple[str, ...], expected: BatchOperation) -> None:
    assert operation(("operation", *KEY), *fields) == expected


def test_an_identity_is_claimed_by_the_fields_that_are_filled() -> None:
    claimed = operation((*KEY, *PERSON), "1", "A", "2024-01-01", "", "Peeters", "Jan|Piet", "1985-07-00", "m")
    assert claimed.inscribe.identity == IdentityClaim(
        last_name="Peeters", first_names=["Jan", "Piet"], birth_date="1985-07-00", sex=Sex.SEX_MALE
    )
    unclaimed = operation((*KEY, *PERSON), "1", "A", "2024-01-01", "", "", "", "", "")
    assert not unclaimed.inscribe.HasField("identity")


@pytest.mark.parametrize(
    ("columns", "fields", "sentence"),
    [
        (KEY, ("1", "A", "2024-01-01"), "the row has 3 fields, the header 4"),
        (("operation", *KEY), ("ADD", "1", "A", "", ""), "the operation is neither INSCRIBE nor REMOVE"),
        ((*KEY, "sex"), ("1", "A", "2024-01-01", "", "X"), "the sex is neither F nor M"),
        (KEY, ("\udcff", "A", "2024-01-01", ""), "the row is not written in UTF-8"),
        (
            ("operation", *KEY, "sex", "last_name"),
            ("REMOVE", "1", "A", "", "", "F", "Peeters"),
            "a removal does not compare identities: leave last_name, sex empty",
        ),
    ],
)
def test_what_is_no_operation_travels_as_an_empty_one(
    columns: tuple[str, ...], fields: tuple[str, ...], sentence: str
) -> None:
    one = message(columns, *fields)
    assert one.faults == {0: sentence}
    assert list(one.request.operations) == [BatchOperation()]


def test_rows_of_any_length_fit_into_a_message() -> None:
    giant = Row(3, ["9" * 100_000, "A", "2024-01-01", ""])
    rows = [Row(2, ["1", "A", "2024-01-01", ""]), *[giant] * (ROWS_PER_MESSAGE - 1)]
    (one,) = messages(KEY, iter(rows), 0)
    assert one.request.ByteSize() < 8 * 1024 * 1024
    assert one.request.operations[0] == inscription(Period(begin="2024-01-01"))
    assert set(one.faults) == set(range(1, ROWS_PER_MESSAGE))


def test_messages_go_on_from_an_offset() -> None:
    rows = [Row(n, ["1", "A", "2024-01-01", ""]) for n in range(2, 2 + 2 * ROWS_PER_MESSAGE + 10)]
    made = list(messages(KEY, iter(rows), 7))
    assert [(m.request.offset, m.through, len(m.request.operations)) for m in made] == [
        (7, 7 + ROWS_PER_MESSAGE, ROWS_PER_MESSAGE),
        (7 + ROWS_PER_MESSAGE, 7 + 2 * ROWS_PER_MESSAGE, ROWS_PER_MESSAGE),
        (7 + 2 * ROWS_PER_MESSAGE, 10 + 2 * ROWS_PER_MESSAGE, 3),
    ]
    assert made[0].rows[0] == rows[7]

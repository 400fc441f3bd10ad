"""Rows as operations: empty fields, claimed identities, and rows that are no operation."""

from __future__ import annotations

import pytest

from raas.cli.imports.csv_table import Row
from raas.cli.imports.operations import LARGEST_OPERATION, Operations
from raas.v1.identity_pb2 import IdentityClaim, Sex
from raas.v1.inscription_pb2 import Inscription, Removal
from raas.v1.period_pb2 import Period
from raas.v1.register_service_pb2 import BatchOperation

KEY = ("niss", "dossier_type", "begin", "end")
PERSON = ("last_name", "first_names", "birth_date", "sex")


def made(columns: tuple[str, ...], *fields: str) -> tuple[BatchOperation, str | None]:
    return Operations(columns).make(Row(2, list(fields)))


def operation(columns: tuple[str, ...], *fields: str) -> BatchOperation:
    one, fault = made(columns, *fields)
    assert fault is None
    return one


def inscription(period: Period) -> BatchOperation:
    return BatchOperation(inscribe=Inscription(niss="1", dossier_type="A", period=period))


def removal(period: Period | None) -> BatchOperation:
    return BatchOperation(remove=Removal(niss="1", dossier_type="A", period=period))


def test_row_inscribes_when_there_is_no_operation_column() -> None:
    expected = inscription(Period(begin="2024-01-01", end="2024-12-31"))
    assert operation(KEY, "1", "A", "2024-01-01", "2024-12-31") == expected


def test_columns_are_found_in_any_order() -> None:
    columns = ("end", "operation", "begin", "dossier_type", "niss")
    assert operation(columns, "", "remove", "2024-01-01", "A", "1") == removal(Period(begin="2024-01-01"))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (("INSCRIBE", "1", "A", "2024-01-01", ""), inscription(Period(begin="2024-01-01"))),
        (("", "1", "A", "2024-01-01", ""), inscription(Period(begin="2024-01-01"))),
        # The period is present, so that the server reports the missing begin.
        (("INSCRIBE", "1", "A", "", ""), inscription(Period())),
        (("REMOVE", "1", "A", "", "2024-01-31"), removal(Period(end="2024-01-31"))),
        (("REMOVE", "1", "A", "", ""), removal(None)),
    ],
)
def test_empty_day_is_an_absent_bound(fields: tuple[str, ...], expected: BatchOperation) -> None:
    assert operation(("operation", *KEY), *fields) == expected


def test_identity_is_claimed_by_the_fields_that_are_not_empty() -> None:
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
def test_row_without_operation_becomes_an_empty_one_with_a_sentence(
    columns: tuple[str, ...], fields: tuple[str, ...], sentence: str
) -> None:
    assert made(columns, *fields) == (BatchOperation(), sentence)


def test_row_that_is_too_long_becomes_an_empty_operation() -> None:
    assert made(KEY, "9" * 100_000, "A", "2024-01-01", "") == (BatchOperation(), "the row is too long")
    # 2,000 rows of the largest size fit into one message of the server.
    assert 2_000 * LARGEST_OPERATION < 7 * 1024 * 1024

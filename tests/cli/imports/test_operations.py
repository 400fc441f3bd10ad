"""Rows as operations: empty fields, claimed identities, and rows that are no operation."""

from __future__ import annotations

import pytest

from raas.cli.imports.files.csv_rows import Row
from raas.cli.imports.files.header import read_header
from raas.cli.imports.operations import LARGEST_OPERATION, Made, Operations
from raas.cli.terminal.days import parse_date_format
from raas.v1.identity_pb2 import IdentityClaim, Sex
from raas.v1.inscription_pb2 import Inscription, Removal
from raas.v1.period_pb2 import Period
from raas.v1.register_service_pb2 import BatchOperation

KEY = ("niss", "dossier_type", "begin", "end")
PERSON = ("last_name", "first_names", "birth_date", "sex")


def made(columns: tuple[str, ...], *fields: str, date_format: str = "YYYY-MM-DD") -> Made:
    header = read_header(columns, ignore_extra=False)
    return Operations(header, parse_date_format(date_format)).make(Row(2, list(fields)))


def operation(columns: tuple[str, ...], *fields: str) -> BatchOperation:
    one = made(columns, *fields)
    assert (one.fault, one.hints) == (None, ())
    return one.operation


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
    assert made(columns, *fields) == Made(BatchOperation(), sentence)


def test_row_that_is_too_long_becomes_an_empty_operation() -> None:
    assert made(KEY, "9" * 100_000, "A", "2024-01-01", "") == Made(BatchOperation(), "the row is too long")
    # 2,000 rows of the largest size fit into one message of the server.
    assert 2_000 * LARGEST_OPERATION < 7 * 1024 * 1024


@pytest.mark.parametrize(
    ("date_format", "begin", "end"),
    [
        ("DD/MM/YYYY", "01/02/2024", "3/4/2024"),
        ("dd.mm.yyyy", "01.02.2024", "03.04.2024"),
        ("MM/DD/YYYY", "02/01/2024", "04/03/2024"),
        ("YYYYMMDD", "20240201", "20240403"),
    ],
)
def test_days_are_read_in_the_given_format(date_format: str, begin: str, end: str) -> None:
    one = made(KEY, "1", "A", begin, end, date_format=date_format)
    assert one == Made(inscription(Period(begin="2024-02-01", end="2024-04-03")))


def test_incomplete_birth_date_is_read_in_the_given_format() -> None:
    one = made((*KEY, "birth_date"), "1", "A", "01/02/2024", "", "00/06/1968", date_format="DD/MM/YYYY")
    assert one.operation.inscribe.identity.birth_date == "1968-06-00"


def test_row_in_another_encoding_is_a_fault_with_a_hint() -> None:
    one = made(KEY, "\udcff", "A", "2024-01-01", "")
    assert one.fault == "the row is not written in the encoding of the file"
    assert one.hints == ("some rows are in another encoding: try --encoding windows-1252",)


@pytest.mark.parametrize("day", ["2024-02-01 00:00:00", "2024-02-01T00:00", "2024-02-01 0:00", "2024-02-01"])
def test_midnight_after_a_day_is_ignored(day: str) -> None:
    assert operation(KEY, "1", "A", day, "") == inscription(Period(begin="2024-02-01"))
    assert made(KEY, "1", "A", "2024-02-01 12:00", "").operation.inscribe.period.begin == "2024-02-01 12:00"


@pytest.mark.parametrize("niss", ["85.67.30-033.60", "85 67 30 033 60", "856730-033-60", "85673003360"])
def test_separators_of_a_niss_are_removed(niss: str) -> None:
    assert operation(KEY, niss, "A", "2024-01-01", "").inscribe.niss == "85673003360"


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        (("5673003360", "A", "2024-01-01", ""), "leading zero"),
        (("8,5673E+10", "A", "2024-01-01", ""), "rounded number"),
        (("85673003360", "A", "01/02/2024", ""), "--date-format DD/MM/YYYY"),
    ],
)
def test_hint_names_the_cause_of_a_rejection(fields: tuple[str, ...], hint: str) -> None:
    one = made(KEY, *fields)
    assert one.fault is None
    assert len(one.hints) == 1
    assert hint in one.hints[0]


def test_value_in_a_column_without_name_is_a_fault() -> None:
    one = made((*KEY, ""), "1", "A", "2024-01-01", "", "lost")
    assert one.fault == "the row has a value in a column without a name"

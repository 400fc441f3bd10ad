"""Reading CSV files: headers, delimiters, compression, bytes that are not text."""

from __future__ import annotations

import csv
import gzip
import io
import lzma
import sys
from pathlib import Path

import pytest

from raas.cli.imports.csv_table import HeaderInvalid, Row, open_table

CONTENT = "niss,dossier_type,begin,end\n85673003360,PENSION,2024-01-01,\n"
ROWS = [Row(2, ["85673003360", "PENSION", "2024-01-01", ""])]


def read(path: Path | None) -> list[Row]:
    with open_table(path) as table:
        return list(table.rows())


def written(directory: Path, content: str | bytes, name: str = "people.csv") -> Path:
    path = directory / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("people.csv", CONTENT.encode()),
        ("people.csv.gz", gzip.compress(CONTENT.encode())),
        ("people.csv.xz", lzma.compress(CONTENT.encode())),
        ("windows.csv", b"\xef\xbb\xbf" + CONTENT.replace("\n", "\r\n").encode()),
        ("semicolons.csv", CONTENT.replace(",", ";").encode()),
        ("tabs.csv", CONTENT.replace(",", "\t").encode()),
        ("quoted.csv", b'"niss","dossier_type","begin","end"\n"85673003360","PENSION","2024-01-01",""\n'),
        ("no-last-newline.csv", CONTENT.rstrip("\n").encode()),
        ("capitals.csv", CONTENT.replace("niss,", " NISS ,").encode()),
    ],
)
def test_every_form_of_a_file_gives_the_same_rows(tmp_path: Path, name: str, content: bytes) -> None:
    assert read(written(tmp_path, content, name)) == ROWS


def test_table_is_read_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CONTENT.encode())))
    assert read(None) == ROWS


def test_rows_have_the_line_numbers_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, 'niss,dossier_type,begin,end\n\n1,"two\nlines",3,4\n\n\n5,6,7,8\n')
    assert read(path) == [Row(3, ["1", "two\nlines", "3", "4"]), Row(7, ["5", "6", "7", "8"])]


def test_bytes_that_are_not_text_affect_their_row_only(tmp_path: Path) -> None:
    path = written(tmp_path, b"niss,dossier_type,begin,end\n1,\xff,3,4\n5,6,7,8\n")
    assert read(path) == [Row(2, ["1", "\udcff", "3", "4"]), Row(3, ["5", "6", "7", "8"])]


def test_unclosed_quotation_mark_is_reported_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, CONTENT + '"1,2,3,4\n' + "5,6,7,8\n" * 50_000)
    with pytest.raises(csv.Error, match=r"line 3: .* is a quotation mark not closed"):
        read(path)


def test_header_errors_are_all_reported(tmp_path: Path) -> None:
    path = written(tmp_path, "niss,niss,dossier,begin,name\n")
    with pytest.raises(HeaderInvalid) as refused:
        read(path)
    assert str(refused.value).splitlines() == [
        "missing: dossier_type, end",
        "unknown: 'dossier', 'name'",
        "more than once: niss",
        "a header has niss, dossier_type, begin, end and may have operation, last_name, first_names, "
        "birth_date, sex",
    ]


@pytest.mark.parametrize("content", ["", "\n", ",,,\n"])
def test_file_without_header_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(HeaderInvalid, match="must be a header"):
        read(written(tmp_path, content))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1"])
def test_header_in_another_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    content = CONTENT.replace("end", "end,né").encode(encoding)
    with pytest.raises(HeaderInvalid, match="not written in UTF-8"):
        read(written(tmp_path, content))


def test_position_reaches_the_size(tmp_path: Path) -> None:
    path = written(tmp_path, CONTENT)
    with open_table(path) as table:
        list(table.rows())
        assert table.position == table.size == len(CONTENT)

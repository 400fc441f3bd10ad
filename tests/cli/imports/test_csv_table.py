"""Reading CSV files: headers, delimiters, packing, bytes that are no text."""

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
def test_the_same_rows_however_they_are_written(tmp_path: Path, name: str, content: bytes) -> None:
    assert read(written(tmp_path, content, name)) == ROWS


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CONTENT.encode())))
    assert read(None) == ROWS


def test_lines_are_counted_as_in_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, 'niss,dossier_type,begin,end\n\n1,"two\nlines",3,4\n\n\n5,6,7,8\n')
    assert read(path) == [Row(3, ["1", "two\nlines", "3", "4"]), Row(7, ["5", "6", "7", "8"])]


def test_bytes_that_are_no_text_reach_their_row_only(tmp_path: Path) -> None:
    path = written(tmp_path, b"niss,dossier_type,begin,end\n1,\xff,3,4\n5,6,7,8\n")
    assert read(path) == [Row(2, ["1", "\udcff", "3", "4"]), Row(3, ["5", "6", "7", "8"])]


def test_a_quotation_mark_that_is_not_closed_is_found(tmp_path: Path) -> None:
    path = written(tmp_path, CONTENT + '"1,2,3,4\n' + "5,6,7,8\n" * 50_000)
    with pytest.raises(csv.Error, match=r"line 3: .* is a quotation mark not closed"):
        read(path)


def test_everything_wrong_with_a_header_is_said(tmp_path: Path) -> None:
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
def test_a_file_without_header(tmp_path: Path, content: str) -> None:
    with pytest.raises(HeaderInvalid, match="must be a header"):
        read(written(tmp_path, content))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1"])
def test_a_header_that_is_not_in_utf_8(tmp_path: Path, encoding: str) -> None:
    content = CONTENT.replace("end", "end,né").encode(encoding)
    with pytest.raises(HeaderInvalid, match="not written in UTF-8"):
        read(written(tmp_path, content))


def test_the_position_reaches_the_size(tmp_path: Path) -> None:
    path = written(tmp_path, CONTENT)
    with open_table(path) as table:
        list(table.rows())
        assert table.position == table.size == len(CONTENT)

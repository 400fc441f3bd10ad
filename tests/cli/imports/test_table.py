"""Reading tables: formats, headers, delimiters, encodings, stray quotation marks, files that change."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raas.cli.imports.errors import FileChanged, HeaderInvalid, ImportRefused, Unreadable
from raas.cli.imports.files.csv_rows import CsvText, Row
from raas.cli.imports.files.header import INSCRIPTIONS, Header
from raas.cli.imports.files.source import open_source
from raas.cli.imports.files.table import looks_like_row, open_table

CONTENT = "niss,dossier_type,begin,end\n85673003360,PENSION,2024-01-01,\n"
ROWS = [Row(2, ["85673003360", "PENSION", "2024-01-01", ""])]
HEADER = "niss,dossier_type,begin,end\n"
ANN, BOB = "85673003360,PENSION,2024-01-01,", "17670303353,PENSION,2024-01-01,"
PACKED = {"gz": gzip.compress(CONTENT.encode()), "xz": lzma.compress(CONTENT.encode())}


def read(path: Path, *, encoding: str = "utf-8", ignore_extra: bool = False) -> list[Row]:
    with open_source(str(path)) as source:
        return list(open_table(source, encoding=encoding, ignore_extra=ignore_extra).rows)


def written(directory: Path, content: str | bytes, name: str = "people.csv") -> Path:
    path = directory / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param(name, content, id=name)
        for name, content in {
            "people.csv": CONTENT.encode(),
            "people.csv.gz": PACKED["gz"],
            "PEOPLE.CSV.GZ": PACKED["gz"],
            "people.csv.xz": PACKED["xz"],
            "misnamed.csv": PACKED["xz"],
            "windows.csv": b"\xef\xbb\xbf" + CONTENT.replace("\n", "\r\n").encode(),
            "semicolons.csv": CONTENT.replace(",", ";").encode(),
            "tabs.csv": CONTENT.replace(",", "\t").encode(),
            "quoted.csv": b'"niss","dossier_type","begin","end"\n"85673003360","PENSION","2024-01-01",""\n',
            "no-last-newline.csv": CONTENT.rstrip("\n").encode(),
            "capitals.csv": CONTENT.replace("niss,", " NISS ,").encode(),
            "blank-lines-before.csv": b"\n;;;\r\n" + CONTENT.replace(",", ";").encode(),
            "sep.csv": b"sep=|\n" + CONTENT.replace(",", "|").encode(),
            "blanks.csv": CONTENT.replace(",PENSION,", " , PENSION\xa0,").encode(),
        }.items()
    ],
)
def test_every_form_of_a_file_gives_the_same_rows(tmp_path: Path, name: str, content: bytes) -> None:
    rows = read(written(tmp_path, content, name))
    assert [row.fields for row in rows] == [ROWS[0].fields]


@pytest.mark.parametrize(
    "header",
    [
        "NISS;Type de dossier;Date de début;Date de fin",
        "numéro national;type_dossier;début;fin",
        "INSZ;Dossiertype;Begindatum;Einddatum",
        "Rijksregisternummer;Type van dossier;begin;einde",
        "N° national;type de dossier;du;jusqu'au",
        "Rijksregisternr.;dossier-type;van;t.o.t.",
    ],
)
def test_headers_may_be_french_or_dutch(tmp_path: Path, header: str) -> None:
    path = written(tmp_path, f"{header}\n85673003360;PENSION;2024-01-01;\n")
    assert read(path) == ROWS


def test_belgian_excel_file_has_blank_rows_and_unnamed_columns(tmp_path: Path) -> None:
    content = "niss;dossier_type;begin;end;;\r\n;;;;;\r\n85673003360 ; PENSION;2024-01-01;;;\r\n;;;;;\r\n"
    assert read(written(tmp_path, content)) == [
        Row(3, ["85673003360", "PENSION", "2024-01-01", "", "", ""]),
    ]


def test_extra_columns_are_refused_unless_they_are_ignored(tmp_path: Path) -> None:
    path = written(tmp_path, "niss,dossier_type,begin,end,note\n1,A,,,good\n")
    with pytest.raises(HeaderInvalid, match=r"(?s)unknown: 'note'.*--ignore-extra"):
        read(path)
    assert read(path, ignore_extra=True) == [Row(2, ["1", "A", "", "", "good"])]


def test_file_is_read_in_the_given_encoding(tmp_path: Path) -> None:
    content = "niss,dossier_type,begin,end,last_name\n1,A,,,Müller\n"
    for encoding in ("windows-1252", "utf-16", "latin-1"):
        path = written(tmp_path, content.encode(encoding))
        assert read(path, encoding=encoding) == [Row(2, ["1", "A", "", "", "Müller"])]


def test_rows_have_the_line_numbers_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, 'niss,dossier_type,begin,end\n\n1,"two\nlines",3,4\n\n\n5,6,7,8\n')
    assert read(path) == [Row(3, ["1", "two\nlines", "3", "4"]), Row(7, ["5", "6", "7", "8"])]


def test_bytes_that_are_not_text_affect_their_row_only(tmp_path: Path) -> None:
    path = written(tmp_path, b"niss,dossier_type,begin,end\n1,\xff,3,4\n5,6,7,8\n")
    assert read(path) == [Row(2, ["1", "\udcff", "3", "4"]), Row(3, ["5", "6", "7", "8"])]


@pytest.mark.parametrize(
    "closing", ["", f'5,6,7,"8\n{BOB}\n'], ids=["never closed", "closed by another stray"]
)
def test_stray_quotation_mark_costs_its_own_line_only(tmp_path: Path, closing: str) -> None:
    path = written(tmp_path, HEADER + f'{ANN}\n"{ANN}\n' + f"{BOB}\n" * 2_490 + closing)
    rows = read(path)
    bad = [row for row in rows if row.fault is not None]
    assert bad[0].line == 3
    assert bad[0].fault == "a quotation mark is opened on line 3 and not closed"
    assert [row.line for row in bad] == ([3, 2_494] if closing else [3])
    assert sum(row.fields[0] == BOB[:11] for row in rows) == 2_490 + bool(closing)


def test_lines_swallowed_by_a_stray_quotation_mark_are_all_reported(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + f'"{ANN}\nnote\nnote\n{BOB}\n')
    faults = [(row.line, row.fault is not None) for row in read(path)]
    assert faults == [(2, True), (3, True), (4, True), (5, False)]


@given(data=st.data(), quoted=st.booleans(), size=st.integers(1, 8))
def test_stray_quotation_mark_anywhere_spares_every_other_row(
    data: st.DataObject, quoted: bool, size: int
) -> None:
    rows = [[f"{85_673_003_360 + number}", "PENSION", "2024-01-01", ""] for number in range(size)]
    lines = [",".join(f'"{field}"' if quoted else field for field in row) for row in rows]
    chosen = data.draw(st.integers(0, size - 1), "row")
    place = data.draw(st.integers(0, len(lines[chosen])), "place")
    lines[chosen] = f'{lines[chosen][:place]}"{lines[chosen][place:]}'
    header = Header(INSCRIPTIONS.mandatory, INSCRIPTIONS.mandatory)
    text = CsvText(io.StringIO(HEADER + "\n".join(lines) + "\n"))
    read = {row.line: row for row in text.rows(lambda fields: looks_like_row(header, fields))}
    assert sorted(read) == list(range(2, size + 2))
    for number, row in enumerate(rows):
        if number != chosen:
            assert read[number + 2] == Row(number + 2, row)


def test_line_that_is_too_long_is_one_bad_row(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + "9" * 1_000_000 + f"\n{BOB}\n")
    first, second = read(path)
    assert (first.line, first.fault) == (2, "the line is too long")
    assert (second.line, second.fault) == (3, None)


def test_field_over_several_lines_that_is_too_long_makes_bad_rows(tmp_path: Path) -> None:
    long = "x" * 100_000
    path = written(tmp_path, HEADER + f'1,"{long}\n{long}\n",3,4\n{BOB}\n')
    faults = [(row.line, row.fault is not None) for row in read(path)]
    assert faults == [(2, True), (3, True), (4, True), (5, False)]


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
    with pytest.raises(HeaderInvalid, match=r"not written in UTF-8.*--encoding"):
        read(written(tmp_path, content))


def test_position_reaches_the_size(tmp_path: Path) -> None:
    path = written(tmp_path, CONTENT)
    with open_source(str(path)) as source:
        list(open_table(source).rows)
        assert source.position == source.size == len(CONTENT)


@pytest.mark.parametrize("packed", [False, True])
def test_file_that_changes_while_it_is_read_is_noticed(tmp_path: Path, packed: bool) -> None:
    content = (HEADER + f"{ANN}\n" * 50_000).encode()
    path = written(tmp_path, gzip.compress(content, 0) if packed else content)
    with open_source(str(path)) as source:
        rows = open_table(source).rows
        next(rows)
        with path.open("r+b") as file:
            file.seek(-40, os.SEEK_END)
            file.write(b"9")
        with pytest.raises(FileChanged, match="was changed while it was read"):
            list(rows)


def test_truncated_compressed_file_is_unreadable(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress((HEADER + f"{ANN}\n" * 50_000).encode())[:-20])
    with pytest.raises(Unreadable, match="damaged or truncated"):
        read(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_file_in_another_encoding_than_the_given_one_is_refused(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, (HEADER + f"{ANN}é\n").encode())
    with pytest.raises((Unreadable, HeaderInvalid)):
        read(path, encoding=encoding)


def test_file_is_refused_while_another_import_reads_it(tmp_path: Path) -> None:
    path = written(tmp_path, CONTENT)
    link = tmp_path / "link.csv"
    link.hardlink_to(path)
    with (
        open_source(str(path)),
        pytest.raises(ImportRefused, match="another process"),
        open_source(str(link)),
    ):
        pass
    assert read(link) == ROWS


def test_fifo_is_read_as_a_stream(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.csv"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_text, args=(CONTENT,))
    writer.start()
    with open_source(str(fifo)) as source:
        assert (source.path, source.digest) == (None, None)
        assert list(open_table(source).rows) == ROWS
    writer.join()

"""The table of an input: its header and its rows, whatever its format."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from raas.cli.imports.files.csv_rows import CsvText, Row
from raas.cli.imports.files.header import INSCRIPTIONS, Columns, Header, read_header
from raas.cli.imports.files.sheet_rows import OLE, ZIP, sheet_rows
from raas.cli.imports.files.source import Source, readable

UTF_8 = "utf-8"

_DIGIT = re.compile(r"[0-9]")


@dataclass(frozen=True, slots=True)
class Table:
    """A header and the rows after it, which can be iterated once.

    `delimiter` and `encoding` are those of the input, for files that are to look like it.
    """

    header: Header
    delimiter: str
    encoding: str
    rows: Iterator[Row]


def open_table(
    source: Source,
    *,
    encoding: str = UTF_8,
    ignore_extra: bool = False,
    columns: Columns = INSCRIPTIONS,
) -> Table:
    """Read the header. Raises HeaderInvalid, Unreadable, OSError; iterating the rows raises FileChanged too.

    Bytes that are not in the encoding are kept (surrogateescape), so that only their row is rejected.
    """
    if source.starts_with(ZIP) or source.starts_with(OLE):
        with readable():
            rows = sheet_rows(source.bytes.read())
        first = next(rows, Row(1, []))
        header = read_header(first.fields, ignore_extra=ignore_extra, columns=columns)
        return Table(header, ",", UTF_8, _checked(source, header, rows))
    decoder = "utf-8-sig" if codecs.lookup(encoding).name == UTF_8 else encoding
    with readable():
        text = CsvText(source.text(decoder))
    header = read_header(text.header, ignore_extra=ignore_extra, columns=columns)
    rows = text.rows(lambda fields: looks_like_row(header, fields))
    return Table(header, text.delimiter, encoding, _checked(source, header, rows))


def _checked(source: Source, header: Header, rows: Iterator[Row]) -> Iterator[Row]:
    """The rows without blanks around their fields and without empty fields beyond the header.

    Blank rows are left out. A row may still have too few or too many fields.
    """
    width, since = header.width, 0
    with readable():
        for row in rows:
            if source.position != since:
                since = source.position
                source.check_unchanged()
            fields = [field.strip() for field in row.fields]
            if not any(fields) and row.fault is None:
                continue
            while len(fields) > width and not fields[-1]:
                fields.pop()
            yield Row(row.line, fields, row.fault)
    source.check_unchanged()


def looks_like_row(header: Header, fields: list[str]) -> bool:
    """Whether fields have the width of the header and something like a NISS in its place."""
    if len(fields) != header.width:
        return False
    return 9 <= len(_DIGIT.findall(fields[header.columns.index("niss")])) <= 11

"""The rows of a spreadsheet (.xlsx, .xls, .ods), read by python-calamine.

python-calamine is maintained, fast, and carries its types; openpyxl has had no release since 2024 and reads
some thousand rows a second.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from io import BytesIO

from raas.cli.imports.errors import ImportRefused, Unreadable
from raas.cli.imports.files.csv_rows import Row
from raas.cli.texts import tr

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
"""The first bytes of the formats."""


def sheet_rows(content: bytes) -> Iterator[Row]:
    """The rows of the first sheet, the header included. Raises Unreadable and ImportRefused."""
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError:
        raise ImportRefused(
            "READER_MISSING", tr("reading spreadsheets needs a package: pip install 'raas[spreadsheets]'")
        ) from None
    try:
        workbook = CalamineWorkbook.from_filelike(BytesIO(content))
        sheet = workbook.get_sheet_by_index(0)
        first = sheet.start[0] if sheet.start else 0
        cells = sheet.iter_rows()
    except CalamineError as error:
        raise Unreadable(tr("the spreadsheet cannot be read ({cause})", cause=error)) from None
    for line, row in enumerate(cells, start=first + 1):
        yield Row(line, [_text(cell) for cell in row])


def _text(cell: object) -> str:
    """A cell as it would be written in CSV."""
    match cell:
        case bool():
            return str(cell).upper()
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime.datetime():
            return cell.date().isoformat()
        case datetime.date():
            return cell.isoformat()
        case None:
            return ""
        case _:
            return str(cell)

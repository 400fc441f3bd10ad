"""The rows of a CSV text, one after the other, with recovery after a stray quotation mark."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TextIO

from raas.cli.texts import tr

LONGEST_LINE = 128 * 1024
"""Characters."""

_LONGEST_RECORD = 100
"""Lines that a quoted field may go over."""

_DELIMITERS = ",;\t"
_BLANK = " ,;\t\r\n\xa0"
_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One record; `line` is the number of its first line in the file, from 1.

    `fault` says why the row cannot be read; its fields are then only an approximation.
    """

    line: int
    fields: list[str]
    fault: str | None = None


class _QuoteNotClosed(Exception):
    """The lines of the record end before its quotation mark is closed."""


class CsvText:
    """A CSV text: the header first, after blank lines if there are any, then the rows.

    The delimiter is that of a `sep=` line, else the comma, semicolon or tab that the header has most of.
    """

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._line = 0
        self._put_back: list[str] = []
        first = self._next() or ""
        found = _SEP.fullmatch(first)
        if found:
            first = self._next() or ""
        while first and not first.strip(_BLANK):
            first = self._next() or ""
        self.delimiter = found[1] if found else max(_DELIMITERS, key=first.count)
        self.header = self._split(first)

    def rows(self, is_row: Callable[[list[str]], bool]) -> Iterator[Row]:
        """The records without empty lines.

        `is_row` tells whether fields are those of a row: such a line ends a quoted field that is still open,
        so that a stray quotation mark costs the lines before it only. Every line of these is a faulty row.
        """
        while (line := self._next()) is not None:
            number, content = self._line, line.rstrip("\r\n")
            if not content:
                continue
            if len(line) >= LONGEST_LINE:
                yield Row(number, [content[:1_000]], tr("the line is too long"))
            elif '"' not in content:
                yield Row(number, content.split(self.delimiter))
            else:
                yield from self._quoted(line, number, is_row)

    def _quoted(self, line: str, number: int, is_row: Callable[[list[str]], bool]) -> Iterator[Row]:
        lines = [line]

        def record() -> Iterator[str]:
            yield line
            while (more := self._next()) is not None:
                if len(lines) == _LONGEST_RECORD or is_row(self._split(more)):
                    self._put_back.append(more)
                    self._line -= 1
                    break
                lines.append(more)
                yield more
            raise _QuoteNotClosed

        try:
            yield Row(number, next(csv.reader(record(), delimiter=self.delimiter)))
        except _QuoteNotClosed:
            fault = tr("a quotation mark is opened on line {line} and not closed", line=number)
        except csv.Error as error:
            fault = str(error)
        else:
            return
        for place, each in enumerate(lines):
            if content := each.rstrip("\r\n"):
                yield Row(number + place, content.split(self.delimiter), fault)

    def _split(self, line: str) -> list[str]:
        """The fields of a single line; none where a quotation mark stays open."""
        try:
            return next(csv.reader([line.rstrip("\r\n")], delimiter=self.delimiter, strict=True), [])
        except csv.Error:
            return []

    def _next(self) -> str | None:
        """The next line with its end; of a line that is too long the beginning."""
        if self._put_back:
            self._line += 1
            return self._put_back.pop()
        line = self._text.readline(LONGEST_LINE)
        if not line:
            return None
        self._line += 1
        rest = line
        while len(rest) == LONGEST_LINE and not rest.endswith(("\r", "\n")):
            rest = self._text.readline(LONGEST_LINE)
        return line

"""Rows of a table as operations of Import."""

from __future__ import annotations

import re
from dataclasses import dataclass

from raas.cli.imports.files.csv_rows import Row
from raas.cli.imports.files.header import Header
from raas.cli.terminal.days import ISO, DateFormat, looks_belgian, parse_niss
from raas.cli.texts import tr
from raas.v1.identity_pb2 import IdentityClaim, Sex
from raas.v1.period_pb2 import Period
from raas.v1.register_service_pb2 import BatchOperation

FIRST_NAMES_SEPARATOR = "|"

LARGEST_OPERATION = 3 * 1024
"""Bytes: more than a person with ten long names needs, and 2,000 of them fit into one message."""

_IDENTITY = ("last_name", "first_names", "birth_date", "sex")
_INSCRIBE = ("", "INSCRIBE", "INSCRIRE", "INSCHRIJVEN")
_REMOVE = ("REMOVE", "RETIRER", "SUPPRIMER", "VERWIJDEREN")
SEXES = {
    **dict.fromkeys(("F", "FEMALE", "V", "VROUW", "FEMME"), Sex.SEX_FEMALE),
    **dict.fromkeys(("M", "MALE", "MAN", "H", "HOMME"), Sex.SEX_MALE),
}
_SCIENTIFIC = re.compile(r"\d+(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_NISS_DIGITS = 11
_SHORTENED = re.compile(r"\d{8,10}")


@dataclass(frozen=True, slots=True)
class Made:
    """The operation of a row.

    A row that is no operation has an empty one, and a `fault`; the server rejects it, so that every row keeps
    its offset and every rejection is in one place. `hints` say how a rejected row may be mended.
    """

    operation: BatchOperation
    fault: str | None = None
    hints: tuple[str, ...] = ()


class Operations:
    """Makes operations of the rows of one table."""

    def __init__(self, header: Header, date_format: DateFormat = ISO) -> None:
        self._width = header.width
        place = {name: index for index, name in enumerate(header.columns) if name}
        self._key = place["niss"], place["dossier_type"], place["begin"], place["end"]
        self._operation = place.get("operation")
        self._identity = tuple((name, place[name]) for name in _IDENTITY if name in place)
        self._days = tuple(place[name] for name in ("begin", "end", "birth_date") if name in place)
        self._unnamed = tuple(
            index
            for index, (name, column) in enumerate(zip(header.names, header.columns, strict=True))
            if not name and not column
        )
        self._date_format = date_format

    def make(self, row: Row) -> Made:
        """The operation of a row."""
        hints: list[str] = []
        operation = BatchOperation()
        try:
            if row.fault is not None:
                raise ValueError(row.fault)
            self._put(self._cleaned(row.fields, hints), operation)
            if operation.ByteSize() > LARGEST_OPERATION:
                raise ValueError(tr("the row is too long"))
        except UnicodeEncodeError:
            fault = tr("the row is not written in the encoding of the file")
            hints.append(tr("some rows are in another encoding: try --encoding windows-1252"))
            return Made(BatchOperation(), fault, tuple(hints))
        except ValueError as error:
            return Made(BatchOperation(), str(error), tuple(hints))
        return Made(operation, None, tuple(hints))

    def _cleaned(self, fields: list[str], hints: list[str]) -> list[str]:
        """The fields with NISS and days as the server takes them. Raises ValueError."""
        if len(fields) != self._width:
            raise ValueError(
                tr(
                    "the row has {fields} fields, the header {columns}",
                    fields=len(fields),
                    columns=self._width,
                )
            )
        if any(fields[index] for index in self._unnamed):
            raise ValueError(tr("the row has a value in a column without a name"))
        fields = list(fields)
        niss = self._key[0]
        if len(fields[niss]) != _NISS_DIGITS or not fields[niss].isdigit():
            fields[niss] = _cleaned_niss(fields[niss], hints)
        for index in self._days:
            if fields[index]:
                fields[index] = self._cleaned_day(fields[index], hints)
        return fields

    def _cleaned_day(self, written: str, hints: list[str]) -> str:
        iso = self._date_format.iso(written)
        if iso is not None:
            return iso
        if self._date_format == ISO:
            if looks_belgian(written):
                hints.append(tr("dates look like DD/MM/YYYY: give --date-format DD/MM/YYYY"))
        elif ISO.iso(written) is None:
            hints.append(tr("a date is not written {format}", format=self._date_format.text))
        return written

    def _put(self, fields: list[str], into: BatchOperation) -> None:
        """Make the operation of a row. Raises ValueError with a sentence for a row that has none."""
        verb = fields[self._operation].upper() if self._operation is not None else ""
        niss, dossier_type, begin, end = self._key
        if verb in _INSCRIBE:
            inscribe = into.inscribe
            inscribe.niss, inscribe.dossier_type = fields[niss], fields[dossier_type]
            _put_period(inscribe.period, fields[begin], fields[end])
            for name, place in self._identity:
                if fields[place]:
                    _put_claim(inscribe.identity, name, fields[place])
        elif verb in _REMOVE:
            remove = into.remove
            remove.niss, remove.dossier_type = fields[niss], fields[dossier_type]
            if fields[begin] or fields[end]:
                _put_period(remove.period, fields[begin], fields[end])
            if claimed := [name for name, place in self._identity if fields[place]]:
                raise ValueError(
                    tr("a removal does not compare identities: leave {names} empty", names=", ".join(claimed))
                )
        else:
            raise ValueError(tr("the operation is neither INSCRIBE nor REMOVE"))


def _cleaned_niss(written: str, hints: list[str]) -> str:
    niss = parse_niss(written)
    if _SHORTENED.fullmatch(niss):
        hints.append(tr("the NISS has lost its leading zero: format the column as text"))
    elif _SCIENTIFIC.fullmatch(niss):
        hints.append(tr("the NISS is written as a rounded number: format the column as text"))
    return niss


def _put_period(period: Period, begin: str, end: str) -> None:
    period.SetInParent()
    if begin:
        period.begin = begin
    if end:
        period.end = end


def _put_claim(claim: IdentityClaim, name: str, value: str) -> None:
    match name:
        case "first_names":
            claim.first_names.extend(value.split(FIRST_NAMES_SEPARATOR))
        case "sex":
            if (sex := SEXES.get(value.upper())) is None:
                raise ValueError(tr("the sex is neither F nor M"))
            claim.sex = sex
        case "last_name":
            claim.last_name = value
        case "birth_date":
            claim.birth_date = value

"""Persons of a file for `raas persons import`: JSON lines, or the rows of a table."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from google.protobuf.json_format import Parse, ParseError

from raas.cli.imports.errors import Unreadable
from raas.cli.imports.files.csv_rows import Row
from raas.cli.imports.files.header import PERSON_NAMES, Columns, Header
from raas.cli.imports.files.source import Source, readable
from raas.cli.imports.files.table import open_table
from raas.cli.imports.operations import FIRST_NAMES_SEPARATOR, SEXES
from raas.cli.terminal.days import DateFormat, parse_niss
from raas.cli.texts import tr
from raas.v1.person_pb2 import Person, PersonStatus, RegisterOfOrigin

PERSONS = Columns(
    ("niss",),
    (
        "register_of_origin",
        "status",
        "replaced_by",
        "last_name",
        "first_names",
        "birth_date",
        "sex",
        "birth_place",
        "nationality",
        "death_date",
        "country",
        "municipality",
        "postal_code",
        "street",
        "contact_country",
        "contact_municipality",
        "contact_postal_code",
        "contact_street",
        "source_date",
    ),
    ("line", "reasons"),
    {
        **PERSON_NAMES,
        "register_of_origin": ("register", "registre", "registredorigine", "registervanoorsprong"),
        "status": ("statut",),
        "replaced_by": ("remplacepar", "vervangendoor"),
        "birth_place": ("placeofbirth", "lieudenaissance", "geboorteplaats"),
        "nationality": ("nationalite", "nationaliteit"),
        "death_date": ("dateofdeath", "datededeces", "datedeces", "overlijdensdatum"),
        "country": ("pays", "land"),
        "municipality": ("commune", "gemeente"),
        "postal_code": ("codepostal", "postcode", "postnummer"),
        "street": ("rue", "straat"),
        "source_date": ("datesource", "datedelasource", "brondatum"),
    },
)
"""The columns of persons."""

_TEXTS = ("last_name", "birth_place", "nationality")
_DAYS = ("birth_date", "death_date")
_ADDRESS = ("country", "municipality", "postal_code", "street")
_REGISTER, _STATUS = "REGISTER_OF_ORIGIN_", "PERSON_STATUS_"
_PEEKED = 1_024


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A row of the file: its line, and its person.

    A row that is no person has an empty one, and a `fault`; the server rejects it, so that every row keeps
    its offset.
    """

    line: int
    person: Person
    fault: str | None = None


def read_persons(
    source: Source, *, encoding: str, date_format: DateFormat, ignore_extra: bool
) -> Iterator[PersonRow]:
    """The persons of a file: JSON lines where it begins with a brace, else a table.

    Raises HeaderInvalid and Unreadable, without any fact about a person; ImportRefused, FileChanged, OSError.
    """
    if source.bytes.peek(_PEEKED).lstrip().startswith(b"{"):
        yield from _json_lines(source)
        return
    table = open_table(source, encoding=encoding, ignore_extra=ignore_extra, columns=PERSONS)
    for row in table.rows:
        yield _person_row(table.header, row, date_format)


def _json_lines(source: Source) -> Iterator[PersonRow]:
    with readable():
        lines = io.TextIOWrapper(source.bytes, encoding="utf-8").read().splitlines()
    for line, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        person = Person()
        parsed = False
        with suppress(ParseError):
            Parse(text, person)
            parsed = True
        if not parsed:
            raise Unreadable(tr("line {line} is not a person in JSON", line=line))
        yield PersonRow(line, person)


def _person_row(header: Header, row: Row, date_format: DateFormat) -> PersonRow:
    try:
        if row.fault is not None:
            raise ValueError(row.fault)
        if len(row.fields) != header.width:
            raise ValueError(
                tr(
                    "the row has {fields} fields, the header {columns}",
                    fields=len(row.fields),
                    columns=header.width,
                )
            )
        pairs = zip(header.columns, row.fields, strict=True)
        return PersonRow(
            row.line, _person({name: field for name, field in pairs if name and field}, date_format)
        )
    except UnicodeEncodeError:
        fault = tr("the row is not written in the encoding of the file")
        return PersonRow(row.line, Person(), fault)
    except ValueError as error:
        return PersonRow(row.line, Person(), str(error))


def _person(fields: dict[str, str], date_format: DateFormat) -> Person:
    """The person of a row; an empty field is absent. Raises ValueError with a sentence."""

    def day(name: str) -> str:
        written = fields[name]
        return date_format.iso(written) or written

    person = Person(niss=parse_niss(fields.get("niss", "")))
    if "register_of_origin" in fields:
        person.register_of_origin = _register(fields["register_of_origin"])
    if "status" in fields:
        person.status = _status(fields["status"])
    if "replaced_by" in fields:
        person.replaced_by = parse_niss(fields["replaced_by"])
    if "source_date" in fields:
        person.source_date = day("source_date")
    identity = person.identity
    for name in _TEXTS:
        if name in fields:
            setattr(identity, name, fields[name])
    for name in _DAYS:
        if name in fields:
            setattr(identity, name, day(name))
    if "first_names" in fields:
        identity.first_names.extend(fields["first_names"].split(FIRST_NAMES_SEPARATOR))
    if "sex" in fields:
        if (sex := SEXES.get(fields["sex"].upper())) is None:
            raise ValueError(tr("the sex is neither F nor M"))
        identity.sex = sex
    for prefix, address in (("", identity.address), ("contact_", identity.contact_address)):
        for name in _ADDRESS:
            if f"{prefix}{name}" in fields:
                setattr(address, name, fields[f"{prefix}{name}"])
    return person


def _register(text: str) -> RegisterOfOrigin.ValueType:
    names = [name.removeprefix(_REGISTER) for name, number in RegisterOfOrigin.items() if number]
    if text.upper() not in names:
        raise ValueError(tr("the register of origin is one of {names}", names=", ".join(names)))
    return RegisterOfOrigin.Value(_REGISTER + text.upper())


def _status(text: str) -> PersonStatus.ValueType:
    names = [name.removeprefix(_STATUS) for name, number in PersonStatus.items() if number]
    if text.upper() not in names:
        raise ValueError(tr("the status is one of {names}", names=", ".join(names)))
    return PersonStatus.Value(_STATUS + text.upper())

"""Persons of a file: tables as clerks have them, and JSON lines."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from google.protobuf.json_format import MessageToDict

from raas.cli.imports.errors import HeaderInvalid, Unreadable
from raas.cli.imports.files.source import open_source
from raas.cli.imports.person_rows import PERSONS, PersonRow, read_persons
from raas.cli.terminal.days import ISO, DateFormat, parse_date_format
from raas.v1.identity_pb2 import Identity
from raas.v1.person_pb2 import Person

BELGIAN = parse_date_format("DD/MM/YYYY")


def read(
    path: Path, content: bytes, *, encoding: str = "utf-8", form: DateFormat = ISO, ignore_extra: bool = False
) -> list[PersonRow]:
    path.write_bytes(content)
    with open_source(str(path)) as source:
        found = read_persons(source, encoding=encoding, date_format=form, ignore_extra=ignore_extra)
        return list(found)


def person(row: PersonRow) -> dict[str, object]:
    assert row.fault is None
    found: dict[str, object] = MessageToDict(row.person, preserving_proto_field_name=True)
    return found


def test_every_column_reaches_its_field(tmp_path: Path) -> None:
    columns = (*PERSONS.mandatory, *PERSONS.optional)
    values = (
        "85.67.30-033.60,rad,replaced,72650100391,Peeters,Ann|Marie,1985-07-30,f,Gent,BE,2020-00-00,"
        "BE,Gent,9000,Korenmarkt 1,BE,Brugge,8000,Markt 2,2021-03-01"
    )
    (row,) = read(tmp_path / "a.csv", f"{','.join(columns)}\n{values}\n".encode())
    assert row.line == 2
    assert person(row) == {
        "niss": "85673003360",
        "register_of_origin": "REGISTER_OF_ORIGIN_RAD",
        "status": "PERSON_STATUS_REPLACED",
        "replaced_by": "72650100391",
        "source_date": "2021-03-01",
        "identity": {
            "last_name": "Peeters",
            "first_names": ["Ann", "Marie"],
            "birth_date": "1985-07-30",
            "sex": "SEX_FEMALE",
            "birth_place": "Gent",
            "nationality": "BE",
            "death_date": "2020-00-00",
            "address": {
                "country": "BE",
                "municipality": "Gent",
                "postal_code": "9000",
                "street": "Korenmarkt 1",
            },
            "contact_address": {
                "country": "BE",
                "municipality": "Brugge",
                "postal_code": "8000",
                "street": "Markt 2",
            },
        },
    }
    # Every field of an identity has a column.
    assert set(row.person.identity.DESCRIPTOR.fields_by_name) == {
        field.name for field, _ in row.person.identity.ListFields()
    }


def test_belgian_spreadsheet_export_is_read_as_it_is(tmp_path: Path) -> None:
    content = (
        "Numéro national;Nom;Prénoms;Date de naissance;Sexe;Commune;;\n"
        " 85.67.30-033.60 ;Lefèvre;Zoë|Ann;30/07/1985;V;Liège;;\n;;;;;;;\n"
    )
    rows = read(tmp_path / "a.csv", content.encode("windows-1252"), encoding="windows-1252", form=BELGIAN)
    (row,) = rows
    assert row.person == Person(
        niss="85673003360",
        identity=Identity(
            last_name="Lefèvre",
            first_names=["Zoë", "Ann"],
            birth_date="1985-07-30",
            sex=row.person.identity.sex,
            address=row.person.identity.address,
        ),
    )
    assert row.person.identity.address.municipality == "Liège"


def test_row_that_is_no_person_keeps_its_offset_and_says_why(tmp_path: Path) -> None:
    content = (
        b"niss,register_of_origin,status,sex,last_name\n"
        b"85673003360,BIS,,,A\n85673003360,OTHER,,,A\n85673003360,BIS,gone,,A\n85673003360,BIS,,x,A\n"
        b"85673003360,BIS\n85673003360,BIS,,,\xff\n85673003360,BIS,,F,A\n"
    )
    rows = read(tmp_path / "a.csv", content)
    assert [row.line for row in rows] == list(range(2, 9))
    assert [row.fault is not None for row in rows] == [False, True, True, True, True, True, False]
    assert [row.person == Person() for row in rows] == [row.fault is not None for row in rows]
    assert "NATIONAL_REGISTER, RAD, BIS" in (rows[1].fault or "")


def test_json_lines_are_read_as_before_and_compressed_tables_too(tmp_path: Path) -> None:
    rows = read(tmp_path / "a.jsonl", b' {"niss": "85673003360"}\n\n{"niss": "17670303353"}\n')
    assert [(row.line, row.person.niss) for row in rows] == [(1, "85673003360"), (3, "17670303353")]
    rows = read(tmp_path / "a.csv.gz", gzip.compress(b"insz,naam\n85673003360,Peeters\n"))
    assert [row.person.identity.last_name for row in rows] == ["Peeters"]


def test_unreadable_file_is_refused_without_a_fact_about_a_person(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="line 2 is not a person in JSON"):
        read(tmp_path / "a.jsonl", b'{"niss": "85673003360"}\nPeeters\n')
    with pytest.raises(HeaderInvalid, match="unknown: 'shoe size'"):
        read(tmp_path / "a.csv", b"niss,shoe size\n85673003360,43\n")
    (row,) = read(tmp_path / "b.csv", b"niss,shoe size\n85673003360,43\n", ignore_extra=True)
    assert row.person == Person(niss="85673003360")

"""The commands for one person, one register and one server, against a running server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from raas_client import Checkpoint
from tests.conftest import ABOUT_COMMANDS
from tests.e2e.registers import TestRegister, new_register, see_identities
from tests.e2e.servers import Server, clean_environment, free_port, raas
from tests.oracle import numbers

pytestmark = ABOUT_COMMANDS

ANN, BOB = numbers.niss(1991, 63, 9, 1), numbers.niss(1991, 63, 9, 3)
DOTTED = f"{ANN[:2]}.{ANN[2:4]}.{ANN[4:6]}-{ANN[6:9]}.{ANN[9:]}"


def objects(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_person_is_inscribed_consulted_and_removed(register: TestRegister) -> None:
    done = raas("inscribe", DOTTED, "PENSION", "01/03/2024", "31/12/2024", *register.arguments)
    assert done.stdout.splitlines() == [
        "CREATED at revision 6",
        "NISS         TYPE     BEGIN       END",
        f"{ANN}  PENSION  2024-03-01  2024-12-31",
    ]
    ticket = ("--ticket", "case-7", "--legal-context", "LAW_OF_1990")
    done = raas("remove", ANN, "PENSION", "2024-06-01", "30/06/2024", *ticket, *register.arguments)
    assert done.stdout.splitlines()[0] == "SPLIT at revision 7"
    done = raas("consult", DOTTED, BOB, *register.arguments)
    assert done.stdout.splitlines() == [
        "NISS         TYPE     BEGIN       END",
        f"{ANN}  PENSION  2024-03-01  2024-05-31",
        f"{ANN}  PENSION  2024-07-01  2024-12-31",
    ]
    (dossier,) = objects(raas("consult", ANN, "--active-on", "01/07/2024", "--json", *register.arguments))
    assert [line["begin"] for line in dossier["periods"]] == ["2024-03-01", "2024-07-01"]
    earlier = raas("consult", ANN, "--at-revision", "6", *register.arguments)
    assert len(earlier.stdout.splitlines()) == 2
    history = raas("history", DOTTED, *register.arguments).stdout.splitlines()
    assert [line.split()[2] for line in history] == ["INSCRIBED", "REMOVED"]
    (_, removed) = objects(raas("history", ANN, "--json", *register.arguments))
    assert (removed["ticket"], removed["legalContext"]) == ("case-7", "LAW_OF_1990")
    raas("remove", ANN, "PENSION", "--whole", *register.arguments)
    assert raas("consult", ANN, *register.arguments).stderr == "no lines\n"


def test_dry_run_of_an_inscription_changes_nothing(register: TestRegister) -> None:
    done = raas("inscribe", ANN, "PENSION", "today", "--dry-run", *register.arguments)
    assert done.stdout.startswith("CREATED, if it were done\n")
    raas("remove", ANN, "PENSION", "-", "2024-01-31", "--dry-run", *register.arguments)
    assert register.state().revision == 5


@pytest.mark.parametrize(
    "arguments",
    [("remove", ANN, "PENSION"), ("remove", ANN, "PENSION", "2024-01-01", "--whole")],
)
def test_removal_needs_a_period_or_the_whole_dossier(arguments: tuple[str, ...]) -> None:
    assert "or --whole" in " ".join(raas(*arguments, status=2).stderr.split())


def test_refusal_is_reported_for_people_and_scripts(register: TestRegister) -> None:
    done = raas("inscribe", "1", "NONE", "2024-13-01", "--json", *register.arguments, status=1)
    assert objects(done)[0]["error"]["status"] == "INVALID_ARGUMENT"
    for reason in ("NISS_MALFORMED", "PERIOD_INVALID", "DOSSIER_TYPE_UNKNOWN"):
        assert f"[{reason}]" in done.stderr


def test_dossier_types_are_created_changed_and_listed(register: TestRegister) -> None:
    labels = ("--label", "fr=Aide", "--label", "en=Aid")
    raas("types", "create", "AID", *labels, "--active-from", "01/01/2020", *register.arguments)
    raas("types", "update", "AID", "--quality-code", "7", *register.arguments)
    lines = raas("types", "list", "--language", "fr", *register.arguments).stdout.splitlines()
    assert next(line.split() for line in lines if line.startswith("AID")) == [
        "AID",
        "Aide",
        "7",
        "2020-01-01",
    ]
    listed = objects(raas("types", "list", "--json", *register.arguments))
    assert next(each for each in listed if each["code"] == "AID")["qualityCode"] == "7"


def test_registers_are_created_renamed_and_listed(server: Server, register: TestRegister) -> None:
    number = numbers.enterprise_number(19_999_996)
    raas("registers", "create", number, "First name", *register.arguments)
    raas("registers", "rename", number, "Second name", *register.arguments)
    shown = raas("registers", "show", "--register", number, *register.arguments).stdout.splitlines()
    assert shown[1].split() == [number, "Second", "name", "0", "0", "0"]
    listed = objects(raas("registers", "list", "--json", *register.arguments))
    assert {number, register.number} <= {each["enterpriseNumber"] for each in listed}


async def test_subscribers_are_listed_and_deleted(register: TestRegister) -> None:
    async with register.client() as client:
        await client.acknowledge("desk", Checkpoint(register.state().log_id, 3))
    (line,) = raas("subscribers", "list", *register.arguments).stdout.splitlines()[1:]
    assert line.split()[:5] == [register.number, "desk", "3", "2", "no"]
    raas("subscribers", "delete", "desk", *register.arguments)
    assert objects(raas("subscribers", "list", "--json", *register.arguments)) == []


def test_persons_are_imported_searched_and_shown(person_server: Server, tmp_path: Path) -> None:
    register = new_register(person_server)
    see_identities(register)
    path = tmp_path / "persons.jsonl"
    rows = [
        {
            "niss": ANN,
            "registerOfOrigin": "REGISTER_OF_ORIGIN_BIS",
            "identity": {
                "lastName": "Vandermeersch",
                "firstNames": ["Ann"],
                "birthDate": "1991-03-09",
                "sex": "SEX_MALE",
            },
        },
        {"niss": "1", "identity": {"lastName": "Peeters"}},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = raas("persons", "import", str(path), *register.arguments, status=3)
    assert done.stdout == "2 rows: 1 applied, 0 unchanged, 1 rejected\n"
    assert "line 2: NISS_MALFORMED" in done.stderr
    found = raas("persons", "search", "Van der Mersch", "09/03/1991", *register.arguments).stdout
    assert f"{ANN}  ACTIVE  Vandermeersch, Ann  1991-03-09" in found
    swapped = ("persons", "search", "Vandermeersch", "03/09/1991", "--first-name", "Ann")
    assert "no candidates" in raas(*swapped, *register.arguments).stderr
    found = raas(*swapped, "--ladder", *register.arguments).stdout
    assert found.startswith("SCORE  FOUND BY")
    assert f"day and month swapped  {ANN}  ACTIVE" in found
    (candidate,) = objects(raas(*swapped, "--ladder", "--json", *register.arguments))
    assert candidate["step"] == "SEARCH_STEP_DAY_AND_MONTH_SWAPPED"
    raas("inscribe", ANN, "PENSION", "2024-01-01", *register.arguments)
    (person,) = objects(raas("persons", "show", ANN, "--json", *register.arguments))
    assert person["identity"]["lastName"] == "Vandermeersch"
    table = tmp_path / "persons.csv"
    header = "niss;registerOfOrigin;nom;prenoms;date de naissance;sexe"
    table.write_text(f"{header}\n17.67.03-033.53;BIS;Dupont;Luc;03/07/2017;H\n1;RADIO;X;Y;;\n")
    arguments = (str(table), "--date-format", "DD/MM/YYYY", *register.arguments)
    done = raas("persons", "import", *arguments, status=3)
    assert done.stdout == "2 rows: 1 applied, 0 unchanged, 1 rejected\n"
    assert "line 3: the register of origin is one of" in done.stderr
    assert raas("persons", "import", *arguments, status=0).stdout.startswith("2 rows: 0 applied")
    path.write_text("{}\nnot JSON\n")
    failed = raas("persons", "import", str(path), *register.arguments, status=1)
    assert "line 2 is not a person in JSON" in failed.stderr
    path.write_text(json.dumps(rows[0]))
    nowhere = ("--target", f"127.0.0.1:{free_port()}", "--patience", "0.2", "--json")
    (counts,) = objects(raas("persons", "import", str(path), *nowhere, status=1))
    assert (counts["complete"], counts["applied"], counts["error"]["status"]) == (False, 0, "UNAVAILABLE")


def test_texts_are_in_the_language_of_the_environment(register: TestRegister) -> None:
    environment = clean_environment() | {"LANG": "nl_BE.UTF-8"}
    assert raas("consult", ANN, *register.arguments, environment=environment).stderr == "geen lijnen\n"
    done = raas(
        "inscribe", "1", "PENSION", "2024-01-01", *register.arguments, environment=environment, status=1
    )
    assert "NISS" in done.stderr
    assert "niss: The" not in done.stderr

"""`raas audit person` and `raas person-report` on a running server and its database."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.e2e.servers import Server, raas, running_server
from tests.oracle import numbers

ANN, BOB = numbers.niss(1985, 67, 30, 11), numbers.niss(1985, 67, 30, 13)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("local")) as running:
        yield running


def test_person_report_holds_dossiers_mutations_and_the_audit(local: Server) -> None:
    owner = numbers.enterprise_number(7_555_111)
    asked = ("--target", local.target, "--enterprise-number", owner)
    raas("registers", "create", owner, "Owner", *asked)
    raas("types", "create", "PENSION", *asked)
    for niss in (ANN, BOB):
        raas("inscribe", niss, "PENSION", "2024-01-01", "2024-12-31", *asked)
    raas("remove", ANN, "PENSION", "2024-06-01", "2024-06-30", *asked)
    days = ("2024-06-01", "2024-06-30")
    why = ("--register", owner, "--reason", "Wrong", "--ticket", "T-1", "--database-url", local.dsn)
    raas("restrict", ANN, "PENSION", *days, *why)
    done = raas("person-report", "-", "--json", "--database-url", local.dsn, stdin=f"{ANN}\n".encode())
    report = json.loads(done.stdout)
    assert (report["niss"], [each["niss"] for each in report["numbers"]]) == (ANN, [ANN])
    (register,) = report["registers"]
    assert register["register"] == owner
    (dossier,) = register["dossiers"]
    assert dossier["periods"] == [
        {"begin": "2024-01-01", "end": "2024-05-31"},
        {"begin": "2024-07-01", "end": "2024-12-31"},
    ]
    assert [each["kind"] for each in register["mutations"]] == ["INSCRIBED", "REMOVED"]
    assert {each.get("niss") for each in register["mutations"]} == {ANN}
    (restriction,) = register["restrictions"]
    assert (restriction["periods"], restriction["ticket"]) == ([{"begin": days[0], "end": days[1]}], "T-1")
    assert report["audit_may_be_incomplete"] is True
    # The command itself is in the audit.
    assert "raas person-report" in {each["rpc"] for each in report["audit"]}
    done = raas("person-report", ANN, "--database-url", local.dsn)
    assert "2024-07-01..2024-12-31" in done.stdout
    assert "2024-06-01..2024-06-30" in done.stdout
    assert BOB not in done.stdout
    assert "incomplete" in done.stderr


def test_audit_of_a_person_is_shown_as_table_and_json(local: Server) -> None:
    owner = numbers.enterprise_number(7_555_222)
    asked = ("--target", local.target, "--enterprise-number", owner)
    context = ("--legal-context", "ACCESS", "--ticket", "CASE-1")
    raas("registers", "create", owner, "Owner", *asked)
    raas("person-report", BOB, "--json", "--database-url", local.dsn)
    done = raas("audit", "person", BOB, "--json", *context, *asked)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    reports = [each for each in records if each["rpc"] == "raas person-report"]
    assert [each["touched"] for each in reports] == [[BOB]]
    assert reports[0]["caller"]["credential"].startswith("os:")
    assert "incomplete" in done.stderr
    header, *lines = raas("audit", "person", BOB, *context, *asked).stdout.splitlines()
    assert header.split()[:2] == ["TIME", "ORGANISATION"]
    assert any("person-report" in line for line in lines)

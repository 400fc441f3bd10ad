"""`raas usage`, and the counts that a process leaves behind."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime

from raas.domain.billing import brussels_month, month_text
from tests.e2e.registers import TestRegister
from tests.e2e.servers import raas
from tests.eventually import eventually

RPC = "raas.v1.RegisterService/ListDossierTypes"
MONTH = month_text(brussels_month(datetime.now(UTC)))


def test_usage_is_listed_as_json_csv_and_table(register: TestRegister) -> None:
    for _ in range(2):
        raas("types", "list", *register.arguments)

    def counted() -> list[dict[str, str]]:
        done = raas("usage", "--from", MONTH, "--json", *register.arguments)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return [row for row in rows if (row["rpc"], row.get("register")) == (RPC, register.number)]

    # The month may turn between the calls: then there are two rows.
    eventually(lambda: sum(int(row["calls"]) for row in counted()) == 2, 60)
    asked = ("--from", MONTH, "--of-register", register.number, *register.arguments)
    rows = list(csv.DictReader(raas("usage", "--csv", *asked).stdout.splitlines()))
    same = [each for each in rows if each["rpc"] == RPC]
    assert [sum(int(row[count]) for row in same) for count in ("calls", "items")] == [2, 2]
    assert {(row["closed"], row["dossiers"]) for row in same} == {("false", "")}
    header, *lines = raas("usage", *asked).stdout.splitlines()
    assert header.split()[:3] == ["MONTH", "STATE", "CALLER"]
    assert any("ListDossierTypes" in line for line in lines)

"""`raas status` and `raas doctor`, against a running server and its database."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

from tests.e2e.registers import TestRegister
from tests.e2e.servers import Server, clean_environment, free_port, raas
from tests.oracle import numbers


def objects(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_status_and_doctor_find_nothing_wrong(server: Server, register: TestRegister) -> None:
    lines = raas("status", *register.arguments).stdout.splitlines()
    subjects = ("server", "environment", "register", "clocks")
    assert [line.split()[:2] for line in lines] == [[subject, "ok"] for subject in subjects]
    found = objects(raas("doctor", "--json", *register.arguments, environment=server.environment))
    outcomes = {each["subject"]: each["outcome"] for each in found}
    assert set(outcomes.values()) <= {"ok", "warning"}
    assert {"versions", "configuration", "settings", "database"} <= outcomes.keys()
    assert outcomes["database"] == "ok"
    (database,) = [each["text"] for each in found if each["subject"] == "database"]
    assert re.match(r"PostgreSQL \d\d", database)


def test_doctor_names_what_fails(server: Server) -> None:
    nowhere = ("--target", f"127.0.0.1:{free_port()}", "--patience", "0.2")
    found = objects(raas("doctor", "--json", *nowhere, status=1))
    assert [each["subject"] for each in found if each["outcome"] == "failed"] == ["server"]
    unknown = ("--target", server.target, "--enterprise-number", numbers.enterprise_number(19_999_995))
    found = objects(raas("status", "--json", *unknown, status=1))
    assert [each["outcome"] for each in found] == ["ok", "failed"]
    environment = clean_environment() | {"RAAS_DATABASE_URL": "postgresql://127.0.0.1:1/none"}
    done = raas("doctor", "--target", server.target, "--patience", "5", environment=environment, status=1)
    assert [line.split()[0] for line in done.stdout.splitlines() if "  failed  " in line] == [
        "register",
        "database",
    ]

"""`raas explain` against a running server: known or not, the deciding mutation and its context."""

from __future__ import annotations

import json
import re

from tests.conftest import ABOUT_COMMANDS
from tests.e2e.registers import TestRegister
from tests.e2e.servers import free_port, raas
from tests.oracle import numbers

pytestmark = ABOUT_COMMANDS

ANN, BOB = numbers.niss(1991, 63, 8, 1), numbers.niss(1991, 63, 8, 3)


async def test_explain_shows_the_deciding_mutation_and_its_context(register: TestRegister) -> None:
    async with register.client() as client:
        clerk = client.acting(legal_context="LAW_OF_1990", ticket="case-7")
        inscribed = await clerk.inscribe(ANN, "PENSION", "2024-01-01", "2024-12-31")
        before = (await client.history(ANN).all())[0].record_time.ToJsonString()
        await client.remove(ANN, "PENSION", "2024-06-01", "2024-06-30")
    known = raas("explain", ANN, "2024-03-01", *register.arguments).stdout.splitlines()
    assert known[0].startswith("On 2024-03-01 the person is known under PENSION")
    assert re.fullmatch(
        rf"mutation: {inscribed.revision} \S+Z INSCRIBED {ANN} PENSION nothing -> 2024-01-01\.\.2024-12-31 "
        rf"by {register.number}",
        known[1],
    )
    assert known[2:4] == ["legal context: LAW_OF_1990", "ticket: case-7"]
    assert re.fullmatch(r"call: [0-9a-f-]{36}", known[4])
    assert known[5:] == []

    removed = raas("explain", ANN, "2024-06-15", *register.arguments, "--language", "fr").stdout
    assert "2024-06-15" in removed
    assert "la personne" in removed
    assert f" REMOVED {ANN} PENSION 2024-01-01..2024-12-31 -> " in removed
    then = raas("explain", ANN, "2024-06-15", *register.arguments, "--at-time", before, "--json").stdout
    answer = json.loads(then)
    assert (answer["known"], answer["mutation"]["revision"]) == (True, str(inscribed.revision))

    other_type = ("--dossier-type", "CHILD_BENEFIT", "--json")
    never = json.loads(raas("explain", ANN, "2024-03-01", *register.arguments, *other_type).stdout)
    assert (never["known"], "mutation" in never) == (False, False)
    # The default day is today.
    assert " the person is not known" in raas("explain", BOB, *register.arguments).stdout


def test_explain_reports_refusals(register: TestRegister) -> None:
    done = raas("explain", "1", "2024-13-01", *register.arguments, "--json", status=1)
    assert json.loads(done.stdout)["error"]["status"] == "INVALID_ARGUMENT"
    assert "niss: " in done.stderr
    assert "day: " in done.stderr
    nowhere = f"127.0.0.1:{free_port()}"
    asked = raas("explain", ANN, "--target", nowhere, "--patience", "0.5", status=1)
    assert "no server answers" in asked.stderr

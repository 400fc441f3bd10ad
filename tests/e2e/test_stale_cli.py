"""`raas stale` against a running server: numbers that are out of use."""

from __future__ import annotations

import json

from raas.v1.identity_pb2 import Identity
from raas.v1.person_pb2 import Person, RegisterOfOrigin
from tests.conftest import ABOUT_COMMANDS
from tests.e2e.registers import TestRegister, new_register
from tests.e2e.servers import LOCAL, Server, free_port, raas
from tests.oracle import numbers

pytestmark = ABOUT_COMMANDS

ANN, BOB, CAT = sorted(numbers.niss(1991, 63, 7, counter) for counter in (1, 3, 5))


async def test_stale_lists_numbers_out_of_use(own_server: Server) -> None:
    register = new_register(own_server)
    assert raas("stale", *register.arguments).stdout == "niss,status,successor_niss,dossier_types\n"
    # With the source `structure` this number is not checked.
    async with register.client() as client:
        await client.inscribe(BOB, "PENSION", "2024-01-01")
        await client.inscribe(BOB, "CHILD_BENEFIT", "2024-01-01")
    assert own_server.stop() == 0
    own_server.flags = LOCAL
    own_server.start()
    async with register.client() as client:
        rows = [
            Person(
                niss=niss,
                register_of_origin=RegisterOfOrigin.REGISTER_OF_ORIGIN_BIS,
                identity=Identity(last_name="Peeters", birth_date="1991-03-07"),
            )
            for niss in (ANN, CAT)
        ]
        assert (await client.import_persons(rows)).applied == 2
        for niss in (ANN, CAT):
            await client.inscribe(niss, "PENSION", "2024-01-01")
        await client.cancel_niss(CAT)
    done = raas("stale", *register.arguments)
    assert done.stdout.splitlines() == [
        "niss,status,successor_niss,dossier_types",
        f"{BOB},UNKNOWN,,CHILD_BENEFIT|PENSION",
        f"{CAT},CANCELLED,,PENSION",
    ]
    assert done.stderr == "2 numbers are out of use\n"
    lines = raas("stale", "--json", *register.arguments).stdout.splitlines()
    assert [json.loads(line) for line in lines] == [
        {"niss": BOB, "dossierTypes": ["CHILD_BENEFIT", "PENSION"]},
        {"niss": CAT, "status": "PERSON_STATUS_CANCELLED", "dossierTypes": ["PENSION"]},
    ]


def test_stale_reports_refusals(server: Server) -> None:
    nobody = TestRegister(server, numbers.enterprise_number(19_999_997))
    done = raas("stale", "--json", *nobody.arguments, status=1)
    assert json.loads(done.stdout)["error"]["reason"] == "REGISTER_UNKNOWN"
    assert "[REGISTER_UNKNOWN]" in done.stderr
    nowhere = f"127.0.0.1:{free_port()}"
    asked = raas("stale", "--target", nowhere, "--patience", "1", status=1)
    assert "no server answers" in asked.stderr

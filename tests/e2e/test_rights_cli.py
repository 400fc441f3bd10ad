"""`raas mandates` and `raas roles` against a running server."""

from __future__ import annotations

import json

from tests.e2e.registers import TestRegister
from tests.e2e.servers import raas
from tests.oracle import numbers

FRIEND = numbers.enterprise_number(7_654_321)


def test_mandate_is_granted_listed_and_revoked(register: TestRegister) -> None:
    options = ("--type", "PENSION", "--from", "2024-01-01", "--content", "identity", "--json")
    done = raas("mandates", "grant", FRIEND, "read", "subscribe", *options, *register.arguments)
    mandate = json.loads(done.stdout)
    assert (mandate["mandatary"], mandate["dossierTypes"], mandate["validFrom"]) == (
        FRIEND,
        ["PENSION"],
        "2024-01-01",
    )
    header, row = raas("mandates", "list", "--active-on", "today", *register.arguments).stdout.splitlines()
    assert header.split() == ["ID", "REGISTER", "MANDATARY", "PERMISSIONS", "TYPES", "FROM", "UNTIL", "STATE"]
    assert row.split()[0] == mandate["id"]
    done = raas("mandates", "revoke", mandate["id"], *register.arguments)
    assert "revoked" in done.stdout


def test_role_is_granted_listed_and_revoked(register: TestRegister) -> None:
    done = raas("roles", "grant", FRIEND, "router", "--type", "PENSION", "--json", *register.arguments)
    grant = json.loads(done.stdout)
    assert (grant["role"], grant["dossierTypes"]) == ("ROLE_ROUTER", ["PENSION"])
    confirmed = raas("roles", "confirm", grant["id"], "--json", *register.arguments)
    assert json.loads(confirmed.stdout) == grant
    done = raas("roles", "list", "--organisation", FRIEND, "--role", "router", *register.arguments)
    assert grant["id"] in done.stdout
    assert "revoked" in raas("roles", "revoke", grant["id"], *register.arguments).stdout

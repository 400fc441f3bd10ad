"""The commands on rights against a running server."""

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


def test_authorisation_is_granted_confirmed_listed_and_revoked(register: TestRegister) -> None:
    options = ("--from", "2024-01-01", "--field", "last_name", "--type", "PENSION", "--json")
    done = raas("authorisations", "grant", register.number, "24/001", *options, *register.arguments)
    granted = json.loads(done.stdout)
    assert (granted["fields"], granted["dossierTypes"], granted["validFrom"]) == (
        ["last_name"],
        ["PENSION"],
        "2024-01-01",
    )
    # Under development identity nothing waits for a confirmation.
    confirmed = raas("authorisations", "confirm", granted["id"], "--json", *register.arguments)
    assert json.loads(confirmed.stdout) == granted
    listed = raas("authorisations", "list", "--owner", register.number, *register.arguments).stdout
    assert granted["id"] in listed
    assert "last_name" in listed
    assert "revoked" in raas("authorisations", "revoke", granted["id"], *register.arguments).stdout


def test_legal_context_is_allowed_listed_and_revoked(register: TestRegister) -> None:
    rpc = "raas.v1.RegisterService/FindRegisters"
    options = ("--rpc", rpc, "--type", "PENSION", "--until", "2099-12-31", "--json")
    done = raas("legal-contexts", "allow", FRIEND, "PCSA:X", *options, *register.arguments)
    entry = json.loads(done.stdout)
    assert (entry["caller"], entry["rpcs"], entry["validUntil"]) == (FRIEND, [rpc], "2099-12-31")
    done = raas("legal-contexts", "list", "--organisation", FRIEND, *register.arguments)
    assert entry["id"] in done.stdout
    assert "revoked" in raas("legal-contexts", "revoke", entry["id"], *register.arguments).stdout


def test_credential_is_blocked_listed_and_unblocked(register: TestRegister) -> None:
    application = f"urn:example:{FRIEND}"
    done = raas("blocks", "add", "lost", "--application", application, "--json", *register.arguments)
    block = json.loads(done.stdout)
    assert (block["application"], block["reason"]) == (application, "lost")
    assert block["id"] in raas("blocks", "list", *register.arguments).stdout
    assert "ended" in raas("blocks", "end", block["id"], *register.arguments).stdout
    assert block["id"] not in raas("blocks", "list", *register.arguments).stdout
    refused = raas("blocks", "add", "lost", *register.arguments, status=2)
    assert "exactly one" in refused.stderr


def test_organisation_is_admitted_suspended_and_listed(register: TestRegister) -> None:
    contacts = ("--adviser", "adviser@x.example", "--officer", "dpo@x.example", "--norms", "2024")
    options = (*contacts, "--until", "2099-12-31", *register.arguments)
    admission = json.loads(raas("admissions", "set", FRIEND, "--json", *options).stdout)
    assert (admission["enterpriseNumber"], admission["validUntil"]) == (FRIEND, "2099-12-31")
    assert "suspended" in raas("admissions", "set", FRIEND, "--suspended", *options).stdout
    header, *rows = raas(
        "admissions", "list", "--organisation", FRIEND, *register.arguments
    ).stdout.splitlines()
    assert header.split()[0] == "ORGANISATION"
    assert [row.split()[-1] for row in rows] == ["replaced", "suspended"]

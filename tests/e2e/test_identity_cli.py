"""Certificates and tokens on the command line: contexts, environment, options, and `raas doctor`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from raas.cli import command_line
from raas.identity.development import Authority, Issued, TokenIssuer
from tests.conftest import ABOUT_CALLERS
from tests.e2e.identified import OTHER, OWNER, IdentifiedServer, identified_server

pytestmark = ABOUT_CALLERS


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentifiedServer]:
    # As in production: what needs no legal context must not ask for one.
    with identified_server(tmp_path_factory.mktemp("identity"), RAAS_LEGAL_CONTEXTS="1") as running:
        yield running


@pytest.fixture(autouse=True)
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAAS_CONFIG", str(tmp_path / "config.json"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "config.json"


def run(*arguments: str, status: int = 0) -> Result:
    done = CliRunner().invoke(command_line(), arguments)
    assert done.exit_code == status, done.output
    return done


def private(folder: Path, name: str, content: bytes) -> str:
    path = folder / name
    path.touch(mode=0o600)
    path.write_bytes(content)
    return str(path)


def files(place: IdentifiedServer, folder: Path, issued: Issued) -> tuple[str, ...]:
    """The options of a client certificate."""
    return (
        *("--ca", str(place.folder / "clients.pem")),
        *("--certificate", private(folder, "client.pem", issued.certificate_pem)),
        *("--key", private(folder, "client.key", issued.key_pem)),
    )


def findings(*arguments: str, status: int = 0) -> dict[str, Any]:
    """What `raas doctor` found, by subject; of several findings of one subject the worst."""
    lines = run("doctor", "--json", *arguments, status=status).stdout.splitlines()
    ranks = ("ok", "warning", "failed")
    found: dict[str, Any] = {}
    for each in map(json.loads, lines):
        known = found.get(each["subject"])
        if known is None or ranks.index(each["outcome"]) > ranks.index(known["outcome"]):
            found[each["subject"]] = each
    return found


def outcomes(found: dict[str, Any], *subjects: str) -> list[str]:
    return [found[subject]["outcome"] for subject in subjects]


def test_context_names_certificate_and_key_and_they_may_be_renewed(
    place: IdentifiedServer, tmp_path: Path, configuration: Path
) -> None:
    options = files(place, tmp_path, place.authority.client(OWNER, "cli"))
    relative = [each.replace(f"{tmp_path}/", "") for each in options]
    run("context", "add", "here", "--target", place.certificates, *relative)
    kept = json.loads(configuration.read_text())["contexts"]["here"]
    assert kept["key"] == str(tmp_path / "client.key")
    assert OWNER in run("status").stdout
    assert "certificate" in run("context", "list").stdout.splitlines()[1]
    files(place, tmp_path, place.authority.client(OTHER, "cli"))
    assert OTHER in run("status").stdout


def test_token_comes_from_a_file_or_a_command_and_the_option_overrides_the_context(
    place: IdentifiedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_owner = private(tmp_path, "owner", place.issuer.token(OWNER, "cli").encode())
    of_other = private(tmp_path, "other", place.issuer.token(OTHER, "cli").encode())
    ca = ("--ca", str(place.folder / "clients.pem"))
    run("context", "add", "here", "--target", place.tokens, *ca, "--token-file", of_owner)
    assert OWNER in run("status").stdout
    program = "import sys; print(open(sys.argv[1]).read())"
    command = f"{sys.executable} -c '{program}' {of_other}"
    assert OTHER in run("status", "--token-command", command).stdout
    monkeypatch.setenv("RAAS_CLIENT_TOKEN_COMMAND", command)
    assert OTHER in run("status").stdout
    assert OWNER in run("status", "--token-file", of_owner).stdout


def test_command_that_gives_no_token_is_reported_without_its_output(place: IdentifiedServer) -> None:
    options = ("--target", place.tokens, "--ca", str(place.folder / "clients.pem"))
    for program, cause in (
        ("print('two words')", "it wrote no token"),
        ("print('secret'); raise SystemExit(3)", "exit status 3"),
    ):
        command = f'{sys.executable} -c "{program}"'
        done = run("registers", "show", *options, "--token-command", command, status=1)
        assert cause in done.stderr
        assert "secret" not in done.stderr
        assert "words" not in done.stderr
    done = run("registers", "show", *options, "--token-command", "/no/such/program", status=1)
    assert "No such file" in done.stderr


def test_refused_caller_is_told_how_to_prove_who_it_is(place: IdentifiedServer, tmp_path: Path) -> None:
    ca = ("--ca", str(place.folder / "clients.pem"))
    token = private(tmp_path, "token", b"expired")
    for options in ((), ("--token-file", token), ("--enterprise-number", OWNER)):
        done = run("registers", "show", "--target", place.tokens, *ca, *options, status=1)
        assert "UNAUTHENTICATED" in done.stderr
        assert "--token-command" in done.stderr
    # This command is not repeated: its first attempt decides.
    done = run("registers", "create", OWNER, "Register", "--target", place.certificates, *ca, status=1)
    assert "a client certificate" in done.stderr
    done = run("registers", "show", "--target", place.tokens, "--key", "a", "--certificate", "b", status=1)
    assert "No such file" in done.stderr


def test_private_files_that_others_may_read_cause_a_warning(place: IdentifiedServer, tmp_path: Path) -> None:
    options = ("--target", place.certificates, *files(place, tmp_path, place.authority.client(OWNER, "cli")))
    assert run("status", *options).stderr == ""
    (tmp_path / "client.key").chmod(0o644)
    warning = f"raas: {tmp_path}/client.key may be read by other users of this machine\n"
    assert run("status", *options).stderr == warning
    assert findings(*options)["private files"]["outcome"] == "warning"


def test_doctor_reads_certificate_caller_chain_server_and_environment(
    place: IdentifiedServer, tmp_path: Path
) -> None:
    found = findings(
        *("--target", place.certificates),
        *files(place, tmp_path, place.authority.client(OWNER, "payroll")),
    )
    subjects = ("certificate", "caller", "chain", "authorities", "server", "environment", "clocks")
    assert outcomes(found, *subjects) == ["ok"] * len(subjects)
    assert "364 days" in found["certificate"]["text"]
    assert found["caller"]["text"] == f"organisation {OWNER}, application payroll"
    assert found["environment"]["text"] == f"test, of raas {version('raas')}"


def test_doctor_finds_what_is_wrong_with_certificates(place: IdentifiedServer, tmp_path: Path) -> None:
    authority = place.authority

    def checked(issued: Issued, status: int, patience: float = 0.2) -> dict[str, Any]:
        target = ("--target", place.certificates, "--patience", str(patience))
        return findings(*target, *files(place, tmp_path, issued), status=status)

    soon = checked(authority.client(OWNER, "x", life=timedelta(days=20)), 0, patience=30)
    assert outcomes(soon, "certificate", "server") == ["warning", "ok"]
    expired = checked(authority.client(OWNER, "x", life=timedelta(seconds=-60)), 1)
    assert outcomes(expired, "certificate", "server") == ["failed", "failed"]
    assert "expired on" in expired["certificate"]["text"]
    nobody = checked(authority.issue([]), 1)
    assert "no organisation and application" in nobody["caller"]["text"]
    first, second = authority.client(OWNER, "x"), authority.client(OWNER, "x")
    mixed = checked(Issued(first.certificate, first.certificate_pem, second.key_pem), 1)
    assert "the key does not belong" in mixed["certificate"]["text"]
    unordered = Issued(first.certificate, first.certificate_pem + Authority("Other").pem, first.key_pem)
    assert outcomes(checked(unordered, 1), "chain") == ["failed"]


def test_doctor_reads_the_claims_of_a_token_without_showing_it(
    place: IdentifiedServer, tmp_path: Path
) -> None:
    options = ("--target", place.tokens, "--ca", str(place.folder / "clients.pem"), "--token-file")
    token = place.issuer.token(OWNER, "payroll")
    found = findings(*options, private(tmp_path, "token", token.encode()))
    text = found["token"]["text"]
    for part in (f"issuer {TokenIssuer.ISSUER}", "audience raas", f"organisation {OWNER}", "valid until 2"):
        assert part in text
    assert not any(part in text for part in token.split("."))
    old = place.issuer.token(OWNER, "payroll", seconds=1, since=-100)
    assert outcomes(findings(*options, private(tmp_path, "old", old.encode()), status=1), "token") == [
        "failed"
    ]
    opaque = findings(*options, private(tmp_path, "opaque", b"opaque"), status=1)
    assert outcomes(opaque, "token", "register") == ["warning", "failed"]
    missing = findings(*options, str(tmp_path / "missing"), status=1)
    assert outcomes(missing, "token", "server") == ["failed", "failed"]


def test_server_on_another_machine_is_reached_by_tls(place: IdentifiedServer) -> None:
    done = run("registers", "show", "--target", "other.example.invalid:1", "--patience", "0.1", status=1)
    assert "plaintext" not in done.stderr
    assert "no server answers" in done.stderr

"""Certificates and tokens of callers in JavaScript and on the command line, as documented."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from raas.identity.development import Issued
from tests.conftest import ABOUT_CALLERS
from tests.e2e.grpc_commands import run_documented
from tests.e2e.identified import OWNER, IdentifiedServer, identified_server
from tests.e2e.servers import ROOT
from tests.interop.conftest import HERE, NODE

pytestmark = ABOUT_CALLERS

DOCUMENTED = re.findall(
    r"^    (grpcurl -cacert .*)$", (ROOT / "docs/operations.md").read_text(), re.MULTILINE
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentifiedServer]:
    with identified_server(tmp_path_factory.mktemp("identified")) as running:
        yield running


@pytest.fixture
def credentials(place: IdentifiedServer, tmp_path: Path) -> Path:
    """A directory with the files of a caller."""
    write(tmp_path, place.authority.client(OWNER, "interop"), place)
    return tmp_path


def write(directory: Path, issued: Issued, place: IdentifiedServer) -> None:
    (directory / "ca.pem").write_bytes(place.authority.pem)
    (directory / "client.pem").write_bytes(issued.certificate_pem)
    (directory / "client.key").write_bytes(issued.key_pem)
    (directory / "token").write_text(place.issuer.token(OWNER, "interop"))


@pytest.mark.timeout(420)
@pytest.mark.parametrize("proof", ["certificate", "token"])
def test_javascript_caller_proves_who_it_is(
    node_directory: Path, place: IdentifiedServer, credentials: Path, proof: str
) -> None:
    target = place.certificates if proof == "certificate" else place.tokens
    command = [NODE, HERE / "identified.js", proof, target, ROOT / "protos", credentials]
    environment = {"NODE_PATH": str(node_directory / "node_modules")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == OWNER


def test_documented_command_lines_prove_who_calls(
    place: IdentifiedServer, credentials: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(credentials)
    monkeypatch.setenv("TOKEN", (credentials / "token").read_text())
    assert len(DOCUMENTED) == 2
    for command, documented, target in (
        (DOCUMENTED[0], "127.0.0.1:50051", place.certificates),
        (DOCUMENTED[1], "127.0.0.1:50052", place.tokens),
    ):
        assert documented in command
        answer = run_documented(command.replace(documented, target), target)
        assert answer.went_well, answer.errors
        assert OWNER in answer.output

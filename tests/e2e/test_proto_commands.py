"""The comment of every RPC ends with a command line, which is executed, in the order of the files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from raas.rpc.services.catalogue import SERVICES
from tests.e2e.grpc_commands import run_documented
from tests.e2e.servers import ROOT, Server

_RPCS = {f"/{service.full_name}/{rpc.name}" for service in SERVICES for rpc in service.methods}
_SERVICE = re.compile(r"^service (\w+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_RPC = re.compile(r"((?:^ *//.*\n)*)^ *rpc (\w+)\(", re.MULTILINE)
_COMMAND = re.compile(r"^ *//     (grpcurl .*)$", re.MULTILINE)
_SECOND_TIME = re.compile(r"Executed a second time this sample answers\s+(?://\s+)?(\w+)\.")

_NO_SUCH_ID = re.compile(r"The id of this sample does not exist: it answers\s+(?://\s+)?(\w+)\.")


def served() -> dict[str, str]:
    """The comment of every RPC that the server offers, in the order of the files."""
    comments = {
        f"/raas.v1.{service}/{rpc}": comment
        for path in sorted(Path(ROOT, "protos").rglob("*.proto"))
        for service, body in _SERVICE.findall(path.read_text())
        for comment, rpc in _RPC.findall(body)
    }
    return {rpc: comment for rpc, comment in comments.items() if rpc in _RPCS}


@pytest.mark.parametrize(("rpc", "comment"), served().items(), ids=served().keys())
def test_command_of_an_rpc_answers_as_documented(demo_server: Server, rpc: str, comment: str) -> None:
    commands = _COMMAND.findall(comment)
    assert len(commands) == 1
    assert comment.rstrip().endswith(commands[0]), "the comment must end with the command"
    assert commands[0].endswith(f" 127.0.0.1:50051 {rpc.removeprefix('/')}")

    first = run_documented(commands[0], demo_server.target)
    if refusal := _NO_SUCH_ID.search(comment):
        assert first.names(refusal[1]), first
        return
    assert first.went_well, first.errors
    assert documents(first.output)

    second = run_documented(commands[0], demo_server.target)
    if refusal := _SECOND_TIME.search(comment):
        assert second.names(refusal[1]), second
    else:
        assert second.went_well, second.errors


def test_every_rpc_has_a_comment() -> None:
    assert served().keys() == _RPCS


def documents(output: str) -> list[object]:
    """The JSON documents of an output, in order."""
    found: list[object] = []
    decoder, rest = json.JSONDecoder(), output.strip()
    while rest:
        document, end = decoder.raw_decode(rest)
        found.append(document)
        rest = rest[end:].lstrip()
    return found

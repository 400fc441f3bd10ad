"""The requests that the comments of the contract document."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

from raas.rpc.services.catalogue import RPCS

_COMMAND = re.compile(r"^ *//     (grpcurl .*)$", re.MULTILINE)


def samples() -> dict[str, list[dict[str, Any]]]:
    """The request that the comment of every RPC documents."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(Path("protos").rglob("*.proto")):
        for command in _COMMAND.findall(path.read_text()):
            arguments = shlex.split(command)
            found["/" + arguments[-1]] = documents(arguments[arguments.index("-d") + 1])
    return {rpc: requests for rpc, requests in found.items() if rpc in RPCS}


def documents(text: str) -> list[dict[str, Any]]:
    """The JSON documents of a text, in order."""
    found, decoder, rest = [], json.JSONDecoder(), text.strip()
    while rest:
        document, end = decoder.raw_decode(rest)
        found.append(document)
        rest = rest[end:].strip()
    return found

"""The demonstration register of `make run` and its persons, created once."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Protocol

import grpc
import typer

from raas.cli.demo.inscriptions import COLUMNS, SAMPLE_PERSON, demo_rows
from raas.cli.demo.persons import IMPORT_ID, demo_persons
from raas.cli.imports.files.header import read_header
from raas.cli.imports.operations import Operations
from raas.cli.server.client import run_with
from raas.cli.server.connection import ConnectionOptions
from raas.cli.server.options import DEFAULT_TARGET, Target
from raas.cli.server.refusal import refusal_of
from raas.cli.terminal.exits import Exit, fail
from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.violation_pb2 import Violation
from raas_client import CallFailed, Patience, RaasClient, RaasError, Refused

REGISTER, NAME = "0999999922", "Demonstration register"

_IMPORT_ID = "demonstration-register"
_SERVICE, _AUTHORISED_FROM = "PERSON_IDENTITY", "2024-01-01"
_PATIENCE_SECONDS = 120.0
_POLL_SECONDS = 0.5

_LANGUAGES = ("en", "fr", "nl", "de")
_TYPES = (
    # code, code of the older numbering, and the label in _LANGUAGES
    (
        "HEALTH_INSURANCE",
        "10",
        "Health insurance",
        "Assurance maladie",
        "Ziekteverzekering",
        "Krankenversicherung",
    ),
    ("CHILD_BENEFIT", "104", "Child benefit", "Allocations familiales", "Kinderbijslag", "Kindergeld"),
    ("PENSION", "100", "Pension", "Pension", "Pensioen", "Rente"),
    ("UNEMPLOYMENT", "1", "Unemployment", "Chômage", "Werkloosheid", "Arbeitslosigkeit"),
    ("SOCIAL_AID", "2", "Social aid", "Aide sociale", "Maatschappelijke hulp", "Sozialhilfe"),
)


def start_beside(listen: str) -> None:
    """Start `raas demo` in a process of its own, for the server that this process is about to become.

    Raises OSError when the address is taken: another server listens there.
    """
    from raas.ops.addresses import split_address

    host, port = split_address(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family):
        pass
    arguments = ["demo", "--target", listen, "--beside", str(os.getpid())]
    subprocess.Popen([sys.executable, "-m", "raas.cli", *arguments])  # noqa: S603 - this very program


def demo(
    target: Target = DEFAULT_TARGET,
    beside: Annotated[
        int | None,
        typer.Option(metavar="PID", help="End silently when this process is no longer the parent."),
    ] = None,
) -> None:
    """Create the demonstration register on a running server, unless it exists, and suggest commands."""
    connection = ConnectionOptions(target=target, enterprise_number=REGISTER, language="en")
    client = connection.client_with(Patience(outage_seconds=_PATIENCE_SECONDS))
    try:
        dossiers = run_with(client, lambda opened: _create(opened, target, beside))
    except RaasError as error:
        fail(f"the demonstration register could not be created: {refusal_of(error).text}")
    except KeyboardInterrupt:
        raise typer.Exit(Exit.INTERRUPTED) from None
    typer.echo(_what_to_try(target, dossiers))


async def _create(client: RaasClient, target: str, beside: int | None) -> int:
    """Create what is missing, since an earlier attempt may have been interrupted; returns the dossiers.

    A register of another name belongs to somebody, and is left alone.
    """
    if not await _register_exists(client, target, beside):
        await client.create_register(REGISTER, NAME)
    if (await client.get_register()).name == NAME:
        await _import_persons(client)
        await _create_types(client)
        await _authorise(client)
        operations = Operations(read_header(COLUMNS, ignore_extra=False))
        rows = [operations.make(row).operation for row in demo_rows()]
        _require_none((await client.import_operations(rows, import_id=_IMPORT_ID)).rejected)
    return (await client.get_register()).dossier_count


async def _register_exists(client: RaasClient, target: str, beside: int | None) -> bool:
    """Wait until the server answers; whether it has the register."""
    impatient = client.acting(patience=Patience(call_seconds=_POLL_SECONDS))
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if beside is not None and os.getppid() != beside:
            raise typer.Exit(Exit.FAILED)  # the server ended, and has said why
        try:
            await impatient.get_register()
        except CallFailed as failure:
            if failure.status not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
                raise
            await asyncio.sleep(_POLL_SECONDS)
        except Refused as refused:
            if refused.reason == "REGISTER_UNKNOWN":
                return False
            if refused.status is not grpc.StatusCode.UNAVAILABLE:
                raise
            await asyncio.sleep(_POLL_SECONDS)
        else:
            return True
    fail(f"no server answers at {target}")


async def _import_persons(client: RaasClient) -> None:
    """Import the persons, where the server keeps persons."""
    try:
        imported = await client.import_persons(demo_persons(), import_id=IMPORT_ID)
    except Refused as refused:
        if refused.reason != "PERSONS_KEPT_ELSEWHERE":
            raise
    else:
        _require_none(imported.rejected)


async def _create_types(client: RaasClient) -> None:
    """Create the dossier types that are missing."""
    existing = {each.code async for each in client.dossier_types()}
    for code, quality_code, *labels in _TYPES:
        if code not in existing:
            labelled = dict(zip(_LANGUAGES, labels, strict=True))
            await client.create_dossier_type(
                DossierType(code=code, quality_code=quality_code, labels=labelled)
            )


async def _authorise(client: RaasClient) -> None:
    """Let the register see the identities of the persons that it knows, unless it may already."""
    granted = client.authorisations(service=_SERVICE, register=REGISTER)
    if not any([each.deliberation == NAME async for each in granted]):
        await client.grant_authorisation(_SERVICE, REGISTER, NAME, valid_from=_AUTHORISED_FROM)


class _HasViolations(Protocol):
    @property
    def violations(self) -> Iterable[Violation]: ...


def _require_none(rejected: Iterable[_HasViolations]) -> None:
    for each in rejected:
        sentences = " ".join(violation.message for violation in each.violations)
        fail(f"the server rejects rows of the demonstration: {sentences}")


def _what_to_try(target: str, dossiers: int) -> str:
    """Three commands, to be pasted into another terminal."""
    header = f"-H 'raas-enterprise-number: {REGISTER}'"
    question = {"niss": [SAMPLE_PERSON]}
    inscription = {
        "niss": SAMPLE_PERSON,
        "dossier_type": "HEALTH_INSURANCE",
        "period": {"begin": "2023-07-01"},
    }
    elsewhere = "" if target == DEFAULT_TARGET else f" --target {shlex.quote(target)}"
    return f"""
RaaS serves at {target}. Register {REGISTER} holds {dossiers:,} dossiers of fictitious persons. Try:

  {_program("buf")} curl --protocol grpc --http2-prior-knowledge {header} -d {_quoted(question)} \\
    http://{target}/raas.v1.RegisterService/Consult

  grpcurl -plaintext {header} -d {_quoted(inscription)} \\
    {target} raas.v1.RegisterService/Inscribe

  {_program("raas")} import examples/inscriptions.csv --enterprise-number {REGISTER}{elsewhere}
"""


def _quoted(request: Mapping[str, object]) -> str:
    return shlex.quote(json.dumps(request, separators=(",", ":")))


def _program(name: str) -> str:
    """A program of this environment: its name where the shell finds it, else its path."""
    beside = Path(sys.executable).parent / name
    if shutil.which(name) or not beside.exists():
        return name
    here = Path.cwd()
    return shlex.quote(str(beside.relative_to(here) if beside.is_relative_to(here) else beside))

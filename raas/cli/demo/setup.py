"""The demonstration of `make run`, a register and its persons: created once, then left alone."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import grpc
import typer
from grpc_health.v1 import health_pb2, health_pb2_grpc

from raas.cli.demo.inscriptions import COLUMNS, SAMPLE_PERSON, demo_rows
from raas.cli.demo.persons import IMPORT_ID, PERSONS, demo_messages
from raas.cli.imports.rows import messages
from raas.cli.imports.stream import ImportFailed, ImportStream
from raas.cli.server.connection import DEFAULT_TARGET, Connection, Target
from raas.cli.server.refusal import refusal_of
from raas.cli.terminal.exits import Exit, fail
from raas.v1.administration_service_pb2 import CreateRegisterRequest
from raas.v1.administration_service_pb2_grpc import AdministrationServiceStub
from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.person_service_pb2 import ImportPersonsRequest
from raas.v1.person_service_pb2_grpc import PersonServiceStub
from raas.v1.register_service_pb2 import CreateDossierTypeRequest, GetRegisterRequest
from raas.v1.register_service_pb2_grpc import RegisterServiceStub

REGISTER, NAME = "0999999922", "Demonstration register"

_IMPORT_ID = "demonstration-register"
_PATIENCE_SECONDS = 120.0
_POLL_SECONDS = 0.2

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
    """Start `raas demo` as a process of its own, to work on the server that this process is about to become.

    Raises OSError when something else serves that address already: nothing is created there.
    """
    from raas.ops.settings import split_address

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
    """Create the demonstration register on a running server, unless it is there, and say what to try."""
    connection = Connection(target, REGISTER)
    try:
        with connection.channel() as channel:
            _await_serving(channel, target, beside)
            _create(connection, channel)
            answer = RegisterServiceStub(channel).GetRegister(
                GetRegisterRequest(), metadata=connection.metadata
            )
    except ImportFailed as failed:
        fail(f"the demonstration register could not be created: {failed.refusal.text}")
    except grpc.RpcError as error:
        fail(f"the demonstration register could not be created: {refusal_of(error).text}")
    except KeyboardInterrupt:
        raise typer.Exit(Exit.INTERRUPTED) from None
    typer.echo(_what_to_try(target, answer.register.dossier_count))


def _await_serving(channel: grpc.Channel, target: str, beside: int | None) -> None:
    health = health_pb2_grpc.HealthStub(channel)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if beside is not None and os.getppid() != beside:
            raise typer.Exit(Exit.FAILED)  # the server that never served has said why
        try:
            if health.Check(health_pb2.HealthCheckRequest()).status == health_pb2.HealthCheckResponse.SERVING:
                return
        except grpc.RpcError as error:
            if not refusal_of(error).passing:
                raise
        time.sleep(_POLL_SECONDS)
    fail(f"no server answers at {target}")


def _create(connection: Connection, channel: grpc.Channel) -> None:
    """Whatever of the register is not there yet: an earlier attempt may have been interrupted anywhere.

    The import, being known to the server by its id, is what tells a finished register from another.
    """
    stream = ImportStream(connection, None, _IMPORT_ID, _PATIENCE_SECONDS, say=lambda _: None)
    rows = list(demo_rows())
    try:
        through = stream.ask().through_offset
    except ImportFailed as failed:
        if failed.refusal.reason != "REGISTER_UNKNOWN":
            raise
        through = 0
        _create_register(connection, channel)
    if _name(connection, channel) != NAME:
        return
    _import_persons(connection, channel)
    if through == len(rows):
        return
    for code, quality_code, *labels in _TYPES:
        _create_type(connection, channel, code, quality_code, dict(zip(_LANGUAGES, labels, strict=True)))
    for _, answer in stream.answers(messages(COLUMNS, iter(rows), through)):
        if answer.rejected:
            fail(f"the server rejects rows of the demonstration: {answer.rejected[0].violations[0].message}")


def _create_register(connection: Connection, channel: grpc.Channel) -> None:
    request = CreateRegisterRequest(enterprise_number=REGISTER, name=NAME)
    AdministrationServiceStub(channel).CreateRegister(request, metadata=connection.metadata)


def _import_persons(connection: Connection, channel: grpc.Channel) -> None:
    """Whoever is inscribed, and others, where the server keeps persons; what is there is not sent again."""
    feed = PersonServiceStub(channel).ImportPersons
    asking = ImportPersonsRequest(import_id=IMPORT_ID)
    try:
        (asked,) = feed(iter([asking]), metadata=connection.metadata)
    except grpc.RpcError as error:
        if refusal_of(error).reason != "PERSONS_KEPT_ELSEWHERE":
            raise
        return
    if asked.through_offset < PERSONS:
        for answer in feed(demo_messages(), metadata=connection.metadata):
            if answer.rejected:
                fail(f"the server rejects persons: {answer.rejected[0].violations[0].message}")


def _name(connection: Connection, channel: grpc.Channel) -> str:
    """The name of the register: under another one it is somebody's own, and left alone."""
    register = RegisterServiceStub(channel).GetRegister(GetRegisterRequest(), metadata=connection.metadata)
    return register.register.name


def _create_type(
    connection: Connection, channel: grpc.Channel, code: str, quality_code: str, labels: dict[str, str]
) -> None:
    request = CreateDossierTypeRequest(
        dossier_type=DossierType(code=code, quality_code=quality_code, labels=labels)
    )
    try:
        RegisterServiceStub(channel).CreateDossierType(request, metadata=connection.metadata)
    except grpc.RpcError as error:
        if refusal_of(error).reason != "DOSSIER_TYPE_EXISTS":
            raise


def _what_to_try(target: str, dossiers: int) -> str:
    """Three commands, each to be pasted into another terminal."""
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
    """How to call a program of this environment: by its name where the shell finds it, else by its path."""
    beside = Path(sys.executable).parent / name
    if shutil.which(name) or not beside.exists():
        return name
    here = Path.cwd()
    return shlex.quote(str(beside.relative_to(here) if beside.is_relative_to(here) else beside))

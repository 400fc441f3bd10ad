"""`raas explain`: why a person is, or is not, known to a register on a day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

import grpc
import typer
from google.protobuf.json_format import MessageToDict

from raas.cli.commands.watch_lines import mutation_line, plain
from raas.cli.server.connection import (
    DEFAULT_TARGET,
    Connection,
    EnterpriseNumber,
    Json,
    Language,
    Register,
    Target,
)
from raas.cli.server.refusal import refusal_of
from raas.cli.terminal.exits import Exit, fail
from raas.cli.terminal.instant import AtTime, parse_instant
from raas.v1.register_service_pb2 import ExplainDossierRequest, ExplainDossierResponse
from raas.v1.register_service_pb2_grpc import RegisterServiceStub

_PATIENCE_SECONDS = 30.0


def explain(
    niss: Annotated[str, typer.Argument(metavar="NISS", help="The number of the person.")],
    day: Annotated[
        str | None, typer.Argument(metavar="DAY", help="The day asked about, 2024-03-01; today by default.")
    ] = None,
    target: Target = DEFAULT_TARGET,
    enterprise_number: EnterpriseNumber = None,
    register: Register = None,
    dossier_type: Annotated[
        str | None, typer.Option(metavar="CODE", help="Only this dossier type counts; every one by default.")
    ] = None,
    at_time: AtTime = None,
    language: Language = "en",
    as_json: Json = False,
) -> None:
    """Say why a person is, or is not, known on a day.

    A sentence in the language asked for; then the mutation that decided it, with who caused it, when, and in
    which legal context; then the numbers that gave way to the one of the person.

    Exit status: 0 answered, whether known or not; 1 refused or failed.
    """
    request = ExplainDossierRequest(
        register=register,
        niss=niss,
        dossier_type=dossier_type,
        day=day if day is not None else _today(),
        at_time=parse_instant(at_time),
    )
    connection = Connection(target, enterprise_number, language)
    try:
        with connection.channel() as channel:
            answer = RegisterServiceStub(channel).ExplainDossier(
                request, metadata=connection.metadata, timeout=_PATIENCE_SECONDS
            )
    except grpc.RpcError as error:
        refusal = refusal_of(error)
        if as_json:
            typer.echo(json.dumps({"error": refusal.as_json()}))
        fail(refusal.text)
    except KeyboardInterrupt:
        fail("interrupted", Exit.INTERRUPTED)
    if as_json:
        typer.echo(json.dumps(MessageToDict(answer, always_print_fields_with_no_presence=True)))
    else:
        typer.echo("\n".join(_lines(answer)))


def _lines(answer: ExplainDossierResponse) -> Iterator[str]:
    yield answer.sentence
    if answer.HasField("mutation"):
        mutation = answer.mutation
        yield f"mutation: {mutation_line(mutation)}"
        if mutation.HasField("legal_context"):
            yield f"legal context: {plain(mutation.legal_context)}"
        if mutation.HasField("ticket"):
            yield f"ticket: {plain(mutation.ticket)}"
        yield f"call: {mutation.call_id}"
    if answer.resolved:
        yield f"read as: {answer.resolved[0].successor_niss}"
    if answer.former_niss:
        yield f"former numbers: {', '.join(answer.former_niss)}"


def _today() -> str:
    from raas.domain.calendar.day import brussels_day, day_text

    return day_text(brussels_day(datetime.now(UTC)))

"""`raas explain`: why a register knows a person on a day, or does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated

import typer
from google.protobuf.json_format import MessageToDict

from raas.cli.commands.watch_lines import mutation_line
from raas.cli.server.command import ServerOptions, server_command
from raas.cli.terminal.days import parse_day, parse_niss, today
from raas.cli.terminal.instant import AtTime, parse_instant
from raas.cli.terminal.table import plain
from raas.cli.texts import tr
from raas.v1.register_service_pb2 import ExplainDossierResponse
from raas_client import RaasClient


@server_command
def explain(
    server: ServerOptions,
    niss: Annotated[str, typer.Argument(metavar="NISS", help="The number of the person.")],
    day: Annotated[
        str | None, typer.Argument(metavar="DAY", help="The day, such as 2024-03-01; today by default.")
    ] = None,
    dossier_type: Annotated[
        str | None, typer.Option(metavar="CODE", help="Consider only this dossier type; all by default.")
    ] = None,
    at_time: AtTime = None,
) -> None:
    """Explain why a register knows a person on a day, or does not.

    Writes a sentence in the chosen language, the mutation that decided the answer (actor, time and legal
    context), and the former numbers of the person.

    Exit status: 0 answered, whether the person is known or not; 1 refused or failed; 130 interrupted.
    """
    instant = parse_instant(at_time, "--at-time")

    async def ask(client: RaasClient) -> ExplainDossierResponse:
        wanted = parse_day(day) if day else today()
        return await client.explain(parse_niss(niss), wanted, dossier_type, at_time=instant)

    answer = server.ask(ask)
    if server.as_json:
        typer.echo(json.dumps(MessageToDict(answer, always_print_fields_with_no_presence=True)))
    else:
        typer.echo("\n".join(_lines(answer)))


def _lines(answer: ExplainDossierResponse) -> Iterator[str]:
    yield answer.sentence
    if answer.HasField("mutation"):
        mutation = answer.mutation
        yield tr("mutation: {line}", line=mutation_line(mutation))
        if mutation.HasField("legal_context"):
            yield tr("legal context: {legal_context}", legal_context=plain(mutation.legal_context))
        if mutation.HasField("ticket"):
            yield tr("ticket: {ticket}", ticket=plain(mutation.ticket))
        if mutation.HasField("application"):
            yield tr("application: {application}", application=plain(mutation.application))
        yield tr("call: {call_id}", call_id=mutation.call_id)
    if answer.resolved:
        yield tr("read as: {niss}", niss=answer.resolved[0].successor_niss)
    if answer.former_niss:
        yield tr("former numbers: {numbers}", numbers=", ".join(answer.former_niss))

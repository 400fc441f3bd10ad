"""`raas audit person`: who asked what about a person, as the person may be told."""

from __future__ import annotations

from typing import Annotated

import typer

from raas.cli.server.command import ServerOptions, server_command
from raas.cli.terminal.days import parse_niss
from raas.cli.terminal.table import write_json, write_table
from raas.cli.texts import tr
from raas.v1.audit_record_pb2 import AuditCertainty, AuditRecord
from raas_client import RaasClient

_SECONDS = len("2024-03-01T12:00:00")


@server_command
def person(
    server: ServerOptions,
    niss: Annotated[str, typer.Argument(metavar="NISS", help="A number of the person.")],
) -> None:
    """Show who asked what about a person, oldest first, under all numbers of the person.

    For an answer to the person: calls in a confidential legal context are left out, and the list may be
    incomplete by law. Answers about many persons are listed that held the person, or may have held it. Needs
    --legal-context and --ticket, and is recorded itself. With --json, one object per record.

    Exit status: 0 answered, also when there are no records; 1 refused or failed; 130 interrupted.
    """
    number = parse_niss(niss)

    async def ask(client: RaasClient) -> list[AuditRecord]:
        return await client.audit_records(niss=number, for_person=True).all()

    records = server.ask(ask)
    if server.as_json:
        for each in records:
            write_json(each)
    elif records:
        write_table(
            (
                tr("TIME"),
                tr("ORGANISATION"),
                tr("FOR"),
                tr("CALL"),
                tr("REGISTER"),
                tr("LEGAL CONTEXT"),
                tr("OUTCOME"),
                tr("CONCERNED"),
            ),
            list(map(_cells, records)),
        )
    else:
        typer.echo(tr("no records"), err=True)
    # Whether anything was left out is not told.
    typer.echo(tr("This list may be incomplete: by law some calls are confidential for some time."), err=True)


def _cells(record: AuditRecord) -> tuple[str, ...]:
    caller = record.caller
    return (
        record.time.ToJsonString()[:_SECONDS] + "Z",
        caller.enterprise_number or caller.credential,
        caller.on_behalf_of,
        record.rpc.rpartition("/")[2],
        record.register,
        record.legal_context,
        record.outcome,
        _concerned(record),
    )


def _concerned(record: AuditRecord) -> str:
    if not record.HasField("bulk"):
        return ""
    if record.bulk.certainty == AuditCertainty.AUDIT_CERTAINTY_POSSIBLE:
        return tr("possibly, among many")
    return tr("among many")

"""`raas inscribe` and `raas remove`: one operation on a dossier."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from raas.cli.server.command import ServerOptions, server_command
from raas.cli.terminal.days import parse_day, parse_niss
from raas.cli.terminal.sex import parse_sex
from raas.cli.terminal.table import write_json, write_table
from raas.cli.texts import tr
from raas.v1.dossier_pb2 import Dossier
from raas.v1.identity_pb2 import IdentityClaim
from raas.v1.inscription_pb2 import InscribeOutcome, RemoveOutcome
from raas.v1.notice_pb2 import Notice
from raas.v1.register_service_pb2 import InscribeResponse, RemoveResponse
from raas_client import RaasClient

NissArgument = Annotated[str, typer.Argument(metavar="NISS", help="The number of the person.")]
TypeArgument = Annotated[str, typer.Argument(metavar="TYPE", help="The code of the dossier type.")]
End = Annotated[
    str | None, typer.Argument(metavar="END", help="The last day; without it the period is open.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")]
RefuseReplaced = Annotated[
    bool, typer.Option("--refuse-replaced", help="Refuse a replaced number instead of following it.")
]


@server_command
def inscribe(
    server: ServerOptions,
    niss: NissArgument,
    dossier_type: TypeArgument,
    begin: Annotated[
        str, typer.Argument(metavar="BEGIN", help="The first day: 2024-03-01, 01/03/2024, today.")
    ],
    end: End = None,
    last_name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Refuse a person of another last name.")
    ] = None,
    first_name: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Refuse another first name; may be repeated.")
    ] = None,
    birth_date: Annotated[
        str | None, typer.Option(metavar="DAY", help="Refuse a person of another birth date.")
    ] = None,
    sex: Annotated[str | None, typer.Option(metavar="F|M", help="Refuse a person of the other sex.")] = None,
    refuse_replaced: RefuseReplaced = False,
    dry_run: DryRun = False,
) -> None:
    """Add a period to the dossier of a person.

    Overlapping and adjacent periods become one line. Writes the outcome, and all lines of the dossier.

    Exit status: 0 done, also when nothing changed; 1 refused or failed; 130 interrupted.
    """
    claim = IdentityClaim(
        last_name=last_name,
        first_names=first_name or (),
        birth_date=birth_date and parse_day(birth_date),
        sex=parse_sex(sex),
    )

    async def ask(client: RaasClient) -> InscribeResponse:
        return await client.inscribe(
            parse_niss(niss),
            dossier_type,
            parse_day(begin),
            end and parse_day(end),
            identity=claim if claim.ByteSize() else None,
            refuse_replaced=refuse_replaced,
            validate_only=dry_run,
        )

    answer = server.ask(ask)
    if server.as_json:
        write_json(answer)
        return
    outcome = InscribeOutcome.Name(answer.outcome).removeprefix("INSCRIBE_OUTCOME_")
    _write(answer.dossier, outcome, answer.revision, answer.notices, dry_run=dry_run)


@server_command
def remove(
    server: ServerOptions,
    niss: NissArgument,
    dossier_type: TypeArgument,
    begin: Annotated[
        str | None, typer.Argument(metavar="BEGIN", help="The first day; - for no first day.")
    ] = None,
    end: End = None,
    whole: Annotated[bool, typer.Option("--whole", help="Remove the whole dossier.")] = False,
    refuse_replaced: RefuseReplaced = False,
    dry_run: DryRun = False,
) -> None:
    """Remove a period from the dossier of a person, or the whole dossier (--whole).

    Writes the outcome, and the lines that remain.

    Exit status: 0 done, also when nothing changed; 1 refused or failed; 130 interrupted.
    """
    first = None if begin in (None, "-") else parse_day(begin or "")
    if whole == (first is not None or end is not None):
        raise typer.BadParameter(tr("give a period (BEGIN, END or both), or --whole"))

    async def ask(client: RaasClient) -> RemoveResponse:
        return await client.remove(
            parse_niss(niss),
            dossier_type,
            first,
            end and parse_day(end),
            refuse_replaced=refuse_replaced,
            validate_only=dry_run,
        )

    answer = server.ask(ask)
    if server.as_json:
        write_json(answer)
        return
    outcome = RemoveOutcome.Name(answer.outcome).removeprefix("REMOVE_OUTCOME_")
    _write(answer.dossier, outcome, answer.revision, answer.notices, dry_run=dry_run)


def _write(
    dossier: Dossier, outcome: str, revision: int, notices: Iterable[Notice], *, dry_run: bool
) -> None:
    if dry_run:
        typer.echo(tr("{outcome}, if it were done", outcome=outcome))
    else:
        typer.echo(tr("{outcome} at revision {revision}", outcome=outcome, revision=revision))
    rows = [(dossier.niss, dossier.dossier_type, line.begin, line.end) for line in dossier.periods]
    if rows:
        write_table(("NISS", tr("TYPE"), tr("BEGIN"), tr("END")), rows)
    for notice in notices:
        typer.echo(f"raas: {notice.message}", err=True)

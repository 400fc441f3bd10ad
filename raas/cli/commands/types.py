"""`raas types`: the dossier types of a register."""

from __future__ import annotations

from typing import Annotated

import typer

from raas.cli.server.command import ServerOptions, server_command
from raas.cli.terminal.days import parse_day
from raas.cli.terminal.table import write_json, write_table
from raas.cli.texts import environment_language, tr
from raas.v1.dossier_type_pb2 import DossierType
from raas_client import RaasClient

types = typer.Typer(help="The dossier types of a register.", no_args_is_help=True, rich_markup_mode=None)

Code = Annotated[str, typer.Argument(metavar="CODE", help="The code of the dossier type.")]
Labels = Annotated[
    list[str] | None,
    typer.Option("--label", metavar="LANGUAGE=TEXT", help="A label, such as fr=Pension; may be repeated."),
]
QualityCode = Annotated[str | None, typer.Option(metavar="CODE", help="The code of the older numbering.")]
ActiveFrom = Annotated[
    str | None, typer.Option(metavar="DAY", help="The first day on which an inscription may begin.")
]
ActiveUntil = Annotated[
    str | None, typer.Option(metavar="DAY", help="The last day on which an inscription may begin.")
]

KeepAfterEnd = Annotated[
    str | None,
    typer.Option(
        metavar="DURATION",
        help="How long lines are kept after their last day, such as P10Y or P90D; see `raas retention`.",
    ),
]


@types.command("list")
@server_command
def list_types(server: ServerOptions) -> None:
    """List the dossier types. With --json, one object per type."""

    async def ask(client: RaasClient) -> list[DossierType]:
        return await client.dossier_types().all()

    found = server.ask(ask)
    if server.as_json:
        for each in found:
            write_json(each)
        return
    language = server.language or environment_language()
    write_table(
        (tr("TYPE"), tr("LABEL"), tr("OLD CODE"), tr("FROM"), tr("UNTIL"), tr("KEPT")),
        [
            (
                each.code,
                each.labels.get(language) or each.labels.get("en", ""),
                each.quality_code,
                each.active_from,
                each.active_until,
                each.keep_after_end,
            )
            for each in found
        ],
    )


@types.command("create")
@server_command
def create_type(
    server: ServerOptions,
    code: Code,
    label: Labels = None,
    quality_code: QualityCode = None,
    active_from: ActiveFrom = None,
    active_until: ActiveUntil = None,
    keep_after_end: KeepAfterEnd = None,
) -> None:
    """Create a dossier type."""
    wanted = _type(code, label, quality_code, active_from, active_until, keep_after_end)

    async def ask(client: RaasClient) -> DossierType:
        return await client.create_dossier_type(wanted)

    _write(server.ask(ask), tr("{code} is created", code=code), as_json=server.as_json)


@types.command("update")
@server_command
def update_type(
    server: ServerOptions,
    code: Code,
    label: Labels = None,
    quality_code: QualityCode = None,
    active_from: ActiveFrom = None,
    active_until: ActiveUntil = None,
    keep_after_end: KeepAfterEnd = None,
) -> None:
    """Change a dossier type; what is not given stays. The labels given replace all labels."""
    wanted = _type(code, label, quality_code, active_from, active_until, keep_after_end)
    given = {
        "labels": label,
        "quality_code": quality_code,
        "active_from": active_from,
        "active_until": active_until,
        "keep_after_end": keep_after_end,
    }
    fields = [name for name, value in given.items() if value is not None]
    if not fields:
        raise typer.BadParameter(tr("name what is to be changed"))

    async def ask(client: RaasClient) -> DossierType:
        return await client.update_dossier_type(wanted, fields)

    _write(server.ask(ask), tr("{code} is changed", code=code), as_json=server.as_json)


def _write(dossier_type: DossierType, text: str, *, as_json: bool) -> None:
    if as_json:
        write_json(dossier_type)
    else:
        typer.echo(text)


def _type(
    code: str,
    labels: list[str] | None,
    quality_code: str | None,
    active_from: str | None,
    active_until: str | None,
    keep_after_end: str | None,
) -> DossierType:
    pairs = [label.partition("=") for label in labels or ()]
    if any(not language or not equals for language, equals, _ in pairs):
        raise typer.BadParameter(tr("write --label as LANGUAGE=TEXT, such as fr=Pension"))
    return DossierType(
        code=code,
        labels={language: text for language, _, text in pairs},
        quality_code=quality_code or None,
        # An empty text clears the field.
        active_from=parse_day(active_from) if active_from else None,
        active_until=parse_day(active_until) if active_until else None,
        keep_after_end=keep_after_end or None,
    )

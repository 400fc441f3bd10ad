"""`raas usage`: the calls of organisations by month, counted for charging."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from typing import Annotated

import typer

from raas.cli.server.command import ServerOptions, server_command
from raas.cli.terminal.days import parse_enterprise_number
from raas.cli.terminal.table import write_json, write_table
from raas.cli.texts import tr
from raas.v1.usage_pb2 import Usage
from raas_client import RaasClient

COLUMNS = (
    "month", "closed", "caller", "on_behalf_of", "register", "partner", "rpc", "calls", "items", "deliveries",
    "refused", "dossiers",
)  # fmt: skip
"""The columns of the CSV: the fields of Usage."""


@server_command
def usage(
    server: ServerOptions,
    from_month: Annotated[
        str,
        typer.Option("--from", metavar="MONTH", help="The first month, YYYY-MM; by default that of --until."),
    ] = "",
    until_month: Annotated[
        str, typer.Option("--until", metavar="MONTH", help="The last month; by default the current one.")
    ] = "",
    caller: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Only the calls of this organisation, or for it.")
    ] = None,
    of_register: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Only the calls on this register.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV, with one row per line.")] = False,
) -> None:
    """List the calls of organisations by month, for charging. With --json, one object per row.

    You see your own usage, an auditor that of everybody. The rows of a month never change once it is closed.
    """
    number = caller and parse_enterprise_number(caller)
    register = of_register and parse_enterprise_number(of_register)

    async def ask(client: RaasClient) -> list[Usage]:
        return await client.usage(
            caller=number, register=register, from_month=from_month, until_month=until_month
        ).all()

    found = server.ask(ask)
    if server.as_json:
        for each in found:
            write_json(each)
    elif as_csv:
        _write_csv(found)
    else:
        _write_table(found)


def _write_csv(found: Iterable[Usage]) -> None:
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(COLUMNS)
    for each in found:
        closed = "true" if each.closed else "false"
        counts = (each.calls, each.items, each.deliveries, each.refused)
        rows.writerow((each.month, closed, *_key(each), each.rpc, *counts, _dossiers(each)))


def _write_table(found: Iterable[Usage]) -> None:
    headers = (
        tr("MONTH"),
        tr("STATE"),
        tr("CALLER"),
        tr("FOR"),
        tr("REGISTER"),
        tr("PARTNER"),
        "RPC",
        tr("CALLS"),
        tr("ITEMS"),
        tr("DELIVERIES"),
        tr("REFUSED"),
        tr("DOSSIERS"),
    )
    write_table(headers, map(_cells, found))


def _cells(row: Usage) -> tuple[object, ...]:
    counts = (row.calls, row.items, row.deliveries, row.refused) if row.rpc else ("",) * 4
    state = tr("closed") if row.closed else ""
    return (row.month, state, *_key(row), row.rpc.rpartition("/")[2], *counts, _dossiers(row))


def _key(row: Usage) -> tuple[str, str, str, str]:
    return row.caller, row.on_behalf_of, row.register, row.partner


def _dossiers(row: Usage) -> int | str:
    return row.dossiers if row.HasField("dossiers") else ""

"""`raas person-report`: everything that a database holds about a person."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raas.cli.database.connection import DatabaseUrl, DataDir, work_on_database
from raas.cli.database.erase import parse_person
from raas.cli.server.options import Json
from raas.cli.terminal.table import write_table
from raas.cli.texts import tr

if TYPE_CHECKING:
    from raas.ops.settings import Settings


def person_report(
    niss: Annotated[
        str,
        typer.Argument(
            metavar="NISS",
            help="A number of the person; - reads it from standard input, where other users cannot see it.",
        ),
    ],
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show everything that the database holds about a person, for an access request.

    The numbers of the person and their history, the identity, the dossiers in all registers, the mutations,
    the subscribers that have acknowledged them, restrictions, and the audit. Calls in a confidential legal
    context are left out of the audit, which may be incomplete by law. With --json, one object. The command is
    recorded.

    Exit status: 0 shown, 1 failed, 130 interrupted.
    """
    from raas.usecases.admin.command_record import Command

    number = parse_person(niss, "NISS")
    found: dict[str, Any] = {}

    def work(dsn: str, _: Settings) -> None:
        from raas.maintenance.person_report import person_report as report_of

        found.update(report_of(dsn, number))

    ending = work_on_database(
        database_url, data_dir, work, Command("raas person-report", {"of": "person"}, touched=[number])
    )
    if found and not as_json:
        _write(found)
    if as_json and not ending.text:
        typer.echo(json.dumps(found))
        raise typer.Exit(ending.status)
    ending.tell({}, "", as_json=as_json)


def _write(report: Mapping[str, Any]) -> None:
    _section(
        tr("Numbers"),
        ("NISS", tr("STATUS"), tr("REPLACED BY"), tr("NAME"), tr("BORN")),
        [_number(each) for each in report["numbers"]],
    )
    _section(
        tr("History of the numbers"),
        (tr("TIME"), "NISS", tr("STATUS"), tr("REPLACED BY")),
        [(e["time"], e["niss"], e["status"], e.get("replaced_by", "")) for e in report["status_changes"]],
    )
    registers = report["registers"]
    _section(
        tr("Dossiers"),
        (tr("REGISTER"), "NISS", tr("TYPE"), tr("LINES")),
        [
            (register["register"], each["niss"], each["dossier_type"], _periods(each["periods"]))
            for register in registers
            for each in register["dossiers"]
        ],
    )
    _section(
        tr("Mutations"),
        (tr("REGISTER"), tr("REVISION"), tr("TIME"), tr("KIND"), "NISS", tr("TYPE"), tr("LINES")),
        [
            (
                register["register"],
                each["revision"],
                each["record_time"],
                each["kind"],
                each.get("niss", ""),
                each.get("dossier_type", ""),
                _periods(each.get("after", ())),
            )
            for register in registers
            for each in register["mutations"]
        ],
    )
    _section(
        tr("Acknowledged by subscribers"),
        (tr("REGISTER"), tr("REVISION"), tr("CALLER"), tr("SUBSCRIBER")),
        [
            (register["register"], each["revision"], each["caller"], each["subscriber"])
            for register in registers
            for each in register["deliveries"]
        ],
    )
    _section(
        tr("Restricted inscriptions"),
        (tr("REGISTER"), tr("TYPE"), tr("LINES"), tr("TIME")),
        [
            (register["register"], each["dossier_type"], _periods(each["periods"]), each["time"])
            for register in registers
            for each in register["restrictions"]
        ],
    )
    _section(
        tr("Audit"),
        (tr("TIME"), tr("ORGANISATION"), tr("FOR"), tr("CALL"), tr("REGISTER"), tr("OUTCOME")),
        [
            (
                each["time"],
                each.get("caller", ""),
                each.get("on_behalf_of", ""),
                each["rpc"].rpartition("/")[2],
                each.get("register", ""),
                each["outcome"],
            )
            for each in report["audit"]
        ],
    )
    typer.echo(tr("This list may be incomplete: by law some calls are confidential for some time."), err=True)


def _section(title: str, headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    typer.echo(f"\n{title}")
    write_table(headers, rows)


def _number(each: Mapping[str, Any]) -> tuple[str, ...]:
    identity = each.get("identity", {})
    names = " ".join([*identity.get("first_names", ()), identity.get("last_name") or ""]).strip()
    return (
        each["niss"],
        each.get("status", ""),
        each.get("replaced_by", ""),
        names,
        identity.get("birth_date") or "",
    )


def _periods(periods: Sequence[Mapping[str, str]]) -> str:
    return " ".join(f"{each['begin']}..{each.get('end', '')}" for each in periods)

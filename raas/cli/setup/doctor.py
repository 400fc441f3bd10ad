"""`raas status` and `raas doctor`: whether the server answers, and what stands in the way."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated

import typer

from raas.cli.server.client import answer_of
from raas.cli.server.command import ServerOptions, server_command
from raas.cli.setup.checks import (
    check_configuration,
    check_database,
    check_server,
    check_versions,
)
from raas.cli.setup.findings import Finding
from raas.cli.setup.identity_checks import check_identity
from raas.cli.terminal.exits import Exit
from raas.cli.terminal.table import has_colour
from raas.cli.texts import tr, use_language
from raas_client import Patience, RaasClient

_PATIENCE = 5.0
"""Seconds: a person waits for the answer."""

_COLOURS = {"ok": "green", "warning": "yellow", "failed": "red"}


@server_command
def status(server: ServerOptions) -> None:
    """Show whether the server answers, the register, and the clocks.

    Exit status: 0 the server answers and knows the register, 1 otherwise, 130 interrupted.
    """
    use_language(server.language)

    async def ask(client: RaasClient) -> list[Finding]:
        return await check_server(client, server.target)

    _write(replace(server, patience=min(server.patience, _PATIENCE)).ask(ask), as_json=server.as_json)


@server_command
def doctor(
    server: ServerOptions,
    invocation: typer.Context,
    data_dir: Annotated[
        str | None,
        typer.Option(metavar="DIRECTORY", help="The data directory of a server on this machine."),
    ] = None,
) -> None:
    """Check everything that a call needs: configuration, identity, server, clocks; and a database here.

    Of a certificate it checks the key, the chain, the days left, and whom a server would read from it; of a
    token issuer, audience and expiry.

    Exit status: 0 nothing failed, 1 otherwise, 130 interrupted.
    """
    use_language(server.language)
    patience = min(server.patience, _PATIENCE)

    async def ask(client: RaasClient) -> list[Finding]:
        return await check_server(client, server.target)

    context = invocation.find_root().params["context"]
    findings = [*check_versions(), *check_configuration(context), *check_identity(server)]
    try:
        client = server.opened(Patience(call_seconds=patience, outage_seconds=patience))
    except OSError as error:
        findings.append(Finding(tr("server"), "failed", f"{error.filename}: {error.strerror}"))
    except typer.BadParameter as wrong:
        findings.append(Finding(tr("server"), "failed", wrong.message))
    else:
        findings += answer_of(client, ask, as_json=server.as_json)
    findings += check_database(data_dir)
    _write(findings, as_json=server.as_json)


def _write(findings: list[Finding], *, as_json: bool) -> None:
    width = max(len(each.subject) for each in findings)
    for each in findings:
        if as_json:
            found = {"subject": each.subject, "outcome": each.outcome, "text": each.text}
            typer.echo(json.dumps(found))
            continue
        outcome = tr(each.outcome)
        shown = typer.style(outcome, fg=_COLOURS[each.outcome]) if has_colour() else outcome
        typer.echo(f"{each.subject:<{width}}  {shown}  {each.text}")
    if any(each.outcome == "failed" for each in findings):
        raise typer.Exit(Exit.FAILED)

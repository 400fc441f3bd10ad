"""`raas watch`: shows the mutations of a register as they are committed."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import aclosing, suppress
from typing import Annotated

import typer

from raas.cli.commands.watch_lines import json_lines, text_lines
from raas.cli.server.client import fail_for, report_outages, run_with
from raas.cli.server.command import server_command
from raas.cli.server.connection import ConnectionOptions
from raas.cli.server.options import JsonLines
from raas.cli.terminal.output import until_reader_leaves
from raas.cli.texts import tr
from raas.v1.mutation_pb2 import MutationKind
from raas_client import (
    AfterRevision,
    Checkpoint,
    FromAcknowledged,
    FromLatest,
    FromSnapshot,
    Patience,
    RaasClient,
    RaasError,
    Subscription,
)
from raas_client.stream.starts import Start

_PREFIX = "MUTATION_KIND_"
_FAREWELL_SECONDS = 5.0


@server_command
def watch(
    server: ConnectionOptions,
    after_revision: Annotated[
        int | None,
        typer.Option(metavar="REVISION", min=0, help="Start with the first mutation after this revision."),
    ] = None,
    log_id: Annotated[
        str | None,
        typer.Option(metavar="UUID", help="The log of --after-revision; another log is refused."),
    ] = None,
    latest: Annotated[
        bool, typer.Option("--latest", help="Start with the next mutation; the default.")
    ] = False,
    snapshot: Annotated[
        bool, typer.Option("--snapshot", help="Start with all dossiers as they are now.")
    ] = False,
    acknowledged: Annotated[
        bool, typer.Option("--acknowledged", help="Start after the last acknowledgement of --subscriber.")
    ] = False,
    subscriber: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The name under which the server remembers what was shown and keeps the log.",
        ),
    ] = None,
    dossier_type: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Only this dossier type; may be repeated.")
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help="Only this kind, such as INSCRIBED or REMOVED; may be repeated."),
    ] = None,
    heartbeat: Annotated[
        int,
        typer.Option(metavar="SECONDS", min=1, max=300, help="Interval of bookmarks while nothing changes."),
    ] = 15,
    patience: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            min=0,
            help="How long to retry while no server answers; for ever by default.",
        ),
    ] = None,
    as_json: JsonLines = False,
) -> None:
    """Show the mutations of a register as they are committed.

    Writes one line per mutation (revision, time, kind, NISS, dossier type, lines before -> lines after), one
    per dossier of a snapshot, and one per bookmark: everything through its revision has been shown. After an
    outage the stream resumes where it was.

    Ctrl-C ends the command, which then writes the options that resume it.

    Exit status: 0 ended by Ctrl-C or SIGTERM, 1 refused or failed.
    """
    start = _start(after_revision, log_id, latest, snapshot, acknowledged, subscriber)
    kinds = [_kind(name) for name in kind or ()]
    report_outages(lambda text: typer.echo(f"raas: {server.target}: {text}", err=True))
    client = server.client_with(Patience(outage_seconds=patience))
    subscription = client.subscribe(
        start,
        dossier_types=dossier_type or (),
        kinds=kinds,
        subscriber=subscriber,
        heartbeat_seconds=heartbeat,
    )
    try:
        with until_reader_leaves():
            run_with(client, lambda opened: _show(opened, subscription, subscriber, as_json))
    except RaasError as error:
        _say_where_to_resume(subscription.checkpoint, as_json)
        fail_for(error, as_json=as_json)
    except KeyboardInterrupt:
        pass
    _say_where_to_resume(subscription.checkpoint, as_json)


async def _show(
    client: RaasClient, subscription: Subscription, subscriber: str | None, as_json: bool
) -> None:
    """Write every event until Ctrl-C cancels this."""
    lines = json_lines if as_json else text_lines
    try:
        async with aclosing(subscription.events()) as events:
            async for event in events:
                sys.stdout.writelines(f"{line}\n" for line in lines(event))
                sys.stdout.flush()
    except asyncio.CancelledError:
        checkpoint = subscription.checkpoint
        if subscriber is not None and checkpoint is not None and checkpoint.resume_token is None:
            # Everything shown is acknowledged, so that it is not sent again.
            with suppress(RaasError, TimeoutError):
                async with asyncio.timeout(_FAREWELL_SECONDS):
                    await client.acknowledge(subscriber, checkpoint)
        raise


def _say_where_to_resume(checkpoint: Checkpoint | None, as_json: bool) -> None:
    if checkpoint is None:
        return
    if checkpoint.resume_token is not None:
        typer.echo("raas: " + tr("the snapshot is not complete; start again with --snapshot"), err=True)
        return
    if as_json:
        end = {"throughRevision": str(checkpoint.revision)}
        typer.echo(json.dumps({"logId": checkpoint.log_id, "end": end}))
    resume = tr(
        "everything through revision {revision} was shown; to resume: {options}",
        revision=checkpoint.revision,
        options=f"--after-revision {checkpoint.revision} --log-id {checkpoint.log_id}",
    )
    typer.echo(f"raas: {resume}", err=True)


def _start(
    after_revision: int | None,
    log_id: str | None,
    latest: bool,
    snapshot: bool,
    acknowledged: bool,
    subscriber: str | None,
) -> Start:
    if sum((after_revision is not None, latest, snapshot, acknowledged)) > 1:
        raise typer.BadParameter(tr("give one of --after-revision, --latest, --snapshot and --acknowledged"))
    if log_id is not None and after_revision is None:
        raise typer.BadParameter(tr("--log-id goes with --after-revision"))
    if acknowledged and subscriber is None:
        raise typer.BadParameter(tr("--acknowledged needs --subscriber NAME"))
    if after_revision is not None:
        return AfterRevision(after_revision, log_id)
    if snapshot:
        return FromSnapshot()
    return FromAcknowledged() if acknowledged else FromLatest()


def _kind(name: str) -> MutationKind.ValueType:
    known = [each.removeprefix(_PREFIX) for each, number in MutationKind.items() if number]
    if name.upper() not in known:
        raise typer.BadParameter(tr("--kind is one of {names}", names=", ".join(known)))
    return MutationKind.Value(_PREFIX + name.upper())

"""`raas serve`: the server, in the foreground."""

from __future__ import annotations

from typing import Annotated

import typer

from raas.cli.terminal.exits import fail


def serve(
    context: typer.Context,
    listen: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where to serve gRPC; 127.0.0.1:50051 by default.")
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="postgresql://… of a PostgreSQL ≥ 15, instead of the embedded one. Others on this machine "
            "can see flags: keep a password in the environment.",
        ),
    ] = None,
    data_dir: Annotated[
        str | None,
        typer.Option(
            metavar="DIRECTORY", help="Where the embedded PostgreSQL keeps its data; var by default."
        ),
    ] = None,
    niss_profile: Annotated[
        str | None,
        typer.Option(metavar="PROFILE", help="production, the default; test accepts fictitious persons too."),
    ] = None,
    development_identity: Annotated[
        bool | None,
        typer.Option(
            "--development-identity/--no-development-identity",
            help="Callers name themselves and may do everything; on loopback addresses only.",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Processes that serve the one port; 1 by default.")
    ] = None,
    authentic_source: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="Who says which NISS exist: local, the default (the persons of this database), structure "
            "(every well-formed one does), or the HOST:PORT of another server.",
        ),
    ] = None,
    authentic_source_caller: Annotated[
        str | None,
        typer.Option(metavar="NUMBER", help="The enterprise number under which the other server is asked."),
    ] = None,
    metrics_listen: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Where to serve Prometheus metrics; nowhere by default."),
    ] = None,
    shutdown_seconds: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="How long calls under way may take to end; 10 by default."),
    ] = None,
    max_lines: Annotated[
        int | None, typer.Option(metavar="N", help="How many lines a dossier may have; 1,000 by default.")
    ] = None,
    log_format: Annotated[
        str | None, typer.Option(metavar="FORMAT", help="json, the default, or console.")
    ] = None,
    log_level: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="debug, info (the default), warning or error.")
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", hidden=True, help="Create the demonstration register, once it serves.")
    ] = False,
) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Every option is a setting; where it is not given the environment decides: RAAS_LISTEN for --listen,
    and so on.
    """
    from raas import supervisor
    from raas.cli.demo.setup import start_beside
    from raas.ops.settings import SettingsRefused, load_settings
    from raas.storage.embedded import EmbeddedPostgresError
    from raas.usecases.ports.errors import PortError

    try:
        settings = load_settings(**{name: value for name, value in context.params.items() if name != "demo"})
        if demo:
            start_beside(settings.listen)
        status = supervisor.run(settings)
    except (SettingsRefused, EmbeddedPostgresError, PortError, OSError) as error:
        fail(str(error))
    raise typer.Exit(status)

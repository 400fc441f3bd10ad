"""`raas serve`: the server, in the foreground."""

from __future__ import annotations

from typing import Annotated

import typer

from raas.cli.terminal.exits import fail


def serve(
    context: typer.Context,
    listen: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="The address to serve gRPC on; 127.0.0.1:50051 by default."),
    ] = None,
    listen_token: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT", help="The address for callers with bearer tokens; none by default."
        ),
    ] = None,
    listen_health: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="The address of the health service alone, in plaintext; none by default.",
        ),
    ] = None,
    connection_age_seconds: Annotated[
        int | None,
        typer.Option(
            metavar="SECONDS", help="The age at which a connection takes no new calls; 3600 by default."
        ),
    ] = None,
    connection_grace_seconds: Annotated[
        int | None,
        typer.Option(
            metavar="SECONDS",
            help="How long calls in flight go on on such a connection; 3600 by default.",
        ),
    ] = None,
    environment: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="production, acceptance or test; mandatory unless callers name themselves."
        ),
    ] = None,
    tls_certificate: Annotated[
        str | None, typer.Option(metavar="FILE", help="The certificate chain of the server, PEM.")
    ] = None,
    tls_key: Annotated[
        str | None, typer.Option(metavar="FILE", help="The unencrypted key of the certificate, PEM.")
    ] = None,
    tls_client_ca: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="The authorities of client certificates, PEM; with it --listen requires them.",
        ),
    ] = None,
    tls_patterns: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Where certificates hold organisation and application, JSON; Belgian forms by default.",
        ),
    ] = None,
    token_issuer: Annotated[
        str | None, typer.Option(metavar="URL", help="The issuer of accepted tokens.")
    ] = None,
    token_audience: Annotated[
        str | None, typer.Option(metavar="NAME", help="The audience of accepted tokens; raas by default.")
    ] = None,
    token_keys: Annotated[
        str | None, typer.Option(metavar="SOURCE", help="The key set of the issuer: an https URL or a file.")
    ] = None,
    token_algorithms: Annotated[
        str | None, typer.Option(metavar="NAMES", help="Accepted signature algorithms, separated by commas.")
    ] = None,
    token_organisation_claim: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The claim that names the organisation; enterprise_number by default."
        ),
    ] = None,
    token_application_claim: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The claim that names the application; client_id by default."),
    ] = None,
    token_scope_prefix: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The prefix of scopes that narrow a token.")
    ] = None,
    token_skew_seconds: Annotated[
        int | None,
        typer.Option(metavar="SECONDS", help="How far the clock of the issuer may differ; 30 by default."),
    ] = None,
    administrators: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBERS",
            help="The first administrators, two organisations at least, separated by commas.",
        ),
    ] = None,
    legal_contexts: Annotated[
        bool | None,
        typer.Option(
            "--legal-contexts/--no-legal-contexts",
            help="Persons, routing, checks and bulk reads need an allowed legal context.",
            show_default=False,
        ),
    ] = None,
    allow_plaintext: Annotated[
        bool | None,
        typer.Option(
            "--allow-plaintext/--no-allow-plaintext",
            help="Serve --listen-token without TLS, behind a proxy that ends it.",
            show_default=False,
        ),
    ] = None,
    page_token_keys: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="The keys of page tokens: file:PATH or command:PROGRAM; in the database by default.",
        ),
    ] = None,
    audit_keys: Annotated[
        str | None,
        typer.Option(
            metavar="DIRECTORY",
            help="The keys that sign checkpoints of the audit; on the embedded database they are made.",
        ),
    ] = None,
    audit_origin: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The name of the log of the audit, such as raas.example/audit."),
    ] = None,
    audit_checkpoints: Annotated[
        str | None,
        typer.Option(
            metavar="DIRECTORY",
            help="Where checkpoints of the audit are kept; beside the data directory by default.",
        ),
    ] = None,
    audit_checkpoint_command: Annotated[
        str | None,
        typer.Option(
            metavar="COMMAND", help="A command that keeps a checkpoint, which it reads from standard input."
        ),
    ] = None,
    audit_checkpoint_seconds: Annotated[
        int | None,
        typer.Option(metavar="SECONDS", help="The time between two checkpoints; 60 by default."),
    ] = None,
    audit_checkpoints_required: Annotated[
        bool | None,
        typer.Option(
            "--audit-checkpoints-required/--no-audit-checkpoints-required",
            help="Refuse calls once checkpoints could not be delivered for ten minutes.",
            show_default=False,
        ),
    ] = None,
    journal: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="The journal of ended rights, blocks and erasures; beside the data directory by default.",
        ),
    ] = None,
    embedded_in_production: Annotated[
        bool | None,
        typer.Option(
            "--embedded-in-production/--no-embedded-in-production",
            help="Confirm that production runs on the embedded database.",
            show_default=False,
        ),
    ] = None,
    database_size: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="The most that the database may take, such as 500GB; "
            "by default the disk of the embedded one.",
        ),
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="postgresql://… of a PostgreSQL ≥ 15, instead of the embedded one. Other users can "
            "see flags: put a password into the environment.",
        ),
    ] = None,
    data_dir: Annotated[
        str | None,
        typer.Option(
            metavar="DIRECTORY", help="The data directory of the embedded PostgreSQL; var by default."
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
            help="Callers identify themselves and have every permission; on loopback addresses only.",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", help="The number of processes that share the port; 1 by default."),
    ] = None,
    authentic_source: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="The source that decides which NISS exist: local, the default (persons of this database), "
            "structure (every well-formed one exists), or the HOST:PORT of another server.",
        ),
    ] = None,
    authentic_source_caller: Annotated[
        str | None,
        typer.Option(metavar="NUMBER", help="The enterprise number used to call the other server."),
    ] = None,
    authentic_source_ca: Annotated[
        str | None,
        typer.Option(
            "--authentic-source-ca",
            metavar="FILE",
            help="The authorities of the certificate of the other server, PEM; those of gRPC by default.",
        ),
    ] = None,
    authentic_source_certificate: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The client certificate used to call the other server, PEM."),
    ] = None,
    authentic_source_key: Annotated[
        str | None, typer.Option(metavar="FILE", help="The unencrypted key of the client certificate, PEM.")
    ] = None,
    authentic_source_server_name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The name in the certificate of the other server."),
    ] = None,
    authentic_source_token_file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The file with the token used to call the other server."),
    ] = None,
    authentic_source_legal_context: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="The legal context of calls that have none of their own."),
    ] = None,
    metrics_listen: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT", help="The address to serve Prometheus metrics on; none by default."
        ),
    ] = None,
    shutdown_seconds: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="How long calls in progress may take to finish when the server stops; 10 by default.",
        ),
    ] = None,
    max_lines: Annotated[
        int | None,
        typer.Option(metavar="N", help="The largest number of lines of a dossier; 1,000 by default."),
    ] = None,
    limits: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="A TOML file with the limits of callers; generous by default."),
    ] = None,
    accept_record_times_until: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="After the clock of the database was wrong: accept record times ahead of the clock, up to "
            "this instant, such as 2027-01-01T00:00:00Z.",
        ),
    ] = None,
    log_format: Annotated[
        str | None, typer.Option(metavar="FORMAT", help="json, the default, or console.")
    ] = None,
    log_level: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="debug, info (the default), warning or error.")
    ] = None,
    demo: Annotated[
        bool,
        typer.Option("--demo", hidden=True, help="Create the demonstration register once the server serves."),
    ] = False,
) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Every option can also be set in the environment: RAAS_LISTEN for --listen, and so on. The option has
    precedence.
    """
    from raas.cli.quick_imports import quick_imports
    from raas.concurrency.stop_signals import exit_on_stop_signals

    # The imports take a moment, and so does the start.
    exit_on_stop_signals()
    with quick_imports():
        from raas import supervisor
        from raas.cli.demo.setup import start_beside
        from raas.identity import IdentityFilesRefused
        from raas.ops.settings import SettingsRefused, load_settings
        from raas.storage.embedded import EmbeddedPostgresError
        from raas.usecases.ports.audit.proof import KeyUnusable
        from raas.usecases.ports.errors import PortError

    try:
        settings = load_settings(**{name: value for name, value in context.params.items() if name != "demo"})
        if demo:
            start_beside(settings.listen)
        status = supervisor.run(settings)
    except (
        SettingsRefused,
        IdentityFilesRefused,
        KeyUnusable,
        EmbeddedPostgresError,
        PortError,
        OSError,
    ) as error:
        fail(str(error))
    raise typer.Exit(status)

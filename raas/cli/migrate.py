"""`raas migrate`: brings the database to the schema of this version."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from raas.cli.connection import Json
from raas.cli.exits import fail


def migrate(
    database_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="As for serve; better RAAS_DATABASE_URL, where a password is not seen."
        ),
    ] = None,
    data_dir: Annotated[
        str | None,
        typer.Option(metavar="DIRECTORY", help="As for serve: where the embedded PostgreSQL lies."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring the database to the schema of this version: all of it or nothing.

    A server does this itself on its embedded PostgreSQL, never on a database of one's own: stop the servers,
    make a backup, migrate, start them.
    """
    from raas import app, supervisor
    from raas.ops.settings import SettingsRefused, load_settings
    from raas.storage.embedded import EmbeddedPostgresError
    from raas.usecases.ports import PortError

    try:
        # Nothing is served: whatever the environment says of that does not matter here.
        settings = load_settings(
            database_url=database_url, data_dir=data_dir, listen="127.0.0.1:0", development_identity=True
        )
        with supervisor.database_for_command(settings) as dsn:
            found = app.migrate(dsn)
    except (SettingsRefused, EmbeddedPostgresError, PortError, OSError) as error:
        fail(str(error))
    if as_json:
        typer.echo(json.dumps({"found": found.current, "now": found.needed}))
    elif found.current == found.needed:
        typer.echo(f"the database was at {found.needed} already")
    else:
        typer.echo(f"the database is at {found.needed} now; it was {found.current or 'empty'}")

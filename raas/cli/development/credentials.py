"""`raas certificates` and `raas token`: an authority and a token issuer of one's own, for development."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from raas.cli.terminal.exits import fail

Folder = Annotated[Path, typer.Option("--dir", metavar="DIRECTORY", help="Where the files are kept.")]
Organisation = Annotated[
    str, typer.Option("--enterprise-number", metavar="NUMBER", help="The organisation that calls.")
]
Application = Annotated[str, typer.Option(metavar="NAME", help="The application that calls.")]


def certificates(
    folder: Folder = Path("var/development"),
    enterprise_number: Organisation = "0999999922",
    application: Application = "development",
    host: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A name or address of the server; repeatable.")
    ] = None,
) -> None:
    """Make an authority, a certificate for a server and one for a client. For development only.

    Writes ca.pem, server.pem, server.key, client.pem and client.key. The key of the authority is not kept.
    """
    from raas.identity.development import Authority

    authority = Authority("RaaS development")
    server = authority.server(host or ["localhost", "127.0.0.1"])
    client = authority.client(_number(enterprise_number), application)
    files = {
        "ca.pem": authority.pem,
        "server.pem": server.certificate_pem,
        "server.key": server.key_pem,
        "client.pem": client.certificate_pem,
        "client.key": client.key_pem,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, pem in files.items():
            path = folder / name
            path.unlink(missing_ok=True)
            path.touch(mode=0o600 if name.endswith(".key") else 0o644)
            path.write_bytes(pem)
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    typer.echo(f"{folder}: {', '.join(files)}")


def token(
    folder: Folder = Path("var/development"),
    enterprise_number: Organisation = "0999999922",
    application: Application = "development",
    seconds: Annotated[int, typer.Option(min=1, max=3_600, help="How long the token is valid.")] = 3_600,
    scope: Annotated[
        str | None,
        typer.Option(metavar="SCOPES", help="Narrows it to these scopes, separated by spaces."),
    ] = None,
) -> None:
    """Sign a token, with a development key that is made at the first call. For development only.

    Writes the token to standard output. RAAS_TOKEN_KEYS of the server names DIRECTORY/token-issuer.jwks.json,
    RAAS_TOKEN_ISSUER is https://issuer.raas.example.
    """
    from raas.identity.development import TokenIssuer

    number = _number(enterprise_number)
    try:
        typer.echo(TokenIssuer(folder).token(number, application, seconds=seconds, scope=scope))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")


def _number(text: str) -> str:
    from raas.domain.invalid import Invalid
    from raas.domain.numbers.enterprise_number import enterprise_number_text, parse_enterprise_number

    try:
        return enterprise_number_text(parse_enterprise_number(text))
    except Invalid:
        fail("--enterprise-number: not a valid enterprise number (10 digits)")

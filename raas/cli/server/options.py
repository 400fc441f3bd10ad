"""The options that all commands which call a server share."""

from __future__ import annotations

from typing import Annotated

import typer

DEFAULT_TARGET = "127.0.0.1:50051"

Target = Annotated[
    str, typer.Option(envvar="RAAS_TARGET", metavar="HOST:PORT", help="The address of the server.")
]
EnterpriseNumber = Annotated[
    str | None,
    typer.Option(
        envvar="RAAS_ENTERPRISE_NUMBER",
        metavar="NUMBER",
        help="Your enterprise number, 10 digits, for a server with development identity.",
    ),
]
Register = Annotated[
    str | None,
    typer.Option(metavar="NUMBER", help="The enterprise number of the register; your own by default."),
]
Language = Annotated[
    str | None,
    typer.Option(
        metavar="LANGUAGE", help="The language of texts: en, fr, nl or de; that of LANG by default."
    ),
]
Authorities = Annotated[
    str | None,
    typer.Option(
        "--ca",
        envvar="RAAS_CLIENT_CA",
        metavar="FILE",
        help="The authorities of the certificate of the server, a PEM file; those of gRPC by default.",
    ),
]
Certificate = Annotated[
    str | None,
    typer.Option(
        envvar="RAAS_CLIENT_CERTIFICATE",
        metavar="FILE",
        help="Your client certificate, with its intermediate certificates, a PEM file.",
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        envvar="RAAS_CLIENT_KEY", metavar="FILE", help="The key of --certificate, an unencrypted PEM file."
    ),
]
ServerName = Annotated[
    str | None,
    typer.Option(
        envvar="RAAS_CLIENT_SERVER_NAME",
        metavar="NAME",
        help="The name in the certificate of the server; that of --target by default.",
    ),
]
TokenFile = Annotated[
    str | None,
    typer.Option(envvar="RAAS_CLIENT_TOKEN_FILE", metavar="FILE", help="The file that holds your token."),
]
TokenCommand = Annotated[
    str | None,
    typer.Option(
        envvar="RAAS_CLIENT_TOKEN_COMMAND",
        metavar="COMMAND",
        help="A command that writes a fresh token; it is run without a shell.",
    ),
]
LegalContext = Annotated[
    str | None,
    typer.Option(
        envvar="RAAS_LEGAL_CONTEXT", metavar="TEXT", help="The legal context, kept with the mutation."
    ),
]
Ticket = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Your own reference, kept with the mutation.")
]
OnBehalfOf = Annotated[
    str | None,
    typer.Option(
        envvar="RAAS_ON_BEHALF_OF",
        metavar="NUMBER",
        help="The enterprise number of the organisation that a gateway calls for.",
    ),
]
EndUser = Annotated[
    str | None,
    typer.Option(
        envvar="RAAS_END_USER",
        metavar="TEXT",
        help="A reference of the person behind the call, kept for the audit.",
    ),
]
PatienceSeconds = Annotated[
    float,
    typer.Option("--patience", metavar="SECONDS", min=0, help="How long to retry while no server answers."),
]
Json = Annotated[bool, typer.Option("--json", help="Write the result as one JSON object, for scripts.")]
JsonLines = Annotated[
    bool, typer.Option("--json", help="Write one JSON object per line to standard output, for scripts.")
]

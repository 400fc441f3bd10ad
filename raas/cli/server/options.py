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
PatienceSeconds = Annotated[
    float,
    typer.Option("--patience", metavar="SECONDS", min=0, help="How long to retry while no server answers."),
]
Json = Annotated[bool, typer.Option("--json", help="Write the result as one JSON object, for scripts.")]
JsonLines = Annotated[
    bool, typer.Option("--json", help="Write one JSON object per line to standard output, for scripts.")
]

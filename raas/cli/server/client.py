"""How a command uses the client library: who calls whom, and what is said when that fails."""

from __future__ import annotations

import json
from typing import Annotated, NoReturn

import typer

from raas.cli.server.refusal import Refusal
from raas.cli.terminal.exits import Exit, fail
from raas_client import CallFailed, Patience, RaasClient, RaasError, Refused, Violation

JsonLines = Annotated[
    bool, typer.Option("--json", help="For scripts: one JSON object per line on standard output.")
]


def client_of(
    target: str,
    enterprise_number: str | None,
    register: str | None,
    language: str,
    patience: Patience,
) -> RaasClient:
    """A client; a target that it does not take is a wrong command line."""
    try:
        return RaasClient(
            target,
            enterprise_number=enterprise_number,
            register=register,
            language=language,
            patience=patience,
        )
    except ValueError as error:
        raise typer.BadParameter(f"--target: {error}") from None


def refusal_of_error(error: RaasError) -> Refusal:
    """What the server, or gRPC or the library in its place, said; the library has tried again already."""
    match error:
        case Refused():
            sentences = tuple(_sentence(each) for each in error.violations)
            return Refusal(error.status.name, error.reason, sentences, error.call_id, passing=False)
        case CallFailed():
            return Refusal(error.status.name, error.status.name, (str(error),), None, passing=False)
        case _:
            name = type(error).__name__
            return Refusal("UNKNOWN", name, (str(error),), None, passing=False)


def _sentence(violation: Violation) -> str:
    place = f"{violation.field}: " if violation.field else ""
    return f"{place}{violation.message} [{violation.reason}]"


def fail_for(error: RaasError, *, as_json: bool) -> NoReturn:
    """Say what went wrong, as a line of JSON too where that was asked for, and end."""
    refusal = refusal_of_error(error)
    if as_json:
        typer.echo(json.dumps({"error": refusal.as_json()}))
    fail(refusal.text, Exit.FAILED)

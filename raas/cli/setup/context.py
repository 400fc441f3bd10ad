"""`raas context`: named sets of default options."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated

import typer

from raas.cli.server.credentials import exposed_files, path_of, token_of
from raas.cli.setup.configuration import (
    Configuration,
    ConfigurationInvalid,
    configuration_path,
    load_configuration,
)
from raas.cli.terminal.days import parse_enterprise_number
from raas.cli.terminal.exits import fail
from raas.cli.terminal.table import write_table
from raas.cli.texts import SERVER_LANGUAGES, tr

context = typer.Typer(
    help="Named sets of default options, such as one per server.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_SHOWN = ("target", "enterprise_number", "register", "language")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name of the context.")]


@context.command("add")
def add_context(
    name: Name,
    target: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="The address of the server.")
    ] = None,
    enterprise_number: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Your enterprise number.")
    ] = None,
    register: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="The enterprise number of the register.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(metavar="LANGUAGE", help="The language of texts: en, fr, nl or de.")
    ] = None,
    ca: Annotated[
        str | None,
        typer.Option(
            "--ca", metavar="FILE", help="The authorities of the certificate of the server, a PEM file."
        ),
    ] = None,
    certificate: Annotated[
        str | None, typer.Option(metavar="FILE", help="Your client certificate, a PEM file.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The key of --certificate, an unencrypted PEM file."),
    ] = None,
    server_name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The name in the certificate of the server.")
    ] = None,
    token_file: Annotated[
        str | None, typer.Option(metavar="FILE", help="The file that holds your token.")
    ] = None,
    token_command: Annotated[
        str | None,
        typer.Option(
            metavar="COMMAND", help="A command that writes a fresh token; it is run without a shell."
        ),
    ] = None,
    legal_context: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The legal context of the calls.")
    ] = None,
    on_behalf_of: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER", help="The enterprise number of the organisation that a gateway calls for."
        ),
    ] = None,
    end_user: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="A reference of the person behind the call, kept for the audit."),
    ] = None,
) -> None:
    """Add a context, or replace it; the first one is used at once.

    The files are named, not copied: they are read at each command, so that they may be renewed.
    """
    if language is not None and language not in SERVER_LANGUAGES:
        raise typer.BadParameter(
            tr("--language is one of {languages}", languages=", ".join(SERVER_LANGUAGES))
        )
    if bool(certificate) != bool(key):
        raise typer.BadParameter(tr("--certificate and --key go together"))
    token_of(token_file, token_command)
    given = {
        "target": target,
        "enterprise_number": enterprise_number and parse_enterprise_number(enterprise_number),
        "register": register and parse_enterprise_number(register),
        "language": language,
        "ca": _absolute(ca),
        "certificate": _absolute(certificate),
        "key": _absolute(key),
        "server_name": server_name,
        "token_file": _absolute(token_file),
        "token_command": token_command,
        "legal_context": legal_context,
        "on_behalf_of": on_behalf_of and parse_enterprise_number(on_behalf_of),
        "end_user": end_user,
    }
    options = {option: value for option, value in given.items() if value}
    configuration = _load().with_context(name, options)
    if configuration.current is None:
        configuration = Configuration(name, configuration.contexts)
    _save(configuration)
    for path in exposed_files(options.get("key"), options.get("token_file")):
        typer.echo(f"raas: {tr('{file} may be read by other users of this machine', file=path)}", err=True)
    typer.echo(tr("context {name} is saved in {file}", name=name, file=configuration_path()))


@context.command("use")
def use_context(name: Name) -> None:
    """Use a context from now on."""
    configuration = _load()
    _require(configuration, name)
    _save(Configuration(name, configuration.contexts))
    typer.echo(tr("context {name} is used from now on", name=name))


@context.command("remove")
def remove_context(name: Name) -> None:
    """Remove a context."""
    configuration = _load()
    _require(configuration, name)
    _save(configuration.without_context(name))
    typer.echo(tr("context {name} is removed", name=name))


@context.command("list")
def list_contexts(
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object, for scripts.")] = False,
) -> None:
    """List the contexts; the one in use is marked by *."""
    configuration = _load()
    if as_json:
        typer.echo(json.dumps({"current": configuration.current, "contexts": configuration.contexts}))
        return
    write_table(
        (
            "",
            tr("NAME"),
            tr("TARGET"),
            tr("ENTERPRISE NUMBER"),
            tr("REGISTER"),
            tr("LANGUAGE"),
            tr("IDENTITY"),
        ),
        [
            (
                "*" if name == configuration.current else "",
                name,
                *(options.get(each, "") for each in _SHOWN),
                _identity(options),
            )
            for name, options in sorted(configuration.contexts.items())
        ],
    )


def _identity(options: Mapping[str, str]) -> str:
    """The proof of who calls, in words."""
    kinds = {
        "certificate": tr("certificate"),
        "token_file": tr("token file"),
        "token_command": tr("token command"),
    }
    return ", ".join(words for option, words in kinds.items() if option in options)


def _absolute(path: str | None) -> str | None:
    """The path from everywhere, also where it is a link that will lead to another file."""
    found = path_of(path)
    return None if found is None else str(found.absolute())


def _load() -> Configuration:
    try:
        return load_configuration()
    except ConfigurationInvalid as invalid:
        fail(str(invalid))


def _save(configuration: Configuration) -> None:
    try:
        configuration.save()
    except OSError as error:
        fail(f"{configuration_path()}: {error.strerror}")


def _require(configuration: Configuration, name: str) -> None:
    try:
        configuration.context(name)
    except ConfigurationInvalid as invalid:
        fail(str(invalid))

"""`raas context`: named sets of default options."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from raas.cli.setup.configuration import (
    OPTIONS,
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
) -> None:
    """Add a context, or replace it; the first one is used at once."""
    if language is not None and language not in SERVER_LANGUAGES:
        raise typer.BadParameter(
            tr("--language is one of {languages}", languages=", ".join(SERVER_LANGUAGES))
        )
    given = {
        "target": target,
        "enterprise_number": enterprise_number and parse_enterprise_number(enterprise_number),
        "register": register and parse_enterprise_number(register),
        "language": language,
    }
    options = {option: value for option, value in given.items() if value}
    configuration = _load().with_context(name, options)
    if configuration.current is None:
        configuration = Configuration(name, configuration.contexts)
    _save(configuration)
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
        ("", tr("NAME"), tr("TARGET"), tr("ENTERPRISE NUMBER"), tr("REGISTER"), tr("LANGUAGE")),
        [
            ("*" if name == configuration.current else "", name, *(options.get(each, "") for each in OPTIONS))
            for name, options in sorted(configuration.contexts.items())
        ],
    )


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

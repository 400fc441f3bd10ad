"""Commands that call a server: each has the options that reach it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar, cast, get_type_hints

import typer

from raas.cli.server.client import answer_of
from raas.cli.server.connection import ConnectionOptions
from raas.cli.server.options import JsonLines, PatienceSeconds
from raas.cli.terminal.output import until_reader_leaves
from raas.cli.texts import tr
from raas_client import Patience, RaasClient

Answer = TypeVar("Answer")
Options = TypeVar("Options", bound=ConnectionOptions)
Own = ParamSpec("Own")

_PRECEDENCE = ("DEFAULT", "DEFAULT_MAP", "ENVIRONMENT", "COMMANDLINE")
"""The sources of values, by their names in click; DEFAULT_MAP is the context of the configuration."""

_INVOCATION = "invocation"

_ONE_OF = ("token_file", "token_command")
"""Options of which one is given: that of the source with precedence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions(ConnectionOptions):
    """The options of every command that asks a server and writes the answer."""

    patience: PatienceSeconds = 30.0
    as_json: JsonLines = False

    def client(self) -> RaasClient:
        """A client as the options say."""
        return self.client_with(Patience(call_seconds=self.patience, outage_seconds=self.patience))

    def ask(self, work: Callable[[RaasClient], Awaitable[Answer]]) -> Answer:
        """The answer of `work`; a failed call or an interruption ends the command."""
        with until_reader_leaves():
            return answer_of(self.client(), work, as_json=self.as_json)


def server_command(
    command: Callable[Concatenate[Options, Own], None],
) -> Callable[..., None]:
    """Replace the first parameter of a command by its fields, as options after those of the command.

    This parameter is a ServerOptions, or a ConnectionOptions where the command has other options beside
    these. A parameter `invocation` is given the context of Typer.
    """
    hints = get_type_hints(command, include_extras=True)
    first, *rest = inspect.signature(command).parameters.values()
    kind = cast("type[Options]", hints[first.name])
    own = [each.replace(annotation=hints[each.name]) for each in rest if each.name != _INVOCATION]
    passed = len(own) < len(rest)
    annotations = get_type_hints(kind, include_extras=True)
    shared = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=annotations[name]
        )
        for name, field in kind.__dataclass_fields__.items()
    ]

    # Typer passes it; it is no option.
    invocation = inspect.Parameter(_INVOCATION, inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)

    @functools.wraps(command)
    def run(**given: Any) -> None:
        shared_values: dict[str, Any] = {each.name: given.pop(each.name) for each in shared}
        caller = given if passed else {_INVOCATION: given.pop(_INVOCATION)}
        _keep_one(caller[_INVOCATION], shared_values)
        cast("Callable[..., None]", command)(kind(**shared_values), **given)

    # Typer reads both.
    parameters = [*own, *shared, invocation]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # of functions
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def _keep_one(invocation: typer.Context, values: dict[str, Any]) -> None:
    """Of two sources of tokens, drop the one that the other overrides. Raises BadParameter."""
    given = [name for name in _ONE_OF if values[name]]
    if len(given) < 2:
        return
    sources = [invocation.get_parameter_source(name) for name in given]
    ranks = [0 if source is None else _PRECEDENCE.index(source.name) for source in sources]
    if len(set(ranks)) < len(ranks):
        raise typer.BadParameter(tr("give one of --token-file and --token-command"))
    values[given[ranks.index(min(ranks))]] = None

"""Commands that call a server: each has the options that reach it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar, cast, get_type_hints

from raas.cli.server.client import answer_of, client_of
from raas.cli.server.options import (
    DEFAULT_TARGET,
    EnterpriseNumber,
    JsonLines,
    Language,
    PatienceSeconds,
    Register,
    Target,
)
from raas.cli.terminal.output import until_reader_leaves
from raas_client import Patience, RaasClient

Answer = TypeVar("Answer")
Own = ParamSpec("Own")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """The options that every command of a server has."""

    target: Target = DEFAULT_TARGET
    enterprise_number: EnterpriseNumber = None
    register: Register = None
    language: Language = None
    patience: PatienceSeconds = 30.0
    as_json: JsonLines = False

    def client(self) -> RaasClient:
        """A client as the options say."""
        return client_of(
            self.target,
            self.enterprise_number,
            self.register,
            self.language,
            Patience(call_seconds=self.patience, outage_seconds=self.patience),
        )

    def ask(self, work: Callable[[RaasClient], Awaitable[Answer]]) -> Answer:
        """The answer of `work`; a failed call or an interruption ends the command."""
        with until_reader_leaves():
            return answer_of(self.client(), work, as_json=self.as_json)


def server_command(
    command: Callable[Concatenate[ServerOptions, Own], None],
) -> Callable[..., None]:
    """Replace the first parameter of a command by the fields of ServerOptions, as options after its own."""
    hints = get_type_hints(command, include_extras=True)
    _, *own = inspect.signature(command).parameters.values()
    own = [each.replace(annotation=hints[each.name]) for each in own]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=annotation)
        for (name, field), annotation in zip(
            ServerOptions.__dataclass_fields__.items(),
            get_type_hints(ServerOptions, include_extras=True).values(),
            strict=True,
        )
    ]

    @functools.wraps(command)
    def run(**given: Any) -> None:
        shared_values: dict[str, Any] = {each.name: given.pop(each.name) for each in shared}
        cast("Callable[..., None]", command)(ServerOptions(**shared_values), **given)

    # Typer reads both.
    run.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined] # of functions
    run.__annotations__ = {each.name: each.annotation for each in (*own, *shared)}
    return run

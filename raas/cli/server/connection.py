"""The options that reach a server and say who calls it."""

from __future__ import annotations

from dataclasses import dataclass

import typer

from raas.cli.server.credentials import exposed_files, tls_of, token_of
from raas.cli.server.options import (
    DEFAULT_TARGET,
    Authorities,
    Certificate,
    EndUser,
    EnterpriseNumber,
    Key,
    Language,
    LegalContext,
    OnBehalfOf,
    Register,
    ServerName,
    Target,
    Ticket,
    TokenCommand,
    TokenFile,
)
from raas.cli.terminal.days import parse_enterprise_number
from raas.cli.terminal.exits import fail
from raas.cli.texts import tr, use_language
from raas_client import Patience, RaasClient
from raas_client.calls.target import check_target


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionOptions:
    """The options of every command that calls a server."""

    target: Target = DEFAULT_TARGET
    enterprise_number: EnterpriseNumber = None
    register: Register = None
    language: Language = None
    ca: Authorities = None
    certificate: Certificate = None
    key: Key = None
    server_name: ServerName = None
    token_file: TokenFile = None
    token_command: TokenCommand = None
    legal_context: LegalContext = None
    ticket: Ticket = None
    on_behalf_of: OnBehalfOf = None
    end_user: EndUser = None

    def client_with(self, patience: Patience) -> RaasClient:
        """A client as the options say; private files that others may read cause a warning.

        Raises BadParameter for an option that the library does not take. The command ends when a file cannot
        be read.
        """
        try:
            client = self.opened(patience)
        except OSError as error:
            fail(f"{error.filename}: {error.strerror}")
        for path in exposed_files(self.key, self.token_file):
            text = tr("{file} may be read by other users of this machine", file=path)
            typer.echo(f"raas: {text}", err=True)
        return client

    def opened(self, patience: Patience) -> RaasClient:
        """The same without a warning. Raises BadParameter, OSError.

        `language` is also that of the command's own texts; None = that of the environment.
        """
        language = use_language(self.language)
        try:
            check_target(self.target, tls=True)
        except ValueError as error:
            raise typer.BadParameter(f"--target: {error}") from None
        tls = tls_of(self.target, self.ca, self.certificate, self.key, self.server_name)
        token = token_of(self.token_file, self.token_command)
        try:
            return RaasClient(
                self.target,
                enterprise_number=_number(self.enterprise_number),
                register=_number(self.register),
                tls=tls,
                token=token,
                language=language,
                legal_context=self.legal_context or None,
                ticket=self.ticket or None,
                on_behalf_of=_number(self.on_behalf_of),
                end_user=self.end_user or None,
                patience=patience,
            )
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None


def _number(text: str | None) -> str | None:
    return parse_enterprise_number(text) if text else None

"""The command line `raas`: one file per command, or per group of commands."""

from __future__ import annotations

import os
from typing import Annotated

import typer

_OF_A_SERVER = (
    "consult", "inscribe", "remove", "history", "explain", "stale", "import", "export", "watch", "status",
    "doctor", "usage",
)  # fmt: skip
_GROUPS = {
    "types": ("list", "create", "update"),
    "registers": ("list", "show", "create", "rename"),
    "subscribers": ("list", "delete"),
    "persons": ("search", "show", "import"),
    "mandates": ("list", "grant", "revoke"),
    "roles": ("list", "grant", "confirm", "revoke"),
    "authorisations": ("list", "grant", "confirm", "revoke"),
    "legal-contexts": ("list", "allow", "revoke"),
    "blocks": ("list", "add", "end"),
    "admissions": ("list", "set"),
    "audit": ("person",),
}


def main() -> None:
    """Run the command of the arguments and end the process with its exit status."""
    # gRPC core writes lines of its own format, about peers that misbehave, to stderr. Before it is imported.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    from raas.cli.quick_imports import quick_imports

    try:
        with quick_imports():
            from raas.cli.texts import environment_language
            from raas.cli.texts.help import translate_help

            command = typer.main.get_command(command_line())
            translate_help(command, environment_language())
        command()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def command_line() -> typer.Typer:
    """The command line with all commands."""
    from raas.cli.audit import audit_commands
    from raas.cli.commands.consult import consult
    from raas.cli.commands.explain import explain
    from raas.cli.commands.export import export
    from raas.cli.commands.history import history
    from raas.cli.commands.inscribe import inscribe, remove
    from raas.cli.commands.persons import persons
    from raas.cli.commands.registers import registers
    from raas.cli.commands.rights.admissions import admissions
    from raas.cli.commands.rights.authorisations import authorisations
    from raas.cli.commands.rights.blocks import blocks
    from raas.cli.commands.rights.legal_contexts import legal_contexts
    from raas.cli.commands.rights.mandates import mandates
    from raas.cli.commands.rights.roles import roles
    from raas.cli.commands.stale import stale
    from raas.cli.commands.subscribers import subscribers
    from raas.cli.commands.types import types
    from raas.cli.commands.usage import usage
    from raas.cli.commands.watch import watch
    from raas.cli.database.erase import erase
    from raas.cli.database.lift import restrictions
    from raas.cli.database.migrate import migrate
    from raas.cli.database.person_report import person_report
    from raas.cli.database.renew_log import renew_log
    from raas.cli.database.restore import restore
    from raas.cli.database.restrict import restrict
    from raas.cli.database.retention import retention
    from raas.cli.database.trim import trim
    from raas.cli.demo.setup import demo
    from raas.cli.development.credentials import certificates, token
    from raas.cli.imports.command import import_file
    from raas.cli.imports.persons_command import import_persons
    from raas.cli.serve import serve
    from raas.cli.setup.context import context
    from raas.cli.setup.doctor import doctor, status
    from raas.cli.setup.manual import manual

    made = typer.Typer(
        name="raas",
        help="Register as a Service: temporal registers of persons, served over gRPC.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    made.callback()(_before)
    made.command("serve")(serve)
    made.command("consult")(consult)
    made.command("inscribe")(inscribe)
    made.command("remove")(remove)
    made.command("history")(history)
    made.command("explain")(explain)
    made.command("import")(import_file)
    made.command("export")(export)
    made.command("watch")(watch)
    made.command("stale")(stale)
    made.add_typer(types, name="types")
    made.add_typer(registers, name="registers")
    made.add_typer(subscribers, name="subscribers")
    made.add_typer(persons(import_persons), name="persons")
    made.add_typer(mandates, name="mandates")
    made.add_typer(roles, name="roles")
    made.add_typer(admissions, name="admissions")
    made.add_typer(authorisations, name="authorisations")
    made.add_typer(legal_contexts, name="legal-contexts")
    made.add_typer(blocks, name="blocks")
    made.command("usage")(usage)
    made.command("certificates")(certificates)
    made.command("token")(token)
    made.command("status")(status)
    made.command("doctor")(doctor)
    made.add_typer(context, name="context")
    made.add_typer(audit_commands(), name="audit")
    made.command("migrate")(migrate)
    made.command("trim")(trim)
    made.command("erase")(erase)
    made.command("retention")(retention)
    made.command("restrict")(restrict)
    made.add_typer(restrictions, name="restrictions")
    made.command("renew-log")(renew_log)
    made.command("restore")(restore)
    made.command("person-report")(person_report)
    made.command("manual")(manual)
    made.command("demo", hidden=True)(demo)
    return made


def _version(wanted: bool) -> None:
    from importlib.metadata import version

    if wanted:
        typer.echo(f"raas {version('raas')}")
        raise typer.Exit


def _before(
    command: typer.Context,
    context: Annotated[
        str | None,
        typer.Option(
            envvar="RAAS_CONTEXT", metavar="NAME", help="The context to use; see `raas context --help`."
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Register as a Service: temporal registers of persons, served over gRPC."""
    from raas.cli.setup.configuration import ConfigurationInvalid, load_configuration
    from raas.cli.terminal.exits import fail
    from raas.cli.texts import use_language

    if command.invoked_subcommand not in (*_OF_A_SERVER, *_GROUPS):
        use_language(None)
        return
    try:
        options = dict(load_configuration().context(context))
    except ConfigurationInvalid as invalid:
        if command.invoked_subcommand == "doctor" and context is None:
            return  # it reports the fault
        fail(str(invalid))
    use_language(options.get("language"))
    groups = {group: dict.fromkeys(names, options) for group, names in _GROUPS.items()}
    command.default_map = {**dict.fromkeys(_OF_A_SERVER, options), **groups}

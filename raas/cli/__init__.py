"""The command line `raas`, one file per command."""

from __future__ import annotations

import typer


def main() -> None:
    """Run the command of the arguments and end the process with its exit status."""
    command_line()()


def command_line() -> typer.Typer:
    """The command line with all commands."""
    from raas.cli.commands.explain import explain
    from raas.cli.commands.export import export
    from raas.cli.commands.stale import stale
    from raas.cli.commands.watch import watch
    from raas.cli.database.erase import erase
    from raas.cli.database.migrate import migrate
    from raas.cli.database.renew_log import renew_log
    from raas.cli.database.trim import trim
    from raas.cli.demo.setup import demo
    from raas.cli.imports.command import import_file
    from raas.cli.serve import serve

    made = typer.Typer(
        name="raas",
        help="Register as a Service: temporal registers of persons, served over gRPC.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    made.command("serve")(serve)
    made.command("migrate")(migrate)
    made.command("import")(import_file)
    made.command("export")(export)
    made.command("watch")(watch)
    made.command("stale")(stale)
    made.command("explain")(explain)
    made.command("trim")(trim)
    made.command("erase")(erase)
    made.command("renew-log")(renew_log)
    made.command("demo", hidden=True)(demo)
    return made

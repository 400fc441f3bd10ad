"""The command line: `raas serve`, `raas import` and their like, one file per command."""

from __future__ import annotations

import typer


def main() -> None:
    """Run the command that the arguments name; ends the process with its exit status."""
    _commands()()


def _commands() -> typer.Typer:
    from raas.cli.demo import demo
    from raas.cli.erase import erase
    from raas.cli.export import export
    from raas.cli.import_file import import_file
    from raas.cli.migrate import migrate
    from raas.cli.renew_log import renew_log
    from raas.cli.serve import serve
    from raas.cli.stale import stale
    from raas.cli.trim import trim
    from raas.cli.watch import watch

    commands = typer.Typer(
        name="raas",
        help="Register as a Service: the register that tells who knows whom.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    commands.command("serve")(serve)
    commands.command("migrate")(migrate)
    commands.command("import")(import_file)
    commands.command("export")(export)
    commands.command("watch")(watch)
    commands.command("stale")(stale)
    commands.command("trim")(trim)
    commands.command("erase")(erase)
    commands.command("renew-log")(renew_log)
    commands.command("demo", hidden=True)(demo)
    return commands

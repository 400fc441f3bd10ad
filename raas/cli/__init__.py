"""The command line: `raas serve`, `raas import` and their like, one file per command."""

from __future__ import annotations

import typer


def main() -> None:
    """Run the command that the arguments name; ends the process with its exit status."""
    _commands()()


def _commands() -> typer.Typer:
    from raas.cli.demo import demo
    from raas.cli.export import export
    from raas.cli.import_file import import_file
    from raas.cli.migrate import migrate
    from raas.cli.serve import serve

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
    commands.command("demo", hidden=True)(demo)
    return commands

"""The command line: `raas serve`, `raas import` and their like, one file per command."""

from __future__ import annotations

import typer


def main() -> None:
    """Run the command that the arguments name; ends the process with its exit status."""
    commands()()


def commands() -> typer.Typer:
    """All of them."""
    from raas.cli.demo import demo
    from raas.cli.erase import erase
    from raas.cli.explain import explain
    from raas.cli.export import export
    from raas.cli.import_file import import_file
    from raas.cli.migrate import migrate
    from raas.cli.renew_log import renew_log
    from raas.cli.serve import serve
    from raas.cli.stale import stale
    from raas.cli.trim import trim
    from raas.cli.watch import watch

    made = typer.Typer(
        name="raas",
        help="Register as a Service: the register that tells who knows whom.",
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

"""`raas audit`: verification of the audit, and the keys that sign its checkpoints."""

from __future__ import annotations

import typer

from raas.cli.audit.check import check
from raas.cli.audit.export import export
from raas.cli.audit.keys import compromise_key, end_key, list_keys, new_key
from raas.cli.audit.person import person
from raas.cli.audit.prove import prove
from raas.cli.audit.remove import remove
from raas.cli.audit.verify import verify


def audit_commands() -> typer.Typer:
    """The group of these commands."""
    made = typer.Typer(help="The audit: its proof and its keys.", no_args_is_help=True, rich_markup_mode=None)
    made.command("verify")(verify)
    made.command("check")(check)
    made.command("export")(export)
    made.command("prove")(prove)
    made.command("remove")(remove)
    made.command("person")(person)
    keys = typer.Typer(
        help="The keys that sign checkpoints of the audit.", no_args_is_help=True, rich_markup_mode=None
    )
    keys.command("list")(list_keys)
    keys.command("new")(new_key)
    keys.command("end")(end_key)
    keys.command("compromised")(compromise_key)
    made.add_typer(keys, name="keys")
    return made

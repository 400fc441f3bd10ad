"""`raas audit keys`: the keys that sign checkpoints, in a folder outside the database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from raas.cli.audit.times import microseconds_of, time_text
from raas.cli.server.options import JsonLines
from raas.cli.terminal.exits import fail
from raas.cli.terminal.instant import parse_instant
from raas.cli.terminal.table import write_table

if TYPE_CHECKING:
    from raas.signing.signing_keys import SigningKeys

Folder = Annotated[
    Path,
    typer.Option("--dir", metavar="DIRECTORY", envvar="RAAS_AUDIT_KEYS", help="The folder of the keys."),
]
KeyId = Annotated[str, typer.Argument(metavar="ID", help="The id of the key, 8 hexadecimal digits.")]
Instant = Annotated[
    str | None,
    typer.Option(
        metavar="INSTANT", help="Such as 2026-03-01T12:00:00+01:00, or ending in Z; now by default."
    ),
]


def new_key(
    folder: Folder,
    name: Annotated[
        str, typer.Option(metavar="NAME", help="The name of the log, such as raas.example/audit.")
    ],
    source: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="An existing key: file:PATH, command:PROGRAM ARGUMENTS, or a pkcs11: URI. By default a key "
            "is made, in a file of the folder.",
        ),
    ] = None,
    valid_from: Instant = None,
) -> None:
    """Make a key, or take one from a file, a command or a device, and publish it in keys.json.

    Both keys sign until the old one ends: see docs/audit-format.md for the rotation.
    """
    begin = microseconds_of(parse_instant(valid_from, "--valid-from"))
    with _keys(folder) as keys:
        key = keys.create(name, begin) if source is None else keys.add(name, source, begin)
    typer.echo(str(key))


def list_keys(folder: Folder, as_json: JsonLines = False) -> None:
    """List the published keys, the newest last. With --json, one object per key."""
    with _keys(folder) as keys:
        published = keys.history().keys
    if as_json:
        for each in published:
            form = {
                "id": each.key.id.hex(),
                "key": str(each.key),
                "valid_from": time_text(each.valid_from),
                "valid_until": None if each.valid_until is None else time_text(each.valid_until),
                "compromised": each.compromised,
            }
            typer.echo(json.dumps(form))
        return
    write_table(
        ("ID", "NAME", "VALID FROM", "VALID UNTIL", "COMPROMISED"),
        [
            (
                each.key.id.hex(),
                each.key.name,
                time_text(each.valid_from),
                "" if each.valid_until is None else time_text(each.valid_until),
                "yes" if each.compromised else "",
            )
            for each in published
        ],
    )


def end_key(folder: Folder, key_id: KeyId, at: Instant = None) -> None:
    """Let a key end, after another one has begun to sign."""
    end = microseconds_of(parse_instant(at, "--at"))
    with _keys(folder) as keys:
        keys.end(key_id, end)


def compromise_key(folder: Folder, key_id: KeyId) -> None:
    """Mark a key as compromised: somebody else may have its private part.

    It signs no more, and its checkpoints are accepted only if a later checkpoint of a sound key confirms
    them. docs/audit-format.md has the procedure. This cannot be undone.
    """
    with _keys(folder) as keys:
        keys.compromise(key_id)


@contextmanager
def _keys(folder: Path) -> Iterator[SigningKeys]:
    from raas.signing.signing_keys import SigningKeys
    from raas.usecases.ports.audit.proof import KeyUnusable

    try:
        yield SigningKeys(folder)
    except KeyUnusable as unusable:
        fail(str(unusable))

"""`raas restore`: what must follow when an older copy of the database was put back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from raas.cli.database.connection import DatabaseUrl, DataDir, work_on_database
from raas.cli.server.options import Json
from raas.cli.terminal.exits import fail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raas.domain.json_value import JsonObject
    from raas.maintenance.restore import Restored
    from raas.ops.settings import Settings
    from raas.usecases.ports.audit.journal import JournalEntry


def restore(
    journal: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A journal, one of each host; that of RAAS_JOURNAL by default."),
    ] = None,
    without_journal: Annotated[
        bool,
        typer.Option(
            "--without-journal",
            help="Confirm that ended rights, lifted blocks and erased contents of the copy come back.",
        ),
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Although the kept checkpoints do not show that it is an older copy."),
    ] = False,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Complete the restore of an older copy of the database.

    Rights that ended after the copy, and credentials that were blocked, are ended and blocked again,
    contents are erased again and inscriptions restricted again, from the journal that is kept outside the
    database. All logs get a new id, as renew-log does. Another log of the audit begins, with
    checkpoints of its own.

    Until then servers on the database listen on loopback addresses only. Stop them first. After an
    interruption the same command completes the work.

    Exit status: 0 restored, 1 failed, 130 interrupted.
    """
    from raas.usecases.admin.command_record import Command

    if journal and without_journal:
        raise typer.BadParameter("give either --journal FILE or --without-journal")
    results: list[Restored] = []
    unreadable = 0

    def work(dsn: str, settings: Settings) -> None:
        from raas.maintenance.restore import restore as restore_database

        nonlocal unreadable
        entries, unreadable = ([], 0) if without_journal else _entries(journal, settings)
        results.append(restore_database(dsn, settings, entries, force=force))

    named = list(map(str, journal or ()))
    parameters: JsonObject = {"journal": named, "without_journal": without_journal, "force": force}
    ending = work_on_database(database_url, data_dir, work, Command("raas restore", parameters))
    if not results:
        ending.tell({}, "", as_json=as_json)
    (restored,) = results
    replayed = restored.replayed
    result = {
        "rights_ended": replayed.rights_ended,
        "credentials_blocked": replayed.credentials_blocked,
        "contents_erased": replayed.contents_erased,
        "inscriptions_restricted": restored.restricted,
        "unreadable_lines": unreadable,
        "logs_renewed": restored.renewed,
        "audit_log": restored.log,
        "previous_audit_log": restored.previous,
        "last_checkpoint": restored.checkpoint,
    }
    sentences = [
        f"from the journal: {replayed.rights_ended:,} rights ended, {replayed.credentials_blocked:,} "
        f"credentials blocked, {replayed.contents_erased:,} contents erased, "
        f"{restored.restricted:,} inscriptions restricted; {unreadable:,} lines cut off",
        f"logs renewed: {restored.renewed:,}",
        f"the log of the audit is now {restored.log}, which needs a key of this name; "
        f"{restored.previous} ends at checkpoint {restored.checkpoint}",
    ]
    ending.tell(result, "\n".join(sentences), as_json=as_json)


def _entries(journal: list[Path] | None, settings: Settings) -> tuple[Sequence[JournalEntry], int]:
    """The entries of all journals, and the number of lines that are none."""
    from raas.ops.journal_file import read_journal

    default = settings.audit_places.journal
    paths = journal or ([] if default is None else [default])
    if not paths:
        fail("name the journal with --journal FILE, or confirm its absence with --without-journal")
    entries: list[JournalEntry] = []
    unreadable = 0
    for path in paths:
        try:
            found, others = read_journal(path)
        except OSError as error:
            fail(f"{path}: {error.strerror}; name the journal, or confirm its absence with --without-journal")
        entries += found
        unreadable += others
    return entries, unreadable

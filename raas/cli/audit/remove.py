"""`raas audit remove`: the oldest months of the audit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from raas.cli.database.connection import DatabaseUrl, DataDir, Ending, work_on_database
from raas.cli.server.options import Json
from raas.cli.terminal.exits import Exit

if TYPE_CHECKING:
    from raas.ops.settings import Settings


def remove(
    before: Annotated[
        str,
        typer.Option(metavar="YYYY-MM", help="Remove the records of the months before this one (UTC)."),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be removed, and remove nothing.")
    ] = False,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Remove the oldest months of the audit for good; what remains stays provable.

    Beside the removed records stay the hashes that the proof of the others needs: `raas audit verify` reports
    how many records were removed. A month is removed whole, and only if a checkpoint covers its records. The
    role of the database must own the tables; that of the servers cannot remove. Export first what must be
    kept elsewhere. `raas retention --execute` removes by age. The command is recorded.

    Exit status: 0 removed, 1 failed or no checkpoint covers the records, 130 interrupted.
    """
    from raas.usecases.admin.command_record import Command

    month = _month(before)
    partitions: list[str] = []
    leaves: int | None = None

    def work(dsn: str, _: Settings) -> None:
        from raas.maintenance.retention import audit_months, remove_audit_months

        nonlocal leaves
        if dry_run:
            partitions.extend(audit_months(dsn, month))
            return
        removed = remove_audit_months(dsn, month)
        if removed is not None:
            partitions.extend(removed.partitions)
            leaves = removed.first

    command = Command("raas audit remove", {"before": before, "dry_run": dry_run})
    ending = work_on_database(database_url, data_dir, work, command)
    if ending.status is Exit.DONE and leaves is None and not dry_run:
        text = "no checkpoint covers only records of these months; nothing was removed"
        ending = Ending(Exit.FAILED, "NO_CHECKPOINT", text)
    verb = "would be removed" if dry_run else "removed"
    sentence = "" if ending.text else "\n".join([*(f"{each} {verb}" for each in partitions), _total(leaves)])
    result = {"dry_run": dry_run, "partitions": partitions, "removed_leaves": leaves}
    ending.tell(result, sentence.rstrip(), as_json=as_json)


def _total(leaves: int | None) -> str:
    return "" if leaves is None else f"the log now begins at leaf {leaves:,}"


def _month(text: str) -> datetime:
    """The beginning of a month of UTC that is not in the future. Raises BadParameter."""
    try:
        month = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        raise typer.BadParameter("write --before as YYYY-MM") from None
    if month > datetime.now(UTC):
        raise typer.BadParameter("--before names a month that has not begun")
    return month

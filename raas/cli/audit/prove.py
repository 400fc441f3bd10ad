"""`raas audit prove`: the proof of the records of a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from raas.cli.database.connection import DatabaseUrl, DataDir, work_on_database
from raas.cli.terminal.exits import Exit, fail

if TYPE_CHECKING:
    from raas.ops.settings import Settings


def prove(
    call_id: Annotated[UUID, typer.Argument(metavar="CALL_ID", help="The id that the caller received.")],
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Write the proof that the records of a call are in the log, one line each.

    A proof holds the record, and needs no other: `raas audit check` checks it. What a proof shows of persons
    is in it for everybody who reads it. It is recorded in the audit.

    Exit status: 0 proven, 5 not (yet) provable, 1 failed, 130 interrupted.
    """
    from raas.usecases.admin.command_record import Command

    proofs: list[str] = []
    unproven = ""

    def work(dsn: str, _: Settings) -> None:
        from raas.domain.audit.inclusion import proof_text
        from raas.maintenance.audit import audit_of
        from raas.usecases.proof.prove import NotProvable

        nonlocal unproven
        with audit_of(dsn) as audit:
            try:
                proofs.extend(map(proof_text, audit.prove(call_id)))
            except NotProvable as reason:
                unproven = str(reason)

    command = Command("raas audit prove", {"call_id": str(call_id)})
    ending = work_on_database(database_url, data_dir, work, command)
    if unproven:
        fail(unproven, Exit.UNSOUND)
    ending.tell({}, "".join(proofs).rstrip("\n"), as_json=False)

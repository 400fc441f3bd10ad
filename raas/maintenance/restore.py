"""The composition of `raas restore`: what must follow when an older copy of the database was put back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.audit.checkpoint import parse_checkpoint
from raas.domain.audit.note import parse_note
from raas.domain.json_value import JsonObject
from raas.maintenance.engines import command_engines
from raas.ops.audit_settings import AuditPlaces
from raas.ops.settings import Settings
from raas.signing.destinations import newest_kept_log
from raas.storage.audit.log import (
    AuditLog,
    begin_audit_log,
    living_processes,
    name_of_log,
    open_audit_log,
)
from raas.storage.audit.proof_store import PostgresProofStore
from raas.storage.audit.store import PostgresAuditStore
from raas.storage.connection.sessions import server_sessions
from raas.storage.maintenance.erase import PostgresContentStore
from raas.storage.maintenance.restrictions import PostgresRestrictionStore
from raas.storage.maintenance.trim import PostgresTrims
from raas.storage.reads.registers import PostgresRegisterStore
from raas.storage.reads.store import PostgresReadStore
from raas.storage.rights.store import PostgresRightsStore
from raas.usecases.admin.command_record import DONE, Command
from raas.usecases.admin.erase import EraseContents
from raas.usecases.admin.registers import chosen
from raas.usecases.admin.replay import Replayed, replay
from raas.usecases.admin.restrict import RestrictInscriptions
from raas.usecases.admin.trim import renew_logs
from raas.usecases.ports.audit.journal import JournalEntry, NoJournal
from raas.usecases.ports.audit.proof import DeliveryFailed
from raas.usecases.ports.errors import StoreFault
from raas.usecases.proof.compare import OlderCopy, compare_with_all
from raas.wiring.audit import destinations_of
from raas.wiring.commands import record_of


@dataclass(frozen=True, slots=True)
class Restored:
    """The result of `raas restore`."""

    replayed: Replayed
    restricted: int
    """The inscriptions that were restricted again."""
    renewed: int
    """The registers whose log has a new id."""
    log: str
    """The name of the new log of the audit."""
    previous: str
    """The name of the log that the copy contains, whose last checkpoint in it is `checkpoint` (0 = none)."""
    checkpoint: int


def restore(dsn: str, settings: Settings, entries: Sequence[JournalEntry], *, force: bool) -> Restored:
    """Carry out a journal again on a restored database, renew the logs and begin another log of the audit.

    The new log is begun last: should the command be interrupted, the database still counts as an older copy,
    and the same command completes it. Raises StoreFault, with a sentence for the operator, while servers run,
    or (without `force`) when the kept checkpoints do not show that the database is an older copy;
    StoreUnavailable.
    """

    async def run() -> Restored:
        async with command_engines(dsn) as (writing, reading):
            old = await open_audit_log(reading, settings.audit_log_name)
            await _require_alone(reading, old)
            places = settings.audit_places
            if not force:
                await _require_older_copy(reading, old, places)
            contents = EraseContents(PostgresContentStore(reading), NoJournal())
            replayed = await replay(entries, PostgresRightsStore(writing, reading), contents)
            restricting = RestrictInscriptions(
                PostgresRestrictionStore(reading), PostgresReadStore(reading), NoJournal()
            )
            restricted = await restricting.again(entries, PostgresRegisterStore(reading))
            registers = [each async for each in chosen(PostgresRegisterStore(reading), None)]
            await renew_logs(PostgresTrims(writing, reading), registers)
            note = await PostgresProofStore(reading, old.number).newest_note()
            checkpoint = 0 if note is None else parse_checkpoint(parse_note(note).text).number
            number = 1 + max(old.number, await asyncio.to_thread(_newest_kept, places))
            new = AuditLog(number, name_of_log(settings.audit_log_name, number))
            await begin_audit_log(writing, new)
            parameters: JsonObject = {
                "previous_log": old.origin,
                "last_checkpoint": checkpoint,
                "entries": len(entries),
            }
            store = PostgresAuditStore(writing, dsn, new)
            try:
                record = record_of(store, Command("raas restore", parameters))
                await record.begin()
                await record.end(DONE)
            finally:
                await store.close()
            return Restored(replayed, restricted, len(registers), new.origin, old.origin, checkpoint)

    return asyncio.run(run())


async def _require_alone(reading: AsyncEngine, log: AuditLog) -> None:
    # This command is one of them.
    others = await living_processes(reading, log) - 1
    if others > 0:
        work = "1 other process works" if others == 1 else f"{others} other processes work"
        raise StoreFault(f"stop the servers first: {work} on the database")
    # A server that has recorded nothing yet has no chain.
    if sessions := await server_sessions(reading):
        counted = "1 session" if sessions == 1 else f"{sessions} sessions"
        raise StoreFault(f"stop the servers first: they have {counted} on the database")


async def _require_older_copy(reading: AsyncEngine, log: AuditLog, places: AuditPlaces) -> None:
    destinations = destinations_of(places, log).values()
    try:
        await compare_with_all(PostgresProofStore(reading, log.number), destinations)
    except OlderCopy:
        return
    except DeliveryFailed as failed:
        raise StoreFault(f"the kept checkpoints cannot be read: {failed}") from None
    raise StoreFault(
        "the kept checkpoints do not show that the database is an older copy: nothing was done; "
        "--force begins another log of the audit nevertheless"
    )


def _newest_kept(places: AuditPlaces) -> int:
    return 0 if places.checkpoints is None else newest_kept_log(places.checkpoints)

"""The wiring of the audit: its records, and their proof by keys and checkpoints; and of the journal."""

from __future__ import annotations

import time
from collections.abc import Coroutine, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.concurrency.keep_running import ReportFailure, keep_running
from raas.ops.addresses import is_loopback, loopback_of, split_address
from raas.ops.alerts import LoggedAlerts
from raas.ops.audit_settings import AuditPlaces
from raas.ops.database_space import DatabaseSpace
from raas.ops.journal_file import JournalFile
from raas.ops.metrics import Metrics
from raas.ops.settings import Settings
from raas.signing.destinations import CheckpointCommand, LogDirectory
from raas.signing.signing_keys import SigningKeys
from raas.storage.audit.log import AuditLog
from raas.storage.audit.proof_store import PostgresProofStore
from raas.storage.audit.store import PostgresAuditStore
from raas.storage.connection.session_lock import SessionLock
from raas.usecases.ports.audit.journal import Journal, NoJournal
from raas.usecases.ports.audit.proof import CheckpointDestination, Signer
from raas.usecases.ports.errors import PortError
from raas.usecases.proof.checkpointer import Checkpointer
from raas.usecases.proof.keeper import CheckpointKeeper
from raas.usecases.proof.rounds import CheckpointRounds
from raas.usecases.proof.watch import ProofWatch
from raas.usecases.recording.recorder import AuditRecorder

log = structlog.get_logger()

DIRECTORY, COMMAND = "directory", "command"
"""The names under which the database keeps how far each place has got."""

_CHECKPOINTER_LOCK: Final = 491_260_048_131
_SILENCE_SECONDS = 150.0
"""The lock of a process that stands still ends so long after its last round: see CheckpointKeeper."""
_WATCH_SECONDS = 60.0


class AuditProof:
    """The proof of the audit in a serving process: it may make checkpoints, and watches over them."""

    def __init__(
        self, settings: Settings, dsn: str, reading: AsyncEngine, audit_log: AuditLog, metrics: Metrics
    ) -> None:
        self._places = settings.audit_places
        self._log = audit_log
        self._seconds = settings.audit_checkpoint_seconds
        self._required = settings.audit_checkpoints_required
        self._on_loopback = all(is_loopback(split_address(each)[0]) for each in settings.addresses)
        self._store = PostgresProofStore(reading, audit_log.number)
        self._destinations = destinations_of(self._places, audit_log)
        self._lock = SessionLock(dsn, _CHECKPOINTER_LOCK, _SILENCE_SECONDS)
        watch = self._watch = ProofWatch(self._store, self._destinations, now, LoggedAlerts(metrics))
        metrics.watch(
            "raas_audit_proof_delay_seconds",
            "Seconds since records wait for a checkpoint, or a checkpoint for a place that keeps it.",
            lambda: watch.delay / 1_000_000,
        )
        metrics.watch(
            "raas_audit_older_copy",
            "1 while the database is an older copy than the kept checkpoints, else 0.",
            lambda: watch.older_copy is not None,
        )

    @property
    def unavailable(self) -> bool:
        """Whether calls must be refused with AUDIT_UNAVAILABLE, because what they did could not be proven."""
        older_copy = self._watch.older_copy is not None and not self._on_loopback
        return older_copy or (self._required and self._watch.late)

    async def confine(self, settings: Settings) -> Settings:
        """The settings, with loopback addresses alone if the database is an older copy.

        Rights that were ended and credentials that were blocked after the copy are valid in it again.
        """
        await self.look()
        if self._watch.older_copy is None or self._on_loopback:
            return settings
        self._on_loopback = True
        changes = {name: loopback_of(address) for name, address in settings.listeners.items()}
        log.error("serving on loopback addresses only, until `raas restore`", listen=list(changes.values()))
        return settings.model_copy(update=changes)

    async def look(self) -> None:
        """Compare the database with the kept checkpoints now."""
        await self._watch.look()

    def tasks(self, report: ReportFailure) -> Sequence[Coroutine[Any, Any, None]]:
        """The tasks that run in the background while the process serves."""
        tasks = []
        if self._places.keys is not None:
            keeper = CheckpointKeeper(self._lock, self._begin, _not_complete, self._seconds)
            tasks.append(keep_running("audit checkpoints", keeper.run, report))
        else:
            log.warning("no checkpoints of the audit are made", missing="RAAS_AUDIT_KEYS")
        if self._places.keys is not None or self._destinations:
            seconds = min(_WATCH_SECONDS, self._seconds)
            tasks.append(keep_running("audit watch", partial(self._watch.run, seconds), report))
        return tasks

    async def _begin(self) -> CheckpointRounds:
        """The rounds of a new holder of the lock. Raises KeyUnusable."""
        signers = signers_of(self._places, self._log.origin)
        checkpointer = Checkpointer(self._store, self._log.origin, signers, now)
        log.info("making checkpoints of the audit", origin=self._log.origin, keys=len(signers))
        return CheckpointRounds(self._store, checkpointer, self._destinations, now)


class AuditRecording:
    """The records of the calls of a serving process; `recorder` keeps them."""

    def __init__(
        self,
        dsn: str,
        writing: AsyncEngine,
        audit_log: AuditLog,
        proof: AuditProof,
        space: DatabaseSpace,
        metrics: Metrics,
    ) -> None:
        self._store = PostgresAuditStore(writing, dsn, audit_log)
        recorder = self.recorder = AuditRecorder(
            self._store, lambda: proof.unavailable, lambda: space.admits_bulk_reads
        )
        metrics.watch(
            "raas_audit_waiting_records",
            "Audit records of reads and refusals that wait to be committed.",
            lambda: recorder.waiting,
        )

    def tasks(self, report: ReportFailure) -> Sequence[Coroutine[Any, Any, None]]:
        """The tasks that run in the background while the process serves."""
        return [keep_running("audit records", self.recorder.run, report)]

    async def close(self) -> None:
        """Keep what waits, and seal the chain; a successor seals it where that is not possible."""
        try:
            await self.recorder.close()
        except PortError as error:
            log.warning("the audit chain could not be sealed", cause=type(error).__name__)
        finally:
            await self._store.close()


def destinations_of(places: AuditPlaces, audit_log: AuditLog) -> Mapping[str, CheckpointDestination]:
    """The places that keep checkpoints of a log, by their names."""
    destinations: dict[str, CheckpointDestination] = {}
    if places.checkpoints is not None:
        destinations[DIRECTORY] = LogDirectory(places.checkpoints, audit_log.number)
    if places.command is not None:
        destinations[COMMAND] = CheckpointCommand(places.command)
    return destinations


def signers_of(places: AuditPlaces, origin: str) -> Sequence[Signer]:
    """The signers of checkpoints of the log of this name. Raises KeyUnusable."""
    assert places.keys is not None
    keys = SigningKeys(places.keys)
    made = any(each.key.name == origin for each in keys.history().keys)
    if places.make_keys and not made:
        keys.create(origin, now())
        log.warning("made a key for checkpoints of the audit", keys=str(places.keys))
    return keys.signers(origin, now())


def published_keys(places: AuditPlaces) -> Path | None:
    """The file of the published keys."""
    return None if places.keys is None else places.keys / "keys.json"


def journal_of(settings: Settings) -> Journal:
    """The journal that the settings name."""
    path = settings.audit_places.journal
    return NoJournal() if path is None else JournalFile(path)


def now() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1_000


def _not_complete(reason: str) -> None:
    log.warning("checkpoint of the audit is not complete", cause=reason)

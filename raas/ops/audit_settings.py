"""The settings of the proof of the audit, and of the journal."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from raas.ops.source_settings import SourceSettings

DEFAULT_ORIGIN = "raas/audit"
"""The name of the log where no setting gives one."""


def _origin(text: str) -> str:
    if not text or "+" in text or any(character.isspace() for character in text) or not text.isprintable():
        raise ValueError("write a name such as raas.example/audit, without spaces and plus signs")
    return text


def _command(text: str) -> str:
    try:
        words = shlex.split(text)
    except ValueError:
        words = []
    if not words:
        raise ValueError("write a program and its arguments, quoted as in a shell")
    return text


class AuditSettings(SourceSettings):
    """The keys, the log and its checkpoints, and the journal."""

    audit_keys: Path | None = None
    """The folder of the keys that sign checkpoints; on the embedded database made if absent."""
    audit_origin: Annotated[str, AfterValidator(_origin)] | None = None
    """The name of the log, such as raas.example/audit: part of every chain and checkpoint; never changed."""
    audit_checkpoints: Path | None = None
    """The directory outside the database that keeps checkpoints."""
    audit_checkpoint_command: Annotated[str, AfterValidator(_command)] | None = None
    """A command that keeps a checkpoint: the note on standard input, its number as the last argument."""
    audit_checkpoint_seconds: Annotated[int, Field(ge=1, le=300)] = 60
    """Seconds between two checkpoints while something is recorded."""
    audit_checkpoints_required: bool = False
    """Calls are refused (AUDIT_UNAVAILABLE) once checkpoints are not delivered for ten minutes."""
    journal: Path | None = None
    """The file of ended rights, blocks and erasures, outside the database."""


@dataclass(frozen=True, slots=True)
class AuditPlaces:
    """The places outside the database that belong to the audit; None = there is none."""

    keys: Path | None
    make_keys: bool
    """Whether a key is made in the folder where there is none."""
    checkpoints: Path | None
    command: str | None
    journal: Path | None


def audit_places(settings: AuditSettings, embedded: Path | None) -> AuditPlaces:
    """The places that the settings name.

    `embedded` is the data directory of an embedded database. Its keys are in the directory by default,
    checkpoints and journal beside it: they stay when the directory is restored.
    """
    keys, checkpoints, journal = settings.audit_keys, settings.audit_checkpoints, settings.journal
    if embedded is not None:
        whole = embedded.resolve()
        beside = whole.with_name(f"{whole.name}-audit")
        keys = keys or whole / "audit-keys"
        checkpoints = checkpoints or beside / "checkpoints"
        journal = journal or beside / "journal"
    make_keys = embedded is not None and settings.audit_keys is None
    return AuditPlaces(keys, make_keys, checkpoints, settings.audit_checkpoint_command, journal)

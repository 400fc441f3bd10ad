"""Where a subscription begins when it has no checkpoint."""

from __future__ import annotations

from dataclasses import dataclass

from raas.v1.mutation_stream_pb2 import AcknowledgedStart, LatestStart, SnapshotStart, SubscribeRequest
from raas_client.checkpoints.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class FromSnapshot:
    """With the dossiers themselves, then every mutation after them."""


@dataclass(frozen=True, slots=True)
class FromLatest:
    """With what is committed from now on."""


@dataclass(frozen=True, slots=True)
class FromAcknowledged:
    """With the first mutation after what the named subscriber acknowledged."""


@dataclass(frozen=True, slots=True)
class AfterRevision:
    """With the first mutation after a revision; 0 = from the first one on. `log_id` is its log, if known."""

    revision: int
    log_id: str | None = None


Start = FromSnapshot | FromLatest | FromAcknowledged | AfterRevision | Checkpoint


def begin_at(request: SubscribeRequest, start: Start) -> None:
    """Ask for a stream that begins there."""
    match start:
        case FromSnapshot():
            request.snapshot.CopyFrom(SnapshotStart())
        case FromLatest():
            request.latest.CopyFrom(LatestStart())
        case FromAcknowledged():
            request.acknowledged.CopyFrom(AcknowledgedStart())
        case AfterRevision(revision=revision, log_id=log_id):
            request.after_revision = revision
            if log_id is not None:
                request.log_id = log_id
        case Checkpoint(log_id=log_id, revision=revision, resume_token=None):
            request.after_revision = revision
            request.log_id = log_id
        case Checkpoint(log_id=log_id, resume_token=resume_token):
            request.snapshot.resume_token = resume_token or ""
            request.log_id = log_id

"""The starts of a subscription."""

from __future__ import annotations

from dataclasses import dataclass

from raas.v1.mutation_stream_pb2 import AcknowledgedStart, LatestStart, SnapshotStart, SubscribeRequest
from raas_client.checkpoints.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class FromSnapshot:
    """Begin with the current dossiers, then every later mutation."""


@dataclass(frozen=True, slots=True)
class FromLatest:
    """Begin with the next commit."""


@dataclass(frozen=True, slots=True)
class FromAcknowledged:
    """Begin after the place that the named subscriber acknowledged."""


@dataclass(frozen=True, slots=True)
class AfterRevision:
    """Begin after a revision; 0 = with the first mutation. `log_id` is its log, if known."""

    revision: int
    log_id: str | None = None


Start = FromSnapshot | FromLatest | FromAcknowledged | AfterRevision | Checkpoint


def begin_at(request: SubscribeRequest, start: Start) -> None:
    """Set the start of a request."""
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

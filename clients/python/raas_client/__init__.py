"""A typed client of RaaS with subscriptions that survive outages, and a mirror."""

from raas_client.calls.imports import ImportProgress
from raas_client.calls.operations import inscription, removal
from raas_client.checkpoints.checkpoint import Checkpoint, CheckpointStore, MemoryCheckpoints
from raas_client.checkpoints.file import FileCheckpoints
from raas_client.checkpoints.table import CheckpointTable
from raas_client.client import RaasClient
from raas_client.days import Line, lines_of, period
from raas_client.errors import (
    CallFailed,
    ChainBroken,
    ClientClosed,
    CredentialUnavailable,
    DeadlineExceeded,
    FilterChanged,
    MirrorFileFailed,
    MirrorInUse,
    MirrorStopped,
    RaasError,
    Refused,
    StreamBroken,
    Violation,
)
from raas_client.identity.token_sources import Token
from raas_client.mirror.mirror import Mirror
from raas_client.mirror.store import MirroredDossier
from raas_client.options import Keepalive, Patience, Retries, Tls
from raas_client.reasons import (
    CredentialExpired,
    LogReplaced,
    NissReplaced,
    NissUnknown,
    RevisionExpired,
    Unauthenticated,
)
from raas_client.stream.events import Bookmark, Event, Mutations, Snapshot
from raas_client.stream.starts import AfterRevision, FromAcknowledged, FromLatest, FromSnapshot
from raas_client.stream.subscription import Subscription

__all__ = [
    "AfterRevision",
    "Bookmark",
    "CallFailed",
    "ChainBroken",
    "Checkpoint",
    "CheckpointStore",
    "CheckpointTable",
    "ClientClosed",
    "CredentialExpired",
    "CredentialUnavailable",
    "DeadlineExceeded",
    "Event",
    "FileCheckpoints",
    "FilterChanged",
    "FromAcknowledged",
    "FromLatest",
    "FromSnapshot",
    "ImportProgress",
    "Keepalive",
    "Line",
    "LogReplaced",
    "MemoryCheckpoints",
    "Mirror",
    "MirrorFileFailed",
    "MirrorInUse",
    "MirrorStopped",
    "MirroredDossier",
    "Mutations",
    "NissReplaced",
    "NissUnknown",
    "Patience",
    "RaasClient",
    "RaasError",
    "Refused",
    "Retries",
    "RevisionExpired",
    "Snapshot",
    "StreamBroken",
    "Subscription",
    "Tls",
    "Token",
    "Unauthenticated",
    "Violation",
    "inscription",
    "lines_of",
    "period",
    "removal",
]

"""A recorded run: the answers to writers and the messages to subscribers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from raas.v1.dossier_pb2 import Dossier
from raas.v1.mutation_pb2 import Mutation

Key = tuple[str, str]
"""A dossier: number and code of its type."""

Lines = tuple[tuple[str, str], ...]
"""First and last day of each line; "" = no end."""

State = dict[Key, Lines]
"""The dossiers that have lines."""


@dataclass(frozen=True)
class Begun:
    """A connection began: after a revision, or (None) with a snapshot or at the latest."""

    after: int | None
    resumes_snapshot: bool = False


@dataclass(frozen=True)
class Part:
    """A part of a snapshot."""

    dossiers: Sequence[Dossier]
    revision: int


@dataclass(frozen=True)
class Mutations:
    """A message of mutations."""

    mutations: Sequence[Mutation]
    through: int


@dataclass(frozen=True)
class Marked:
    """A bookmark."""

    revision: int
    complete: bool
    checksum: bytes
    record_time: int
    """Microseconds since 1970."""


@dataclass(frozen=True)
class Ended:
    """The connection ended, for any reason."""

    status: str


Event = Begun | Part | Mutations | Marked | Ended


@dataclass
class Subscriber:
    """One subscriber over all its connections, and its filters (empty = all)."""

    name: str
    types: frozenset[str] = frozenset()
    kinds: frozenset[int] = frozenset()
    events: list[Event] = field(default_factory=list)

    def wants(self, mutation: Mutation) -> bool:
        """Whether a mutation matches the filters."""
        concerned = (
            {mutation.dossier_type} if mutation.HasField("dossier_type") else set(mutation.dossier_types)
        )
        return (not self.types or bool(self.types & concerned)) and (
            not self.kinds or mutation.kind in self.kinds
        )


@dataclass(frozen=True)
class Answered:
    """The answer to one operation: the revision of the register and the dossier after it."""

    revision: int
    key: Key
    lines: Lines
    changed: bool


@dataclass
class Record:
    """A complete run: the final log, and all that writers and subscribers observed."""

    register: str
    log: Sequence[Mutation]
    exported: State
    checksum: bytes
    writers: list[Answered] = field(default_factory=list)
    subscribers: list[Subscriber] = field(default_factory=list)
    first_after: int = 0
    """The revision after which the log begins (more than 0 when it was trimmed)."""
    as_of: dict[int, State] = field(default_factory=dict)
    """The register by Export as of some revisions, at the end of the run."""
    successors: dict[str, str] = field(default_factory=dict)
    """The final number of each person, according to the authentic source."""
    histories: dict[str, list[int]] = field(default_factory=dict)
    """The revisions that GetHistory lists for these numbers at the end of the run."""


def lines_of(periods: Sequence[object]) -> Lines:
    """The lines of a message."""
    return tuple((p.begin, p.end) for p in periods)  # type: ignore[attr-defined]


def microseconds(mutation: Mutation) -> int:
    """When a mutation was recorded, in microseconds since 1970."""
    time = mutation.record_time
    return time.seconds * 1_000_000 + time.nanos // 1_000


def replay(log: Sequence[Mutation], through: int | None = None) -> State:
    """The state after the mutations of a complete log, up to a revision."""
    state: State = {}
    for mutation in log:
        if through is None or mutation.revision <= through:
            apply(state, mutation)
    return state


def apply(state: State, mutation: Mutation) -> None:
    """The rule of a copy: set the dossier to its lines after the mutation."""
    if mutation.HasField("dossier_type"):
        key = mutation.niss, mutation.dossier_type
        state.pop(key, None)
        if mutation.after:
            state[key] = lines_of(mutation.after)

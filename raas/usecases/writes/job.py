"""Jobs of the write queue of a register, and the callers that wait for their answers."""

from __future__ import annotations

from collections.abc import Generator, Hashable, Iterable, Sequence, Set
from typing import Generic, Protocol, TypeVar

from raas.concurrency.batch_queue import WaitingItem
from raas.usecases.calls.access import Lost
from raas.usecases.calls.audit.scope import AuditScope
from raas.usecases.ports.write_store import DossierKey, DossierTypes, ImportKey, LoadRequest, RequestKey
from raas.usecases.writes.unit_of_work import Persons, RegisterUnitOfWork

Answer_co = TypeVar("Answer_co", covariant=True)


class WriteJob(Protocol[Answer_co]):
    """One call, one batch or one Import message: part of a transaction as a whole, or not at all."""

    @property
    def size(self) -> int:
        """Its number of operations."""

    @property
    def deadline(self) -> float:
        """On the monotonic clock; the caller waits no longer."""

    @property
    def background(self) -> bool:
        """True for Import: such jobs alternate with waiting calls."""

    @property
    def persons(self) -> Persons:
        """The states of the numbers that it names."""

    @property
    def requests(self) -> Sequence[RequestKey]:
        """The request ids under which its answer may be stored."""

    @property
    def import_key(self) -> ImportKey | None:
        """The import whose progress it advances."""

    @property
    def changes_partner_of(self) -> str | None:
        """The code of the dossier type whose partner it changes: it must be known whether that is in use."""

    @property
    def recorded(self) -> AuditScope | None:
        """The audit scope of a call that the transaction records as answered; set by `apply`."""

    def keys(self, types: DossierTypes) -> Iterable[DossierKey]:
        """The dossiers to load."""

    def codes(self) -> Set[str]:
        """The codes of the dossier types that it names."""

    def apply(self, unit_of_work: RegisterUnitOfWork) -> Generator[bool, None, Answer_co]:
        """Apply its operations, yielding between slices; returns the answer or raises Refused.

        Yields True where everything applied so far will be kept, so that it may be sent to the store.
        Keeps its audit record with its changes. Runs while the register is locked: it computes and does
        nothing else.
        """


class QueuedJob(WaitingItem[Answer_co], Generic[Answer_co]):
    """A job in the queue, with its outcome once it was applied."""

    __slots__ = ("_answer", "_lost", "_refusal", "job")

    def __init__(self, job: WriteJob[Answer_co], owner: Hashable, lost: Lost | None = None) -> None:
        super().__init__(job.size, deadline=job.deadline, background=job.background, owner=owner)
        self.job = job
        self._lost = lost
        self._refusal: Exception | None = None

    def apply(self, unit_of_work: RegisterUnitOfWork) -> Generator[bool, None, None]:
        """Apply the job and keep its answer.

        Raises the errors of the job, and Refused when the caller has lost its right while the job waited.
        """
        self._refusal = None
        if self._lost is not None and (lost := self._lost()) is not None:
            raise lost
        self._answer = yield from self.job.apply(unit_of_work)

    def refuse(self, error: Exception) -> None:
        """Keep an error in place of the answer."""
        self._refusal = error

    def settle(self) -> None:
        """Give the caller its answer or its error; called after the commit."""
        if self._refusal is not None:
            self.fail(self._refusal)
            return
        if self.job.recorded is not None:
            self.job.recorded.kept = True
        if not self._future.done():
            self._future.set_result(self._answer)


def load_request(batch: Iterable[QueuedJob[object]], types: DossierTypes) -> LoadRequest:
    """The data that the jobs of a batch need from the store."""
    jobs = [queued.job for queued in batch]
    dossiers: dict[DossierKey, None] = {}
    for job in jobs:
        dossiers.update(dict.fromkeys(job.keys(types)))
    return LoadRequest(
        dossiers,
        any(job.persons is None for job in jobs),
        [request for job in jobs for request in job.requests],
        [job.import_key for job in jobs if job.import_key],
        [
            types.by_code[code][0]
            for job in jobs
            if (code := job.changes_partner_of) and code in types.by_code
        ],
    )

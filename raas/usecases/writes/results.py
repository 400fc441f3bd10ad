"""The results of operations, and the largest answer of a batch.

gRPC clients accept 4 MiB unless they are configured otherwise, and a caller that cannot read the answer
does not know the outcome. So the answer of a batch is measured before anything is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from raas.domain.calendar.periods import Lines
from raas.domain.errors import Reason, Violation, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.dossier import InscribeOutcome, RemoveOutcome
from raas.usecases.calls.answer_size import ANSWER_BYTES, DOSSIER_BYTES, LINE_BYTES

_VIOLATION_BYTES = 300


@dataclass(frozen=True, slots=True)
class Notice:
    """Informs without refusing; `sentence` is a key of raas.domain.sentences."""

    reason: Reason
    field: str | None
    sentence: str


class Applied(NamedTuple):
    """An operation that was (or, under validate_only, would be) applied."""

    niss: Niss
    requested_niss: Niss | None
    """The number asked, when it was replaced and the operation carried to `niss`."""
    dossier_type: str
    partner: EnterpriseNumber | None
    outcome: InscribeOutcome | RemoveOutcome
    lines: Lines
    """The lines of the dossier after the operation."""
    gone: Lines
    """For an inscription the lines that it absorbed, for a removal the days that it took away."""
    dossier_revision: int
    revision: int
    notices: tuple[Notice, ...] = ()
    whole: bool = True
    """False = the answer leaves the lines out: a later operation of the batch changed the dossier again."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """An operation that would be refused; only under validate_only."""

    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """One result per operation, in the order given, and the revision of the register after them."""

    results: tuple[Applied | Rejected, ...]
    revision: int
    last_dossiers_only: bool = False
    """Whether only the last result of each dossier has its lines."""


def fitting(results: Sequence[Applied | Rejected], revision: int) -> BatchAnswer:
    """The answer: complete if it is small enough, else the lines of each dossier in its last result only.

    Raises Refused (BATCH_TOO_LARGE, at `operations`) where that is too much as well.
    """
    if _bytes(results) <= ANSWER_BYTES:
        return BatchAnswer(tuple(results), revision)
    last = {(r.niss, r.dossier_type): index for index, r in enumerate(results) if isinstance(r, Applied)}
    shorter = tuple(
        result._replace(whole=last[result.niss, result.dossier_type] == index)
        if isinstance(result, Applied)
        else result
        for index, result in enumerate(results)
    )
    if _bytes(shorter) > ANSWER_BYTES:
        raise refuse(Reason.BATCH_TOO_LARGE, "operations", "ANSWER_TOO_LARGE")
    return BatchAnswer(shorter, revision, last_dossiers_only=True)


def _bytes(results: Sequence[Applied | Rejected]) -> int:
    size = 0
    for result in results:
        if isinstance(result, Rejected):
            size += _VIOLATION_BYTES * len(result.violations)
        else:
            lines = len(result.gone) + (len(result.lines) if result.whole else 0)
            size += DOSSIER_BYTES + LINE_BYTES * lines
    return size

"""The revisions at which a register can be read."""

from __future__ import annotations

from raas.domain.errors import Reason, Violation


def revision_violation(asked: int, revision: int, oldest_revision: int) -> Violation | None:
    """The violation of a read at `asked` in a register that keeps oldest_revision to revision, or None."""
    if asked > revision:
        values = {"latest_revision": str(revision)}
        return Violation("at_revision", Reason.REVISION_IN_FUTURE, values=values)
    if asked < oldest_revision:
        values = {"oldest_revision": str(oldest_revision)}
        return Violation("at_revision", Reason.REVISION_EXPIRED, values=values)
    return None

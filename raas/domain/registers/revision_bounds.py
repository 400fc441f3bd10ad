"""Whether a register still knows, or already knows, what stood at a revision."""

from __future__ import annotations

from raas.domain.errors import Reason, Violation


def revision_violation(asked: int, revision: int, oldest_revision: int) -> Violation | None:
    """What is wrong with asking for `asked` in a register that keeps oldest_revision to revision."""
    if asked > revision:
        values = {"latest_revision": str(revision)}
        return Violation("at_revision", Reason.REVISION_IN_FUTURE, values=values)
    if asked < oldest_revision:
        values = {"oldest_revision": str(oldest_revision)}
        return Violation("at_revision", Reason.REVISION_EXPIRED, values=values)
    return None

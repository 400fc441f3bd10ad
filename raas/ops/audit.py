"""Where visits go."""

from __future__ import annotations

from raas.usecases.ports.audit import Visit


class NothingKept:
    """The audit of a server that keeps none."""

    def record(self, visit: Visit) -> None:
        """Forget the visit."""

"""The pauses before a process that died is started again."""

from __future__ import annotations

from dataclasses import dataclass, field

from raas.concurrency.keep_running import Backoff


@dataclass(slots=True)
class RestartPauses:
    """Counts the deaths of a process in a row, so that one that dies again and again costs little.

    A process that served for longer than the longest pause was healthy: its death begins a new row.
    """

    backoff: Backoff = field(default_factory=Backoff)
    deaths: int = 0

    def after_death(self, *, served: bool, lived: float) -> float:
        """Seconds to wait, given whether the process had begun to serve, and its age in seconds.

        A process that had served is started again at once after its first death in a row.
        """
        if served and lived > self.backoff.longest:
            self.deaths = 0
        self.deaths += 1
        paid = self.deaths - 1 if served else self.deaths
        return self.backoff.after(paid) if paid else 0.0

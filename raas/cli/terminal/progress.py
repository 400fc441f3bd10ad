"""The progress of a long command: a bar on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import time
from datetime import timedelta
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from raas.cli.texts import tr

_SECONDS_BETWEEN_LINES = 5.0


class Meter:
    """Shows how many things are done, and their rate, on standard error; `quiet` shows nothing.

    `total` and the position given to `show` have the same unit, such as bytes of a file; None = unknown. The
    total may be set later.
    """

    def __init__(self, things: str, total: int | None = None, *, quiet: bool = False) -> None:
        self._things = things
        self.total = total
        self._quiet = quiet
        self._console = Console(stderr=True, highlight=False)
        self._bar: Progress | None = None
        self._began = self._said = time.monotonic()

    def __enter__(self) -> Self:
        """Start the clock, and show the bar on a terminal."""
        self._began = self._said = time.monotonic()
        if self._console.is_terminal and not self._quiet:
            columns = (
                BarColumn(),
                TaskProgressColumn(),
                TextColumn("{task.description}"),
                TimeRemainingColumn(),
            )
            self._bar = Progress(*columns, console=self._console)
            self._bar.add_task("", total=self.total)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the bar."""
        if self._bar:
            self._bar.stop()

    @property
    def seconds(self) -> float:
        """The time since the start."""
        return time.monotonic() - self._began

    def show(self, done: int, position: int = 0, more: str = "") -> None:
        """Show that `done` things are done since the start; `more` is added to the text."""
        if self._quiet:
            return
        text = f"{done:,} {self._things}, {done / max(self.seconds, 0.001):,.0f}/s{more}"
        if self._bar:
            self._bar.update(self._bar.task_ids[0], total=self.total, completed=position, description=text)
        elif time.monotonic() - self._said >= _SECONDS_BETWEEN_LINES:
            self._said = time.monotonic()
            self.say(self._share(position) + text)

    def _share(self, position: int) -> str:
        """The part of the total that is done, and the time left."""
        if not self.total or not position:
            return ""
        left = self.seconds * max(self.total - position, 0) / position
        return tr(
            "{share:4.0%}, {left} left: ", share=position / self.total, left=timedelta(seconds=round(left))
        )

    def say(self, text: str) -> None:
        """Write one line above the bar."""
        if not self._quiet:
            self._console.print(text, markup=False, soft_wrap=True)

"""A text that is not the value it should be.

Lighter than `Refused`: the parser of a single value does not know in which field the text stood, so
it raises `Invalid`, and who does know turns that into a violation with `at`.
"""

from __future__ import annotations

from functools import partial

from raas.domain.errors import Reason, Violation


class Invalid(ValueError):
    """The text cannot be parsed. It holds the reason, never the text, which may identify a person."""

    def __init__(self, reason: Reason, sentence: str = "", **values: str) -> None:
        super().__init__(sentence or reason.name)
        self.reason = reason
        self.sentence = sentence
        self.values = values

    def __reduce__(self) -> tuple[partial[Invalid], tuple[()]]:
        return partial(Invalid, self.reason, self.sentence, **self.values), ()

    def at(self, field: str) -> Violation:
        """The violation this is when the text stood in `field`."""
        return Violation(field, self.reason, self.sentence, self.values)

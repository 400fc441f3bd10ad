"""The errors of an import that its file causes; their texts are for people."""

from __future__ import annotations


class ImportRefused(Exception):
    """The import cannot be started; nothing was touched. `reason` is for scripts."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason

    def __reduce__(self) -> tuple[type[ImportRefused], tuple[str, ...]]:
        return type(self), (self.reason, str(self))


class HeaderInvalid(ImportRefused):
    """The header cannot be used; the text lists everything that is wrong with it."""

    def __init__(self, text: str) -> None:
        super().__init__("HEADER_INVALID", text)

    def __reduce__(self) -> tuple[type[HeaderInvalid], tuple[str, ...]]:
        return type(self), (str(self),)


class FileChanged(Exception):
    """The file was changed while it was read."""


class Unreadable(Exception):
    """The file cannot be read further, such as a compressed file that is truncated."""

"""The progress of an import in a file, by which the same command resumes it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

_SUFFIXES = (".gz", ".xz", ".csv", ".xlsx", ".xls", ".ods", ".txt")


@dataclass(frozen=True, slots=True)
class ImportState:
    """The answers received so far; `offset` is the first row without an answer.

    Rows below `offset` that no counter includes were applied earlier, and their answer was lost.
    `content` is the SHA-256 of the file. `rejected_file` is the file for rejected rows, and `rejected_bytes`
    its length at this state.
    """

    import_id: str
    enterprise_number: str | None
    register: str | None
    content: str | None = None
    offset: int = 0
    applied: int = 0
    unchanged: int = 0
    rejected: int = 0
    rejected_file: str | None = None
    rejected_bytes: int = 0

    @property
    def applied_before(self) -> int:
        """The number of rows applied by an earlier run that did not receive their answer."""
        return self.offset - self.applied - self.unchanged - self.rejected

    def same_import(self, other: ImportState) -> bool:
        """Whether both have the same caller, register, import id and content."""
        return (self.import_id, self.enterprise_number, self.register, self.content) == (
            other.import_id,
            other.enterprise_number,
            other.register,
            other.content,
        )

    def save(self, path: Path) -> None:
        """Write the file atomically. Raises OSError."""
        # A name that the next run uses too, so that nothing of a killed one stays.
        new = path.with_name(path.name + ".new")
        new.write_text(json.dumps(asdict(self), indent=2) + "\n")
        new.replace(path)


def load_state(path: Path) -> ImportState | None:
    """The state in a file; None without a file, or for one that cannot be used."""
    try:
        return ImportState(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def content_id(digest: str, size: int, options: str = "") -> str:
    """An import id derived from the content of a file, and from options that change what its rows mean."""
    read_as = f"-{hashlib.sha256(options.encode()).hexdigest()[:8]}" if options else ""
    return f"{digest[:40]}-{size}{read_as}"


def stem(path: Path) -> str:
    """The name of a file without the endings of its format and compression."""
    name = path.name
    while (suffix := Path(name).suffix).lower() in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name

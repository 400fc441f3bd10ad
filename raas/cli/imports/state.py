"""How far an import has come, kept beside its file, so that the same command can resume it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

_COMPRESSED = (".gz", ".xz")


@dataclass(frozen=True, slots=True)
class ImportState:
    """The answers received so far; `offset` is the first row without an answer.

    Rows below `offset` that no counter includes were applied earlier, and their answer was lost.
    `rejected_bytes` is the length of the file of rejected rows at this state.
    """

    import_id: str
    enterprise_number: str | None
    register: str | None
    offset: int = 0
    applied: int = 0
    unchanged: int = 0
    rejected: int = 0
    rejected_bytes: int = 0

    @property
    def applied_before(self) -> int:
        """How many rows were applied earlier, by a run that did not receive their answer."""
        return self.offset - self.applied - self.unchanged - self.rejected

    def same_import(self, other: ImportState) -> bool:
        """Whether both have the same caller, register and import id."""
        return (self.import_id, self.enterprise_number, self.register) == (
            other.import_id,
            other.enterprise_number,
            other.register,
        )

    def save(self, path: Path) -> None:
        """Write the file atomically."""
        new = path.with_name(path.name + ".new")
        new.write_text(json.dumps(asdict(self), indent=2) + "\n")
        new.replace(path)


def load_state(path: Path) -> ImportState | None:
    """The state in a file; None without a file, or for one that cannot be used."""
    try:
        return ImportState(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def content_id(path: Path) -> str:
    """An import id derived from the content of a file: the same for every copy of it."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return f"{digest[:40]}-{path.stat().st_size}"


def state_path(path: Path) -> Path:
    """The file for the state of an import: `people.raas-import.json` for `people.csv`."""
    return path.with_name(_stem(path) + ".raas-import.json")


def rejected_path(path: Path | None) -> Path:
    """The file for rejected rows: `people.rejected.csv` for `people.csv`."""
    return path.with_name(_stem(path) + ".rejected.csv") if path else Path("stdin.rejected.csv")


def _stem(path: Path) -> str:
    name = path.name
    for suffix in (*_COMPRESSED, ".csv"):
        name = name.removesuffix(suffix)
    return name

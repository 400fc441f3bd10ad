"""The content for which each `--import-id` was used on this machine; other content is refused."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from raas.cli.imports.errors import ImportRefused
from raas.cli.imports.state import ImportState
from raas.cli.texts import tr


@dataclass(frozen=True, slots=True)
class ImportIdRecord:
    """The record of one import id; `file` has the SHA-256 of the content it was used for."""

    file: Path
    state: ImportState

    def check(self) -> None:
        """Raises ImportRefused when the id was used for other content."""
        with suppress(OSError):
            if self.file.read_text() != self.state.content:
                raise ImportRefused(
                    "IMPORT_ID_REUSED",
                    tr(
                        "--import-id {id} was used for other content: choose another one",
                        id=self.state.import_id,
                    ),
                )

    def write(self) -> None:
        """Remember the content; without a place to write to, there is no record."""
        with suppress(OSError):
            self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.file.write_text(self.state.content or "")


def record_of(state: ImportState, target: str, state_dir: Path | None) -> ImportIdRecord:
    """The record of the import id of an import, in the state directory, by default that of the user."""
    key = json.dumps([target, state.enterprise_number, state.register, state.import_id])
    name = hashlib.sha256(key.encode()).hexdigest()[:32]
    return ImportIdRecord((state_dir or _user_state()) / "raas-import-ids" / name, state)


def _user_state() -> Path:
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "raas"

"""The content for which each `--import-id` was used on this machine; other content is refused."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from raas.cli.imports.errors import ImportRefused
from raas.cli.imports.state import ImportState
from raas.cli.texts import tr


def require_same_content(state: ImportState, target: str, state_dir: Path | None) -> None:
    """Remember the content of an import id. Raises ImportRefused when it was used for other content.

    The record is kept in the state directory, by default that of the user; without a place to write to, there
    is no record.
    """
    folder = (state_dir or _user_state()) / "raas-import-ids"
    key = json.dumps([target, state.enterprise_number, state.register, state.import_id])
    record = folder / hashlib.sha256(key.encode()).hexdigest()[:32]
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with record.open("x") as file:
            file.write(state.content or "")
    except FileExistsError:
        if record.read_text() != state.content:
            raise ImportRefused(
                "IMPORT_ID_REUSED",
                tr("--import-id {id} was used for other content: choose another one", id=state.import_id),
            ) from None
    except OSError:
        return


def _user_state() -> Path:
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "raas"

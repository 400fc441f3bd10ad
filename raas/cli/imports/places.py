"""The files beside an import, its state and its rejected rows: checked before anything is touched."""

from __future__ import annotations

import stat
import tempfile
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from raas.cli.imports.errors import ImportRefused
from raas.cli.imports.files.source import Source
from raas.cli.imports.state import ImportState, load_state, stem
from raas.cli.texts import tr


@dataclass(frozen=True, slots=True)
class Places:
    """The files of an import; a stream has no `state`.

    `resumed` is the state that an interrupted run of the same import left, with its file of rejected rows.
    `rejected` is the file for an import that begins anew: it does not exist yet, or is a device.
    """

    state: Path | None
    rejected: Path
    resumed: ImportState | None


def find_places(source: Source, fresh: ImportState, rejected: Path | None, state_dir: Path | None) -> Places:
    """The places of an import.

    Raises ImportRefused when the file for rejected rows exists, or a folder cannot be written to.
    """
    folder = state_dir or (source.path.parent if source.path else Path())
    base = stem(source.path) if source.path else "stdin"
    state = folder / f"{base}.raas-import.json" if source.path else None
    resumed = _resumed(state, fresh, rejected) if state else None
    own = resumed is not None and rejected is not None and resumed.rejected_bytes > 0
    if rejected is not None and state is not None and rejected.absolute() == state.absolute():
        raise ImportRefused(
            "REJECTED_EXISTS", tr("--rejected {file} is the file for the state of the import", file=rejected)
        )
    if rejected is not None and not own:
        _require_free(rejected, source)
        to = rejected
    elif rejected is not None:
        to = _unused(rejected.parent, rejected.stem, rejected.suffix)
    else:
        to = _unused(folder, f"{base}.rejected", ".csv")
    for needed in {to.parent, *([folder] if state else [])}:
        if not (is_device(to) and needed == to.parent):
            _require_writable(needed)
    return Places(state, to, resumed)


def is_device(path: Path) -> bool:
    """Whether a path leads to a device, a FIFO or a socket: it is written to, never created or removed."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _resumed(state: Path, fresh: ImportState, rejected: Path | None) -> ImportState | None:
    """The state of the same import, if its rejected rows are still there and go to the same file."""
    left = load_state(state)
    if left is None or not left.same_import(fresh):
        return None
    if rejected is not None and left.rejected_file != str(rejected):
        return None
    if left.rejected_file is None or not left.rejected_bytes:
        return left
    written = Path(left.rejected_file)
    if is_device(written):
        return left
    try:
        whole = not written.is_symlink() and written.stat().st_size >= left.rejected_bytes
    except OSError:
        return None
    return left if whole else None


def _require_free(to: Path, source: Source) -> None:
    if source.same_file(to):
        raise ImportRefused("REJECTED_IS_INPUT", tr("--rejected {file} is the file to import", file=to))
    if is_device(to):
        return
    if to.is_symlink() or to.exists():
        raise ImportRefused(
            "REJECTED_EXISTS", tr("--rejected {file} exists already: move it or name another file", file=to)
        )


def _require_writable(folder: Path) -> None:
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ImportRefused(
            "FOLDER_NOT_WRITABLE",
            tr(
                "{folder} cannot be written to ({cause}): name another folder with --state-dir",
                folder=folder,
                cause=error.strerror,
            ),
        ) from None


def _unused(folder: Path, base: str, suffix: str) -> Path:
    """people.rejected.csv, people.rejected-2.csv, …: an earlier one may have been corrected."""
    names = chain([base], (f"{base}-{number}" for number in count(2)))
    paths = (folder / f"{name}{suffix}" for name in names)
    return next(path for path in paths if not path.exists() and not path.is_symlink())

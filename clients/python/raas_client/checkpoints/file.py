"""A checkpoint in a file."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import asdict
from pathlib import Path

from raas_client.checkpoints.checkpoint import Checkpoint


class FileCheckpoints:
    """A checkpoint in a file of its own, which is replaced atomically.

    One reader per file. Raises OSError; ValueError for a file that holds something else.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)

    async def load(self) -> Checkpoint | None:
        """The checkpoint in the file; None when there is no file."""
        return await asyncio.to_thread(self._read)

    async def save(self, checkpoint: Checkpoint) -> None:
        """Replace the file; it is on the disk when this returns."""
        await asyncio.to_thread(self._write, checkpoint)

    def _read(self) -> Checkpoint | None:
        try:
            text = self._path.read_text("utf-8")
        except FileNotFoundError:
            return None
        try:
            return Checkpoint(**json.loads(text))
        except (TypeError, ValueError):
            raise ValueError(f"{self._path} holds no checkpoint") from None

    def _write(self, checkpoint: Checkpoint) -> None:
        new = self._path.with_name(f".{self._path.name}.new")
        with new.open("w", encoding="utf-8") as file:
            json.dump({name: value for name, value in asdict(checkpoint).items() if value is not None}, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        # The new name is on the disk when its directory is.
        directory = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

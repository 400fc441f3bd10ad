"""The signing keys of one purpose, such as the audit: a folder outside the database.

    keys.json           the published history: copy it to where others can read it
    1f2e3d4c.source     the source of the private key with this id, one line: see `key_sources`
    1f2e3d4c.pem        the private key itself, where its source is a file of this folder

A machine that only verifies needs keys.json; one that signs also needs the source of a valid key.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from raas.domain.audit.key_history import (
    KeyHistory,
    KeyHistoryInvalid,
    PublishedKey,
    key_history_text,
    parse_key_history,
)
from raas.domain.audit.note import VerifierKey
from raas.signing.ed25519 import new_private_pem, signer_of_pem
from raas.signing.key_sources import signer_of
from raas.usecases.ports.audit.proof import KeyUnusable, Signer

_HISTORY = "keys.json"


class SigningKeys:
    """The keys of one purpose in their folder; every method raises KeyUnusable for an invalid file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def history(self) -> KeyHistory:
        """The published history; empty where there is none yet."""
        path = self._folder / _HISTORY
        try:
            return parse_key_history(path.read_bytes())
        except FileNotFoundError:
            return KeyHistory(())
        except (OSError, KeyHistoryInvalid) as error:
            raise KeyUnusable(f"{path}: {error}") from None

    def signers(self, name: str, now: int) -> Sequence[Signer]:
        """The signers of all keys of this name that are valid now and have a source here, the newest last.

        One, or several while keys are rotated. Raises KeyUnusable when there is none, or a source gives
        another key than the published one.
        """
        found = []
        for published in self.history().keys:
            if published.key.name != name or published.compromised or not published.valid_at(now):
                continue
            source = self._source(published.key)
            if source is None:
                continue
            signer = signer_of(name, source, self._folder)
            if signer.key != published.key:
                raise KeyUnusable(f"{self._folder}: the source of {published.key.id.hex()} gives another key")
            found.append(signer)
        if not found:
            raise KeyUnusable(f"{self._folder}: no key of {name} is valid now and has a source here")
        return found

    def create(self, name: str, valid_from: int) -> VerifierKey:
        """Make a new key in a file of this folder, and publish it."""
        pem = new_private_pem()
        key = signer_of_pem(name, pem).key
        self._write(f"{key.id.hex()}.pem", pem, 0o600)
        return self._publish(key, f"file:{key.id.hex()}.pem", valid_from)

    def add(self, name: str, source: str, valid_from: int) -> VerifierKey:
        """Publish the key of a source, such as a device."""
        return self._publish(signer_of(name, source, self._folder).key, source, valid_from)

    def end(self, key_id: str, valid_until: int) -> None:
        """Let a key end at this time."""
        self._change(key_id, lambda published: replace(published, valid_until=valid_until))

    def compromise(self, key_id: str) -> None:
        """Mark a key as compromised."""
        self._change(key_id, lambda published: replace(published, compromised=True))

    def _publish(self, key: VerifierKey, source: str, valid_from: int) -> VerifierKey:
        history = self.history()
        if history.find(key.name, key.id) is not None:
            raise KeyUnusable(f"{self._folder}: the key {key.id.hex()} is published already")
        self._write(f"{key.id.hex()}.source", source.encode() + b"\n", 0o600)
        self._save(KeyHistory((*history.keys, PublishedKey(key, valid_from))))
        return key

    def _change(self, key_id: str, change: Callable[[PublishedKey], PublishedKey]) -> None:
        keys = self.history().keys
        if all(each.key.id.hex() != key_id for each in keys):
            raise KeyUnusable(f"{self._folder}: there is no key {key_id}")
        self._save(KeyHistory(tuple(change(each) if each.key.id.hex() == key_id else each for each in keys)))

    def _source(self, key: VerifierKey) -> str | None:
        try:
            return (self._folder / f"{key.id.hex()}.source").read_text().strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise KeyUnusable(f"{self._folder}: the source of {key.id.hex()}: {error}") from None

    def _save(self, history: KeyHistory) -> None:
        self._write(_HISTORY, key_history_text(history).encode(), 0o644)

    def _write(self, name: str, data: bytes, mode: int) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_durably(self._folder / name, data, mode)
        except OSError as error:
            raise KeyUnusable(f"{self._folder / name}: {error.strerror}") from None


def write_durably(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file that is there whole or not at all, also after a crash. Raises OSError."""
    part = path.with_name(path.name + ".part")
    with suppress(FileNotFoundError):
        part.unlink()
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

"""The published history of the keys that sign checkpoints: which key was valid when, and which was lost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from raas.domain.audit.note import NoteInvalid, VerifierKey, parse_verifier_key

KEYS_FORMAT = "raas-keys/1"


class KeyHistoryInvalid(ValueError):
    """The file is no key history; the text says why."""


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A key and the time in which it signs, in microseconds since 1970; `valid_until` None = no end.

    A checkpoint that only a compromised key has signed is accepted only where one that a sound key has
    signed follows it and names it.
    """

    key: VerifierKey
    valid_from: int
    valid_until: int | None = None
    compromised: bool = False

    def valid_at(self, time: int) -> bool:
        """Whether the key may sign at this time; both ends are included."""
        return self.valid_from <= time and (self.valid_until is None or time <= self.valid_until)


@dataclass(frozen=True, slots=True)
class KeyHistory:
    """All keys that have signed for a purpose, the newest last."""

    keys: tuple[PublishedKey, ...]

    def find(self, name: str, key_id: bytes) -> PublishedKey | None:
        """The key that a signature line names."""
        return next((each for each in self.keys if each.key.name == name and each.key.id == key_id), None)

    def at(self, time: int) -> PublishedKey | None:
        """The newest sound key that is valid at this time."""
        return next(
            (each for each in reversed(self.keys) if each.valid_at(time) and not each.compromised), None
        )


def key_history_text(history: KeyHistory) -> str:
    """The published file: JSON, the fields of each key on a line."""
    keys = [
        {
            "key": str(each.key),
            "valid_from": each.valid_from,
            "valid_until": each.valid_until,
            "compromised": each.compromised,
        }
        for each in history.keys
    ]
    lines = ",\n".join(f"  {json.dumps(key, ensure_ascii=False)}" for key in keys)
    return f'{{"format": "{KEYS_FORMAT}", "keys": [\n{lines}\n]}}\n'


def parse_key_history(data: bytes) -> KeyHistory:
    """The key history in a published file. Raises KeyHistoryInvalid."""
    try:
        form = json.loads(data)
    except ValueError:
        raise KeyHistoryInvalid("not JSON") from None
    if not isinstance(form, Mapping) or form.get("format") != KEYS_FORMAT:
        raise KeyHistoryInvalid(f"not of the format {KEYS_FORMAT}")
    keys = form.get("keys")
    if not isinstance(keys, Sequence) or isinstance(keys, str):
        raise KeyHistoryInvalid("it has no list of keys")
    return KeyHistory(tuple(map(_published_key, keys)))


def _published_key(form: Any) -> PublishedKey:
    if not isinstance(form, Mapping) or form.keys() != {"key", "valid_from", "valid_until", "compromised"}:
        raise KeyHistoryInvalid("a key has the fields key, valid_from, valid_until and compromised")
    key, begin, end, compromised = (
        form[name] for name in ("key", "valid_from", "valid_until", "compromised")
    )
    if not (isinstance(key, str) and _is_time(begin) and (end is None or _is_time(end))):
        raise KeyHistoryInvalid("a field of a key is of the wrong kind")
    if not isinstance(compromised, bool):
        raise KeyHistoryInvalid("compromised is true or false")
    try:
        return PublishedKey(parse_verifier_key(key), begin, end, compromised)
    except NoteInvalid as invalid:
        raise KeyHistoryInvalid(str(invalid)) from None


def _is_time(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)

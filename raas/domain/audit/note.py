"""Signed notes as C2SP signed-note has them: a text, an empty line, and a line for each signature."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

ED25519 = b"\x01"
_DASH = "— "
_KEY_ID_BYTES = 4
_MAX_SIGNATURES = 16
_MAX_NOTE_BYTES = 65_536


class NoteInvalid(ValueError):
    """The bytes are no signed note, or no text of the expected form; the text says why."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public Ed25519 key and its name; `id` is that of signed notes."""

    name: str
    public_key: bytes

    @property
    def id(self) -> bytes:
        """The first four bytes of SHA-256(name, line feed, 0x01, public key)."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public_key).digest()[:_KEY_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64_text(ED25519 + self.public_key)}"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """A signature line: the name and the id of the key, and the signature."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text, with its final line feed, and its signatures; nothing is verified yet."""

    text: str
    signatures: tuple[NoteSignature, ...]

    @property
    def text_hash(self) -> bytes:
        """The SHA-256 of the text, by which the next checkpoint names this one."""
        return sha256(self.text.encode()).digest()


def parse_verifier_key(text: str) -> VerifierKey:
    """The key written as `name+id+base64`. Raises NoteInvalid."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    data = exact_base64(encoded)
    if len(data) != 33 or data[:1] != ED25519 or not _is_name(name):
        raise NoteInvalid("not an Ed25519 key of a signed note")
    key = VerifierKey(name, data[1:])
    if key.id.hex() != key_id:
        raise NoteInvalid("the id of the key does not belong to the key")
    return key


def format_note(text: str, signatures: Iterable[NoteSignature]) -> bytes:
    """The bytes of a note."""
    lines = [f"{_DASH}{each.name} {base64_text(each.key_id + each.signature)}\n" for each in signatures]
    return f"{text}\n{''.join(lines)}".encode()


def parse_note(data: bytes) -> Note:
    """The note in these bytes. Raises NoteInvalid."""
    if len(data) > _MAX_NOTE_BYTES:
        raise NoteInvalid("the note is too large")
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise NoteInvalid("the note is not UTF-8") from None
    if any(character < " " and character != "\n" for character in whole):
        raise NoteInvalid("the note contains control characters")
    text, separator, rest = whole.rpartition("\n\n")
    lines = rest.split("\n")
    if not separator or lines.pop() != "" or not 1 <= len(lines) <= _MAX_SIGNATURES:
        raise NoteInvalid("the note has no signature lines")
    return Note(text + "\n", tuple(map(_signature, lines)))


def base64_text(data: bytes) -> str:
    """The bytes in base64."""
    return b64encode(data).decode()


def exact_base64(text: str) -> bytes:
    """The bytes of base64 exactly as it is written by `base64_text`. Raises NoteInvalid."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        raise NoteInvalid("not base64") from None
    if base64_text(data) != text:
        raise NoteInvalid("not base64 in its only form")
    return data


def _signature(line: str) -> NoteSignature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    data = exact_base64(encoded)
    if not line.startswith(_DASH) or not _is_name(name) or len(data) <= _KEY_ID_BYTES:
        raise NoteInvalid("not a signature line")
    return NoteSignature(name, data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(map(str.isspace, name))

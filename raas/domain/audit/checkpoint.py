"""Checkpoints (C2SP tlog-checkpoint): the size and the root of the log, and the state of its chains."""

from __future__ import annotations

import re
from dataclasses import dataclass

from raas.domain.audit.note import NoteInvalid, base64_text, exact_base64

HASH_BYTES = 32
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}")
_NONE = "-"
_LINES = ("number", "time", "previous", "chains", "consistency")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint; `time` is in microseconds since 1970."""

    origin: str
    """The name of the log, and of the keys that sign it."""
    size: int
    root: bytes
    number: int
    """Checkpoints of a log are numbered 1, 2, 3 … without gaps."""
    time: int
    previous: bytes | None
    """The SHA-256 of the text of the checkpoint before; None for number 1."""
    chains: int
    """The number of chains that have records in the log and no seal."""
    chains_root: bytes
    """The Merkle root over the states of these chains: see `chain.chains_root`."""
    consistency: tuple[bytes, ...]
    """The proof that this log begins with the log of the checkpoint before."""


def checkpoint_text(checkpoint: Checkpoint) -> str:
    """The text that is signed, with its final line feed."""
    previous = _NONE if checkpoint.previous is None else checkpoint.previous.hex()
    lines = (
        checkpoint.origin,
        str(checkpoint.size),
        base64_text(checkpoint.root),
        f"number {checkpoint.number}",
        f"time {checkpoint.time}",
        f"previous {previous}",
        f"chains {checkpoint.chains} {base64_text(checkpoint.chains_root)}",
        f"consistency {' '.join(map(base64_text, checkpoint.consistency)) or _NONE}",
    )
    return "\n".join(lines) + "\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint with this text. Raises NoteInvalid for any other text than `checkpoint_text` writes."""
    lines = text.split("\n")
    if len(lines) != 4 + len(_LINES) or lines[-1]:
        raise NoteInvalid("a checkpoint has eight lines")
    values = []
    for name, line in zip(_LINES, lines[3:], strict=False):
        found, _, value = line.partition(" ")
        if found != name:
            raise NoteInvalid(f"the line {name} is missing")
        values.append(value)
    number, time, previous, chains, consistency = values
    count, _, chains_root = chains.partition(" ")
    checkpoint = Checkpoint(
        lines[0],
        _integer(lines[1]),
        _hash(lines[2]),
        _integer(number),
        _integer(time),
        None if previous == _NONE else _hex(previous),
        _integer(count),
        _hash(chains_root),
        () if consistency == _NONE else tuple(map(_hash, consistency.split(" "))),
    )
    if checkpoint_text(checkpoint) != text or not checkpoint.origin or checkpoint.number < 1:
        raise NoteInvalid("the checkpoint is not in its only form")
    return checkpoint


def _integer(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise NoteInvalid("not a number")
    return int(text)


def _hash(text: str) -> bytes:
    data = exact_base64(text)
    if len(data) != HASH_BYTES:
        raise NoteInvalid("not a hash")
    return data


def _hex(text: str) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError:
        raise NoteInvalid("not a hash") from None
    if len(data) != HASH_BYTES:
        raise NoteInvalid("not a hash")
    return data

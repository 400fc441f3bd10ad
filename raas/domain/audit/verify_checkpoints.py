"""Verification of the checkpoints that were kept outside the database, without any record.

There is one for each minute of many years, so little of each is kept in memory: its proof of consistency is
read again when it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from raas.domain.audit.checkpoint import Checkpoint, parse_checkpoint
from raas.domain.audit.findings import Fault, Finding
from raas.domain.audit.key_history import KeyHistory
from raas.domain.audit.merkle import is_consistent
from raas.domain.audit.note import Note, NoteInvalid, parse_note

SignatureCheck = Callable[[bytes, bytes, bytes], bool]
"""Whether, under this public Ed25519 key, this message has this signature."""


@dataclass(frozen=True, slots=True)
class KeptCheckpoint:
    """A checkpoint with a valid signature; `sound` = by a key that was not compromised."""

    checkpoint: Checkpoint
    text_hash: bytes
    sound: bool
    name: str = ""
    """Of the note; the checkpoint then has no proof of consistency: see `consistency_of`."""


@dataclass(frozen=True, slots=True)
class KeptLog:
    """The checkpoints of a log in their order, what is wrong with them, and the names of other logs."""

    checkpoints: Sequence[KeptCheckpoint]
    findings: Sequence[Finding]
    other_origins: Sequence[str]


def verify_checkpoints(
    notes: Mapping[str, bytes], keys: KeyHistory, check: SignatureCheck, origin: str
) -> KeptLog:
    """The checkpoints of the log `origin`, and everything that is wrong with them.

    `notes` are signed notes under a name, such as that of a file; one that is taken twice is the same.
    """
    findings: list[Finding] = []
    kept: dict[int, KeptCheckpoint] = {}
    other_origins: set[str] = set()
    for name in notes:
        try:
            found = opened_note(parse_note(notes[name]), keys, check)
        except NoteInvalid as invalid:
            findings.append(Finding(Fault.CHECKPOINT_INVALID, f"{name}: {invalid}"))
            continue
        if found.checkpoint.origin != origin:
            other_origins.add(found.checkpoint.origin)
            continue
        found = replace(found, name=name, checkpoint=replace(found.checkpoint, origin=origin, consistency=()))
        number = found.checkpoint.number
        other = kept.setdefault(number, found)
        if other.text_hash != found.text_hash:
            text = f"{name}: another checkpoint has the same number {number}"
            findings.append(Finding(Fault.CHECKPOINT_CONFLICT, text, checkpoint=number))
        elif found.sound:
            kept[number] = found
    ordered = [kept[number] for number in sorted(kept)]
    findings.extend(_gaps(ordered))
    for earlier, later in pairwise(ordered):
        findings.extend(_contradictions(earlier, later, notes))
    trusted, untrusted = _trusted(ordered)
    findings.extend(untrusted)
    if not trusted:
        findings.append(Finding(Fault.CHECKPOINT_MISSING, f"there is no checkpoint of the log {origin}"))
    return KeptLog(trusted, findings, sorted(other_origins))


def consistency_of(kept: KeptCheckpoint, notes: Mapping[str, bytes]) -> Sequence[bytes] | None:
    """The proof of consistency of a verified checkpoint, from its note; None if the note is another now."""
    try:
        note = parse_note(notes[kept.name])
    except (KeyError, NoteInvalid):
        return None
    return parse_checkpoint(note.text).consistency if note.text_hash == kept.text_hash else None


def opened_note(note: Note, keys: KeyHistory, check: SignatureCheck) -> KeptCheckpoint:
    """The checkpoint of a note, with its signatures verified. Raises NoteInvalid."""
    checkpoint = parse_checkpoint(note.text)
    message = note.text.encode()
    valid = []
    for signature in note.signatures:
        key = keys.find(signature.name, signature.key_id)
        if key is None or signature.name != checkpoint.origin:
            continue
        if not check(key.key.public_key, message, signature.signature):
            raise NoteInvalid("a signature is wrong")
        if key.valid_at(checkpoint.time):
            valid.append(key)
    if not valid:
        raise NoteInvalid("no key that was valid at its time has signed it")
    return KeptCheckpoint(checkpoint, note.text_hash, not all(key.compromised for key in valid))


def _gaps(ordered: Sequence[KeptCheckpoint]) -> list[Finding]:
    numbers = [0, *(each.checkpoint.number for each in ordered)]
    return [
        Finding(Fault.CHECKPOINT_MISSING, f"checkpoint {missing} is missing", checkpoint=missing)
        for before, after in pairwise(numbers)
        for missing in range(before + 1, after)
    ]


def _contradictions(
    earlier: KeptCheckpoint, later: KeptCheckpoint, notes: Mapping[str, bytes]
) -> list[Finding]:
    old, new = earlier.checkpoint, later.checkpoint
    if new.number != old.number + 1:
        good = new.size >= old.size and new.time >= old.time
    else:
        proof = consistency_of(later, notes)
        good = (
            new.previous == earlier.text_hash
            and new.time >= old.time
            and proof is not None
            and is_consistent(old.size, new.size, old.root, new.root, proof)
        )
    if good:
        return []
    text = f"checkpoint {new.number} does not continue checkpoint {old.number}"
    return [Finding(Fault.CHECKPOINT_CONFLICT, text, checkpoint=new.number)]


def _trusted(ordered: Sequence[KeptCheckpoint]) -> tuple[Sequence[KeptCheckpoint], list[Finding]]:
    """Those that a sound key has signed, or that one of them confirms by naming it, directly or in turn."""
    trusted: list[KeptCheckpoint] = []
    findings: list[Finding] = []
    named: bytes | None = None
    for each in reversed(ordered):
        if each.sound or named == each.text_hash:
            trusted.append(each)
            named = each.checkpoint.previous
        else:
            number = each.checkpoint.number
            text = f"checkpoint {number}: only a compromised key has signed it, and no later one confirms it"
            findings.append(Finding(Fault.CHECKPOINT_INVALID, text, checkpoint=number))
            named = None
    return trusted[::-1], findings[::-1]

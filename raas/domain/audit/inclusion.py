"""The proof that one record is in the log: what can be given to a court, without any other record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from raas.domain.audit.chain import entry_hash
from raas.domain.audit.checkpoint import HASH_BYTES, Checkpoint
from raas.domain.audit.key_history import KeyHistory
from raas.domain.audit.merkle import inclusion_root, leaf_hash
from raas.domain.audit.note import NoteInvalid, base64_text, exact_base64, parse_note
from raas.domain.audit.verify_checkpoints import SignatureCheck, opened_note

PROOF_FORMAT = "raas-audit-proof/1"


class ProofInvalid(ValueError):
    """The proof does not prove its record; the text says why."""


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """A record, its place, the hashes up to the root, and the signed checkpoint with that root."""

    chain: str
    index: int
    previous: bytes
    """The hash of the record before it in its chain, or the beginning of the chain."""
    texts: tuple[str, ...]
    leaf: int
    hashes: tuple[bytes, ...]
    note: bytes


def proof_text(proof: InclusionProof) -> str:
    """The proof as one line of JSON, with its line feed."""
    form = {
        "format": PROOF_FORMAT,
        "chain": proof.chain,
        "index": proof.index,
        "previous": proof.previous.hex(),
        "record": list(proof.texts),
        "leaf": proof.leaf,
        "hashes": [base64_text(each) for each in proof.hashes],
        "checkpoint": proof.note.decode(),
    }
    return json.dumps(form, ensure_ascii=False) + "\n"


def parse_proof(data: bytes) -> InclusionProof:
    """The proof in this JSON. Raises ProofInvalid."""
    try:
        form: Mapping[str, Any] = json.loads(data)
        if form["format"] != PROOF_FORMAT:
            raise ProofInvalid(f"not of the format {PROOF_FORMAT}")
        return InclusionProof(
            str(form["chain"]),
            int(form["index"]),
            bytes.fromhex(form["previous"]),
            tuple(map(str, form["record"])),
            int(form["leaf"]),
            tuple(map(exact_base64, form["hashes"])),
            str(form["checkpoint"]).encode(),
        )
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, ProofInvalid):
            raise
        raise ProofInvalid("not in the format of a proof") from None


def verify_inclusion(proof: InclusionProof, keys: KeyHistory, check: SignatureCheck) -> Checkpoint:
    """The checkpoint that proves the record. Raises ProofInvalid.

    A checkpoint of a compromised key proves nothing by itself: the whole series of checkpoints does.
    """
    if len(proof.previous) != HASH_BYTES:
        raise ProofInvalid("the hash before the record is no hash")
    try:
        kept = opened_note(parse_note(proof.note), keys, check)
        hashed = entry_hash(proof.previous, proof.chain, proof.index, proof.texts)
    except (NoteInvalid, ValueError) as error:
        raise ProofInvalid(str(error)) from None
    if not kept.sound:
        raise ProofInvalid("only a compromised key has signed the checkpoint")
    checkpoint = kept.checkpoint
    if inclusion_root(proof.leaf, checkpoint.size, leaf_hash(hashed), proof.hashes) != checkpoint.root:
        raise ProofInvalid("the record is not in the log of this checkpoint")
    return checkpoint

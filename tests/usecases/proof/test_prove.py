"""Proofs of single records."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from raas.domain.audit.inclusion import (
    InclusionProof,
    ProofInvalid,
    parse_proof,
    proof_text,
    verify_inclusion,
)
from raas.domain.audit.key_history import KeyHistory
from raas.domain.audit.record import record_texts
from raas.signing.ed25519 import check_signature
from raas.usecases.proof.prove import NotProvable, prove_call
from tests.usecases.proof.sample_log import FIRST, MINUTE, START, WRITES, SampleLog, full_log, write


async def test_every_call_of_a_log_is_proven_by_itself() -> None:
    log = await full_log()
    proven = set()
    for records in log.store.chains.values():
        for stored in records:
            assert stored.record is not None
            if stored.record.call_id is None:
                continue
            (proof,) = await prove_call(log.store, stored.record.call_id)
            assert proof.texts == record_texts(stored.record)
            checkpoint = verify_inclusion(parse_proof(proof_text(proof).encode()), log.keys, check_signature)
            assert checkpoint.number == 6
            proven.add(proof.leaf)
    assert len(proven) == 25


async def test_call_with_records_in_two_chains_has_two_proofs() -> None:
    log = SampleLog()
    for chain in (FIRST, WRITES):
        log.record(chain, call_id=UUID(int=77))
    await log.checkpoint()
    proofs = await prove_call(log.store, UUID(int=77))
    assert [each.chain for each in proofs] == [FIRST, WRITES]


async def test_record_without_checkpoint_is_not_provable_yet() -> None:
    log = SampleLog()
    with pytest.raises(NotProvable, match="no record"):
        await prove_call(log.store, UUID(int=1))
    write(log, 1)
    with pytest.raises(NotProvable, match="no checkpoint yet"):
        await prove_call(log.store, UUID(int=1))
    await log.checkpoint()
    write(log, 2)
    with pytest.raises(NotProvable, match="in a minute"):
        await prove_call(log.store, UUID(int=2))
    (proof,) = await prove_call(log.store, UUID(int=1))
    assert verify_inclusion(proof, log.keys, check_signature).size == 1


async def test_record_after_removed_ones_is_still_proven() -> None:
    log = await full_log()
    log.store.remove_before(START + 62 * MINUTE)
    first = log.store.chains[WRITES][0]
    assert first.index > 1
    assert first.record is not None
    assert first.record.call_id is not None
    (proof,) = await prove_call(log.store, first.record.call_id)
    assert verify_inclusion(proof, log.keys, check_signature).number == 6


@pytest.fixture
async def proof() -> InclusionProof:
    log = await full_log()
    return (await prove_call(log.store, UUID(int=12)))[0]


async def test_altered_proof_is_refused(proof: InclusionProof) -> None:
    keys = SampleLog().keys
    verify_inclusion(proof, keys, check_signature)
    for altered in (
        replace(proof, index=proof.index + 1),
        replace(proof, chain=FIRST),
        replace(proof, leaf=proof.leaf + 1),
        replace(proof, leaf=10_000),
        replace(proof, previous=bytes(32)),
        replace(proof, previous=proof.previous + proof.chain.encode()[:1], chain=proof.chain[1:]),
        replace(proof, hashes=proof.hashes[:-1]),
        replace(proof, hashes=(bytes(32), *proof.hashes[1:])),
        replace(proof, texts=(*proof.texts[:17], "OTHER", *proof.texts[18:])),
        replace(proof, texts=proof.texts[:-1]),
        replace(proof, note=proof.note.replace(b"number 6", b"number 7")),
        replace(proof, note=b"none"),
    ):
        with pytest.raises(ProofInvalid):
            verify_inclusion(altered, keys, check_signature)


async def test_proof_under_a_compromised_or_unknown_key_is_refused(proof: InclusionProof) -> None:
    known = SampleLog().keys.keys
    for keys in ((), tuple(replace(key, compromised=True) for key in known)):
        with pytest.raises(ProofInvalid):
            verify_inclusion(proof, KeyHistory(keys), check_signature)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"format":"raas-audit-proof/1"}', b'{"format":"x"}'])
def test_file_that_is_no_proof_is_refused(data: bytes) -> None:
    with pytest.raises(ProofInvalid):
        parse_proof(data)

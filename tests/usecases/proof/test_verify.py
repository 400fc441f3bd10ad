"""Verification of exports: a whole one passes, and each kind of corruption is named."""

from __future__ import annotations

from collections.abc import Sequence

from raas.domain.audit.findings import Verification
from raas.domain.audit.verify import verify_export
from raas.signing.ed25519 import check_signature
from tests.usecases.proof.sample_log import SampleLog, full_log


def verified(
    log: SampleLog, lines: Sequence[bytes], notes: Sequence[bytes] | None = None, until: int | None = None
) -> Verification:
    named = [(f"{n}.note", note) for n, note in enumerate(log.notes if notes is None else notes)]
    return verify_export(lines, named, log.keys, check_signature, until=until)


async def test_whole_export_is_sound() -> None:
    log = await full_log()
    lines = await log.export()
    result = verified(log, lines)
    assert result.findings == ()
    assert (result.records, result.checkpoints, result.size) == (len(lines) - 1, 6, len(lines) - 1)

"""The texts of findings."""

from __future__ import annotations

from raas.domain.audit.findings import missing_records


def test_text_about_missing_records_agrees_with_their_number() -> None:
    assert missing_records(3, 3, "the log") == "record 3 of the log is missing"
    assert missing_records(3, 5, "chain x") == "records 3 to 5 of chain x are missing"

"""Whether the nodes of a cluster have carried out a commit, by what they have prepared."""

from __future__ import annotations

import pytest

from raas.storage.connection.delivery import Commit, is_delivered
from raas.usecases.ports.errors import StoreUnavailable

COMMITS: list[Commit] = [(1, "citus_0_7_1_1"), (2, "citus_0_7_1_2")]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("[]", "[]", True),
        ('["citus_0_7_1_1"]', "[]", False),
        ("[]", '["citus_0_9_4_4", "citus_0_7_1_2"]', False),
        # Transactions that are not committed yet, and that of the other node.
        ('["citus_0_9_4_4"]', '["citus_0_7_1_1"]', True),
    ],
)
def test_commit_is_delivered_when_its_node_has_not_prepared_it_any_more(
    first: str, second: str, expected: bool
) -> None:
    assert is_delivered(COMMITS, [(1, True, first), (2, True, second)]) is expected


def test_node_without_an_answer_is_refused_only_if_a_commit_concerns_it() -> None:
    prepared = [(1, True, "[]"), (2, False, "connection refused")]
    assert is_delivered(COMMITS[:1], prepared)
    with pytest.raises(StoreUnavailable):
        is_delivered(COMMITS, prepared)

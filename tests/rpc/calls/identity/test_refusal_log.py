"""The log of refused identifications is bounded."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from raas.rpc.calls.identity import refusal_log
from raas.rpc.calls.identity.refusal_log import WINDOW_SECONDS, RefusalLog, network_of


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def logged(log: RefusalLog, *peers: str) -> list[tuple[Any, Any]]:
    """The network and the number of each line that these refusals write."""
    with capture_logs() as lines:
        for peer in peers:
            log.refused(peer, "no token")
    return [(line["network"], line["refusals"]) for line in lines]


def test_refusals_of_a_network_share_a_line_for_a_minute() -> None:
    clock = Clock()
    log = RefusalLog(clock)
    same = [f"ipv4:192.0.2.{host}:50000" for host in range(1, 6)]
    assert logged(log, *same) == [("192.0.2.0/24", 1)]
    assert logged(log, "ipv4:198.51.100.7:50000") == [("198.51.100.0/24", 1)]
    clock.now = WINDOW_SECONDS - 1
    assert logged(log, same[0]) == []
    clock.now = WINDOW_SECONDS
    assert logged(log, same[0], same[1]) == [("192.0.2.0/24", 6)]


def test_number_of_networks_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal_log, "MOST_NETWORKS", 2)
    clock = Clock()
    log = RefusalLog(clock)
    peers = [f"ipv4:192.0.{network}.1:50000" for network in range(5)]
    lines = logged(log, *peers, peers[0])
    assert lines == [("192.0.0.0/24", 1), ("192.0.1.0/24", 1), ("further networks", 1)]
    clock.now = WINDOW_SECONDS
    assert logged(log, peers[4]) == [("192.0.0.0/24", 1), ("further networks", 2), ("192.0.4.0/24", 1)]


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("ipv4:192.0.2.1:50000", "192.0.2.0/24"),
        ("ipv6:[2001:db8:1:2::3]:50000", "2001:db8:1::/48"),
        ("ipv6:%5B2001:db8:1:2::3%5D:50000", "2001:db8:1::/48"),
        ("unix:", "unix"),
        ("", "unknown"),
    ],
)
def test_network_of_a_peer(peer: str, network: str) -> None:
    assert network_of(peer) == network

"""The log of refused identifications: at most one line per network of callers and minute."""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from urllib.parse import unquote

import structlog

WINDOW_SECONDS = 60.0
MOST_NETWORKS = 1_000
"""Networks that are told apart; further ones share a line."""

_FURTHER = "further networks"
_PREFIXES = {4: 24, 6: 48}
_log = structlog.get_logger("raas.rpc")


class RefusalLog:
    """Writes the first refusal of each network and minute, with the number since the line before.

    `clock` is monotonic, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._networks: dict[str, tuple[float, int]] = {}
        """By network: when the next line may be written, and the refusals without a line."""

    def refused(self, peer: str, cause: str) -> None:
        """Log a refusal, or count it; `peer` is the address of the caller as gRPC names it."""
        now, network = self._clock(), network_of(peer)
        if network not in self._networks and len(self._networks) >= MOST_NETWORKS:
            self._forget(now)
            if len(self._networks) >= MOST_NETWORKS:
                network = _FURTHER
        until, silent = self._networks.get(network, (now, 0))
        if now < until:
            self._networks[network] = until, silent + 1
            return
        self._networks[network] = now + WINDOW_SECONDS, 0
        _log.warning("caller not identified", cause=cause, network=network, refusals=silent + 1)

    def _forget(self, now: float) -> None:
        """Forget the networks of which a line may be written; what they had counted is written."""
        for network, (until, silent) in list(self._networks.items()):
            if now >= until:
                del self._networks[network]
                if silent:
                    _log.warning("caller not identified", cause="", network=network, refusals=silent)


def network_of(peer: str) -> str:
    """The /24 of an IPv4 address, the /48 of an IPv6 one: `ipv4:192.0.2.1:50000` is `192.0.2.0/24`."""
    kind, _, rest = unquote(peer).partition(":")
    text = rest.rpartition(":")[0].strip("[]").partition("%")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return kind or "unknown"
    return str(ip_network((address, _PREFIXES[address.version]), strict=False))

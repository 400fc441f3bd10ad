"""Refusals that are counted: one record per caller, RPC, reason and minute."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from raas.domain.audit.record import Actor, AuditRecord, RecordKind

MOST_KEYS = 4_096
"""Callers, RPCs and reasons that are told apart within a minute; the others are counted together."""
MINUTE = 60_000_000
_MOST_ENDED = 16 * MOST_KEYS
"""Records that wait for a store that does not answer; further ones are dropped, so that memory is bounded."""
_IPV4_PREFIX, _IPV6_PREFIX = 24, 48
OTHERS = Actor(peer="*")
"""Those of a minute with too many callers."""

_Key = tuple[Actor, str, str]


class RefusalCounts:
    """Counts of the minute that runs, in bounded memory whoever calls."""

    def __init__(self) -> None:
        self._minute = 0
        self._counts: dict[_Key, int] = {}
        self._ended: list[AuditRecord] = []

    def add(self, now: int, actor: Actor, rpc: str, reason: str) -> None:
        """Count a refusal at `now`, in microseconds since 1970."""
        self._begin_period(now)
        if actor.peer is not None:
            actor = actor._replace(peer=peer_prefix(actor.peer))
        key = actor, rpc, reason
        counts = self._counts
        if key not in counts and len(counts) >= MOST_KEYS:
            key = OTHERS, rpc, reason
        counts[key] = counts.get(key, 0) + 1

    def take(self, now: int, *, all_of_them: bool = False) -> Sequence[AuditRecord]:
        """The records of the minutes that have ended, or of all; each is taken once."""
        self._begin_period(now)
        if all_of_them:
            self._end()
        ended, self._ended = self._ended, []
        return ended

    def put_back(self, records: Sequence[AuditRecord]) -> None:
        """Keep records that could not be recorded, to be taken again."""
        self._ended += records[: max(0, _MOST_ENDED - len(self._ended))]

    def _begin_period(self, now: int) -> None:
        minute = now - now % MINUTE
        if minute != self._minute:
            self._end()
            self._minute = minute

    def _end(self) -> None:
        counts, self._counts = self._counts, {}
        self.put_back(
            [
                AuditRecord(RecordKind.REFUSALS, self._minute, actor, rpc, reason, count=count)
                for (actor, rpc, reason), count in counts.items()
            ]
        )


def peer_prefix(peer: str) -> str:
    """The prefix of a peer's address (`ipv4:10.1.2.3:40112` is of `ipv4:10.1.2.0/24`)."""
    kind, _, rest = peer.partition(":")
    if kind not in ("ipv4", "ipv6"):
        return kind or "?"
    text = rest.rpartition(":")[0].replace("%5B", "").replace("%5D", "").strip("[]").partition("%")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return kind
    length = _IPV4_PREFIX if address.version == 4 else _IPV6_PREFIX
    return f"{kind}:{ipaddress.ip_network((address, length), strict=False)}"

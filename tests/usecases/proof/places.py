"""A place for checkpoints that can fail."""

from __future__ import annotations

from raas.usecases.ports.audit.proof import DeliveryFailed


class Place:
    """A destination that can fail."""

    def __init__(self) -> None:
        self.kept: list[tuple[int, bytes]] = []
        self.fails = False

    async def newest(self) -> bytes | None:
        if self.fails:
            raise DeliveryFailed("gone")
        return self.kept[-1][1] if self.kept else None

    async def deliver(self, number: int, note: bytes) -> None:
        if self.fails:
            raise DeliveryFailed("gone")
        self.kept.append((number, note))

    @property
    def numbers(self) -> list[int]:
        return [number for number, _ in self.kept]

"""The registers of organisations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.registers.register import Register


class RegisterStore(Protocol):
    """Reads, creates and renames registers."""

    async def find(self, number: EnterpriseNumber) -> Register | None:
        """The register of this organisation as committed now."""

    async def find_many(self, numbers: Sequence[EnterpriseNumber]) -> Sequence[Register]:
        """The registers of these organisations that exist, by enterprise number."""

    async def create(self, number: EnterpriseNumber, name: str) -> Register:
        """A new, empty register. Raises Refused REGISTER_EXISTS."""

    async def rename(self, number: EnterpriseNumber, name: str) -> Register:
        """Change the name. Raises Refused REGISTER_UNKNOWN."""

    async def page(self, after: EnterpriseNumber | None, limit: int) -> Sequence[Register]:
        """Registers in order of enterprise number."""

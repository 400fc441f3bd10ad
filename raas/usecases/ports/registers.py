"""The registers of organisations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.registers.register import Register

CHANGEABLE = ("name", "sector", "institution")
"""The fields of a register that can be changed."""


class RegisterStore(Protocol):
    """Reads, creates and changes registers."""

    async def find(self, number: EnterpriseNumber) -> Register | None:
        """The register of this organisation as committed now."""

    async def find_within(self, number: EnterpriseNumber, dossier_types: frozenset[str]) -> Register | None:
        """The same as a caller sees it for whom only these dossier types exist.

        `dossier_count` has the dossiers of these types, as of `revision`; `checksum` is empty.
        """

    async def ids_of(self, numbers: Sequence[EnterpriseNumber]) -> Mapping[EnterpriseNumber, int]:
        """The ids of the registers of these organisations, without those that do not exist."""

    async def partners(self, register_id: int) -> Mapping[str, EnterpriseNumber]:
        """The partner of each dossier type that is kept for one, by its code."""

    async def create(
        self, number: EnterpriseNumber, name: str, sector: int | None = None, institution: int | None = None
    ) -> Register:
        """A new, empty register. Raises Refused REGISTER_EXISTS."""

    async def update(self, number: EnterpriseNumber, changes: Mapping[str, str | int | None]) -> Register:
        """Change the named ones of CHANGEABLE, at least one. Raises Refused REGISTER_UNKNOWN."""

    async def page(self, after: EnterpriseNumber | None, limit: int) -> Sequence[Register]:
        """Registers in order of enterprise number."""

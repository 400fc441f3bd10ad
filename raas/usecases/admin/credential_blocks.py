"""Blocks of credentials: block, end a block, list."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from raas.domain.errors import Reason
from raas.domain.rights.credential_block import BlockedBy, CredentialBlock
from raas.usecases.admin.ending import end_right
from raas.usecases.calls.call import Call
from raas.usecases.calls.pagination import Pages
from raas.usecases.calls.rights_cache import RightsCache
from raas.usecases.calls.rights_pages import rights_page
from raas.usecases.calls.token_use import RightsFilter
from raas.usecases.ports.rights import RightsStore


class CredentialBlocks:
    """The use cases on blocks; all raise StoreUnavailable, StoreFault, CommitUnknown."""

    def __init__(self, store: RightsStore, rights: RightsCache, pages: Pages) -> None:
        self._store = store
        self._rights = rights
        self._pages = pages

    async def block(self, call: Call, feature: BlockedBy, value: str, reason: str) -> CredentialBlock:
        """Block every credential with a feature; in force in this process when this returns."""
        async with self._store.change() as transaction:
            block = CredentialBlock(
                uuid4(), feature, value, reason, call.caller.enterprise_number, transaction.time
            )
            await transaction.put(block)
        await self._rights.reached(transaction.version)
        return block

    async def unblock(self, call: Call, block_id: UUID) -> CredentialBlock:
        """End a block. Raises Refused BLOCK_UNKNOWN."""
        unknown = Reason.BLOCK_UNKNOWN, "block_id"
        by = call.caller.enterprise_number
        return await end_right(self._store, self._rights, CredentialBlock, block_id, by, unknown)

    async def page(
        self, call: Call, page_size: int, page_token: str
    ) -> tuple[Sequence[CredentialBlock], str]:
        """Blocks that have not ended, and the token of the next page ("" = this is the last)."""
        return await rights_page(
            self._pages,
            call,
            RightsFilter(None, None, None, None),
            page_size,
            page_token,
            self._store.blocks,
        )

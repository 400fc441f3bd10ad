"""AdministrationService: the blocks of credentials."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from raas.rpc.calls.request_scope import RequestScopes
from raas.rpc.wire.fields import check_page_size
from raas.rpc.wire.rights.catalogue import block_message, read_new_block
from raas.rpc.wire.rights.grants import read_id
from raas.usecases.admin.credential_blocks import CredentialBlocks
from raas.v1 import administration_service_pb2 as v1


class CredentialBlockCalls:
    """BlockCredential, UnblockCredential and ListBlockedCredentials."""

    def __init__(self, use_cases: CredentialBlocks, scopes: RequestScopes) -> None:
        self._use_cases = use_cases
        self._request = scopes.open

    async def BlockCredential(
        self, request: v1.BlockCredentialRequest, context: object
    ) -> v1.BlockCredentialResponse:
        """Block every credential with a feature."""
        async with self._request() as r:
            new = read_new_block(request, r.faults)
            r.refuse_faults()
            assert new is not None
            block = await self._use_cases.block(r.call, *new)
            return v1.BlockCredentialResponse(block=block_message(block))

    async def UnblockCredential(
        self, request: v1.UnblockCredentialRequest, context: object
    ) -> v1.UnblockCredentialResponse:
        """End a block."""
        async with self._request() as r:
            block_id = read_id("block_id", request.block_id, r.faults)
            r.refuse_faults()
            assert block_id is not None
            block = await self._use_cases.unblock(r.call, block_id)
            return v1.UnblockCredentialResponse(block=block_message(block))

    async def ListBlockedCredentials(
        self, request: v1.ListBlockedCredentialsRequest, context: object
    ) -> v1.ListBlockedCredentialsResponse:
        """List the blocks."""
        async with self._request() as r:
            check_page_size(request.page_size, r.faults)
            r.refuse_faults()
            blocks, token = await self._use_cases.page(r.call, request.page_size, request.page_token)
            return v1.ListBlockedCredentialsResponse(blocks=map(block_message, blocks), next_page_token=token)

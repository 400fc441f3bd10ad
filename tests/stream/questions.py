"""Questions about the past, asked at the end of a run."""

from __future__ import annotations

from collections.abc import Sequence

import grpc.aio

from raas.v1 import register_service_pb2 as v1
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from tests.stream.history import Record
from tests.stream.reading import exported, metadata
from tests.stream.registrar import successors

_PAGE = 37
"""An odd size, so that pages end everywhere."""


async def look_back(
    channel: grpc.aio.Channel, record: Record, people: Sequence[str], revisions: Sequence[int]
) -> None:
    """Ask for the register as of these revisions, and for the history of these persons."""
    for revision in revisions:
        record.as_of[revision] = await exported(channel, record.register, revision)
    record.successors = await successors(channel, record.register, people)
    for niss in people:
        record.histories[niss] = await history(channel, record.register, niss)


async def history(channel: grpc.aio.Channel, register: str, niss: str) -> list[int]:
    """The revisions that GetHistory lists, page by page."""
    stub = RegisterServiceStub(channel)
    request = v1.GetHistoryRequest(niss=niss, page_size=_PAGE)
    revisions: list[int] = []
    while True:
        page = await stub.GetHistory(request, metadata=metadata(register))
        revisions += [mutation.revision for mutation in page.mutations]
        if not page.next_page_token:
            return revisions
        request.page_token = page.next_page_token

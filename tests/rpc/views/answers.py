"""Answers in a form in which those of the two worlds can be compared."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Awaitable, Sequence
from typing import Any

import grpc.aio
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from raas.v1.mutation_pb2 import Mutation
from tests.rpc.harness import told
from tests.rpc.views.worlds import SEEN

_OF_THE_SERVER = frozenset(
    {
        "call_id",
        "record_time",
        "log_id",
        "next_page_token",
        "resume_token",
        "create_time",
        "server_time",
        "decision_time",
        "content_hash",
    }
)
"""Fields that differ between two servers."""

_REVISIONS = frozenset({"revision", "batch_last_revision", "through_revision", "latest_revision"})
_TIME = re.compile(r"\d\d:\d\d(:\d\d)?")


class Answers:
    """Answers of a world, whose visible mutations have these revisions; None = all are visible."""

    def __init__(self, mutations: Sequence[Mutation] | None) -> None:
        self._visible: list[int] | None = None
        if mutations is not None:
            self._visible = [
                m.revision for m in mutations if SEEN.intersection((m.dossier_type, *m.dossier_types))
            ]

    def number(self, revision: int) -> int:
        """The number of visible mutations up to a revision."""
        return revision if self._visible is None else bisect_right(self._visible, revision)

    def revisions(self, latest: int) -> Sequence[int]:
        """For each number of visible mutations the last revision that has it."""
        if self._visible is None:
            return range(latest + 1)
        return [*(revision - 1 for revision in self._visible), latest]

    def plain(self, message: Message) -> Any:
        """An answer without what differs between servers, its revisions numbered among the visible ones."""
        return self._plain(MessageToDict(message, preserving_proto_field_name=True))

    async def of(self, call: Awaitable[Message]) -> Any:
        """The answer of a call, or its refusal."""
        try:
            return self.plain(await call)
        except grpc.aio.AioRpcError as error:
            refusal = told(error)
            metadata = {name: text for name, text in refusal.info.metadata.items() if "revision" not in name}
            return (
                metadata,
                refusal.status,
                refusal.message,
                refusal.info.reason,
                refusal.violations,
                refusal.descriptions,
            )

    def _plain(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._plain(each) for each in value]
        if not isinstance(value, dict):
            return value
        plain = {}
        for name, each in value.items():
            if name in _OF_THE_SERVER:
                continue
            if name in _REVISIONS:
                number = self.number(int(each))
                if number:
                    plain[name] = number
            elif name == "checksum":
                assert self._visible is None, "a restricted caller got a checksum"
            elif name == "sentence":
                plain[name] = _TIME.sub("", each)
            else:
                plain[name] = self._plain(each)
        return plain

"""The items of requests, which limits and charges count."""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor

_NUMBERS = "niss"


class RequestItems:
    """Counts the items of the requests of one RPC.

    Items are the elements of the lists of messages, and of the list of numbers, that a request has; a request
    without one is one item.
    """

    def __init__(self, method: MethodDescriptor) -> None:
        self.lists = tuple(field.name for field in method.input_type.fields if _has_items(field))
        """The names of these lists."""

    def of(self, request: Any) -> int:
        """The items of a request, at least 1."""
        items = 0
        for name in self.lists:
            items += len(getattr(request, name))
        return items or 1


def _has_items(field: FieldDescriptor) -> bool:
    if not field.is_repeated:
        return False
    message = field.message_type
    return field.name == _NUMBERS if message is None else not message.GetOptions().map_entry

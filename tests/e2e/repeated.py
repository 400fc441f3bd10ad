"""Calls that are repeated where a busy machine makes a server refuse them."""

from __future__ import annotations

from typing import Any

import grpc

from tests.eventually import eventually
from tests.rpc.harness import told


def repeated(call: Any, *given: Any, while_: str, **more: Any) -> Any:
    """The answer of a call that may be repeated: made again, for a minute, while refused for this reason."""

    def answer() -> Any:
        try:
            return call(*given, **more)
        except grpc.RpcError as error:
            if told(error).info.reason != while_:
                raise
        return None

    return eventually(answer, 60)

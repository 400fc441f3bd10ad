"""Calls on a server as JSON, so that the answers of two versions can be compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory

from raas.v1 import (  # noqa: F401 - the import registers their messages by name
    administration_service_pb2,
    mutation_stream_pb2,
    person_service_pb2,
    register_service_pb2,
)

Json = dict[str, Any]
TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Asked:
    """A call and its answers, in the JSON form of protobuf."""

    rpc: str
    """Service and method, for example RegisterService.Consult."""
    caller: str
    requests: Sequence[Json]
    answers: Sequence[Json] = field(default=())

    def as_json(self) -> Json:
        """The fields, for a file."""
        return asdict(self)


def ask(channel: grpc.Channel, call: Asked, *, most: int | None = None) -> list[Json]:
    """The answers to a call, at most so many; raises grpc.RpcError."""
    service, method = call.rpc.split(".")
    described = descriptor_pool.Default().FindServiceByName(f"raas.v1.{service}").methods_by_name[method]
    reading = message_factory.GetMessageClass(described.output_type)
    given = message_factory.GetMessageClass(described.input_type)
    messages = [json_format.ParseDict(request, given()) for request in call.requests]
    stub: Callable[..., Any] = channel.stream_stream(
        f"/raas.v1.{service}/{method}",
        request_serializer=given.SerializeToString,
        response_deserializer=reading.FromString,
    )
    answers = []
    stream = stub(
        iter(messages), metadata=(("raas-enterprise-number", call.caller),), timeout=TIMEOUT_SECONDS
    )
    for answer in stream:
        answers.append(json_format.MessageToDict(answer, preserving_proto_field_name=True))
        if len(answers) == most:
            stream.cancel()
            break
    return answers

"""Reflection, v1 and v1alpha: newer tools ask only for v1, which has the same messages under another name."""

from __future__ import annotations

from collections.abc import Iterable

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, text_format
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.reflection import SERVICE_NAME, aio

REFLECTION_V1ALPHA: str = SERVICE_NAME
REFLECTION_V1 = REFLECTION_V1ALPHA.replace("v1alpha", "v1")


def reflection_handlers(services: Iterable[str]) -> list[grpc.GenericRpcHandler]:
    """The handlers of both versions, which list `services` and themselves."""
    _describe_v1()
    servicer = aio.ReflectionServicer((*services, REFLECTION_V1ALPHA, REFLECTION_V1))
    handler = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        reflection_pb2.ServerReflectionRequest.FromString,
        reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    return [
        grpc.method_handlers_generic_handler(name, {"ServerReflectionInfo": handler})
        for name in (REFLECTION_V1ALPHA, REFLECTION_V1)
    ]


def _describe_v1() -> None:
    """Add the descriptors of v1 to the pool that reflection reads; the package has those of v1alpha only."""
    file = descriptor_pb2.FileDescriptorProto()
    reflection_pb2.DESCRIPTOR.CopyToProto(file)
    text = text_format.MessageToString(file).replace("v1alpha", "v1")
    v1 = text_format.Parse(text, descriptor_pb2.FileDescriptorProto())
    descriptor_pool.Default().AddSerializedFile(v1.SerializeToString())

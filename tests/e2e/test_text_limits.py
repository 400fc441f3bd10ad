"""Every text with the option (raas.v1.max_length) is refused beyond its limit, by a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from raas.v1 import options_pb2
from tests.conftest import ABOUT_COMMANDS
from tests.e2e.registers import channel, new_register
from tests.e2e.servers import Server
from tests.protos.test_options import methods, path_of
from tests.rpc.harness import told

pytestmark = ABOUT_COMMANDS

Path = tuple[FieldDescriptor, ...]


def texts(message: Descriptor, seen: tuple[Descriptor, ...] = ()) -> Iterator[Path]:
    """The path of every text with a limit, from the request to the field."""
    if message in seen or not message.full_name.startswith("raas."):
        return
    for field in message.fields:
        if field.GetOptions().HasExtension(options_pb2.max_length):
            yield (field,)
        elif field.message_type is not None:
            for below in texts(field.message_type, (*seen, message)):
                yield (field, *below)


def cases() -> Iterator[Any]:
    for rpc in methods():
        for path in texts(rpc.input_type):
            name = f"{rpc.name}.{'.'.join(field.name for field in path)}"
            yield pytest.param(rpc, path, id=name)


def set_text(message: Any, path: Sequence[FieldDescriptor], text: str) -> None:
    """Put a text in the place of a path, in the first element of each list on the way."""
    field, *below = path
    if below:
        child = getattr(message, field.name)
        set_text(child.add() if field.is_repeated else child, below, text)
    elif field.message_type is not None:
        getattr(message, field.name)["en"] = text
    elif field.is_repeated:
        getattr(message, field.name).append(text)
    else:
        setattr(message, field.name, text)


def request(rpc: MethodDescriptor, path: Path, text: str) -> Message:
    message: Any = GetMessageClass(rpc.input_type)()
    set_text(message, path, text)
    if "update_mask" in rpc.input_type.fields_by_name:
        message.update_mask.paths.append(path[1].name)
    return message


@pytest.fixture(scope="module")
def caller(person_server: Server) -> Any:
    return new_register(person_server).caller


def refused(call: Callable[[], Any], streamed: bool) -> list[tuple[str, str]]:
    """Path and sentence of everything that is refused, by the call as a whole or row by row."""
    try:
        answers = list(call()) if streamed else [call()]
    except grpc.RpcError as error:
        refusal = told(error)
        paths = [path for path, _ in refusal.violations]
        return list(zip(paths, refusal.descriptions, strict=True))
    return [(v.field, v.message) for answer in answers for row in answer.rejected for v in row.violations]


@pytest.mark.parametrize(("rpc", "path"), list(cases()))
def test_text_beyond_its_limit_is_refused(
    person_server: Server, caller: Any, rpc: MethodDescriptor, path: Path
) -> None:
    limit = path[-1].GetOptions().Extensions[options_pb2.max_length]
    message = request(rpc, path, "x" * (limit + 1))
    kind = ("stream" if rpc.client_streaming else "unary", "stream" if rpc.server_streaming else "unary")
    with channel(person_server) as opened:
        call = getattr(opened, "_".join(kind))(
            path_of(rpc),
            request_serializer=type(message).SerializeToString,
            response_deserializer=GetMessageClass(rpc.output_type).FromString,
        )
        given = iter([message]) if rpc.client_streaming else message
        found = refused(lambda: call(given, metadata=caller, timeout=20), rpc.server_streaming)
    sentence = f"This text may have at most {limit} characters."
    assert [field for field, said in found if said == sentence and path[-1].name in field] != []

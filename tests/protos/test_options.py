"""The machine-readable options of the contract: permissions, idempotency and limits."""

from __future__ import annotations

import importlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet, MethodOptions
from google.protobuf.message import Message

from raas.v1 import options_pb2
from tests.e2e.grpc_commands import buf
from tests.e2e.servers import ROOT

MEBIBYTE = 1024 * 1024
LARGE_REQUESTS = {"ApplyBatch", "Import", "ImportPersons"}
FIELD_MASK = "google.protobuf.FieldMask"


def methods() -> list[MethodDescriptor]:
    """Every RPC of the contract, in the order of the files."""
    names = (path.stem for path in sorted((ROOT / "protos" / "raas" / "v1").glob("*.proto")))
    files = [importlib.import_module(f"raas.v1.{name}_pb2").DESCRIPTOR for name in names]
    return [rpc for file in files for service in file.services_by_name.values() for rpc in service.methods]


def path_of(rpc: MethodDescriptor) -> str:
    return f"/{rpc.containing_service.full_name}/{rpc.name}"


def fields_below(message: Descriptor, seen: set[str]) -> Iterator[FieldDescriptor]:
    """The fields of a message of ours, and of the messages in it; of Google's types only the field itself."""
    if message.full_name in seen or not message.full_name.startswith("raas."):
        return
    seen.add(message.full_name)
    for field in message.fields:
        yield field
        if field.message_type is not None:
            yield from fields_below(field.message_type, seen)


def request_fields() -> dict[str, FieldDescriptor]:
    """Every field that a request can have, by full name; entries of a map are part of the map."""
    seen: set[str] = set()
    found = (field for rpc in methods() for field in fields_below(rpc.input_type, seen))
    return {f.full_name: f for f in found if not f.containing_type.GetOptions().map_entry}


def has_elements(field: FieldDescriptor) -> bool:
    mask = field.message_type is not None and field.message_type.full_name == FIELD_MASK
    return field.is_repeated or mask


@pytest.fixture(scope="module")
def comments(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The comment of every field, by full name."""
    image = tmp_path_factory.mktemp("contract") / "image.binpb"
    subprocess.run([buf(), "build", "--output", image], cwd=ROOT, check=True, timeout=60)
    files = FileDescriptorSet.FromString(Path(image).read_bytes())
    return {
        f"{file.package}.{file.message_type[place.path[1]].name}."
        f"{file.message_type[place.path[1]].field[place.path[3]].name}": " ".join(
            place.leading_comments.split()
        )
        for file in files.file
        for place in file.source_code_info.location
        if len(place.path) == 4 and (place.path[0], place.path[2]) == (4, 2)
    }


def test_reads_have_no_side_effects() -> None:
    reads = {"Get", "List", "Find", "Check", "Search", "Confront", "Explain", "Consult", "Export"}
    declared = {
        rpc.name for rpc in methods() if rpc.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS
    }
    assert declared == {rpc.name for rpc in methods() if re.match("[A-Z][a-z]+", rpc.name)[0] in reads}


@pytest.mark.parametrize("rpc", methods(), ids=path_of)
def test_request_has_a_size_limit(rpc: MethodDescriptor) -> None:
    limit = rpc.input_type.GetOptions().Extensions[options_pb2.max_bytes]
    assert limit == (8 * MEBIBYTE if rpc.name in LARGE_REQUESTS else MEBIBYTE)


@pytest.mark.parametrize("name", [name for name, field in request_fields().items() if has_elements(field)])
def test_list_in_a_request_has_a_limit_that_its_comment_states(comments: dict[str, str], name: str) -> None:
    limit = options(name).Extensions[options_pb2.max_items]
    assert limit > 0
    assert re.search(rf"(\bat most|\b1 to) {limit:,}\b", comments[name], re.IGNORECASE), name


def options(name: str) -> Message:
    return request_fields()[name].GetOptions()


@pytest.mark.parametrize(
    "name", [name for name in request_fields() if options(name).HasExtension(options_pb2.max_length)]
)
def test_text_limit_is_stated_in_the_comment(comments: dict[str, str], name: str) -> None:
    limit = options(name).Extensions[options_pb2.max_length]
    assert re.search(rf"(\bat most|\b1 to) {limit} (characters|letters)", comments[name]), name

"""No number, name or secret of a request gets into errors, logs, metrics or process titles."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from urllib.request import urlopen

import grpc
import psutil
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from raas.rpc.services.catalogue import SERVICES
from tests.e2e.registers import channel, new_register
from tests.e2e.servers import LOCAL, Server, free_port, running_server, title_of, titles_of
from tests.oracle.numbers import niss
from tests.planted import planted_number, planted_text, planted_values_in

METHODS = [method for service in SERVICES for method in service.methods]
NAME = planted_text("Quickenborne-Planted")
SECRET = planted_text("Secret-of-a-caller")
NUMBERS = [planted_number(niss(1931, 67, day, 77)) for day in (3, 4)]
WRONG = planted_number(f"{NUMBERS[0][:-1]}{(int(NUMBERS[0][-1]) + 1) % 10}")
WRITTEN = [NUMBERS[0], NUMBERS[1], WRONG, f"{WRONG[:6]}-{WRONG[6:9]}.{WRONG[9:]}", f"{WRONG}0"]

CALL_SECONDS = 30
_NAMED = ("name", "birth_place", "municipality", "street", "postal_code")
_FREE = ("reason", "adviser", "officer", "basis", "token", "deliberation", "end_user")
_OTHERS = {"day": "2024-01-01", "begin": "2024-01-01", "dossier_type": "PENSION", "birth_date": "1931-07-03"}


def planted_request(descriptor: Descriptor, number: str, depth: int = 4) -> Message:
    """A request whose numbers of persons, names and free texts are planted values."""
    message = GetMessageClass(descriptor)()
    for field in descriptor.fields:
        if field.message_type is None:
            if (value := _value(field, number)) is not None:
                values = getattr(message, field.name)
                values.append(value) if field.is_repeated else setattr(message, field.name, value)
        elif depth and not field.message_type.GetOptions().map_entry:
            inner = planted_request(field.message_type, number, depth - 1)
            if field.is_repeated:
                getattr(message, field.name).append(inner)
            else:
                getattr(message, field.name).CopyFrom(inner)
    return message


def _value(field: FieldDescriptor, number: str) -> str | int | None:
    if field.type == FieldDescriptor.TYPE_STRING:
        if "niss" in field.name:
            return number
        if any(word in field.name for word in _NAMED):
            return NAME
        if any(word in field.name for word in _FREE):
            return SECRET
        return _OTHERS.get(field.name)
    return 1 if field.type == FieldDescriptor.TYPE_ENUM else None


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A server that logs as much as it can, and the address of its metrics."""
    metrics = f"127.0.0.1:{free_port()}"
    flags = ("--metrics-listen", metrics, "--log-level", "debug")
    with running_server(tmp_path_factory.mktemp("planted"), *LOCAL, *flags) as running:
        yield running, metrics


def test_planted_values_leave_the_server_in_answers_only(server: tuple[Server, str]) -> None:
    running, metrics = server
    register = new_register(running)
    metadata = (
        *register.caller,
        ("authorization", f"Bearer {SECRET}"),
        ("raas-end-user", SECRET),
        ("raas-ticket", "T-1"),
    )
    errors: list[str] = []
    titles: set[str] = set()
    with channel(running) as opened:
        for method in METHODS:
            path = f"/{method.containing_service.full_name}/{method.name}"
            for number in WRITTEN:
                request = planted_request(method.input_type, number).SerializeToString()
                stream = opened.stream_stream(path)(iter([request]), metadata=metadata, timeout=CALL_SECONDS)
                try:
                    # A refused call of one answer sends an empty one before its status.
                    for _ in islice(stream, 2):
                        pass
                    stream.cancel()
                except grpc.RpcError as error:
                    trailers = error.trailing_metadata() or ()
                    errors += [error.details() or "", *(_text(value) for _, value in trailers)]
            titles |= set(_titles(running.pid))
    with urlopen(f"http://{metrics}/metrics", timeout=60) as response:
        measured = response.read().decode()
    assert len(errors) > len(METHODS)
    assert "postgres" in " ".join(titles)
    assert "raas_call_duration_seconds" in measured
    written = running.log.read_text()
    for text in (*errors, *titles, measured, written):
        assert planted_values_in(text) == set(), text


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode(errors="replace")


def _titles(pid: int) -> Iterator[str]:
    """The titles of the processes of a server, and of all sessions of PostgreSQL on this machine."""
    yield from titles_of(pid)
    for session in psutil.process_iter(["name"]):
        if session.info["name"] == "postgres":
            yield from title_of(session)

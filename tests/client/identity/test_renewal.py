"""Certificates and tokens that are renewed while a client uses them, on a real server."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import grpc
import pytest

from raas.identity.development import Authority, Issued
from raas.v1.dossier_type_pb2 import DossierType
from raas_client import (
    AfterRevision,
    Bookmark,
    CallFailed,
    CredentialExpired,
    CredentialUnavailable,
    Event,
    FromLatest,
    Mutations,
    Patience,
    RaasClient,
    Tls,
    Unauthenticated,
    inscription,
)
from tests.client.registers import QUICK
from tests.e2e.identified import OTHER, OWNER, IdentifiedServer
from tests.e2e.servers import ROOT, clean_environment

days = count()
"""Each written once: a day that is in the dossier already changes nothing."""


@pytest.fixture(scope="package", autouse=True)
async def dossier_type(place: IdentifiedServer) -> None:
    async with by_token(place, place.issuer.token(OWNER, "import")) as client:
        await client.create_dossier_type(DossierType(code="PENSION"))


def by_token(place: IdentifiedServer, token: Any, **options: Any) -> RaasClient:
    return RaasClient(place.tokens, tls=Tls(place.authority.pem), token=token, retries=QUICK, **options)


def by_certificate(place: IdentifiedServer, folder: Path, **options: Any) -> RaasClient:
    tls = Tls.from_files(place.folder / "clients.pem", folder / "client.pem", folder / "client.key")
    return RaasClient(place.certificates, tls=tls, retries=QUICK, **options)


def put(folder: Path, issued: Issued) -> None:
    """Replace certificate and key, one after the other."""
    for name, pem in (("client.key", issued.key_pem), ("client.pem", issued.certificate_pem)):
        (folder / f"{name}.new").write_bytes(pem)
        (folder / f"{name}.new").replace(folder / name)


class Tokens:
    """Gives tokens that live for so many seconds, and counts."""

    def __init__(self, place: IdentifiedServer, seconds: int) -> None:
        self.place = place
        self.seconds = seconds
        self.given: list[str] = []

    def __call__(self) -> str:
        self.given.append(self.place.short_token(self.seconds))
        return self.given[-1]


@asynccontextmanager
async def writing(client: RaasClient) -> AsyncIterator[list[int]]:
    """Write while the block lasts, several times a second; yields the revisions written."""
    revisions: list[int] = []

    async def write() -> None:
        for day in days:
            begin = f"{2000 + day // 28:04d}-01-{1 + day % 28:02d}"
            answer = await client.inscribe("85673003360", "PENSION", begin, begin)
            revisions.append(answer.revision)
            await asyncio.sleep(0.02)

    task = asyncio.create_task(write())
    try:
        yield revisions
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()


async def followed(client: RaasClient, enough: Any, heartbeat_seconds: float = 1) -> list[int]:
    """The revisions of a subscription, until there are enough of them."""
    revisions: list[int] = []
    async for event in client.subscribe(FromLatest(), heartbeat_seconds=heartbeat_seconds):
        if isinstance(event, Mutations):
            revisions += [mutation.revision for mutation in event.mutations]
        if enough(event, revisions):
            return revisions
    raise AssertionError("a subscription does not end")


def without_hole(revisions: list[int]) -> bool:
    return bool(revisions) and revisions == list(range(revisions[0], revisions[-1] + 1))


async def test_subscription_goes_on_without_a_hole_while_its_tokens_expire(
    place: IdentifiedServer, caplog: pytest.LogCaptureFixture
) -> None:
    tokens = Tokens(place, 3)
    caplog.set_level(logging.INFO, "raas_client")
    async with by_token(place, tokens) as client, writing(client):
        # A stream that is silent for three heartbeats counts as lost, which the client logs.
        revisions = await followed(client, lambda event, seen: len(tokens.given) >= 3, heartbeat_seconds=20)
    assert without_hole(revisions)
    assert caplog.messages == []


async def test_quiet_subscription_outlives_tokens_that_expire_before_its_first_event(
    place: IdentifiedServer,
) -> None:
    tokens = Tokens(place, 3)
    async with by_token(place, tokens) as client:
        revision = (await client.get_register()).revision
        events = client.subscribe(AfterRevision(revision), heartbeat_seconds=60).events()
        waiting = asyncio.ensure_future(anext(events))
        while len(tokens.given) < 3:
            await asyncio.sleep(0.05)
        assert not waiting.done()
        await client.inscribe("85673003360", "PENSION", "1990-01-01", "1990-01-01")
        event = await waiting
        assert isinstance(event, Mutations)
        assert event.mutations[0].revision == revision + 1
        await events.aclose()


async def test_stream_ends_with_a_clear_error_when_there_is_no_newer_token(place: IdentifiedServer) -> None:
    token = place.short_token(8)
    async with by_token(place, token) as client:
        with pytest.raises(CredentialExpired) as raised:
            await followed(client, lambda event, seen: False)
    (note,) = raised.value.__notes__
    assert "the token that the client was given (valid until 20" in note
    assert note.startswith("Renew the credential, which has expired: ")
    assert token not in note + str(raised.value) + repr(client)


async def test_token_file_is_read_again_when_it_was_renewed(place: IdentifiedServer) -> None:
    file = place.write("token", f"{place.short_token(8)}\n".encode())
    expired = time.monotonic() + 8
    renewed = False

    def enough(event: Event, seen: list[int]) -> bool:
        nonlocal renewed
        if not renewed:
            place.write("token", place.issuer.token(OWNER, "import").encode())
            renewed = True
        return time.monotonic() > expired + 0.5

    async with by_token(place, file) as client, writing(client):
        assert without_hole(await followed(client, enough))


async def test_call_refused_for_its_token_is_made_once_more_with_a_renewed_one(
    place: IdentifiedServer,
) -> None:
    good = place.issuer.token(OWNER, "import")
    given = iter(["expired", good, "never"])

    async def give() -> str:
        return next(given)

    async with by_token(place, give) as client:
        # A call that is not safe to repeat: the refusal says that nothing was done.
        made = await client.create_dossier_type(DossierType(code="RENEWED"))
        assert made.code == "RENEWED"
        assert (await client.get_register()).enterprise_number == OWNER
    assert next(given) == "never"


async def test_call_is_made_once_more_only_once(place: IdentifiedServer) -> None:
    given: list[str] = []

    def give() -> str:
        given.append(f"wrong-{len(given)}")
        return given[-1]

    async with by_token(place, give) as client:
        with pytest.raises(Unauthenticated) as raised:
            await client.get_register()
        assert len(given) == 2
        with pytest.raises(Unauthenticated):
            await followed(client, lambda event, seen: False)
    assert "the token that the function of the client gave" in raised.value.__notes__[0]
    assert "wrong-" not in "".join(raised.value.__notes__)


async def test_client_without_proof_is_told_what_to_give(place: IdentifiedServer) -> None:
    async with RaasClient(place.tokens, tls=Tls(place.authority.pem), enterprise_number=OWNER) as client:
        with pytest.raises(Unauthenticated) as raised:
            await client.get_register()
    assert "neither a certificate nor a token" in raised.value.__notes__[0]


def test_example_proves_who_it_is_and_says_what_to_renew(place: IdentifiedServer, tmp_path: Path) -> None:
    put(tmp_path, place.authority.client(OWNER, "example"))
    ca, token = place.folder / "clients.pem", tmp_path / "token"

    def shown(target: str, *files: Path) -> str:
        command = [sys.executable, ROOT / "clients/python/examples/with_credentials.py", ca, *files]
        environment = clean_environment() | {"RAAS_TARGET": target}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        assert done.stderr == ""
        return done.stdout

    assert shown(place.certificates, tmp_path / "client.pem", tmp_path / "client.key").startswith(OWNER)
    token.write_text(place.issuer.token(OWNER, "example"))
    assert shown(place.tokens, token).startswith(OWNER)
    token.write_text("expired")
    assert f"the token in {token}" in shown(place.tokens, token)


async def test_connection_that_is_not_made_says_what_to_look_at(place: IdentifiedServer) -> None:
    ca, known = place.authority.pem, place.authority.client(OWNER, "import")
    pair = known.certificate_pem, known.key_pem
    for target, tls, hint in (
        (place.certificates, Tls(ca), "a client certificate"),
        (place.tokens, None, "may require TLS"),
        (place.certificates, Tls(Authority("Another").pem, *pair), "an authority of `ca`"),
        (place.certificates, Tls(ca, *pair, server_name="other.example"), "`server_name`"),
        (place.health, Tls(ca), "no TLS on this port"),
        (place.certificates, Tls(ca, known.certificate_pem, b"no key"), "is invalid"),
    ):
        async with RaasClient(target, tls=tls, patience=Patience(call_seconds=60)) as client:
            # This call is not repeated: its first attempt decides.
            with pytest.raises(CallFailed) as raised:
                await client.create_register(OWNER, "Register")
        assert hint in raised.value.__notes__[0]


async def test_failing_source_of_tokens_is_an_outage_once_it_has_worked(place: IdentifiedServer) -> None:
    answers: list[Any] = [place.short_token(8), OSError("down"), OSError("down")]

    async def give() -> str:
        answer = answers.pop(0) if answers else place.short_token(60)
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    async with by_token(place, give, patience=Patience(outage_seconds=60)) as client:
        await followed(client, lambda event, seen: not answers)

    def broken() -> str:
        raise OSError("a secret")

    async with by_token(place, broken) as client:
        with pytest.raises(CredentialUnavailable, match=r"failed: OSError$"):
            await client.get_register()


async def test_certificate_renewed_during_a_stream_is_used_without_a_hole(
    place: IdentifiedServer, tmp_path: Path
) -> None:
    put(tmp_path, place.authority.client(OWNER, "import", life=timedelta(seconds=8)))
    expires = time.monotonic() + 8
    renewed = False

    def enough(event: Event, seen: list[int]) -> bool:
        nonlocal renewed
        if not renewed:
            put(tmp_path, place.authority.client(OWNER, "import"))
            renewed = True
        return time.monotonic() > expires + 0.5

    async with by_certificate(place, tmp_path) as client, writing(client):
        revisions = await followed(client, enough)
    assert renewed
    assert without_hole(revisions)


async def test_certificate_that_is_renewed_late_is_found_when_the_stream_ends(
    place: IdentifiedServer, tmp_path: Path
) -> None:
    put(tmp_path, place.authority.client(OWNER, "import", life=timedelta(seconds=8)))
    expires = time.monotonic() + 8
    begun = asyncio.Event()

    def enough(event: Event, seen: list[int]) -> bool:
        begun.set()
        return bool(seen)

    async with by_certificate(place, tmp_path) as client:
        following = asyncio.ensure_future(followed(client, enough, heartbeat_seconds=60))
        await asyncio.wait_for(begun.wait(), 30)
        # Between two events: nothing looks at the files before the stream ends.
        put(tmp_path, place.authority.client(OWNER, "import"))
        await asyncio.sleep(expires + 0.5 - time.monotonic())
        await client.inscribe("85673003360", "PENSION", "1991-01-01", "1991-01-01")
        assert len(await following) == 1


async def test_calls_in_flight_end_on_the_old_connection(place: IdentifiedServer, tmp_path: Path) -> None:
    put(tmp_path, place.authority.client(OWNER, "import"))
    async with by_certificate(place, tmp_path) as client:
        connection = client._calls.identity.connection
        rows = asyncio.Queue[Any]()

        async def coming() -> AsyncIterator[Any]:
            while (row := await rows.get()) is not None:
                yield row

        heard = asyncio.Event()
        importing = asyncio.ensure_future(
            client.import_operations(coming(), message_size=1, window=1, progress=lambda _: heard.set())
        )
        await rows.put(inscription("85673003360", "PENSION", "1992-01-01", "1992-01-01"))
        await heard.wait()
        (old,) = connection._channels
        put(tmp_path, place.authority.client(OWNER, "other"))
        connection.use_renewed_certificates(at_once=True)
        assert (await client.get_register()).enterprise_number == OWNER
        (new,) = connection._channels
        assert new is not old
        await rows.put(inscription("85673003360", "PENSION", "1993-01-01", "1993-01-01"))
        await rows.put(None)
        done = await importing
        assert done.applied == 2
        while old.channel.get_state() is not grpc.ChannelConnectivity.SHUTDOWN:
            await asyncio.sleep(0.01)


async def test_certificate_of_another_organisation_takes_its_place(
    place: IdentifiedServer, tmp_path: Path
) -> None:
    put(tmp_path, place.authority.client(OWNER, "import"))
    async with by_certificate(place, tmp_path) as client:
        assert (await client.get_register()).enterprise_number == OWNER
        put(tmp_path, place.authority.client(OTHER, "import"))
        client._calls.identity.connection.use_renewed_certificates(at_once=True)
        assert (await client.get_register()).enterprise_number == OTHER


async def test_expired_certificate_is_renewed_while_the_server_refuses_connections(
    place: IdentifiedServer, tmp_path: Path
) -> None:
    put(tmp_path, place.authority.client(OWNER, "import", life=timedelta(seconds=-60)))
    async with by_certificate(place, tmp_path, patience=Patience(call_seconds=60)) as client:
        # This call is not repeated.
        with pytest.raises(CallFailed) as raised:
            await client.create_register(OWNER, "Register")
        assert raised.value.status is grpc.StatusCode.UNAVAILABLE
        asking = asyncio.ensure_future(client.get_register())
        await asyncio.sleep(0.2)
        put(tmp_path, place.authority.client(OWNER, "import"))
        assert (await asking).enterprise_number == OWNER


def test_blocking_client_renews_as_well(place: IdentifiedServer) -> None:
    given = ["expired", place.issuer.token(OWNER, "import")]
    with by_token(place, lambda: given.pop(0)).blocking() as caller:
        for event in caller.iterate(caller.client.subscribe(heartbeat_seconds=1)):
            assert isinstance(event, Bookmark)
            break
        assert caller.run(caller.client.get_register()).enterprise_number == OWNER
    assert given == []


async def test_mirror_follows_with_renewed_tokens(place: IdentifiedServer) -> None:
    tokens = Tokens(place, 3)
    async with (
        by_token(place, tokens) as client,
        client.mirror(heartbeat_seconds=1) as mirror,
    ):
        while len(tokens.given) < 3:
            await asyncio.sleep(0.05)
        answer = await client.inscribe("85673003360", "PENSION", "1994-01-01", "1994-01-01")
        await mirror.through(answer.revision)
        assert mirror.knows("85673003360", "1994-01-01")

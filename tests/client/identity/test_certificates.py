"""Certificate files of a client: which are used, and which are not."""

from __future__ import annotations

from pathlib import Path

import grpc.aio
import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from raas.identity.development import Authority, Issued
from raas_client import CallFailed, RaasClient, Tls
from raas_client.identity.certificates import Certificates
from raas_client.identity.files import Watch

AUTHORITY = Authority("Test Authority")


def put(folder: Path, issued: Issued) -> Tls:
    (folder / "client.pem").write_bytes(issued.certificate_pem)
    (folder / "client.key").write_bytes(issued.key_pem)
    return Tls.from_files(certificate=folder / "client.pem", key=folder / "client.key")


def client() -> Issued:
    return AUTHORITY.client("0999999922", "import")


def test_files_that_do_not_belong_together_are_refused_at_once(tmp_path: Path) -> None:
    put(tmp_path, client())
    tls = put(tmp_path, client())
    (tmp_path / "client.key").write_bytes(client().key_pem)
    with pytest.raises(ValueError, match="does not belong to the certificate"):
        RaasClient("127.0.0.1:1", tls=tls)
    encrypted = load_pem_private_key(client().key_pem, None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password")
    )
    for key in (encrypted, b"", b"no key"):
        (tmp_path / "client.key").write_bytes(key)
        with pytest.raises(ValueError, match="not a certificate and its unencrypted key"):
            RaasClient("127.0.0.1:1", tls=tls)
    with pytest.raises(FileNotFoundError):
        Tls.from_files(ca=tmp_path / "missing")


def test_text_for_a_file_or_pem_is_refused() -> None:
    with pytest.raises(TypeError, match="ca is the PEM text as bytes or the Path of a file"):
        Tls(ca="ca.pem")  # type: ignore[arg-type] # wrong on purpose


def test_half_renewed_files_are_used_once_they_belong_together(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = client(), client()
    certificates = Certificates(put(tmp_path, first))
    assert not certificates.look(at_once=True)
    (tmp_path / "client.pem").write_bytes(second.certificate_pem)
    assert not certificates.look(at_once=True)
    assert certificates.material.certificate == first.certificate_pem
    assert "the renewed certificates are not used yet" in caplog.text
    (tmp_path / "client.key").write_bytes(second.key_pem)
    assert certificates.look(at_once=True)
    assert (certificates.material.certificate, certificates.material.key) == (
        second.certificate_pem,
        second.key_pem,
    )
    # The same content again is no renewal.
    put(tmp_path, second)
    assert not certificates.look(at_once=True)


def test_keys_are_never_shown(tmp_path: Path) -> None:
    issued = client()
    tls = Tls(AUTHORITY.pem, issued.certificate_pem, issued.key_pem)
    shown = repr(tls) + repr(Certificates(tls).material)
    assert "PRIVATE KEY" not in shown


def test_file_without_authorities_does_not_replace_the_last_good_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes("# autorité\n".encode() + AUTHORITY.pem)
    certificates = Certificates(Tls.from_files(ca=path))
    good = certificates.material.ca
    for broken in (b"", b"garbage", AUTHORITY.pem[:200]):
        path.write_bytes(broken)
        assert not certificates.look(at_once=True)
        assert certificates.material.ca == good
        with pytest.raises(ValueError, match="no certificates in PEM"):
            RaasClient("127.0.0.1:1", tls=Tls.from_files(ca=path))
    assert caplog.text.count("ca.pem: it holds no certificates") == 3
    path.write_bytes(renewed := Authority("Renewed").pem)
    assert certificates.look(at_once=True)
    assert certificates.material.ca == renewed


async def test_old_and_new_authority_of_one_name_are_both_trusted() -> None:
    old, new = Authority("Test Authority"), Authority("Test Authority")
    issued = new.server(["127.0.0.1"])
    server = grpc.aio.server()
    credentials = grpc.ssl_server_credentials([(issued.key_pem, issued.certificate_pem)])
    target = f"127.0.0.1:{server.add_secure_port('127.0.0.1:0', credentials)}"
    await server.start()
    try:
        async with RaasClient(target, tls=Tls(old.pem + new.pem)) as both:
            with pytest.raises(CallFailed, match="Method not found"):
                await both.get_register()
        async with RaasClient(target, tls=Tls(old.pem)) as stranger:
            with pytest.raises(CallFailed) as raised:
                # This call is not repeated.
                await stranger.create_register("0999999922", "name")
    finally:
        await server.stop(0)
    assert raised.value.__notes__ == ["The certificate of the server was not issued by an authority of `ca`."]


def test_permissions_that_are_given_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "client.key"
    path.touch()
    path.chmod(0)
    watch = Watch([path])
    assert not watch.changed(at_once=True)
    path.chmod(0o600)
    assert watch.changed(at_once=True)

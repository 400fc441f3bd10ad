"""Keys in a folder: sources, history, rotation, and what is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from raas.signing.ed25519 import check_signature, new_private_pem
from raas.signing.key_sources import secret_of, signer_of
from raas.signing.signing_keys import SigningKeys
from raas.usecases.ports.audit.proof import KeyUnusable

NAME = "raas.example/audit"


@pytest.fixture
def keys(tmp_path: Path) -> SigningKeys:
    return SigningKeys(tmp_path / "audit")


def test_new_key_signs_and_is_published(keys: SigningKeys, tmp_path: Path) -> None:
    key = keys.create(NAME, 10)
    (signer,) = keys.signers(NAME, 10)
    assert signer.key == key
    assert check_signature(key.public_key, b"message", signer.sign(b"message"))
    assert not check_signature(key.public_key, b"other", signer.sign(b"message"))
    private = tmp_path / "audit" / f"{key.id.hex()}.pem"
    assert private.stat().st_mode & 0o777 == 0o600
    assert b"PRIVATE" not in (tmp_path / "audit" / "keys.json").read_bytes()


def test_old_and_new_key_sign_while_keys_are_rotated(keys: SigningKeys) -> None:
    old, new = keys.create(NAME, 10), keys.create(NAME, 20)
    assert [each.key for each in keys.signers(NAME, 15)] == [old]
    assert [each.key for each in keys.signers(NAME, 20)] == [old, new]
    keys.end(old.id.hex(), 25)
    assert [each.key for each in keys.signers(NAME, 25)] == [old, new]
    assert [each.key for each in keys.signers(NAME, 26)] == [new]
    assert [each.key for each in keys.history().keys] == [old, new]


def test_compromised_key_signs_no_more(keys: SigningKeys) -> None:
    key = keys.create(NAME, 10)
    keys.compromise(key.id.hex())
    with pytest.raises(KeyUnusable, match="no key"):
        keys.signers(NAME, 20)
    assert keys.history().keys[0].compromised


def test_machine_without_the_source_of_a_key_only_verifies(keys: SigningKeys, tmp_path: Path) -> None:
    key = keys.create(NAME, 10)
    (tmp_path / "audit" / f"{key.id.hex()}.source").unlink()
    with pytest.raises(KeyUnusable, match="no key"):
        keys.signers(NAME, 20)
    assert [each.key for each in keys.history().keys] == [key]


def test_key_of_a_command_is_used_and_never_shown(keys: SigningKeys, tmp_path: Path) -> None:
    pem = tmp_path / "secret.pem"
    pem.write_bytes(new_private_pem())
    key = keys.add(NAME, f"command:cat {pem}", 10)
    (signer,) = keys.signers(NAME, 10)
    assert check_signature(key.public_key, b"m", signer.sign(b"m"))
    with pytest.raises(KeyUnusable, match="published already"):
        keys.add(NAME, f"command:cat {pem}", 20)
    pem.write_bytes(new_private_pem())
    with pytest.raises(KeyUnusable, match="another key"):
        keys.signers(NAME, 10)


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("command:false", "status 1"),
        ("command:/nothing/there", "cannot be run"),
        ("command:", "cannot be run"),
        ("command:'", "cannot be run"),
        ("command:true", "no key"),
        (f"command:{sys.executable} -c 'print(70000*str(1))'", "no key"),
        ("file:missing.pem", "No such file"),
        ("file:open.pem", "chmod 600"),
        ("file:other.pem", "not an Ed25519 key|no unencrypted PEM key"),
        ("vault:secret", "write a source as"),
        ("pkcs11:token=t;object=o", "module-path"),
        ("pkcs11:object=o?module-path=/m&pin-source=/p", "token"),
        ("pkcs11:token=t?module-path=/m&pin-source=/p", "object"),
        ("pkcs11:token=t;id=%xx?module-path=/m&pin-source=/p", "hexadecimal"),
        ("pkcs11:token=t;object=o?module-path=/m&pin-value=1234", "pin-source"),
        ("pkcs11:token", "RFC 7512"),
        ("pkcs11:token=t;object=o?module-path=/m&pin-source=/nothing/there", "No such file"),
    ],
)
def test_unusable_source_is_refused_with_its_cause(source: str, cause: str, tmp_path: Path) -> None:
    (tmp_path / "open.pem").write_bytes(new_private_pem())
    (tmp_path / "open.pem").chmod(0o644)
    (tmp_path / "other.pem").write_bytes(b"secret text")
    (tmp_path / "other.pem").chmod(0o600)
    with pytest.raises(KeyUnusable, match=cause) as refused:
        signer_of(NAME, source, tmp_path)
    assert "secret text" not in str(refused.value)
    assert "1234" not in str(refused.value)


def test_secret_of_a_file_is_relative_to_its_folder(tmp_path: Path) -> None:
    (tmp_path / "k").write_bytes(b"secret")
    (tmp_path / "k").chmod(0o600)
    assert secret_of("file:k", tmp_path) == b"secret"
    assert secret_of(f"file:{tmp_path / 'k'}", Path("/")) == b"secret"


def test_unreadable_history_is_refused(keys: SigningKeys, tmp_path: Path) -> None:
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "keys.json").write_text("{}")
    with pytest.raises(KeyUnusable, match=r"keys\.json"):
        keys.history()
    with pytest.raises(KeyUnusable, match=r"keys\.json"):
        keys.create(NAME, 1)


def test_unknown_key_cannot_be_ended(keys: SigningKeys) -> None:
    keys.create(NAME, 10)
    with pytest.raises(KeyUnusable, match="no key 00000000"):
        keys.end("00000000", 20)

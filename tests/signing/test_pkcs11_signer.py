"""Keys in a device, for which SoftHSM (Debian package softhsm2) stands."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from raas.signing.ed25519 import check_signature
from raas.signing.pkcs11_signer import Pkcs11Signer, parse_pkcs11_uri
from raas.signing.signing_keys import SigningKeys
from raas.usecases.ports.audit.proof import KeyUnusable

pkcs11 = pytest.importorskip("pkcs11", reason="needs python-pkcs11 (pip install 'raas[hsm]')")

NAME, PIN = "raas.example/audit", "1234"


def module() -> str | None:
    for place in ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so"):
        if Path(place).exists():
            return place
    return None


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The part of a URI that names the device: a token with the key pairs `one` and `two`."""
    library = module()
    if library is None or shutil.which("softhsm2-util") is None:
        pytest.skip("needs softhsm2, which this machine does not have")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    (folder / "pin").write_text(f"{PIN}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
        command = [
            "softhsm2-util",
            "--init-token",
            "--free",
            "--label",
            "raas",
            "--pin",
            PIN,
            "--so-pin",
            PIN,
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=30)
        _make_keys(library)
        yield f"?module-path={library}&pin-source=file:{folder / 'pin'}"


def _make_keys(library: str) -> None:
    from pkcs11.util.ec import encode_named_curve_parameters

    with pkcs11.lib(library).get_token(token_label="raas").open(rw=True, user_pin=PIN) as session:
        curve = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("1.3.101.112")}
        parameters = session.create_domain_parameters(pkcs11.KeyType.EC_EDWARDS, curve, local=True)
        for number, label in enumerate(("one", "two"), 1):
            parameters.generate_keypair(
                mechanism=pkcs11.Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
                store=True,
                label=label,
                id=bytes([number]),
            )
        session.generate_key(pkcs11.KeyType.AES, 128, store=True, label="secret")


def test_key_in_a_device_signs(device: str) -> None:
    signer = Pkcs11Signer(NAME, parse_pkcs11_uri(f"pkcs11:token=raas;object=one{device}"))
    try:
        assert check_signature(signer.key.public_key, b"message", signer.sign(b"message"))
        # The session ended: the next signature opens another one.
        signer.close()
        assert check_signature(signer.key.public_key, b"again", signer.sign(b"again"))
    finally:
        signer.close()


def test_two_keys_of_one_device_sign_while_keys_are_rotated(device: str, tmp_path: Path) -> None:
    keys = SigningKeys(tmp_path)
    keys.add(NAME, f"pkcs11:token=raas;object=one{device}", 10)
    keys.add(NAME, f"pkcs11:token=raas;id=%02{device}", 20)
    signers = keys.signers(NAME, 20)
    assert len({signer.key for signer in signers}) == 2
    for signer in signers:
        assert check_signature(signer.key.public_key, b"message", signer.sign(b"message"))


@pytest.mark.parametrize(
    ("place", "cause"),
    [("token=other;object=one", "NoSuchToken"), ("token=raas;object=three", "NoSuchKey")],
)
def test_key_that_is_not_in_the_device_is_refused(device: str, place: str, cause: str) -> None:
    with pytest.raises(KeyUnusable, match=cause):
        Pkcs11Signer(NAME, parse_pkcs11_uri(f"pkcs11:{place}{device}"))


def test_library_that_cannot_be_loaded_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pin").write_text(PIN)
    uri = f"pkcs11:token=raas;object=one?module-path=/nothing/there.so&pin-source={tmp_path / 'pin'}"
    with pytest.raises(KeyUnusable, match="pkcs11"):
        Pkcs11Signer(NAME, parse_pkcs11_uri(uri))

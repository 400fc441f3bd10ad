"""Certificates: whom they name, and which are refused."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Sequence
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from raas.domain.callers.credential import CredentialKind, CredentialRefused
from raas.identity.certificates import CertificateReader
from raas.identity.development import Authority
from raas.identity.patterns import BELGIAN, Pattern, Place

NUMBER, OTHER = "0999999922", "0244640631"
URN = "urn:be:fgov:kbo-bce:organization:cbe-number:"
CN, OU, SERIAL = NameOID.COMMON_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME, NameOID.SERIAL_NUMBER
ORGANISATION_ID = NameOID.ORGANIZATION_IDENTIFIER
Subject = Sequence[tuple[ObjectIdentifier, str]]


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("Test Authority")


@pytest.fixture
def reader(authority: Authority) -> CertificateReader:
    return CertificateReader([authority.certificate], BELGIAN)


@pytest.mark.parametrize(
    ("subject", "application"),
    [
        ([(OU, URN + NUMBER), (CN, "urn:be:app")], "urn:be:app"),
        ([(CN, f"CBE={NUMBER}, RECIPE"), (SERIAL, NUMBER)], "RECIPE"),
        ([(ORGANISATION_ID, f"NTRBE-{NUMBER}"), (CN, "app")], "app"),
        ([(ORGANISATION_ID, f"VATBE-{NUMBER}"), (CN, "app")], "app"),
        ([(OU, URN + NUMBER), (ORGANISATION_ID, f"NTRBE-{NUMBER}"), (CN, "app")], "app"),
    ],
    ids=["government", "ehealth", "etsi-register", "etsi-vat", "two forms that agree"],
)
def test_belgian_forms_name_organisation_and_application(
    authority: Authority, reader: CertificateReader, subject: Subject, application: str
) -> None:
    issued = authority.issue(subject)
    credential = reader.read(issued.certificate_pem, time.time())
    assert credential.kind is CredentialKind.CERTIFICATE
    assert (int(credential.enterprise_number), credential.application) == (int(NUMBER), application)
    assert credential.issuer_serial == f"CN=Test Authority:{issued.certificate.serial_number:x}"
    assert reader.read(issued.certificate_pem, time.time()) is credential


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        ([(CN, "app")], "no organisation"),
        ([(OU, URN + NUMBER)], "no organisation"),
        ([(OU, URN + NUMBER), (OU, URN + OTHER), (CN, "app")], "more than one"),
        ([(OU, URN + NUMBER), (CN, "one"), (CN, "two")], "more than one"),
        ([(OU, URN + NUMBER), (ORGANISATION_ID, f"NTRBE-{OTHER}"), (CN, "app")], "more than one"),
        ([(CN, f"CBE={NUMBER}, RECIPE"), (SERIAL, OTHER)], "no organisation"),
        ([(CN, f"CBE={NUMBER}, RECIPE")], "no organisation"),
        ([(OU, URN + "0999999923"), (CN, "app")], "invalid enterprise number"),
        ([(OU, "x" + URN + NUMBER), (CN, "app")], "no organisation"),
        ([(OU, URN + NUMBER + "0"), (CN, "app")], "no organisation"),
        ([(OU, URN + NUMBER), (CN, "a\u2028b")], "unprintable"),
    ],
)
def test_ambiguous_or_unknown_subjects_are_refused(
    authority: Authority, reader: CertificateReader, subject: Subject, reason: str
) -> None:
    issued = authority.issue(subject)
    for _ in range(2):
        with pytest.raises(CredentialRefused, match=reason):
            reader.read(issued.certificate_pem, time.time())


@pytest.mark.parametrize("usages", [(), (ExtendedKeyUsageOID.SERVER_AUTH,)])
def test_a_certificate_that_is_not_for_clients_is_refused(
    authority: Authority, reader: CertificateReader, usages: Sequence[ObjectIdentifier]
) -> None:
    issued = authority.issue([(OU, URN + NUMBER), (CN, "app")], usages)
    with pytest.raises(CredentialRefused, match="clientAuth"):
        reader.read(issued.certificate_pem, time.time())


def test_a_certificate_of_an_unknown_version_is_refused(
    authority: Authority, reader: CertificateReader
) -> None:
    der = authority.client(NUMBER, "app").certificate.public_bytes(Encoding.DER)
    unknown = der.replace(bytes.fromhex("a003020102"), bytes.fromhex("a00302011c"), 1)
    pem = f"-----BEGIN CERTIFICATE-----\n{b64encode(unknown).decode()}\n-----END CERTIFICATE-----\n"
    with pytest.raises(CredentialRefused, match="cannot be read"):
        reader.read(pem.encode(), time.time())


def test_a_certificate_of_another_authority_is_refused(reader: CertificateReader) -> None:
    # It has the name of the trusted authority, and another key.
    issued = Authority("Test Authority").client(NUMBER, "app")
    with pytest.raises(CredentialRefused, match="trusted authority"):
        reader.read(issued.certificate_pem, time.time())


def test_a_remembered_certificate_is_refused_once_it_has_expired(
    authority: Authority, reader: CertificateReader
) -> None:
    issued = authority.client(NUMBER, "app", life=timedelta(minutes=1))
    assert reader.read(issued.certificate_pem, time.time()).application == "app"
    with pytest.raises(CredentialRefused, match="expired"):
        reader.read(issued.certificate_pem, time.time() + 61)


def test_a_pattern_reads_only_certificates_of_its_authorities(authority: Authority) -> None:
    other = Authority("Other Authority")
    government = BELGIAN[0]
    bound = Pattern(
        government.name, government.organisation, government.application, issuers=(other.certificate,)
    )
    reader = CertificateReader([authority.certificate, other.certificate], [bound])
    assert reader.read(other.client(NUMBER, "app").certificate_pem, time.time()).application == "app"
    with pytest.raises(CredentialRefused, match="no organisation"):
        reader.read(authority.client(NUMBER, "app").certificate_pem, time.time())


def test_two_patterns_that_read_different_organisations_are_refused(authority: Authority) -> None:
    swapped = Pattern(
        "swapped", Place(CN, BELGIAN[0].organisation.value), Place(OU, BELGIAN[0].application.value)
    )
    reader = CertificateReader([authority.certificate], [BELGIAN[0], swapped])
    issued = authority.issue([(OU, URN + NUMBER), (CN, URN + OTHER)])
    with pytest.raises(CredentialRefused, match="more than one"):
        reader.read(issued.certificate_pem, time.time())


def test_garbage_is_refused(reader: CertificateReader) -> None:
    with pytest.raises(CredentialRefused, match="cannot be read"):
        reader.read(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", time.time())

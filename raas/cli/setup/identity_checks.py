"""The checks of `raas doctor` on certificates, keys and tokens; none shows a key or a token."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from raas.cli.server.connection import ConnectionOptions
from raas.cli.server.credentials import TokenCommandFailed, exposed_files, path_of, token_of
from raas.cli.setup.findings import Finding, Outcome
from raas.cli.texts import tr
from raas_client import CredentialUnavailable
from raas_client.identity.claims import expiry_of, instant_text, read_claims
from raas_client.identity.token_sources import token_source

if TYPE_CHECKING:
    from cryptography import x509

_RENEW_DAYS = 30
_BOUND = "cnf"


def check_identity(options: ConnectionOptions) -> Iterator[Finding]:
    """The certificate, its key, the authorities and the token that a command would use."""
    if options.certificate or options.key:
        yield from _certificate(path_of(options.certificate), path_of(options.key))
    if options.ca:
        yield from _authorities(Path(options.ca).expanduser())
    if options.token_file or options.token_command:
        yield from _token(options)
    for path in exposed_files(options.key, options.token_file):
        text = tr("{file} may be read by other users of this machine", file=path)
        yield Finding(tr("private files"), "warning", text)
    if not (options.certificate or options.token_file or options.token_command or options.enterprise_number):
        yield Finding(tr("identity"), "warning", tr("no certificate, no token, no enterprise number"))


def _certificate(certificate: Path | None, key: Path | None) -> Iterator[Finding]:
    from raas.identity.tls_files import TlsFiles, TlsRefused

    subject = tr("certificate")
    if certificate is None or key is None:
        yield Finding(subject, "failed", tr("--certificate and --key go together"))
        return
    try:
        TlsFiles(certificate, key, None, ())
        chain = _read(certificate)
    except TlsRefused as refused:
        yield Finding(subject, "failed", str(refused))
        return
    leaf = chain[0]
    yield _validity(subject, leaf, tr("{file}, key {key}", file=certificate, key=key))
    yield _named(leaf)
    yield _chain(chain)


def _validity(subject: str, certificate: x509.Certificate, what: str) -> Finding:
    now = datetime.now(UTC)
    until = certificate.not_valid_after_utc
    days = (until - now).days
    text = tr("{what}: valid until {day}, {days} days", what=what, day=until.date(), days=days)
    outcome: Outcome = "ok" if days >= _RENEW_DAYS else "warning"
    if until <= now:
        outcome, text = "failed", tr("{what}: expired on {day}", what=what, day=until.date())
    elif certificate.not_valid_before_utc > now:
        day = certificate.not_valid_before_utc.date()
        outcome, text = "failed", tr("{what}: valid from {day} only", what=what, day=day)
    return Finding(subject, outcome, text)


def _named(leaf: x509.Certificate) -> Finding:
    """The organisation and the application that a server with the default patterns reads."""
    from raas.domain.callers.credential import CredentialRefused
    from raas.domain.numbers.enterprise_number import enterprise_number_text
    from raas.identity.certificates import read_caller
    from raas.identity.patterns import BELGIAN

    subject = tr("caller")
    try:
        number, application = read_caller(leaf, leaf, BELGIAN)
    except CredentialRefused as refused:
        return Finding(subject, "warning", tr("a server would refuse it: {cause}", cause=refused))
    organisation = enterprise_number_text(number)
    return Finding(
        subject, "ok", tr("organisation {number}, application {name}", number=organisation, name=application)
    )


def _chain(chain: Sequence[x509.Certificate]) -> Finding:
    """Whether each certificate of the file was issued by the next one."""
    subject = tr("chain")
    for issued, issuer in pairwise(chain):
        if not _is_issuer(issuer, issued):
            text = tr("{name} was not issued by the certificate after it", name=_name(issued))
            return Finding(subject, "failed", text)
    text = tr(
        "{count} certificates, the last issued by {name}", count=len(chain), name=_issuer_name(chain[-1])
    )
    return Finding(subject, "ok", text)


def _authorities(path: Path) -> Iterator[Finding]:
    from raas.identity.tls_files import TlsRefused

    subject = tr("authorities")
    try:
        authorities = _read(path)
    except TlsRefused as refused:
        yield Finding(subject, "failed", str(refused))
        return
    for each in authorities:
        yield _validity(subject, each, f"{path}, {_name(each)}")


def _token(options: ConnectionOptions) -> Iterator[Finding]:
    subject = tr("token")
    try:
        source = token_of(options.token_file, options.token_command)
        assert source is not None
        token = asyncio.run(token_source(source).token())
    except typer.BadParameter as wrong:
        yield Finding(subject, "failed", wrong.message)
        return
    except CredentialUnavailable as unavailable:
        cause = unavailable.__cause__
        text = str(cause) if isinstance(cause, TokenCommandFailed) else str(unavailable)
        yield Finding(subject, "failed", text)
        return
    claims = read_claims(token)
    if not claims:
        yield Finding(subject, "warning", tr("it is not a JSON Web Token: only the server can read it"))
        return
    told = {
        tr("issuer"): claims.get("iss"),
        tr("audience"): claims.get("aud"),
        tr("organisation"): claims.get("enterprise_number"),
        tr("application"): claims.get("client_id"),
        tr("scope"): claims.get("scope"),
    }
    text = ", ".join(f"{name} {value}" for name, value in told.items() if value is not None)
    expiry = expiry_of(token)
    if expiry is not None:
        left = expiry - datetime.now(UTC).timestamp()
        told_until = tr("valid until {instant}", instant=instant_text(expiry))
        yield Finding(subject, "ok" if left > 0 else "failed", f"{text}, {told_until}")
    else:
        yield Finding(subject, "warning", tr("{claims}, without an expiry: a server refuses it", claims=text))
    if _BOUND in claims and not options.certificate:
        yield Finding(subject, "failed", tr("it is bound to a certificate: give --certificate and --key"))


def _read(path: Path) -> list[x509.Certificate]:
    """The certificates of a PEM file. Raises TlsRefused."""
    from cryptography import x509

    from raas.identity.tls_files import TlsRefused

    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise TlsRefused(f"{path}: {error.strerror}") from None
    except ValueError:
        raise TlsRefused(f"{path}: it holds no PEM certificate") from None


def _is_issuer(issuer: x509.Certificate, issued: x509.Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        issued.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _name(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string() or "?"


def _issuer_name(certificate: x509.Certificate) -> str:
    return certificate.issuer.rfc4514_string() or "?"

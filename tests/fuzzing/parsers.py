"""The parsers of what others send or keep, each with the errors that it may raise.

`python -m tests.fuzzing.parsers NAME [options of libFuzzer]` feeds one of them with inputs that the
coverage of its code guides (atheris; `make fuzz`).
"""

from __future__ import annotations

import asyncio
import datetime
import io
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from joserfc.jwk import ECKey

from raas.cli.imports.errors import ImportRefused
from raas.cli.imports.files.csv_rows import CsvText
from raas.cli.imports.files.header import read_header
from raas.domain.audit.checkpoint import parse_checkpoint
from raas.domain.audit.export import ExportInvalid, line_bytes, parse_line
from raas.domain.audit.inclusion import ProofInvalid, parse_proof, proof_text
from raas.domain.audit.key_history import KeyHistoryInvalid, key_history_text, parse_key_history
from raas.domain.audit.note import NoteInvalid, format_note, parse_note
from raas.domain.audit.record import record_from_texts, record_texts
from raas.domain.calendar.day import parse_period
from raas.domain.callers.credential import CredentialRefused
from raas.domain.invalid import Invalid
from raas.domain.numbers.enterprise_number import parse_enterprise_number
from raas.domain.numbers.niss import NissProfile, niss_text, parse_niss
from raas.identity.certificates import CertificateReader
from raas.identity.development import key_set_of, new_key, signed
from raas.identity.key_sets import Keys
from raas.identity.patterns import BELGIAN
from raas.identity.tokens import TokenReader, TokenRules
from raas.usecases.proof.prove import prove_call
from tests.usecases.proof.sample_log import full_log

NOW = 1_800_000_000
TODAY = 740_000


@dataclass(frozen=True, slots=True)
class Parser:
    """A parser: `parse` also checks that what it accepts is written back as it was."""

    parse: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...]
    samples: tuple[bytes, ...]
    """Inputs to begin with, most of them accepted."""

    def accepts(self, data: bytes) -> bool:
        """Whether an input is accepted; an error that is no refusal is raised."""
        try:
            self.parse(data)
        except self.refusals:
            return False
        return True


def _text(data: bytes) -> str:
    return data.decode(errors="replace")


def _niss(data: bytes) -> None:
    text = _text(data)
    assert niss_text(parse_niss(text, NissProfile.TEST, TODAY)) == text


def _period(data: bytes) -> None:
    begin, _, end = _text(data).partition(" ")
    for required in (True, False):
        parse_period("period", begin or None, end or None, begin_required=required)


def _note(data: bytes) -> None:
    note = parse_note(data)
    assert format_note(note.text, note.signatures) == data
    parse_checkpoint(note.text)


def _checkpoint(data: bytes) -> None:
    parse_checkpoint(_text(data))


def _record(data: bytes) -> None:
    texts = _text(data).split("\n")
    assert list(record_texts(record_from_texts(texts))) == texts


def _export(data: bytes) -> None:
    assert line_bytes(parse_line(data)) == data + b"\n"


def _proof(data: bytes) -> None:
    proof = parse_proof(data)
    assert parse_proof(proof_text(proof).encode()) == proof


def _key_history(data: bytes) -> None:
    history = parse_key_history(data)
    assert parse_key_history(key_history_text(history).encode()) == history


def _csv(data: bytes) -> None:
    text = CsvText(io.StringIO(_text(data), newline=""))
    header = read_header(text.header, ignore_extra=True)
    for row in text.rows(lambda fields: len(fields) == header.width):
        assert row.line > 0


def _token(data: bytes) -> None:
    _tokens()[0].read(_text(data))


def _claims(data: bytes) -> None:
    """A token that is signed well, whose claims are these."""
    try:
        claims = json.loads(data)
    except (ValueError, RecursionError):
        return
    if isinstance(claims, dict):
        reader, key = _tokens()
        try:
            token = signed(claims, key)
        except (ValueError, TypeError):
            return
        reader.read(token)


@cache
def _tokens() -> tuple[TokenReader, ECKey]:
    key = new_key()
    keys = Keys(lambda: key_set_of([key]), lambda: 0.0)
    asyncio.run(keys.load())
    rules = TokenRules("https://issuer.test", "raas")
    return TokenReader(keys, rules, lambda: float(NOW)), key


def _certificate(data: bytes) -> None:
    _certificates()[0].read(data, NOW)


def _names(data: bytes) -> None:
    """A certificate of a trusted authority whose subject holds these texts, one a line."""
    reader, key, authority = _certificates()
    kinds = (
        NameOID.ORGANIZATIONAL_UNIT_NAME,
        NameOID.COMMON_NAME,
        NameOID.SERIAL_NUMBER,
        NameOID.ORGANIZATION_IDENTIFIER,
    )
    subject = [
        x509.NameAttribute(kinds[index % len(kinds)], line, _validate=False)
        for index, line in enumerate(_text(data).split("\n")[:8])
        if line
    ]
    try:
        certificate = _builder(x509.Name(subject), authority.subject, key).sign(key, hashes.SHA256())
    except ValueError:  # no certificate can hold these texts
        return
    reader.read(certificate.public_bytes(serialization.Encoding.PEM), NOW)


@cache
def _certificates() -> tuple[CertificateReader, ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority")])
    authority = _builder(name, name, key).sign(key, hashes.SHA256())
    return CertificateReader([authority], BELGIAN), key, authority


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    begin = datetime.datetime.fromtimestamp(NOW, datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin - datetime.timedelta(days=1))
        .not_valid_after(begin + datetime.timedelta(days=1))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    )


@cache
def parsers() -> Mapping[str, Parser]:
    """All parsers, by name."""
    log = asyncio.run(full_log())
    exported = tuple(line.rstrip() for line in asyncio.run(log.export()))
    record = "\n".join(record_texts(log.record("process/x", details={"pid": 7}))).encode()
    (proof,) = asyncio.run(prove_call(log.store, UUID(int=3)))
    claims = {"iss": "https://issuer.test", "aud": ["raas"], "iat": NOW, "exp": NOW + 600, "jti": "1"}
    claims |= {"enterprise_number": "0999999922", "client_id": "app", "scope": "a b"}
    token = signed({"typ": "JWT", **claims}, _tokens()[1]).encode()
    _, key, authority = _certificates()
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, "NTRBE-0999999922"),
            x509.NameAttribute(NameOID.COMMON_NAME, "app"),
        ]
    )
    certificate = _builder(subject, authority.subject, key).sign(key, hashes.SHA256())
    urn = b"urn:be:fgov:kbo-bce:organization:cbe-number:0999999922\nurn:be:app"
    both = b"urn:be:fgov:kbo-bce:organization:cbe-number:0999999922\nCBE=0999999922, APP\n0999999922\nNTRBE-1"
    return {
        "niss": Parser(_niss, (Invalid,), (b"85673003360", b"85073003328")),
        "enterprise_number": Parser(
            lambda data: parse_enterprise_number(_text(data)), (Invalid,), (b"0999999922", b"0206731645")
        ),
        "period": Parser(_period, (), (b"2024-01-01 2024-12-31", b"2024-02-30 9999-12-31", b" 0001-01-01")),
        "note": Parser(_note, (NoteInvalid,), tuple(log.notes)),
        "checkpoint": Parser(_checkpoint, (NoteInvalid,), (log.notes[0].partition(b"\n\n")[0] + b"\n",)),
        "record": Parser(_record, (ValueError,), (record,)),
        "export": Parser(_export, (ExportInvalid,), exported),
        "proof": Parser(_proof, (ProofInvalid,), (proof_text(proof).encode(),)),
        "key_history": Parser(_key_history, (KeyHistoryInvalid,), (key_history_text(log.keys).encode(),)),
        "csv": Parser(
            _csv,
            (ImportRefused,),
            (b'niss;dossier_type;begin;end\n85673003360;"A";2024-01-01;\n', b'sep=,\n\nniss,"\n'),
        ),
        "token": Parser(_token, (CredentialRefused,), (token,)),
        "claims": Parser(_claims, (CredentialRefused,), (json.dumps(claims).encode(),)),
        "certificate": Parser(
            _certificate,
            (CredentialRefused,),
            (certificate.public_bytes(serialization.Encoding.PEM),),
        ),
        "names": Parser(_names, (CredentialRefused,), (urn, both)),
    }


def main() -> None:
    """Fuzz the parser of the first argument; the others are options of libFuzzer."""
    import atheris

    parser = parsers()[sys.argv[1]]
    corpus = Path(tempfile.mkdtemp(prefix="raas-corpus-"))
    for number, sample in enumerate(parser.samples):
        (corpus / str(number)).write_bytes(sample)
    atheris.instrument_all()
    atheris.Setup([sys.argv[0], str(corpus), *sys.argv[2:]], parser.accepts)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

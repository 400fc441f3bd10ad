"""Patterns that find the organisation and the application in a certificate.

The defaults are the three forms of Belgian certificates:

    government  OU=urn:be:fgov:kbo-bce:organization:cbe-number:NUMBER, CN=APPLICATION (eBox documentation)
    ehealth     CN="CBE=NUMBER, APPLICATION", SERIALNUMBER=NUMBER (eHealth connectors)
    etsi        organizationIdentifier=NTRBE-NUMBER or VATBE-NUMBER, CN=APPLICATION (ETSI EN 319 412-1)

Other patterns come from a JSON file: a list of objects with the fields of `Pattern`. There `organisation` and
`application` are {"attribute": NAME, "value": REGULAR EXPRESSION with one group}, `also_in` is like
`organisation`, and `issuers` is a list of PEM files beside the pattern file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier

from raas.identity import IdentityFilesRefused

_ATTRIBUTES: Mapping[str, ObjectIdentifier] = {
    "CN": NameOID.COMMON_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "SERIALNUMBER": NameOID.SERIAL_NUMBER,
    "organizationIdentifier": NameOID.ORGANIZATION_IDENTIFIER,
}


class PatternsRefused(IdentityFilesRefused):
    """The file of patterns cannot be used; the text says what is wrong and where."""


@dataclass(frozen=True, slots=True)
class Place:
    """An attribute of the subject, and a regular expression whose only group is the value wanted."""

    attribute: ObjectIdentifier
    value: re.Pattern[str]

    def values(self, subject: x509.Name) -> set[str]:
        """Every value that the attribute holds and the expression matches whole."""
        texts = (str(each.value) for each in subject.get_attributes_for_oid(self.attribute))
        return {found[1] for text in texts if (found := self.value.fullmatch(text)) is not None}


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way in which certificates of some authorities name the organisation and the application."""

    name: str
    organisation: Place
    application: Place
    also_in: Place | None = None
    """A second place of the organisation; both must hold the same number."""
    issuers: tuple[x509.Certificate, ...] = ()
    """The authorities whose certificates it reads; empty = every trusted one."""

    def read(self, subject: x509.Name, issuer: x509.Certificate) -> set[tuple[str, str]]:
        """Every pair of organisation and application that the subject names under this pattern."""
        if self.issuers and issuer not in self.issuers:
            return set()
        organisations = self.organisation.values(subject)
        if self.also_in is not None:
            organisations &= self.also_in.values(subject)
        applications = self.application.values(subject)
        return {(organisation, application) for organisation in organisations for application in applications}


def _place(attribute: str, value: str) -> Place:
    return Place(_ATTRIBUTES[attribute], re.compile(value))


BELGIAN: Sequence[Pattern] = (
    Pattern(
        "government",
        _place("OU", r"urn:be:fgov:kbo-bce:organization:cbe-number:(\d{10})"),
        _place("CN", r"(.+)"),
    ),
    Pattern(
        "ehealth",
        _place("CN", r"CBE=(\d{10}), .+"),
        _place("CN", r"CBE=\d{10}, (.+)"),
        also_in=_place("SERIALNUMBER", r"(\d{10})"),
    ),
    Pattern(
        "etsi",
        _place("organizationIdentifier", r"(?:NTR|VAT)BE-(\d{10})"),
        _place("CN", r"((?!CBE=).+)"),
    ),
)
"""The default patterns; every trusted authority may use each of them."""


def load_patterns(path: Path) -> tuple[Pattern, ...]:
    """The patterns of a JSON file. Raises PatternsRefused with everything that is wrong."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PatternsRefused(f"{path}: {error}") from None
    if not isinstance(entries, list) or not entries:
        raise PatternsRefused(f"{path}: write a list of patterns")
    patterns, problems = [], []
    for index, entry in enumerate(entries):
        try:
            patterns.append(_pattern(entry, path.parent))
        except (KeyError, TypeError, ValueError, OSError, re.error) as error:
            reason = f"{error.args[0]!r} is missing or unknown" if isinstance(error, KeyError) else str(error)
            problems.append(f"{path}: pattern {index + 1}: {reason}")
    if problems:
        raise PatternsRefused("\n".join(problems))
    return tuple(patterns)


def _pattern(entry: Any, folder: Path) -> Pattern:
    if not isinstance(entry, dict):
        raise TypeError("write an object")
    if unknown := entry.keys() - {"name", "organisation", "application", "also_in", "issuers"}:
        raise ValueError(f"unknown field {min(unknown)!r}")
    files = entry["issuers"]
    if not isinstance(files, list) or not files:
        raise TypeError("issuers: write a list of PEM files, at least one")
    issuers = [
        certificate
        for file in files
        for certificate in x509.load_pem_x509_certificates((folder / str(file)).read_bytes())
    ]
    return Pattern(
        str(entry["name"]),
        _read_place(entry["organisation"]),
        _read_place(entry["application"]),
        _read_place(entry["also_in"]) if "also_in" in entry else None,
        tuple(issuers),
    )


def _read_place(entry: Any) -> Place:
    place = _place(entry["attribute"], entry["value"])
    if place.value.groups != 1:
        raise ValueError(f"the expression {place.value.pattern!r} needs exactly one group")
    return place

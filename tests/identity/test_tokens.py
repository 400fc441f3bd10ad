"""Tokens: which are believed, and for how long."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from joserfc.jwk import ECKey

from raas.domain.callers.credential import (
    Credential,
    CredentialKind,
    CredentialRefused,
    CredentialUndecided,
)
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.identity.development import key_set_of, new_key, signed
from raas.identity.key_sets import Keys
from raas.identity.tokens import TokenReader, TokenRules

NOW = 1_800_000_000
RULES = TokenRules("https://issuer.test", "raas")
CLAIMS: dict[str, Any] = {
    "iss": RULES.issuer,
    "aud": [RULES.audience, "other"],
    "iat": NOW,
    "exp": NOW + 600,
    "jti": "token-1",
    "enterprise_number": "0999999922",
    "client_id": "app",
}


class Issuer:
    """The keys of an issuer as the server reads them; a test changes the set and the clocks."""

    def __init__(self) -> None:
        self.key = new_key()
        self.published: list[ECKey] = [self.key]
        self.monotonic = 0.0
        self.now = float(NOW)
        self.readings = 0
        self.keys = Keys(self._fetch, lambda: self.monotonic)
        self.reader = TokenReader(self.keys, RULES, lambda: self.now)

    def _fetch(self) -> bytes:
        self.readings += 1
        return key_set_of(self.published)

    def token(self, **claims: Any) -> str:
        said = {**CLAIMS, **claims}
        return signed({name: value for name, value in said.items() if value is not None}, self.key)


@pytest.fixture
async def issuer() -> Issuer:
    issuer = Issuer()
    await issuer.keys.load()
    return issuer


def certificate(number: int = 999_999_922) -> Credential:
    return Credential(CredentialKind.CERTIFICATE, EnterpriseNumber(number), "app", "ab" * 32, NOW + 1e6)


def bound_to(credential: Credential) -> dict[str, str]:
    return {"x5t#S256": urlsafe_b64encode(bytes.fromhex(credential.fingerprint)).decode().rstrip("=")}


async def test_a_token_names_organisation_and_application(issuer: Issuer) -> None:
    credential = issuer.reader.read(issuer.token())
    assert (credential.kind, int(credential.enterprise_number), credential.application) == (
        CredentialKind.TOKEN,
        999_999_922,
        "app",
    )
    assert (credential.token_id, credential.rights) == ("token-1", None)
    assert credential.expires_at == NOW + 600 + RULES.skew_seconds


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://other.test"}, "another issuer"),
        ({"iss": None}, "another issuer"),
        ({"aud": "other"}, "another audience"),
        ({"aud": None}, "another audience"),
        ({"exp": None}, "when it was issued"),
        ({"iat": None}, "when it was issued"),
        ({"exp": "soon"}, "when it was issued"),
        ({"exp": True}, "when it was issued"),
        ({"exp": float("nan")}, "when it was issued"),
        ({"exp": 10**400}, "when it was issued"),
        ({"iat": float("nan"), "exp": NOW + 1e6}, "when it was issued"),
        ({"iat": float("-inf")}, "when it was issued"),
        ({"nbf": float("nan")}, "from when on"),
        ({"nbf": "now"}, "from when on"),
        ({"exp": NOW + 3_601}, "more than 3600 seconds"),
        ({"iat": NOW - 700, "exp": NOW - 31}, "expired"),
        ({"iat": NOW + 31}, "not valid yet"),
        ({"nbf": NOW + 31}, "not valid yet"),
        ({"enterprise_number": "0999999923"}, "enterprise number"),
        ({"enterprise_number": None}, "enterprise number"),
        ({"enterprise_number": 999_999_922}, "enterprise number"),
        ({"client_id": None}, "no application"),
        ({"client_id": "a" * 129}, "no application"),
        ({"scope": 7}, "scope"),
        ({"cnf": {}}, "confirmation"),
        ({"cnf": {"x5t#S256": "AAAA"}}, "not presented"),
    ],
)
async def test_token_with_invalid_claims_is_refused(
    issuer: Issuer, claims: dict[str, Any], reason: str
) -> None:
    for _ in range(2):
        with pytest.raises(CredentialRefused, match=reason):
            issuer.reader.read(issuer.token(**claims))


async def test_clocks_may_differ_by_the_skew(issuer: Issuer) -> None:
    for claims in ({"iat": NOW - 600, "exp": NOW - 29}, {"iat": NOW + 29}, {"nbf": NOW + 29}):
        assert issuer.reader.read(issuer.token(**claims)).application == "app"


def unsigned(claims: dict[str, Any], **header: str) -> str:
    parts = ({"alg": "none", "typ": "at+jwt", **header}, claims)
    encoded = (urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return ".".join((*encoded, ""))


async def test_forged_tokens_are_refused(issuer: Issuer) -> None:
    kid, stranger = str(issuer.key.kid), new_key()
    header, payload, signature = issuer.token().split(".")
    other_payload = issuer.token(enterprise_number="0244640631").split(".")[1]
    forged: Iterable[str] = (
        "",
        "x",
        "a.b.c",
        unsigned(CLAIMS),
        unsigned(CLAIMS, kid=kid),
        signed(CLAIMS, stranger),
        signed(CLAIMS, stranger, kid=kid),
        signed(CLAIMS, issuer.key, typ="JWT"),
        f"{header}.{other_payload}.{signature}",
        f"{header}.{payload}.",
        f"{header}.{payload}.{signature}.x",
        "a" * 8_193,
    )
    for token in forged:
        with pytest.raises(CredentialRefused):
            issuer.reader.read(token)


async def test_only_the_algorithms_of_the_setting_are_accepted(issuer: Issuer) -> None:
    reader = TokenReader(issuer.keys, replace(RULES, algorithms=("PS256",)), lambda: issuer.now)
    with pytest.raises(CredentialRefused, match="signature"):
        reader.read(issuer.token())


async def test_scopes_narrow_a_token(issuer: Issuer) -> None:
    scope = "openid scope:cbss:api:raas:read scope:cbss:api:raas:check scope:cbss:api:other:write"
    assert issuer.reader.read(issuer.token(scope=scope)).rights == {"read", "check"}
    assert issuer.reader.read(issuer.token(scope="")).rights == frozenset()


async def test_a_remembered_verdict_ends_at_expiry_and_with_its_key(issuer: Issuer) -> None:
    token = issuer.token()
    assert issuer.reader.read(token) is issuer.reader.read(token)
    issuer.now = NOW + 631.0
    with pytest.raises(CredentialRefused, match="expired"):
        issuer.reader.read(token)
    issuer.now = NOW
    assert issuer.reader.read(token).application == "app"
    await issuer.keys.load()
    assert issuer.reader.read(token).application == "app"
    issuer.published = [new_key()]
    await issuer.keys.load()
    with pytest.raises(CredentialRefused, match="unknown key"):
        issuer.reader.read(token)


async def test_keys_older_than_a_day_are_not_believed(issuer: Issuer) -> None:
    token = issuer.token()
    issuer.reader.read(token)
    issuer.monotonic = 24 * 3_600 + 1
    with pytest.raises(CredentialUndecided, match="could not be read"):
        issuer.reader.read(token)


async def test_a_token_beside_a_certificate_is_bound_to_it(issuer: Issuer) -> None:
    mine = certificate()
    assert issuer.reader.read(issuer.token(cnf=bound_to(mine)), mine).application == "app"
    with pytest.raises(CredentialRefused, match="not bound"):
        issuer.reader.read(issuer.token(), mine)
    with pytest.raises(CredentialRefused, match="not bound"):
        issuer.reader.read(issuer.token(cnf=bound_to(replace(mine, fingerprint="cd" * 32))), mine)
    with pytest.raises(CredentialRefused, match="different organisations"):
        issuer.reader.read(issuer.token(cnf=bound_to(mine)), certificate(244_640_631))

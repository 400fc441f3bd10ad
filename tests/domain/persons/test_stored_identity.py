"""Identities as JSON, and the fields in which two of them differ."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from raas.domain.calendar.incomplete_date import parse_incomplete_date
from raas.domain.persons.identity import Identity
from raas.domain.persons.stored_identity import (
    IDENTITY_FIELDS,
    changed_fields,
    identity_from_json,
    identity_json,
    incomplete_date_text,
    only_fields,
    with_fields,
)
from raas.domain.registers.content import content_hash
from tests.usecases.persons.harness import WHOLE


def test_identity_survives_json():
    assert identity_from_json(json.loads(json.dumps(identity_json(WHOLE)))) == WHOLE
    assert identity_json(Identity()) == {}
    assert identity_from_json({}) == Identity()


@pytest.mark.parametrize("text", ["1968-06-14", "1968-06-00", "1968-00-00", "0203-01-02"])
def test_date_survives_as_text(text: str):
    assert incomplete_date_text(parse_incomplete_date(text)) == text


def test_changed_fields_are_named_in_order():
    assert changed_fields(WHOLE, WHOLE) == ()
    assert changed_fields(Identity(), WHOLE) == IDENTITY_FIELDS
    other = replace(WHOLE, sex=None, last_name="Other")
    assert changed_fields(WHOLE, other) == ("last_name", "sex")
    assert with_fields(WHOLE, ("last_name", "sex"), other) == other
    assert only_fields(WHOLE, ("last_name",)) == Identity(WHOLE.last_name)


def test_hash_of_a_content_is_that_of_its_canonical_form():
    body = {"b": [1, None, True], "a": {"é": "x"}}
    assert content_hash(b"salt", body) == content_hash(b"salt", {"a": {"é": "x"}, "b": [1, None, True]})
    assert content_hash(b"salt", body) != content_hash(b"tlas", body)
    assert content_hash(b"salt", body) != content_hash(b"salt", {**body, "b": [1, None]})

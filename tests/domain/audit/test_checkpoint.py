"""Signed notes, checkpoints and the published history of keys, in their one form."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from raas.domain.audit.checkpoint import Checkpoint, checkpoint_text, parse_checkpoint
from raas.domain.audit.key_history import (
    KeyHistory,
    KeyHistoryInvalid,
    PublishedKey,
    key_history_text,
    parse_key_history,
)
from raas.domain.audit.note import (
    NoteInvalid,
    NoteSignature,
    VerifierKey,
    format_note,
    parse_note,
    parse_verifier_key,
)
from raas.signing.ed25519 import check_signature

# The example of the package golang.org/x/mod/sumdb/note.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
GO_SIGNATURE = (
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

CHECKPOINT = Checkpoint(
    "raas.example/audit", 7, bytes(32), 3, 1_767_601_800_000_125, bytes(range(32)), 2, bytes(32), (bytes(32),)
)
KEY = VerifierKey("raas.example/audit", bytes(range(32)))


def test_note_of_another_implementation_is_verified() -> None:
    key = parse_verifier_key(GO_KEY)
    note = parse_note(f"{GO_TEXT}\n{GO_SIGNATURE}".encode())
    (signature,) = note.signatures
    assert (signature.name, signature.key_id) == (key.name, key.id)
    assert check_signature(key.public_key, note.text.encode(), signature.signature)
    assert str(key) == GO_KEY
    assert format_note(note.text, note.signatures) == f"{GO_TEXT}\n{GO_SIGNATURE}".encode()


def test_checkpoint_is_read_back_from_its_text() -> None:
    first = replace(CHECKPOINT, previous=None, consistency=())
    for checkpoint in (CHECKPOINT, first):
        assert parse_checkpoint(checkpoint_text(checkpoint)) == checkpoint
    assert "\nprevious -\n" in checkpoint_text(first)
    assert checkpoint_text(first).endswith("\nconsistency -\n")


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        (r"^7$", "07"),
        (r"^7$", "-7"),
        (r"^AAAA.*$", "AAAA"),
        (r"number 3", "number 0"),
        (r"number 3", "numbers 3"),
        (r"time", "times"),
        (r"previous \w+", "previous 00"),
        (r"previous \w+", "previous xx"),
        (r"chains 2", "chains 2 "),
        (r"consistency", "consistency  "),
        (r"\Z", "more\n"),
        (r"^raas.*$", ""),
    ],
)
def test_checkpoint_in_another_form_is_refused(there: str, instead: str) -> None:
    text = checkpoint_text(CHECKPOINT)
    changed = re.sub(there, instead, text, count=1, flags=re.MULTILINE)
    assert changed != text
    with pytest.raises(NoteInvalid):
        parse_checkpoint(changed)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        "text\n— a AAAAAAA=\n".encode(),
        "text\n\n— a AAAAAAA=".encode(),
        "text\n\n— a AAAA\n".encode(),
        "text\n\n— a AAAAAAB=\n".encode(),
        "text\n\n— a+b AAAAAAA=\n".encode(),
        b"text\n\n- a AAAAAAA=\n",
        "te\txt\n\n— a AAAAAAA=\n".encode(),
        "text\n\n— a AAAAAAA=\n\xff".encode("latin-1", "replace"),
        ("text\n\n" + "— a AAAAAAA=\n" * 17).encode(),
        ("x" * 70_000 + "\n\n— a AAAAAAA=\n").encode(),
    ],
)
def test_bytes_that_are_no_note_are_refused(data: bytes) -> None:
    with pytest.raises(NoteInvalid):
        parse_note(data)


def test_note_may_have_several_signatures_and_empty_lines() -> None:
    signatures = (NoteSignature("a", bytes(4), b"1"), NoteSignature("b", b"abcd", b"22"))
    note = parse_note(format_note("one\n\ntwo\n", signatures))
    assert (note.text, note.signatures) == ("one\n\ntwo\n", signatures)


@pytest.mark.parametrize(
    "text", ["", "a", "a+b+c", GO_KEY[:-1], GO_KEY.replace("c74f", "c75f"), " " + GO_KEY]
)
def test_text_that_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(NoteInvalid):
        parse_verifier_key(text)


def test_key_history_is_read_back_from_its_file() -> None:
    history = KeyHistory(
        (PublishedKey(KEY, 1, 10, compromised=True), PublishedKey(parse_verifier_key(GO_KEY), 5))
    )
    assert parse_key_history(key_history_text(history).encode()) == history


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"format": "raas-keys/2", "keys": []}',
        '{"format": "raas-keys/1"}',
        '{"format": "raas-keys/1", "keys": [1]}',
        '{"format": "raas-keys/1", "keys": [{"key": "a"}]}',
        key_history_text(KeyHistory((PublishedKey(KEY, 1),))).replace("false", "0"),
        key_history_text(KeyHistory((PublishedKey(KEY, 1),))).replace(": 1,", ": true,"),
        key_history_text(KeyHistory((PublishedKey(KEY, 1),))).replace("audit+", "audit-"),
    ],
)
def test_file_that_is_no_key_history_is_refused(text: str) -> None:
    with pytest.raises(KeyHistoryInvalid):
        parse_key_history(text.encode())


def test_key_history_gives_the_newest_sound_key_of_a_time() -> None:
    old, lost, new = (
        PublishedKey(VerifierKey("a", bytes([n]) * 32), n * 10, end, compromised=lost)
        for n, end, lost in ((0, 25, False), (1, None, True), (2, None, False))
    )
    history = KeyHistory((old, lost, new))
    assert [history.at(time) for time in (-1, 0, 15, 20, 25, 30)] == [None, old, old, new, new, new]
    assert history.find("a", lost.key.id) is lost
    assert history.find("b", lost.key.id) is None

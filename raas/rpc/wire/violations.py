"""Violations and notices as messages: a reason for programs, a sentence for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from raas.domain.errors import Violation
from raas.domain.sentences import DEFAULT_LANGUAGE, SENTENCES, sentence
from raas.usecases.writes.results import Notice
from raas.v1 import error_reason_pb2, notice_pb2, violation_pb2


def sentence_of(violation: Violation, language: str) -> str:
    """The sentence of a violation in this language, English for languages without sentences."""
    key = violation.sentence
    if key not in SENTENCES[DEFAULT_LANGUAGE]:
        key = violation.reason.name
    return sentence(key, language, violation.values)


def violation_messages(violations: Iterable[Violation], language: str) -> Sequence[violation_pb2.Violation]:
    """The violations as messages, in their order."""
    return [
        violation_pb2.Violation(
            field=violation.field,
            reason=error_reason_pb2.ErrorReason.Value(f"ERROR_REASON_{violation.reason.name}"),
            message=sentence_of(violation, language),
        )
        for violation in violations
    ]


def notice_messages(notices: Iterable[Notice], language: str) -> Sequence[notice_pb2.Notice]:
    """The notices as messages, in their order."""
    return [
        notice_pb2.Notice(
            reason=error_reason_pb2.ErrorReason.Value(f"ERROR_REASON_{notice.reason.name}"),
            field=notice.field,
            message=sentence(notice.sentence, language, {}),
        )
        for notice in notices
    ]

"""Errors of failed calls, for people and for scripts."""

from __future__ import annotations

from dataclasses import dataclass

import grpc

from raas.cli.server.credentials import TokenCommandFailed
from raas.cli.texts import tr
from raas_client import CallFailed, CredentialUnavailable, RaasError, Refused, Violation


@dataclass(frozen=True, slots=True)
class Refusal:
    """A failed call.

    `reason` is the name of an ErrorReason, or that of the gRPC status when the server gave none.
    """

    status: str
    reason: str
    sentences: tuple[str, ...]
    call_id: str | None = None

    @property
    def text(self) -> str:
        """All sentences, one per line."""
        return "\n".join(self.sentences)

    def as_json(self) -> dict[str, object]:
        """The members of `error` in the output of a command under --json."""
        return {
            "status": self.status,
            "reason": self.reason,
            "messages": list(self.sentences),
            "call_id": self.call_id,
        }


def refusal_of(error: RaasError) -> Refusal:
    """The refusal by the server, or the failure that gRPC or the client library reports."""
    match error:
        case Refused():
            sentences = tuple(_sentence(each) for each in error.violations)
            if not error.told_all:
                untold = int(error.metadata.get("violation_count", 0)) - len(sentences)
                sentences = (*sentences, tr("… and {untold} more", untold=untold))
            if advice := _advice(error.reason):
                sentences = (*sentences, advice)
            return Refusal(error.status.name, error.reason, sentences, error.call_id)
        case CallFailed():
            hints = (tr(note) for note in getattr(error, "__notes__", ()))
            return Refusal(error.status.name, error.status.name, (_cause(error), *hints))
        case CredentialUnavailable():
            cause = error.__cause__
            text = str(cause) if isinstance(cause, TokenCommandFailed) else str(error)
            return Refusal(
                "UNAUTHENTICATED", "TOKEN_UNAVAILABLE", (tr("there is no token ({cause})", cause=text),)
            )
        case _:
            return Refusal("UNKNOWN", type(error).__name__, (str(error),))


def _advice(reason: str) -> str | None:
    match reason:
        case "UNAUTHENTICATED":
            return tr(
                "prove who you are by --certificate and --key, by --token-file or --token-command, or, on a "
                "server with development identity, by --enterprise-number; raas doctor checks them"
            )
        case "CREDENTIAL_EXPIRED":
            return tr("raas doctor shows until when the certificate and the token are valid")
        case _:
            return None


def _cause(failure: CallFailed) -> str:
    """Why there is no answer; of a chain of causes, as gRPC writes them, the last one.

    gRPC writes OK after some of its causes.
    """
    # An unreachable server gives either status: it depends on which ends first, the patience or the attempt.
    if failure.status in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
        cause = str(failure).removesuffix(": OK").rpartition(": ")[2].strip()
        return tr("no server answers ({cause})", cause=cause)
    return str(failure)


def _sentence(violation: Violation) -> str:
    place = f"{violation.field}: " if violation.field else ""
    return f"{place}{violation.message} [{violation.reason}]"

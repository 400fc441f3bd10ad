"""The exceptions of calls and streams.

    RaasError
      Refused               RaaS refused the call; one class per reason in reasons.py
      CallFailed            no answer of RaaS: network, TLS, another kind of server
        DeadlineExceeded    no answer in time
      CredentialUnavailable the source of the tokens gives none
      StreamBroken          a stream broke a promise of the contract
      ChainBroken           a checksum does not match the mutations before it
      FilterChanged         a checkpoint of a subscription with another filter
      MirrorStopped         the mirror no longer follows its register
      MirrorInUse           the file of a mirror is in use by another mirror
      MirrorFileFailed      the file of a mirror cannot be opened, read or written
      ClientClosed          the client was closed while another thread waited for an answer

A call that failed without an answer may have been applied. The client repeats calls that are safe to
repeat; an exception is final.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc


class RaasError(Exception):
    """The base of all exceptions about calls and streams."""

    def __reduce__(self) -> tuple[Callable[..., RaasError], tuple[object, ...]]:
        return _rebuild, (type(self), self.args, vars(self))


def _rebuild(kind: type[RaasError], args: tuple[object, ...], attributes: dict[str, object]) -> RaasError:
    """The copy, or the unpickled form, of an error: classes need not take their `args` as arguments."""
    error = kind.__new__(kind, *args)
    vars(error).update(attributes)
    return error


@dataclass(frozen=True, slots=True)
class Violation:
    """One violation in a request.

    `field` is its path (`operations[3].period.end`; "" = the call as a whole), `reason` the name of
    an ErrorReason (`NISS_REPLACED`), `message` a sentence for people in the language of the client.
    `metadata` has values for programs, such as `successor`.
    """

    field: str
    reason: str
    message: str
    metadata: Mapping[str, str] = dataclasses.field(default_factory=dict)


class Refused(RaasError):
    """RaaS refused the call; nothing was changed, unless the documentation of the reason says otherwise.

    `reason` is the name of the ErrorReason of the first violation. `violations` has at least one element.
    `metadata` has values for programs. Quote `call_id` when you ask for help. `retry_after`: the call may be
    repeated after so many seconds; None = not said. A reason that this version does not know is a plain
    `Refused`.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: str,
        status: grpc.StatusCode,
        violations: Sequence[Violation],
        metadata: Mapping[str, str],
        call_id: str | None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.status = status
        self.violations = tuple(violations)
        self.metadata = dict(metadata)
        self.call_id = call_id
        self.retry_after = retry_after

    @property
    def told_all(self) -> bool:
        """Whether `violations` is complete; the details of an error hold some 6 KB."""
        return self.metadata.get("truncated") != "true"

    def _value(self, key: str) -> str | None:
        """A value of the metadata; in a batch, that of the first operation with this key."""
        for name, value in self.metadata.items():
            if name == key or name.endswith(f".{key}"):
                return value
        return None


class CallFailed(RaasError):
    """There is no answer of RaaS; `status` is that of gRPC."""

    def __init__(self, message: str, status: grpc.StatusCode) -> None:
        super().__init__(message)
        self.status = status


class DeadlineExceeded(CallFailed):
    """No answer came in time; the call may have been applied."""


class CredentialUnavailable(RaasError):
    """The source of the tokens gives none; no call was made. `__cause__` is the error of the source.

    `may_pass`: the source has given a token before, so that the client asks it again, as after a lost
    connection. The text holds no token.
    """

    def __init__(self, message: str, *, may_pass: bool = False) -> None:
        super().__init__(message)
        self.may_pass = may_pass


class StreamBroken(RaasError):
    """A stream skipped a revision, went back or ended inside a group: its events cannot be trusted."""


class ChainBroken(RaasError):
    """The checksum of the mutation `revision` does not follow from the mutations before it."""

    def __init__(self, revision: int) -> None:
        super().__init__(f"the chain of checksums is broken at revision {revision}")
        self.revision = revision


class FilterChanged(RaasError):
    """The checkpoint was made under other dossier types or kinds than those of the subscription.

    Going on from it would leave out mutations that the earlier filter did not match. Begin with
    FromSnapshot, or give the checkpoint with `filter_hash=None` (`dataclasses.replace`) where this is meant.
    """

    def __init__(self) -> None:
        super().__init__("the checkpoint is one of a subscription to other dossier types or kinds")


class MirrorStopped(RaasError):
    """The mirror no longer follows its register; `__cause__` is the reason, unless the block was left."""


class MirrorInUse(RaasError):
    """Another mirror, of this process or of another one, uses the file."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is in use by another mirror: every mirror needs a file of its own")


class MirrorFileFailed(RaasError):
    """The file of a mirror cannot be opened, read or written: the disk is full, for instance.

    `__cause__` is the error of SQLite. A mirror that has a whole copy keeps answering from it and tries to
    write again; this error is raised on entering, where there is no copy yet, and by reads of a file that
    cannot be read. `damaged`: SQLite found damage in the file. The mirror stops at a write that meets it, as
    its copy may be wrong: delete the file.
    """

    def __init__(self, message: str, *, damaged: bool = False) -> None:
        super().__init__(message)
        self.damaged = damaged


class ClientClosed(RaasError):
    """The client was closed by another thread while this one waited for an answer."""

    def __init__(self) -> None:
        super().__init__("the client was closed while a call was open")

"""One exception per ErrorReason of the contract: catch what you can do something about."""

from __future__ import annotations

from collections.abc import Mapping

from raas_client.errors import Refused


class Required(Refused):
    """Something mandatory is missing."""


class ValueInvalid(Refused):
    """A value is not allowed where it stands."""


class NissMalformed(Refused):
    """A text cannot be a NISS; no repetition will help."""


class EnterpriseNumberMalformed(Refused):
    """A text cannot be an enterprise number."""


class PeriodInvalid(Refused):
    """A day or a period cannot be."""


class BatchTooLarge(Refused):
    """More elements than one call takes."""

    @property
    def limit(self) -> int:
        """How many it takes."""
        return int(self._value("limit") or 0)


class PageTokenInvalid(Refused):
    """A page token, or the resume token of a snapshot, belongs to another question."""


class NissUnknown(Refused):
    """The authentic source does not know the number."""


class DossierTypeUnknown(Refused):
    """The register has no dossier type of this code."""


class RegisterUnknown(Refused):
    """The caller itself has no register."""


class SubscriberUnknown(Refused):
    """The caller has no subscriber of this name."""


class NissReplaced(Refused):
    """The number has been replaced, and the caller asked not to follow."""

    @property
    def successor(self) -> str:
        """The number to use instead; in a batch that of the first one, the others are in `violations`."""
        return self._value("successor") or ""


class NissCancelled(Refused):
    """The number was withdrawn without a successor."""


class DossierTypeClosed(Refused):
    """The inscription begins outside the days on which its type is active."""

    @property
    def active_from(self) -> str | None:
        """The first day on which an inscription may begin (`YYYY-MM-DD`); None = no bound."""
        return self._value("active_from")

    @property
    def active_until(self) -> str | None:
        """The last day on which an inscription may begin (`YYYY-MM-DD`); None = no bound."""
        return self._value("active_until")


class DossierTooLarge(Refused):
    """The dossier would hold more lines than allowed."""


class IdentityMismatch(Refused):
    """The claimed identity differs from that of the authentic source."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields that differ."""
        return tuple(name for name in (self._value("fields") or "").split(",") if name)


class PersonNotUpdatable(Refused):
    """The person's identity is kept elsewhere."""


class RequestIdReused(Refused):
    """The request id was used before, for another request."""


class ImportOffsetAhead(Refused):
    """Operations are missing between what an import has and what was sent."""

    @property
    def through_offset(self) -> int:
        """The offset to go on from."""
        return int(self._value("through_offset") or 0)


class TooManyResults(Refused):
    """More was found than the answer may hold."""


class LogReplaced(Refused):
    """The log is not the one that the revisions belong to: begin again with a snapshot."""

    @property
    def log_id(self) -> str:
        """The log in use."""
        return self._value("log_id") or ""


class SubscriberFilterDiffers(Refused):
    """The subscriber acknowledged under other filters."""


class DossierTypeExists(Refused):
    """The register already has a type of this code."""


class RegisterExists(Refused):
    """The organisation already has a register."""


class RevisionExpired(Refused):
    """The revision is no longer kept: begin again with a snapshot."""

    @property
    def oldest_revision(self) -> int:
        """The oldest one that is kept."""
        return int(self._value("oldest_revision") or 0)


class RevisionInFuture(Refused):
    """The revision does not exist yet: perhaps it is of another log."""

    @property
    def latest_revision(self) -> int:
        """The newest one."""
        return int(self._value("latest_revision") or 0)


class Unauthenticated(Refused):
    """The caller could not be identified."""


class MandateMissing(Refused):
    """The caller may not act for this register, or it does not exist."""


class RoleMissing(Refused):
    """The caller may not make this call at all."""

    @property
    def role(self) -> str:
        """The role it lacks."""
        return self._value("role") or ""


class Overloaded(Refused):
    """There is too much to do at this moment; nothing was done."""


class AuthenticSourceUnavailable(Refused):
    """The authentic source does not answer; nothing was done."""


class MessageTooLarge(Refused):
    """A request message has more bytes or fields than the call allows."""


class PersonsKeptElsewhere(Refused):
    """The server keeps no persons; another one does."""


class Unavailable(Refused):
    """A part of the server does not answer; a write may have been made."""


class Internal(Refused):
    """The server itself is at fault; a write may have been made. Report the call id."""


def _name(exception: type[Refused]) -> str:
    letters = (f"_{letter}" if letter.isupper() else letter.upper() for letter in exception.__name__)
    return "".join(letters).removeprefix("_")


BY_REASON: Mapping[str, type[Refused]] = {_name(each): each for each in Refused.__subclasses__()}
"""The exception of every reason, by the name of the ErrorReason. Notices refuse nothing and have none."""

"""One exception class per ErrorReason of the contract."""

from __future__ import annotations

from collections.abc import Mapping

from raas_client.errors import Refused


class Required(Refused):
    """A mandatory field is missing."""


class ValueInvalid(Refused):
    """A value is not allowed in this field."""


class NissMalformed(Refused):
    """A text is not a NISS."""


class EnterpriseNumberMalformed(Refused):
    """A text is not an enterprise number."""


class PeriodInvalid(Refused):
    """A day or a period is invalid."""


class BatchTooLarge(Refused):
    """A call has more elements than allowed."""

    @property
    def limit(self) -> int:
        """The largest number allowed."""
        return int(self._value("limit") or 0)


class PageTokenInvalid(Refused):
    """A page token, or the resume token of a snapshot, belongs to another request."""


class NissUnknown(Refused):
    """The authentic source does not know the number."""


class DossierTypeUnknown(Refused):
    """The register has no dossier type of this code."""


class RegisterUnknown(Refused):
    """The caller has no register."""


class SubscriberUnknown(Refused):
    """The caller has no subscriber of this name."""


class NissReplaced(Refused):
    """The number was replaced, and the caller asked to refuse replaced numbers."""

    @property
    def successor(self) -> str:
        """The number to use; in a batch that of the first operation, the others are in `violations`."""
        return self._value("successor") or ""


class NissCancelled(Refused):
    """The number was cancelled without a successor."""


class DossierTypeClosed(Refused):
    """The inscription begins outside the days on which its dossier type is active."""

    @property
    def active_from(self) -> str | None:
        """The first day on which an inscription may begin (`YYYY-MM-DD`); None = no bound."""
        return self._value("active_from")

    @property
    def active_until(self) -> str | None:
        """The last day on which an inscription may begin (`YYYY-MM-DD`); None = no bound."""
        return self._value("active_until")


class DossierTooLarge(Refused):
    """The dossier would have more lines than allowed."""


class IdentityMismatch(Refused):
    """The claimed identity differs from that of the authentic source."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields that differ."""
        return tuple(name for name in (self._value("fields") or "").split(",") if name)


class PersonNotUpdatable(Refused):
    """The identity of the person is managed by another register."""


class RequestIdReused(Refused):
    """The request id was used before, for another request."""


class ImportOffsetAhead(Refused):
    """Rows are missing between the offset of the import and those that were sent."""

    @property
    def through_offset(self) -> int:
        """The offset to continue at."""
        return int(self._value("through_offset") or 0)


class TooManyResults(Refused):
    """More results than the answer may hold."""


class LogReplaced(Refused):
    """The revisions belong to another log: begin again with a snapshot."""

    @property
    def log_id(self) -> str:
        """The current log."""
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
        """The oldest revision that is kept."""
        return int(self._value("oldest_revision") or 0)


class RevisionInFuture(Refused):
    """The revision does not exist yet; perhaps it belongs to another log."""

    @property
    def latest_revision(self) -> int:
        """The newest revision."""
        return int(self._value("latest_revision") or 0)


class NissHistoryUnknown(Refused):
    """The status of a number at the earlier instant or revision is not known; a later one may be."""


class Unauthenticated(Refused):
    """The caller could not be identified."""


class MandateMissing(Refused):
    """The caller may not act for this register, or the register does not exist."""


class RoleMissing(Refused):
    """The caller may not make this call."""

    @property
    def role(self) -> str:
        """The missing role."""
        return self._value("role") or ""


class CredentialExpired(Refused):
    """The certificate or the token of the caller expired during the stream: connect with a renewed one."""


class ScopeMissing(Refused):
    """The token of the caller does not include the right to make this call."""

    @property
    def scope(self) -> str:
        """The missing right."""
        return self._value("scope") or ""


class LegalContextRequired(Refused):
    """The call needs a legal context."""


class LegalContextNotAllowed(Refused):
    """The caller may not make this call in this legal context."""


class AdmissionMissing(Refused):
    """The organisation has no valid admission to production."""


class LegalContextUnknown(Refused):
    """The catalogue of legal contexts has no entry with this id."""


class BlockUnknown(Refused):
    """There is no block of credentials with this id."""


class ServiceUnknown(Refused):
    """There is no network service with this code."""


class AuthorisationMissing(Refused):
    """There is no authorisation with this id."""


class MandateUnknown(Refused):
    """The register has no mandate with this id."""


class GrantUnknown(Refused):
    """There is no role grant with this id."""


class RolesExclude(Refused):
    """The organisation has a role that excludes the one to grant."""


class SecondAdministratorRequired(Refused):
    """An administrator other than the one who granted the role must confirm it."""


class GrantRevoked(Refused):
    """The role grant was revoked and cannot be confirmed."""


class PartnerInUse(Refused):
    """The dossier type has dossiers, so its partner cannot be changed."""


class Overloaded(Refused):
    """The server is overloaded; nothing was done."""


class LimitExceeded(Refused):
    """The caller has used up a limit; nothing was done. `retry_after` has the seconds to wait."""

    @property
    def limit(self) -> str:
        """The name of the limit, such as `read_calls_per_second`."""
        return self._value("limit") or ""

    @property
    def maximum(self) -> str:
        """The value of the limit."""
        return self._value("maximum") or ""


class AuthenticSourceUnavailable(Refused):
    """The authentic source does not answer; nothing was done."""


class AuditUnavailable(Refused):
    """The server could not keep the record of the call; a write may have been made."""


class MessageTooLarge(Refused):
    """A request message has more bytes or fields than the call allows."""


class PersonsKeptElsewhere(Refused):
    """The server keeps no persons; another server does."""


class Unavailable(Refused):
    """A part of the server does not answer; a write may have been made."""


class Internal(Refused):
    """The server has a fault; a write may have been made. Report the call id."""


def _name(exception: type[Refused]) -> str:
    letters = (f"_{letter}" if letter.isupper() else letter.upper() for letter in exception.__name__)
    return "".join(letters).removeprefix("_")


BY_REASON: Mapping[str, type[Refused]] = {_name(each): each for each in Refused.__subclasses__()}
"""The exception class by the name of the ErrorReason. Notices have none: they refuse nothing."""

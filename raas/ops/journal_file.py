"""The journal in a file: one JSON object a line, only ever appended to.

    {"form":1,"time":1767601800000000,"entry":"ended","right":"mandate","id":"…","by":"0999999922"}
    {"form":1,"time":1767601800000000,"entry":"blocked","id":"…","feature":"FINGERPRINT","value":"…",
     "reason":"…","by":"0999999922"}
    {"form":1,"time":1767601800000000,"entry":"erased","nisses":["…"]}
    {"form":1,"time":1767601800000000,"entry":"erased","before":1759276800000000}
    {"form":1,"time":1767601800000000,"entry":"restricted","register":"0999999922","id":"…","nisses":["…"],
     "dossier_type":"…","lines":["2024-01-01/2024-03-31","2024-05-01/"],"first_revision":0,"last_revision":7,
     "reason":"…","ticket":"…","user":"…"}
    {"form":1,"time":1767601800000000,"entry":"lifted","register":"0999999922","id":"…","reason":"…",
     "ticket":"…","user":"…"}

Times are in microseconds since 1970. Several processes may append to one file.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, assert_never
from uuid import UUID

from raas.domain.calendar.day import OPEN, parse_day, period_text
from raas.domain.calendar.periods import Period
from raas.domain.json_value import JsonObject
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.registers.restriction import Grounds, Restriction
from raas.domain.rights.admission import Admission
from raas.domain.rights.authorisation import Authorisation
from raas.domain.rights.credential_block import BlockedBy, CredentialBlock
from raas.domain.rights.legal_context import LegalContext
from raas.domain.rights.mandate import Mandate
from raas.domain.rights.role import RoleGrant
from raas.domain.rights.snapshot import Right
from raas.usecases.ports.audit.journal import (
    ContentsErased,
    CredentialBlocked,
    InscriptionRestricted,
    JournalEntry,
    JournalUnavailable,
    RestrictionLifted,
    RightEnded,
)

_FORM = 1
_KINDS: Mapping[str, type[Right]] = {
    "mandate": Mandate,
    "role": RoleGrant,
    "legal_context": LegalContext,
    "block": CredentialBlock,
    "authorisation": Authorisation,
    "admission": Admission,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class JournalFile:
    """The Journal of the ports in a file, which its owner alone can read: it names persons."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def append(self, entries: Sequence[JournalEntry]) -> None:
        """Write the entries, and wait until they are on the disk."""
        try:
            await asyncio.to_thread(self._append, "".join(map(_line, entries)).encode())
        except OSError as error:
            raise JournalUnavailable(f"the journal {self._path}: {error.strerror}") from None

    def _append(self, lines: bytes) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_new = not self._path.exists()
        descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                lines = b"\n" + lines  # a process died within a line
            while lines:
                lines = lines[os.write(descriptor, lines) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def read_journal(path: Path) -> tuple[Sequence[JournalEntry], int]:
    """The entries of a file, and the number of lines that are none.

    Such a line was cut off when its process died or its disk was full; nothing was changed then. Raises
    OSError.
    """
    entries: list[JournalEntry] = []
    unreadable = 0
    for line in path.read_bytes().splitlines():
        try:
            entries.append(_entry(json.loads(line)))
        except (KeyError, TypeError, ValueError):
            unreadable += 1
    return entries, unreadable


def _line(entry: JournalEntry) -> str:
    form: JsonObject
    match entry:
        case RightEnded():
            by = enterprise_number_text(entry.by)
            form = _form("ended", entry.time) | {"right": _NAMES[entry.kind], "id": str(entry.id), "by": by}
        case CredentialBlocked(block):
            form = _form("blocked", block.grant_time) | {
                "id": str(block.id),
                "feature": block.feature.name,
                "value": block.value,
                "reason": block.reason,
                "by": enterprise_number_text(block.granted_by),
            }
        case ContentsErased(before=None):
            form = _form("erased", entry.time) | {"nisses": list(map(niss_text, entry.nisses))}
        case ContentsErased(before=before):
            assert before is not None
            form = _form("erased", entry.time) | {"before": _microseconds(before)}
        case InscriptionRestricted(register, restriction):
            form = _form("restricted", restriction.time) | {
                "register": enterprise_number_text(register),
                "id": str(restriction.id),
                "nisses": list(map(niss_text, restriction.nisses)),
                "dossier_type": restriction.dossier_type,
                "lines": ["/".join(each or "" for each in period_text(line)) for line in restriction.lines],
                "first_revision": restriction.first_revision,
                "last_revision": restriction.last_revision,
                **_grounds_form(restriction.grounds),
            }
        case RestrictionLifted():
            form = _form("lifted", entry.time) | {
                "register": enterprise_number_text(entry.register),
                "id": str(entry.id),
                **_grounds_form(entry.grounds),
            }
        case _:
            assert_never(entry)
    return json.dumps(form, ensure_ascii=False, separators=(",", ":")) + "\n"


def _grounds_form(grounds: Grounds) -> JsonObject:
    return {"reason": grounds.reason, "ticket": grounds.ticket, "user": grounds.user}


def _form(entry: str, time: datetime) -> dict[str, Any]:
    return {"form": _FORM, "time": _microseconds(time), "entry": entry}


def _entry(form: Mapping[str, Any]) -> JournalEntry:
    if form["form"] != _FORM:
        raise ValueError("of another form")
    time = _instant(form["time"])
    match form["entry"]:
        case "ended":
            return RightEnded(_KINDS[form["right"]], UUID(form["id"]), _number(form["by"]), time)
        case "blocked":
            feature, by = BlockedBy[form["feature"]], _number(form["by"])
            value, reason = str(form["value"]), str(form["reason"])
            return CredentialBlocked(CredentialBlock(UUID(form["id"]), feature, value, reason, by, time))
        case "erased" if "before" in form:
            return ContentsErased(time, before=_instant(form["before"]))
        case "erased":
            return ContentsErased(time, _nisses(form))
        case "restricted":
            restriction = Restriction(
                UUID(form["id"]),
                _nisses(form),
                str(form["dossier_type"]),
                tuple(map(_line_of_text, form["lines"])),
                int(form["first_revision"]),
                int(form["last_revision"]),
                _grounds(form),
                time,
            )
            return InscriptionRestricted(_number(form["register"]), restriction)
        case "lifted":
            return RestrictionLifted(_number(form["register"]), UUID(form["id"]), _grounds(form), time)
    raise ValueError("of another kind")


def _nisses(form: Mapping[str, Any]) -> tuple[Niss, ...]:
    return tuple(Niss(int(niss)) for niss in form["nisses"])


def _grounds(form: Mapping[str, Any]) -> Grounds:
    return Grounds(str(form["reason"]), str(form["ticket"]), str(form["user"]))


def _line_of_text(text: str) -> Period:
    first, last = text.split("/")
    return Period(parse_day(first), parse_day(last) + 1 if last else OPEN)


def _number(text: str) -> EnterpriseNumber:
    return EnterpriseNumber(int(text))


def _microseconds(time: datetime) -> int:
    return (time - _EPOCH) // _MICROSECOND


def _instant(microseconds: int) -> datetime:
    return _EPOCH + microseconds * _MICROSECOND

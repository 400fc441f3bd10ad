"""Restrict mistaken inscriptions that were removed: reads as of an earlier time leave them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from raas.domain.calendar.periods import Lines, Period, overlaps
from raas.domain.errors import Reason, Refused, Violation, refuse
from raas.domain.numbers.niss import Niss
from raas.domain.registers.register import Register
from raas.domain.registers.restriction import Grounds, Restriction, without
from raas.usecases.ports.audit.journal import InscriptionRestricted, Journal, JournalEntry, RestrictionLifted
from raas.usecases.ports.read_store import ReadStore
from raas.usecases.ports.registers import RegisterStore
from raas.usecases.ports.restrictions import RestrictionStore

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Inscription:
    """The mistaken inscription: by its period, or by the revision that made it.

    Exactly one of `period` and `first_revision` is given. `last_revision` (None = the last one) belongs to
    `first_revision`: a revision at which the days were removed.
    """

    niss: Niss
    dossier_type: str
    period: Period | None = None
    first_revision: int | None = None
    last_revision: int | None = None


class RestrictInscriptions:
    """Restrict inscriptions of a register, list its restrictions, and lift them.

    The journal has a restriction, and the end of one, before the store.
    """

    def __init__(self, store: RestrictionStore, reads: ReadStore, journal: Journal) -> None:
        self._store = store
        self._journal = journal
        self._reads = reads.showing_restricted()

    async def restrict(self, register: Register, which: Inscription, grounds: Grounds) -> Restriction:
        """Restrict an inscription under all numbers of the person.

        By period: its days are left out of all states up to now. By revision: the days that this mutation
        inscribed are left out of the states from it through `last_revision`. Raises Refused:
        DOSSIER_TYPE_UNKNOWN; REVISION_IN_FUTURE; REVISION_EXPIRED; VALUE_INVALID when there is no such
        inscription, when it was not removed yet, when some of its days were inscribed already before, or for
        grounds that cannot be stored.
        """
        last = register.revision if which.last_revision is None else which.last_revision
        await self._require_valid(register, which, last, grounds)
        nisses = tuple(sorted(await self._store.numbers_of(which.niss)))
        if which.first_revision is None:
            assert which.period is not None
            first = 0
            days: Lines = (which.period,)
            await self._require_recorded(register, nisses, which.dossier_type, which.period)
        else:
            first = which.first_revision
            days = await self._inscribed_by(register, nisses, which.dossier_type, first)
            if await self._has_days(register, nisses, which.dossier_type, days, first - 1):
                raise refuse(Reason.VALUE_INVALID, "revision", "RESTRICTION_INSCRIBED_BEFORE")
        if await self._has_days(register, nisses, which.dossier_type, days, last):
            raise refuse(Reason.VALUE_INVALID, "period", "RESTRICTION_NOT_REMOVED")
        restriction = Restriction(
            uuid4(), nisses, which.dossier_type, days, first, last, grounds, datetime.now(UTC)
        )
        await self._journal.append([InscriptionRestricted(register.enterprise_number, restriction)])
        return replace(restriction, time=await self._store.add(register.id, restriction))

    async def all_of(self, register: Register) -> Sequence[Restriction]:
        """All restrictions of a register, lifted ones too, the oldest first."""
        return await self._store.of_register(register.id)

    async def lift(self, register: Register, restriction_id: UUID, grounds: Grounds) -> bool:
        """End the effect of a restriction; False = there is none with this id that is not lifted.

        Raises Refused VALUE_INVALID for grounds that cannot be stored.
        """
        if grounds.violations:
            raise Refused(grounds.violations)
        if not any(
            each.id == restriction_id and each.lift_time is None for each in await self.all_of(register)
        ):
            return False
        now = datetime.now(UTC)
        entry = RestrictionLifted(register.enterprise_number, restriction_id, grounds, now)
        await self._journal.append([entry])
        return await self._store.lift(register.id, restriction_id, grounds)

    async def again(self, entries: Sequence[JournalEntry], registers: RegisterStore) -> int:
        """Carry out the restrictions of a journal on a restored copy; answers how many it did not know.

        A restriction holds through the last revision of the copy at most; one of an inscription that the copy
        does not have, or of a register or dossier type, is left out. Lifted ones end again.
        """
        added = 0
        for entry in entries:
            if isinstance(entry, InscriptionRestricted):
                added += await self._add_again(entry, registers)
        for entry in entries:
            if isinstance(entry, RestrictionLifted):
                register = await registers.find(entry.register)
                if register is not None:
                    await self._store.lift(register.id, entry.id, entry.grounds)
        return added

    async def _add_again(self, entry: InscriptionRestricted, registers: RegisterStore) -> bool:
        restriction, register = entry.restriction, await registers.find(entry.register)
        if register is None or restriction.first_revision > register.revision:
            return False
        if any(each.id == restriction.id for each in await self._store.of_register(register.id)):
            return False
        if await self._reads.unknown_types(register.id, [restriction.dossier_type]):
            return False
        last = min(restriction.last_revision, register.revision)
        await self._store.add(register.id, replace(restriction, last_revision=last))
        return True

    async def _require_valid(
        self, register: Register, which: Inscription, last: int, grounds: Grounds
    ) -> None:
        """Raises Refused with everything that can be wrong before the log is read."""
        violations: list[Violation] = []
        if await self._reads.unknown_types(register.id, [which.dossier_type]):
            violations.append(Violation("dossier_type", Reason.DOSSIER_TYPE_UNKNOWN))
        newest = {"latest_revision": str(register.revision)}
        first = which.first_revision or 0
        if first > register.revision:
            violations.append(Violation("first_revision", Reason.REVISION_IN_FUTURE, "", newest))
        if last > register.revision:
            violations.append(Violation("last_revision", Reason.REVISION_IN_FUTURE, "", newest))
        elif last < first:
            violations.append(Violation("last_revision", Reason.VALUE_INVALID, "RESTRICTION_ENDS_BEFORE"))
        violations += grounds.violations
        if violations:
            raise Refused(violations)

    async def _require_recorded(
        self, register: Register, nisses: Sequence[Niss], code: str, period: Period
    ) -> None:
        """Raises Refused unless the log has a mutation with a day of the period."""
        after, more = 0, True
        while more:
            mutations, more = await self._reads.history(register.id, nisses, code, after, _PAGE)
            if any(overlaps(lines, period) for m in mutations for lines in (m.before, m.after)):
                return
            after = mutations[-1].revision if mutations else after
        raise _no_inscription()

    async def _inscribed_by(
        self, register: Register, nisses: Sequence[Niss], code: str, revision: int
    ) -> Lines:
        """The days that a mutation added to a dossier of these numbers. Raises Refused."""
        mutation = await self._reads.mutation(register.id, revision) if revision > 0 else None
        if mutation is None or mutation.niss not in nisses or mutation.dossier_type != code:
            raise _no_inscription()
        added = without(mutation.after, mutation.before)
        if not added:
            raise _no_inscription()
        return added

    async def _has_days(
        self, register: Register, nisses: Sequence[Niss], code: str, days: Lines, revision: int
    ) -> bool:
        """Whether a dossier of these numbers has some of the days at a revision."""
        keys = [(register.id, niss) for niss in nisses]
        found = await self._reads.dossiers_of(keys, {register.id: revision})
        return any(
            dossier.dossier_type == code and any(overlaps(dossier.lines, period) for period in days)
            for dossiers in found.values()
            for dossier in dossiers
        )


def _no_inscription() -> Exception:
    return refuse(Reason.VALUE_INVALID, "period", "RESTRICTION_WITHOUT_INSCRIPTION")

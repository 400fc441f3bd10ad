"""Successors and coverage transitions, read from the logs in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from raas.domain.calendar.periods import covers
from raas.domain.errors import Refused
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.persons.status import PersonStatus
from raas.domain.registers.mutation import Mutation, MutationKind
from raas.domain.registers.restriction import shown_lines
from raas.domain.registers.revision_bounds import revision_violation
from raas.domain.rights.view import VisibleTypes
from raas.memory.mutations import mutation_of
from raas.memory.state import Logged, MemoryState, RegisterState, lines_from
from raas.usecases.ports.niss_history import ReadAs
from raas.usecases.ports.read_store import DossierChain, DossierChains, WalkStart, WalkStep


class MemoryTransitions:
    """The part of the read store that explanations, and questions as of an earlier time, ask."""

    def __init__(self, state: MemoryState, *, hiding: bool = True) -> None:
        self._state = state
        self._hiding = hiding

    async def logged_numbers(
        self, keys: Sequence[tuple[int, Niss]], at_revisions: Mapping[int, int], within: VisibleTypes = None
    ) -> Mapping[tuple[int, Niss], ReadAs]:
        """The statuses with which these numbers were read at a revision, by the log of the register."""
        found = {}
        for register_id, asked in keys:
            register = self._state.registers[register_id]
            revision = at_revisions[register_id]
            violation = revision_violation(revision, register.revision, register.oldest_revision)
            if violation is not None:
                raise Refused([violation])
            # The mutation at oldest_revision itself is kept.
            kept = register.log[max(register.oldest_revision - 1, 0) : revision]
            log = [logged for logged in kept if _is_within(within, register, logged)]
            niss = asked
            while (successor := _replaced_by(niss, log)) is not None:
                niss = successor
            held = any(
                view.niss == niss and (within is None or view.dossier_type in within)
                for view in register.views(revision)
            )
            cancelled = _cancelled(niss, log)
            if niss != asked or held or cancelled:
                status = PersonStatus.CANCELLED if cancelled else PersonStatus.ACTIVE
                found[register_id, asked] = ReadAs(niss, status)
        return found

    async def chains(
        self,
        register_id: int,
        nisses: Sequence[Niss],
        dossier_type: str | None,
        day: int,
        within: VisibleTypes = None,
    ) -> DossierChains:
        """The dossiers of these numbers, emptied ones too."""
        register = self._state.registers[register_id]
        found = [
            DossierChain(niss, states[-1].revision, covers(states[-1].lines, day))
            for (niss, type_id), states in register.dossiers.items()
            if niss in nisses
            and dossier_type in (None, register.code_of(type_id))
            and (within is None or register.code_of(type_id) in within)
        ]
        return DossierChains(register.revision, tuple(found))

    async def walk(
        self, register_id: int, starts: Sequence[WalkStart], day: int
    ) -> Sequence[WalkStep | None]:
        """One step of each walk."""
        register = self._state.registers[register_id]
        return [
            None
            if start.revision <= register.oldest_revision
            else self._step(register, register.log[start.revision - 1], day)
            for start in starts
        ]

    async def mutation(self, register_id: int, revision: int) -> Mutation | None:
        """One mutation; None = trimmed away."""
        register = self._state.registers[register_id]
        if revision <= register.oldest_revision:
            return None
        return mutation_of(self._state, register, register.log[revision - 1])

    def _step(self, register: RegisterState, logged: Logged, day: int) -> WalkStep:
        new = logged.mutation
        code = None if new.dossier_type_id is None else register.code_of(new.dossier_type_id)
        hidden = [days for days in register.hidden_days() if self._hiding and days.of(new.niss, code)]
        replaced = (new.detail or {}).get("replaced_niss")
        return WalkStep(
            new.revision,
            new.previous_revision,
            new.kind.value,
            None if replaced is None else Niss(int(str(replaced))),
            covers(shown_lines(lines_from(new.before), new.revision - 1, hidden), day),
            covers(shown_lines(lines_from(new.after), new.revision, hidden), day),
        )


def _is_within(within: VisibleTypes, register: RegisterState, logged: Logged) -> bool:
    new = logged.mutation
    codes = new.dossier_types if new.dossier_type_id is None else (register.code_of(new.dossier_type_id),)
    return within is None or not within.isdisjoint(codes)


def _cancelled(niss: Niss, log: Sequence[Logged]) -> bool:
    """Whether the last news about a number in the log says that it was cancelled."""
    kinds = [new.kind for new, _ in log if new.niss == niss and new.dossier_type_id is None]
    news = [kind for kind in kinds if kind in (MutationKind.NISS_CANCELLED, MutationKind.NISS_RESTORED)]
    return news[-1:] == [MutationKind.NISS_CANCELLED]


def _replaced_by(niss: Niss, log: Sequence[Logged]) -> Niss | None:
    """The number that replaced this one, if its last mutation of a dossier in the log is that replacement."""
    for new, _ in reversed(log):
        if new.niss == niss and new.dossier_type_id is not None:
            replaced = (new.kind is MutationKind.NISS_REPLACED and new.detail) or {}
            known = replaced.get("replaced_niss") == niss_text(niss)
            return Niss(int(str(replaced["successor_niss"]))) if known else None
    return None

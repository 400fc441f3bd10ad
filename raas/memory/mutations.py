"""The mutations of a log in memory, in the two forms in which readers want them."""

from __future__ import annotations

from raas.domain.calendar.day import OPEN, day_text
from raas.domain.registers.content import Content
from raas.domain.registers.mutation import Mutation
from raas.domain.registers.stored_details import detail_from_json
from raas.memory.state import Logged, MemoryState, RegisterState, lines_from
from raas.usecases.ports.log import LogEntry

_NO_CONTENT = Content(None, None)


def mutation_of(state: MemoryState, register: RegisterState, logged: Logged) -> Mutation:
    """A logged mutation as `History` reads it."""
    new, record_time = logged
    content = None if new.content_id is None else state.contents[new.content_id]
    return Mutation(
        register.enterprise_number,
        new.revision,
        new.batch_last_revision,
        new.kind,
        new.niss,
        new.requested_niss,
        _code(register, new.dossier_type_id),
        new.dossier_types,
        lines_from(new.before),
        lines_from(new.after),
        record_time,
        new.stamp,
        new.checksum,
        detail_from_json(new.kind.value, new.detail, content),
    )


def entry_of(state: MemoryState, register: RegisterState, logged: Logged) -> LogEntry:
    """A logged mutation as the change feed reads it."""
    new, record_time = logged
    content = _NO_CONTENT if new.content_id is None else state.contents[new.content_id]
    return LogEntry(
        new.revision,
        new.batch_last_revision,
        new.kind.value,
        new.niss,
        new.requested_niss,
        _code(register, new.dossier_type_id),
        list(new.dossier_types) or None,
        _half_open(new.before),
        _half_open(new.after),
        record_time,
        new.stamp.actor,
        str(new.stamp.call_id),
        new.stamp.request_id,
        new.stamp.legal_context,
        new.stamp.ticket,
        new.stamp.application,
        new.stamp.on_behalf_of,
        new.checksum,
        new.detail,
        content.body,
        content.erased_time,
    )


def _code(register: RegisterState, type_id: int | None) -> str | None:
    return None if type_id is None else register.code_of(type_id)


def _half_open(text: str) -> str:
    """The lines as LogEntry has them: with the day after the last one."""
    lines = (f"[{day_text(begin)},{day_text(end) if end < OPEN else ''})" for begin, end in lines_from(text))
    return "{" + ",".join(lines) + "}"

"""The export of the audit: one JSON object per line, which a verifier reads without the database."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from raas.domain.audit.criteria import Criteria
from raas.domain.json_value import JsonObject

EXPORT_FORMAT = "raas-audit-export/1"
_LARGEST = 2**53 - 1
_HASH_DIGITS = 64


class ExportInvalid(ValueError):
    """A line is not in the format of an export; the text says why."""


@dataclass(frozen=True, slots=True)
class Header:
    """The first line: the log, and the checkpoint through which it is exported.

    `first` is the first leaf that is exported as a record; leaves before it were removed, and are exported as
    subtrees. It is the size of checkpoint `first_checkpoint`; both are 0 where nothing was removed.
    """

    origin: str
    checkpoint: int
    size: int
    first: int = 0
    first_checkpoint: int = 0


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A record at its place in the log and in its chain, with the hash that is stored beside it."""

    leaf: int
    chain: str
    index: int
    hash: bytes
    texts: tuple[str, ...]
    criteria: Criteria | None = None


@dataclass(frozen=True, slots=True)
class RemovedLine:
    """A record that was removed with its month, of which the hash was kept."""

    leaf: int
    chain: str
    index: int
    hash: bytes
    seal: bool


@dataclass(frozen=True, slots=True)
class SubtreeLine:
    """The root over the next `1 << level` leaves, which were removed."""

    level: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class ChainLine:
    """The state of an open chain before the first exported record."""

    chain: str
    length: int
    head: bytes


Line = Header | RecordLine | RemovedLine | SubtreeLine | ChainLine


def line_bytes(line: Line) -> bytes:
    """The line of an export, with its line feed."""
    match line:
        case Header():
            form: JsonObject = {
                "type": "header",
                "format": EXPORT_FORMAT,
                "origin": line.origin,
                "checkpoint": line.checkpoint,
                "size": line.size,
                "first": line.first,
                "first_checkpoint": line.first_checkpoint,
            }
        case RecordLine():
            form = _place("record", line) | {"record": line.texts}
            if line.criteria is not None:
                form |= {"criteria": {"salt": line.criteria.salt.hex(), "content": line.criteria.content}}
        case RemovedLine():
            form = _place("removed", line) | {"seal": line.seal}
        case SubtreeLine():
            form = {"type": "subtree", "level": line.level, "hash": line.hash.hex()}
        case ChainLine():
            form = {"type": "chain", "chain": line.chain, "length": line.length, "head": line.head.hex()}
    return _dumps(form).encode() + b"\n"


def parse_line(data: bytes) -> Line:
    """The line in these bytes, without its line feed. Raises ExportInvalid for any other bytes.

    One line has one form only: what `line_bytes` writes.
    """
    try:
        text = data.decode()
        form = json.loads(text)
        same = isinstance(form, dict) and _dumps(form) == text
    except (ValueError, RecursionError):
        raise ExportInvalid("not JSON in UTF-8") from None
    if not same:
        raise ExportInvalid("not a JSON object in its only form")
    kind = form.pop("type", None)
    if not isinstance(kind, str) or kind not in _PARSERS:
        raise ExportInvalid("of an unknown type")
    try:
        return _PARSERS[kind](form)
    except (KeyError, TypeError, ValueError):
        raise ExportInvalid(f"not the fields of a {kind}") from None


def _header(form: Mapping[str, Any]) -> Header:
    _require(form, "format", "origin", "checkpoint", "size", "first", "first_checkpoint")
    if form["format"] != EXPORT_FORMAT:
        raise ExportInvalid("of another format")
    numbers = (_count(form[name]) for name in ("checkpoint", "size", "first", "first_checkpoint"))
    return Header(_text(form["origin"]), *numbers)


def _record(form: Mapping[str, Any]) -> RecordLine:
    criteria = form.get("criteria")
    names = ("leaf", "chain", "index", "hash", "record")
    _require(form, *names, *(("criteria",) if criteria is not None else ()))
    texts = form["record"]
    if not isinstance(texts, list):
        raise ExportInvalid("the record is no list")
    if criteria is not None:
        _require(criteria, "salt", "content")
        criteria = Criteria(_hexadecimal(criteria["salt"]), _text(criteria["content"]))
    return RecordLine(*_placed(form), tuple(map(_text, texts)), criteria)


def _removed(form: Mapping[str, Any]) -> RemovedLine:
    _require(form, "leaf", "chain", "index", "hash", "seal")
    if not isinstance(form["seal"], bool):
        raise ExportInvalid("seal is true or false")
    return RemovedLine(*_placed(form), form["seal"])


def _subtree(form: Mapping[str, Any]) -> SubtreeLine:
    _require(form, "level", "hash")
    level = _count(form["level"])
    if level > 52:
        raise ExportInvalid("the level is too high")
    return SubtreeLine(level, _hash(form["hash"]))


def _chain(form: Mapping[str, Any]) -> ChainLine:
    _require(form, "chain", "length", "head")
    return ChainLine(_text(form["chain"]), _count(form["length"]), _hash(form["head"]))


_PARSERS: Mapping[str, Callable[[Mapping[str, Any]], Line]] = {
    "header": _header,
    "record": _record,
    "removed": _removed,
    "subtree": _subtree,
    "chain": _chain,
}


def _place(kind: str, line: RecordLine | RemovedLine) -> dict[str, Any]:
    return {
        "type": kind,
        "leaf": line.leaf,
        "chain": line.chain,
        "index": line.index,
        "hash": line.hash.hex(),
    }


def _placed(form: Mapping[str, Any]) -> tuple[int, str, int, bytes]:
    return _count(form["leaf"]), _text(form["chain"]), _count(form["index"]), _hash(form["hash"])


def _require(form: Any, *names: str) -> None:
    if not isinstance(form, Mapping) or tuple(form) != names:
        raise ExportInvalid("other fields")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ExportInvalid("not a text")
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST:
        raise ExportInvalid("not a whole number")
    return value


def _hash(value: object) -> bytes:
    data = _hexadecimal(value)
    if len(data) != _HASH_DIGITS // 2:
        raise ExportInvalid("not a hash")
    return data


def _hexadecimal(value: object) -> bytes:
    data = bytes.fromhex(_text(value))
    if data.hex() != value:
        raise ExportInvalid("not hexadecimal in lower case")
    return data


def _dumps(form: Mapping[str, Any] | Sequence[Any]) -> str:
    return json.dumps(form, separators=(",", ":"), ensure_ascii=False)

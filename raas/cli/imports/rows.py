"""Rows of a table as messages of Import, each operation at the offset of its row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from raas.cli.imports.csv_table import Row
from raas.v1.identity_pb2 import IdentityClaim, Sex
from raas.v1.period_pb2 import Period
from raas.v1.register_service_pb2 import BatchOperation, ImportRequest

ROWS_PER_MESSAGE = 2_000
"""One transaction of the server: large enough to be quick, small enough for others to come between."""

FIRST_NAMES_SEPARATOR = "|"

_LARGEST_MESSAGE = 7 * 1024 * 1024
"""Bytes; the server takes little more."""

_LARGEST_OPERATION = 3 * 1024
"""Bytes of an operation in a message that would be too large: a person with ten long names has fewer."""

_IDENTITY = ("last_name", "first_names", "birth_date", "sex")
_SEXES = {
    "F": Sex.SEX_FEMALE,
    "FEMALE": Sex.SEX_FEMALE,
    "M": Sex.SEX_MALE,
    "MALE": Sex.SEX_MALE,
}


@dataclass(frozen=True, slots=True)
class Message:
    """Consecutive rows and the request that carries them.

    `faults` are the sentences, by offset, of the rows that are no operation.
    """

    request: ImportRequest
    rows: list[Row]
    faults: dict[int, str]

    @property
    def through(self) -> int:
        """The offset after its last row."""
        return self.request.offset + len(self.rows)


def messages(columns: Sequence[str], rows: Iterator[Row], start: int) -> Iterator[Message]:
    """The rows from offset `start` on, ROWS_PER_MESSAGE at a time. Raises what reading `rows` raises.

    A row that is no operation travels as an empty one: the server rejects it, so that every row keeps
    its offset and every rejection is remembered in one place.
    """
    put = _Rows(columns)
    offset = start
    left = islice(rows, start, None)
    while chunk := list(islice(left, ROWS_PER_MESSAGE)):
        yield put.message(offset, chunk)
        offset += len(chunk)


class _Rows:
    """The columns of one table: where each field stands."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._width = len(columns)
        place = {name: index for index, name in enumerate(columns)}
        self._key = place["niss"], place["dossier_type"], place["begin"], place["end"]
        self._operation = place.get("operation")
        self._identity = tuple((name, place[name]) for name in _IDENTITY if name in place)

    def message(self, offset: int, rows: Iterable[Row]) -> Message:
        """The message of these rows."""
        message = Message(ImportRequest(offset=offset), list(rows), {})
        operations = message.request.operations
        for index, row in enumerate(message.rows):
            try:
                self._put(row.fields, operations.add())
            except UnicodeEncodeError:
                fault = "the row is not written in UTF-8"
            except ValueError as error:
                fault = str(error)
            else:
                continue
            operations[index].Clear()
            message.faults[offset + index] = fault
        if message.request.ByteSize() > _LARGEST_MESSAGE:
            _leave_out_giants(message)
        return message

    def _put(self, fields: list[str], into: BatchOperation) -> None:
        """Make the operation of a row. Raises ValueError with a sentence when there is none."""
        if len(fields) != self._width:
            raise ValueError(f"the row has {len(fields)} fields, the header {self._width}")
        verb = fields[self._operation].upper() if self._operation is not None else ""
        niss, dossier_type, begin, end = self._key
        if verb in ("", "INSCRIBE"):
            inscribe = into.inscribe
            inscribe.niss, inscribe.dossier_type = fields[niss], fields[dossier_type]
            _put_period(inscribe.period, fields[begin], fields[end])
            for name, place in self._identity:
                if fields[place]:
                    _put_claim(inscribe.identity, name, fields[place])
        elif verb == "REMOVE":
            remove = into.remove
            remove.niss, remove.dossier_type = fields[niss], fields[dossier_type]
            if fields[begin] or fields[end]:
                _put_period(remove.period, fields[begin], fields[end])
            if claimed := [name for name, place in self._identity if fields[place]]:
                raise ValueError(f"a removal does not compare identities: leave {', '.join(claimed)} empty")
        else:
            raise ValueError("the operation is neither INSCRIBE nor REMOVE")


def _leave_out_giants(message: Message) -> None:
    """Make the message small enough, whatever its rows hold."""
    for index, operation in enumerate(message.request.operations):
        if operation.ByteSize() > _LARGEST_OPERATION:
            operation.Clear()
            message.faults[message.request.offset + index] = "the row is too long to be a person's"


def _put_period(period: Period, begin: str, end: str) -> None:
    period.SetInParent()
    if begin:
        period.begin = begin
    if end:
        period.end = end


def _put_claim(claim: IdentityClaim, name: str, value: str) -> None:
    match name:
        case "first_names":
            claim.first_names.extend(value.split(FIRST_NAMES_SEPARATOR))
        case "sex":
            if (sex := _SEXES.get(value.upper())) is None:
                raise ValueError("the sex is neither F nor M")
            claim.sex = sex
        case "last_name":
            claim.last_name = value
        case "birth_date":
            claim.birth_date = value

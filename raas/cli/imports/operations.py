"""Rows of a table as operations of Import."""

from __future__ import annotations

from collections.abc import Sequence

from raas.cli.imports.csv_table import Row
from raas.v1.identity_pb2 import IdentityClaim, Sex
from raas.v1.period_pb2 import Period
from raas.v1.register_service_pb2 import BatchOperation

FIRST_NAMES_SEPARATOR = "|"

LARGEST_OPERATION = 3 * 1024
"""Bytes: more than a person with ten long names needs, and 2,000 of them fit into one message."""

_IDENTITY = ("last_name", "first_names", "birth_date", "sex")
_SEXES = {
    "F": Sex.SEX_FEMALE,
    "FEMALE": Sex.SEX_FEMALE,
    "M": Sex.SEX_MALE,
    "MALE": Sex.SEX_MALE,
}


class Operations:
    """Makes operations of the rows of one table."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._width = len(columns)
        place = {name: index for index, name in enumerate(columns)}
        self._key = place["niss"], place["dossier_type"], place["begin"], place["end"]
        self._operation = place.get("operation")
        self._identity = tuple((name, place[name]) for name in _IDENTITY if name in place)

    def make(self, row: Row) -> tuple[BatchOperation, str | None]:
        """The operation of a row; or an empty one, and a sentence that says why it has none.

        The server rejects an empty operation. Sending it keeps every row at its offset and every rejection
        in one place.
        """
        operation = BatchOperation()
        try:
            self._put(row.fields, operation)
            if operation.ByteSize() > LARGEST_OPERATION:
                raise ValueError("the row is too long")
        except UnicodeEncodeError:
            return BatchOperation(), "the row is not written in UTF-8"
        except ValueError as error:
            return BatchOperation(), str(error)
        return operation, None

    def _put(self, fields: list[str], into: BatchOperation) -> None:
        """Make the operation of a row. Raises ValueError with a sentence for a row that has none."""
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

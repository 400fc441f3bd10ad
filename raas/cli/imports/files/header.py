"""The header of a table: which column holds what.

Names are compared without case, accents, blanks and punctuation, in English, French and Dutch.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from unicodedata import combining, normalize

from raas.cli.imports.errors import HeaderInvalid
from raas.cli.texts import tr

_SEPARATORS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a kind of table, and their other names, in lower-case letters without separators.

    `ignored` are those of a file of rejected rows, so that it can be corrected and imported as it is.
    """

    mandatory: tuple[str, ...]
    optional: tuple[str, ...]
    ignored: tuple[str, ...]
    names: Mapping[str, tuple[str, ...]]

    def known(self, name: str) -> str | None:
        """The column of this name."""
        folded = _folded(name)
        for column in (*self.mandatory, *self.optional, *self.ignored):
            if folded == _folded(column) or folded in self.names.get(column, ()):
                return column
        return None


PERSON_NAMES: Mapping[str, tuple[str, ...]] = {
    "niss": (
        "insz",
        "ssin",
        "numeroniss",
        "insznummer",
        "numeronational",
        "nnational",
        "registrenational",
        "numeroderegistrenational",
        "numeroregistrenational",
        "rijksregister",
        "rijksregisternummer",
        "rijksregisternr",
    ),
    "last_name": ("surname", "familyname", "nom", "nomdefamille", "naam", "familienaam", "achternaam"),
    "first_names": ("firstname", "givennames", "prenom", "prenoms", "voornaam", "voornamen"),
    "birth_date": ("dateofbirth", "datenaissance", "datedenaissance", "geboortedatum"),
    "sex": ("gender", "sexe", "geslacht"),
}
"""The other names of columns about persons."""

INSCRIPTIONS = Columns(
    ("niss", "dossier_type", "begin", "end"),
    ("operation", "last_name", "first_names", "birth_date", "sex"),
    ("line", "reasons"),
    {
        **PERSON_NAMES,
        "dossier_type": ("dossiertype", "typededossier", "typedossier", "typevandossier"),
        "begin": (
            "begindate",
            "start",
            "startdate",
            "debut",
            "datedebut",
            "datededebut",
            "depuis",
            "du",
            "begindatum",
            "startdatum",
            "van",
            "vanaf",
        ),
        "end": (
            "enddate",
            "fin",
            "datefin",
            "datedefin",
            "jusquau",
            "au",
            "einde",
            "einddatum",
            "tot",
            "totenmet",
        ),
        "operation": ("bewerking", "verrichting"),
        "line": ("ligne", "regel"),
        "reasons": ("raisons", "redenen"),
    },
)
"""The columns of inscriptions and removals."""


@dataclass(frozen=True, slots=True)
class Header:
    """`names` are as written; `columns` are those of a Columns.

    A column that is passed over has the name "": an unnamed one, or an extra one that the user ignores.
    """

    names: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.columns)


def read_header(names: Sequence[str], *, ignore_extra: bool, columns: Columns = INSCRIPTIONS) -> Header:
    """The header of these names. Raises HeaderInvalid."""
    names = tuple(name.strip() for name in names)
    if not any(names):
        raise HeaderInvalid(tr("the first line must be a header that names the columns; it is empty"))
    if any("\0" in name or not _is_text(name) for name in names):
        raise HeaderInvalid(
            tr(
                "the file is not written in UTF-8: save it as CSV in UTF-8, or give its encoding, such as "
                "--encoding windows-1252 or --encoding utf-16"
            )
        )
    known = [columns.known(name) for name in names]
    faults = _faults(names, known, columns, ignore_extra)
    if faults:
        raise HeaderInvalid("\n".join(faults))
    return Header(names, tuple(column or "" for column in known))


def _faults(
    names: Sequence[str], known: Sequence[str | None], columns: Columns, ignore_extra: bool
) -> list[str]:
    faults = []
    if missing := [name for name in columns.mandatory if name not in known]:
        faults.append(tr("missing: {names}", names=", ".join(missing)))
    unknown = [name for name, column in zip(names, known, strict=True) if name and column is None]
    if unknown and not ignore_extra:
        shown = ", ".join(repr(name.lower()) for name in dict.fromkeys(unknown))
        faults.append(tr("unknown: {names}", names=shown))
    if twice := [name for name in dict.fromkeys(known) if name and known.count(name) > 1]:
        faults.append(tr("more than once: {names}", names=", ".join(twice)))
    if faults:
        faults.append(
            tr(
                "a header has {mandatory} and may have {optional}",
                mandatory=", ".join(columns.mandatory),
                optional=", ".join(columns.optional),
            )
        )
    if unknown and not ignore_extra and not missing:
        faults.append(tr("--ignore-extra ignores unknown columns"))
    return faults


def _folded(name: str) -> str:
    letters = normalize("NFD", name.lower())
    return _SEPARATORS.sub("", "".join(letter for letter in letters if not combining(letter)))


def _is_text(name: str) -> bool:
    """Whether the bytes of a name could be decoded."""
    return not any("\udc80" <= letter <= "\udcff" for letter in name)

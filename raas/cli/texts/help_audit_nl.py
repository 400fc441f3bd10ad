"""Dutch help of the commands about usage and the audit."""

from __future__ import annotations

from collections.abc import Mapping

HELP: Mapping[str, str] = {
    "List the calls of organisations by month, for charging. With --json, one object per row.": (
        "Toon de oproepen van organisaties per maand, voor de aanrekening. Met --json één object per rij."
    ),
    "The first month, YYYY-MM; by default that of --until.": (
        "De eerste maand, YYYY-MM; standaard die van --until."
    ),
    "The last month; by default the current one.": "De laatste maand; standaard de huidige.",
    "Only the calls of this organisation, or for it.": (
        "Alleen de oproepen van deze organisatie, of voor haar."
    ),
    "Only the calls on this register.": "Alleen de oproepen op dit register.",
    "Write CSV, with one row per line.": "Schrijf CSV, met één rij per regel.",
    "Show who asked what about a person, oldest first, under all numbers of the person.": (
        "Toon wie wat over een persoon gevraagd heeft, oudste eerst, onder alle nummers van de persoon."
    ),
    "A number of the person.": ("Een nummer van de persoon."),
    "Show everything that the database holds about a person, for an access request.": (
        "Toon alles wat de databank over een persoon bevat, voor een verzoek om inzage."
    ),
    "A number of the person; - reads it from standard input, where other users cannot see it.": (
        "Een nummer van de persoon; - leest het van de standaardinvoer, waar andere gebruikers het niet zien."
    ),
}

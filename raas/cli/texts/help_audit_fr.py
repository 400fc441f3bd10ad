"""French help of the commands about usage and the audit."""

from __future__ import annotations

from collections.abc import Mapping

HELP: Mapping[str, str] = {
    "List the calls of organisations by month, for charging. With --json, one object per row.": (
        "Affiche les appels des organisations par mois, pour la facturation. Avec --json, un objet par ligne."
    ),
    "The first month, YYYY-MM; by default that of --until.": (
        "Le premier mois, YYYY-MM ; par défaut celui de --until."
    ),
    "The last month; by default the current one.": "Le dernier mois ; par défaut le mois en cours.",
    "Only the calls of this organisation, or for it.": (
        "Uniquement les appels de cette organisation, ou pour elle."
    ),
    "Only the calls on this register.": "Uniquement les appels sur ce registre.",
    "Write CSV, with one row per line.": "Écrit du CSV, une rangée par ligne.",
    "Show who asked what about a person, oldest first, under all numbers of the person.": (
        "Montre qui a demandé quoi sur une personne, du plus ancien au plus récent, sous tous ses numéros."
    ),
    "A number of the person.": ("Un numéro de la personne."),
    "Show everything that the database holds about a person, for an access request.": (
        "Montre tout ce que la base contient sur une personne, pour une demande d’accès."
    ),
    "A number of the person; - reads it from standard input, where other users cannot see it.": (
        "Un numéro de la personne ; - le lit sur l’entrée standard, où d’autres ne le voient pas."
    ),
}

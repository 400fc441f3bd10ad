"""Dutch help of the commands that restrict and remove data at the end of a period."""

from __future__ import annotations

from collections.abc import Mapping

HELP: Mapping[str, str] = {
    "Restrict a mistaken inscription that was removed: reads of earlier states leave it out.": (
        "Beperk een foutieve inschrijving die verwijderd is: lezen van vroegere toestanden laat ze "
        "weg.\n\nLezen op een vroegere revisie of een vroeger tijdstip, GetHistory en ExplainDossier "
        "antwoorden dan alsof de dagen nooit ingeschreven waren, onder alle nummers van de persoon; "
        "een organisatie met de rol AUDITOR ziet ze nog. Het logboek en de stromen behouden alle "
        "mutaties, zodat de controlesommen blijven kloppen.\n\nGeef de dagen (BEGIN, END), die uit "
        "alle toestanden tot nu worden weggelaten, of met --revision de mutatie die ze inschreef: dan "
        "blijft een vroegere of latere inschrijving van dezelfde dagen zichtbaar. Verwijder de "
        "inschrijving eerst. `raas restrictions lift` beëindigt de werking. Het commando wordt "
        "geregistreerd.\n\nExitstatus: 0 beperkt, 1 mislukt, 130 onderbroken."
    ),
    "The first day of the mistaken inscription; or --revision.": (
        "De eerste dag van de foutieve inschrijving; of --revision."
    ),
    "Its last day; without it the period is open.": (
        "De laatste dag ervan; zonder die dag is de periode open."
    ),
    "Why; kept with the restriction.": ("Waarom; bewaard bij de beperking."),
    "Your own reference; kept with the restriction.": ("Uw eigen referentie; bewaard bij de beperking."),
    "The revision that made the mistaken inscription.": ("De revisie die de foutieve inschrijving maakte."),
    "With --revision: the one that removed it; by default the last.": (
        "Met --revision: de revisie die ze verwijderde; standaard de laatste."
    ),
    "The restricted inscriptions of a register; see `raas restrict`.": (
        "De beperkte inschrijvingen van een register; zie `raas restrict`."
    ),
    "List the restrictions of a register, lifted ones too, the oldest first.": (
        "Toon de beperkingen van een register, ook opgeheven, de oudste eerst.\n\nExitstatus: 0 "
        "getoond, 1 mislukt, 130 onderbroken."
    ),
    "The id of the restriction.": ("De id van de beperking."),
    "End the effect of a restriction: reads of earlier states show the inscription again.": (
        "Beëindig de werking van een beperking: lezen van vroegere toestanden toont de inschrijving "
        "opnieuw.\n\nExitstatus: 0 opgeheven, 1 mislukt, 130 onderbroken."
    ),
}

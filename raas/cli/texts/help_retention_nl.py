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
    "Show how long each class of data is kept and what is due; with --execute, remove that.": (
        "Toon hoelang elke soort gegevens bewaard wordt en wat vervallen is; met --execute wordt dat "
        "verwijderd.\n\nLijnen worden verwijderd als ze langer geleden geëindigd zijn dan hun "
        "dossiertype bepaalt (keep_after_end): abonnees ontvangen mutaties REMOVED van de toepassing "
        "`raas retention`. Het logboek wordt ingekort zoals door `raas trim`, inhoud wordt gewist "
        "zoals door `raas erase`, ook die over personen die geen enkel register nog kent, en de oudste "
        "maanden van de audit worden verwijderd zoals door `raas audit remove`. docs/retention.md "
        "geeft de gronden.\n\nHet commando werkt in groepen terwijl servers draaien, met pauzes; na "
        "een onderbreking gaat hetzelfde commando verder. Het wordt geregistreerd.\n\nExitstatus: 0 "
        "getoond of verwijderd, 4 logboek tegengehouden door een abonnee, 1 mislukt, 130 onderbroken."
    ),
    "Remove what is due; otherwise it is only counted.": (
        "Verwijder wat vervallen is; anders wordt het alleen geteld."
    ),
    "Only lines, log, contents, requests or audit; may be repeated.": (
        "Alleen lines, log, contents, requests of audit; mag herhaald worden."
    ),
    "Only the lines and the log of this register.": ("Alleen de lijnen en het logboek van dit register."),
    "The period of the log: '24 months', or never, the default.": (
        "De termijn van het logboek: '24 months', of never, de standaard."
    ),
    "The period of contents; '12 months' by default, or never.": (
        "De termijn van inhoud; standaard '12 months', of never."
    ),
    "The period of the audit; '120 months' by default, or never.": (
        "De termijn van de audit; standaard '120 months', of never."
    ),
    "How long lines are kept after their last day, such as P10Y or P90D; see `raas retention`.": (
        "Hoelang lijnen na hun laatste dag bewaard worden, bijvoorbeeld P10Y of P90D; zie `raas retention`."
    ),
}

"""Dutch help of the commands that call a server."""

from __future__ import annotations

from collections.abc import Mapping

HELP: Mapping[str, str] = {
    "Register as a Service: temporal registers of persons, served over gRPC.": (
        "Register as a Service: temporele registers van personen, via gRPC."
    ),
    "The context to use; see `raas context --help`.": "De te gebruiken context; zie `raas context --help`.",
    "Show the version.": "Toon de versie.",
    "Show the lines of persons in a register.": (
        "Toon de lijnen van personen in een register.\n\nSchrijft één regel per lijn van een dossier; "
        "een leeg einde is een open lijn. Met --json één object per dossier.\n\nAfsluitcode: 0 "
        "beantwoord, 1 geweigerd of mislukt, 130 onderbroken."
    ),
    "The numbers of the persons.": "De nummers van de personen.",
    "Only this dossier type; may be repeated.": "Alleen dit dossiertype; mag herhaald worden.",
    "Only dossiers with a line that holds this day, such as today.": (
        "Alleen dossiers met een lijn waarin deze dag valt, bijvoorbeeld today."
    ),
    "The state at this revision.": "De toestand op deze revisie.",
    "The state as known then: 2024-03-01T12:00:00+01:00, or ending in Z.": (
        "De toestand zoals toen bekend: 2024-03-01T12:00:00+01:00, of eindigend op Z."
    ),
    "The address of the server.": "Het adres van de server.",
    "Your enterprise number, 10 digits, for a server with development identity.": (
        "Uw ondernemingsnummer, 10 cijfers, voor een server met ontwikkelidentiteit."
    ),
    "The enterprise number of the register; your own by default.": (
        "Het ondernemingsnummer van het register; standaard het uwe."
    ),
    "The language of texts: en, fr, nl or de; that of LANG by default.": (
        "De taal van de teksten: en, fr, nl of de; standaard die van LANG."
    ),
    "How long to retry while no server answers.": (
        "Hoe lang opnieuw proberen zolang er geen server antwoordt."
    ),
    "Write one JSON object per line to standard output, for scripts.": (
        "Schrijf één JSON-object per regel naar de standaarduitvoer, voor scripts."
    ),
    "Add a period to the dossier of a person.": (
        "Voeg een periode toe aan het dossier van een persoon.\n\nPeriodes die overlappen of aansluiten, "
        "worden één lijn. Schrijft het resultaat en alle lijnen van het dossier.\n\nAfsluitcode: 0 "
        "beantwoord, 1 geweigerd of mislukt, 130 onderbroken."
    ),
    "The number of the person.": "Het nummer van de persoon.",
    "The code of the dossier type.": "De code van het dossiertype.",
    "The first day: 2024-03-01, 01/03/2024, today.": "De eerste dag: 2024-03-01, 01/03/2024, today.",
    "The last day; without it the period is open.": "De laatste dag; zonder einde is de periode open.",
    "Refuse a person of another last name.": "Weiger een persoon met een andere naam.",
    "Refuse another first name; may be repeated.": "Weiger een andere voornaam; mag herhaald worden.",
    "Refuse a person of another birth date.": "Weiger een persoon met een andere geboortedatum.",
    "Refuse a person of the other sex.": "Weiger een persoon van het andere geslacht.",
    "Refuse a replaced number instead of following it.": (
        "Weiger een vervangen nummer in plaats van het te volgen."
    ),
    "Show what would be done, and do nothing.": "Toon wat er zou gebeuren, en doe niets.",
    "The legal context, kept with the mutation.": "De wettelijke context, bewaard bij de mutatie.",
    "Your own reference, kept with the mutation.": "Uw eigen referentie, bewaard bij de mutatie.",
    "Remove a period from the dossier of a person, or the whole dossier (--whole).": (
        "Verwijder een periode uit het dossier van een persoon, of het hele dossier (--whole).\n\n"
        "Schrijft het resultaat en de lijnen die overblijven.\n\nAfsluitcode: 0 beantwoord, 1 geweigerd "
        "of mislukt, 130 onderbroken."
    ),
    "The first day; - for no first day.": "De eerste dag; - voor geen eerste dag.",
    "Remove the whole dossier.": "Verwijder het hele dossier.",
    "Show the mutations of a person in a register, oldest first, under all numbers of the person.": (
        "Toon de mutaties van een persoon in een register, de oudste eerst, onder alle nummers van de "
        "persoon.\n\nSchrijft één regel per mutatie, zoals `raas watch`. Met --json één object per "
        "mutatie.\n\nAfsluitcode: 0 beantwoord, 1 geweigerd of mislukt, 130 onderbroken."
    ),
    "Only this dossier type; all by default.": "Alleen dit dossiertype; standaard alle.",
    "Explain why a register knows a person on a day, or does not.": (
        "Leg uit waarom een register een persoon op een dag kent, of niet.\n\nSchrijft een zin in de "
        "gekozen taal, de mutatie die het antwoord bepaalde (door wie, wanneer, in welke wettelijke "
        "context) en de vroegere nummers van de persoon.\n\nAfsluitcode: 0 beantwoord, 1 geweigerd of "
        "mislukt, 130 onderbroken."
    ),
    "The day, such as 2024-03-01; today by default.": "De dag, bijvoorbeeld 2024-03-01; standaard vandaag.",
    "Consider only this dossier type; all by default.": "Bekijk alleen dit dossiertype; standaard alle.",
    "Write the result as one JSON object, for scripts.": (
        "Schrijf het resultaat als één JSON-object, voor scripts."
    ),
    "Import inscriptions and removals from a CSV file or a spreadsheet.": (
        "Lees inschrijvingen en verwijderingen in uit een CSV-bestand of een rekenblad.\n\nKolommen, in "
        "willekeurige volgorde, met namen in het Engels, Frans of Nederlands: niss, dossier_type, begin, "
        "end; naar keuze operation (INSCRIBE, de standaard, of REMOVE), last_name, first_names "
        "(gescheiden door |), birth_date, sex (F of M). Een leeg begin of einde ontbreekt; een "
        "verwijdering zonder beide verwijdert het hele dossier.\n\nGeweigerde rijen worden overgeslagen "
        "en naar FILE.rejected.csv geschreven, met hun regel en de redenen. Na een onderbreking hervat "
        "hetzelfde commando de import waar die stopte.\n\nAfsluitcode: 0 alle rijen toegepast, 3 sommige "
        "geweigerd, 1 mislukt, 130 onderbroken."
    ),
    "CSV, possibly compressed by gzip or xz, or a spreadsheet (.xlsx); - is standard input.": (
        "CSV, eventueel gecomprimeerd met gzip of xz, of een rekenblad (.xlsx); - is de standaardinvoer."
    ),
    "The name under which the server remembers this import, so that it applies no row twice. Derived "
    "from the content of the file by default; give another one to apply the file again.": (
        "De naam waaronder de server deze import onthoudt, zodat geen rij twee keer wordt toegepast. "
        "Standaard afgeleid van de inhoud van het bestand; geef een andere op om het bestand opnieuw toe "
        "te passen."
    ),
    "A new file for rejected rows; FILE.rejected.csv by default.": (
        "Een nieuw bestand voor geweigerde rijen; standaard FILE.rejected.csv."
    ),
    "The folder for the state of the import and for rejected rows; that of FILE by default.": (
        "De map voor de toestand van de import en de geweigerde rijen; standaard die van FILE."
    ),
    "The encoding of a CSV file, such as windows-1252.": (
        "De codering van een CSV-bestand, bijvoorbeeld windows-1252."
    ),
    "How days are written, such as DD/MM/YYYY.": "Hoe dagen geschreven zijn, bijvoorbeeld DD/MM/YYYY.",
    "Ignore unknown columns.": "Negeer onbekende kolommen.",
    "Let the server check all rows, and apply none.": (
        "Laat de server alle rijen controleren, en pas er geen toe."
    ),
    "Export the lines of a register as CSV.": (
        "Exporteer de lijnen van een register als CSV.\n\nKolommen: niss, dossier_type, begin, end; een "
        "leeg einde is een open lijn. Gesorteerd op niss, dossiertype en begin, alles op één revisie. "
        "Dossiers die voldoen, worden volledig geschreven. FILE wordt pas aangemaakt of vervangen als "
        "het volledig is."
    ),
    "CSV, also .csv.gz and .csv.xz; - is standard output.": (
        "CSV, ook .csv.gz en .csv.xz; - is de standaarduitvoer."
    ),
    "Only this person; may be repeated.": "Alleen deze persoon; mag herhaald worden.",
    "Only dossiers with a line that holds this day.": "Alleen dossiers met een lijn waarin deze dag valt.",
    "Only dossiers with a line that overlaps this period; one bound may be empty.": (
        "Alleen dossiers met een lijn die deze periode overlapt; één grens mag leeg zijn."
    ),
    "Only dossiers with a line that ends in this period; one bound may be empty.": (
        "Alleen dossiers met een lijn die in deze periode eindigt; één grens mag leeg zijn."
    ),
    "Show the mutations of a register as they are committed.": (
        "Toon de mutaties van een register zodra ze zijn vastgelegd.\n\nSchrijft één regel per mutatie "
        "(revisie, tijdstip, soort, INSZ, dossiertype, lijnen ervoor -> lijnen erna), één per dossier "
        "van een momentopname en één per bladwijzer: alles tot en met die revisie is getoond. Na een "
        "storing gaat de stroom verder waar hij was.\n\nCtrl-C beëindigt het commando, dat dan de opties "
        "schrijft om te hervatten.\n\nAfsluitcode: 0 beëindigd door Ctrl-C of SIGTERM, 1 geweigerd of "
        "mislukt."
    ),
    "Start with the first mutation after this revision.": "Begin met de eerste mutatie na deze revisie.",
    "The log of --after-revision; another log is refused.": (
        "Het logboek van --after-revision; een ander wordt geweigerd."
    ),
    "Start with the next mutation; the default.": "Begin met de volgende mutatie; de standaard.",
    "Start with all dossiers as they are now.": "Begin met alle dossiers zoals ze nu zijn.",
    "Start after the last acknowledgement of --subscriber.": (
        "Begin na de laatste bevestiging van --subscriber."
    ),
    "The name under which the server remembers what was shown and keeps the log.": (
        "De naam waaronder de server onthoudt wat getoond is en het logboek bewaart."
    ),
    "Only this kind, such as INSCRIBED or REMOVED; may be repeated.": (
        "Alleen deze soort, bijvoorbeeld INSCRIBED of REMOVED; mag herhaald worden."
    ),
    "Interval of bookmarks while nothing changes.": "Tijd tussen bladwijzers zolang er niets verandert.",
    "How long to retry while no server answers; for ever by default.": (
        "Hoe lang opnieuw proberen zolang er geen server antwoordt; standaard onbeperkt."
    ),
    "List the numbers in a register that are out of use.": (
        "Toon de nummers in een register die niet meer in gebruik zijn.\n\nDat zijn nummers met lijnen "
        "in het register die in de authentieke bron REPLACED of CANCELLED zijn, of er UNKNOWN zijn. Als "
        "CSV, gesorteerd: niss, status, successor_niss (het laatste), dossier_types (gescheiden door "
        "|).\n\nAfsluitcode: 0 beantwoord, 1 geweigerd of mislukt, 130 onderbroken."
    ),
    "Show whether the server answers, the register, and the clocks.": (
        "Toon of de server antwoordt, het register en de klokken.\n\nAfsluitcode: 0 de server antwoordt "
        "en kent het register, anders 1, 130 onderbroken."
    ),
    "The data directory of a server on this machine.": "De gegevensmap van een server op deze machine.",
    "Write the manual pages raas.1, raas-import.1, …; then `man -l DIRECTORY/raas-import.1`.": (
        "Schrijf de handleidingpagina's raas.1, raas-import.1, …; daarna `man -l DIRECTORY/raas-import.1`."
    ),
    "Where to write the pages, such as share/man/man1.": (
        "Waar de pagina's komen, bijvoorbeeld share/man/man1."
    ),
    "The dossier types of a register.": "De dossiertypes van een register.",
    "List the dossier types. With --json, one object per type.": (
        "Toon de dossiertypes. Met --json één object per type."
    ),
    "Create a dossier type.": "Maak een dossiertype aan.",
    "A label, such as fr=Pension; may be repeated.": (
        "Een omschrijving, zoals fr=Pension; mag herhaald worden."
    ),
    "The code of the older numbering.": "De code van de oudere nummering.",
    "The first day on which an inscription may begin.": (
        "De eerste dag waarop een inschrijving mag beginnen."
    ),
    "The last day on which an inscription may begin.": (
        "De laatste dag waarop een inschrijving mag beginnen."
    ),
    "Change a dossier type; what is not given stays. The labels given replace all labels.": (
        "Wijzig een dossiertype; wat niet is opgegeven, blijft. De opgegeven omschrijvingen vervangen alle."
    ),
    "The registers of a server.": "De registers van een server.",
    "List the registers. With --json, one object per register.": (
        "Toon de registers. Met --json één object per register."
    ),
    "Show one register: your own, or that of --register.": (
        "Toon één register: het uwe, of dat van --register."
    ),
    "Create a register.": "Maak een register aan.",
    "The enterprise number of the register.": "Het ondernemingsnummer van het register.",
    "The name of the register.": "De naam van het register.",
    "Change the name of a register.": "Wijzig de naam van een register.",
    "The named subscribers of a register.": "De abonnees met een naam van een register.",
    "List the named subscribers, with how many revisions they have not acknowledged (LAG).": (
        "Toon de abonnees met een naam, en hoeveel revisies ze niet hebben bevestigd (ACHTERSTAND).\n\n"
        "Met --json één object per abonnee."
    ),
    "Delete a named subscriber; the log is no longer kept for it.": (
        "Verwijder een abonnee met een naam; het logboek wordt er niet meer voor bewaard."
    ),
    "The name of the subscriber.": "De naam van de abonnee.",
    "The enterprise number of its caller; your own by default.": (
        "Het ondernemingsnummer van zijn oproeper; standaard het uwe."
    ),
    "The persons of the authentic source.": "De personen van de authentieke bron.",
    "Search for persons by name and birth date; the best candidate comes first.": (
        "Zoek personen op naam en geboortedatum; de beste kandidaat eerst.\n\nMet --ladder zoekt het verder "
        "met een verkeerd gespelde naam, andere voornamen, andere maanden, dag en maand verwisseld en andere "
        "jaren, tot iemand overtuigt. Met --json één object per kandidaat.\n\nAfsluitcode: 0 beantwoord, 1 "
        "geweigerd of mislukt, 130 onderbroken."
    ),
    "The last name, in any spelling.": "De naam, hoe ook gespeld.",
    "The birth date: 1968-06-12, 12/06/1968, or 1968-06-00.": (
        "De geboortedatum: 1968-06-12, 12/06/1968 of 1968-06-00."
    ),
    "A first name; may be repeated.": "Een voornaam; mag herhaald worden.",
    "Units of the last known part of the birth date, before and after.": (
        "Eenheden van het laatst bekende deel van de geboortedatum, ervoor en erna."
    ),
    "Only persons of this sex.": "Alleen personen van dit geslacht.",
    "Only residents of this municipality.": "Alleen inwoners van deze gemeente.",
    "Also try what may be wrong, step by step, and show the step.": (
        "Probeert ook stap voor stap wat fout kan zijn, en toont de stap."
    ),
    "The most candidates.": "Het grootste aantal kandidaten.",
    "Show the record of a person.": "Toon de gegevens van een persoon.",
    "A number that your register holds.": "Een nummer dat in uw register staat.",
    "The name of this import; derived from the content by default.": (
        "De naam van deze import; standaard afgeleid van de inhoud."
    ),
    "Named sets of default options, such as one per server.": (
        "Benoemde stellen standaardopties, bijvoorbeeld één per server."
    ),
    "The name of the context.": "De naam van de context.",
    "Your enterprise number.": "Uw ondernemingsnummer.",
    "The language of texts: en, fr, nl or de.": "De taal van de teksten: en, fr, nl of de.",
    "Use a context from now on.": "Gebruik vanaf nu een context.",
    "Remove a context.": "Verwijder een context.",
    "List the contexts; the one in use is marked by *.": "Toon de contexten; bij de gebruikte staat een *.",
    "Write one JSON object, for scripts.": "Schrijf één JSON-object, voor scripts.",
    "Check everything that a call needs: configuration, identity, server, clocks; and a database here.": (
        "Controleer alles wat een oproep nodig heeft: configuratie, identiteit, server, klokken; en een "
        "databank op deze machine.\n\nVan een certificaat: de sleutel, de keten, de resterende dagen en wie "
        "een server erin zou lezen; van een token: uitgever, doelgroep en vervaltijd.\n\nAfsluitcode: 0 "
        "niets mislukt, anders 1, 130 onderbroken."
    ),
    "Add a context, or replace it; the first one is used at once.": (
        "Voeg een context toe, of vervang hem; de eerste wordt meteen gebruikt.\n\nDe bestanden worden "
        "genoemd, niet gekopieerd: elk commando leest ze, zodat ze vernieuwd kunnen worden."
    ),
    "A command that writes a fresh token; it is run without a shell.": (
        "Een commando dat een nieuw token schrijft; het wordt zonder shell uitgevoerd."
    ),
    "A reference of the person behind the call, kept for the audit.": (
        "Een verwijzing naar de persoon achter de oproep, bewaard voor de audit."
    ),
    "The authorities of the certificate of the server, a PEM file.": (
        "De autoriteiten van het certificaat van de server, een PEM-bestand."
    ),
    "The authorities of the certificate of the server, a PEM file; those of gRPC by default.": (
        "De autoriteiten van het certificaat van de server, een PEM-bestand; standaard die van gRPC."
    ),
    "The enterprise number of the organisation that a gateway calls for.": (
        "Het nummer van de onderneming waarvoor een gateway oproept."
    ),
    "The file that holds your token.": "Het bestand met uw token.",
    "The key of --certificate, an unencrypted PEM file.": (
        "De sleutel van --certificate, een niet-versleuteld PEM-bestand."
    ),
    "The legal context of the calls.": "De wettelijke context van de oproepen.",
    "The name in the certificate of the server.": "De naam in het certificaat van de server.",
    "The name in the certificate of the server; that of --target by default.": (
        "De naam in het certificaat van de server; standaard die van --target."
    ),
    "Your client certificate, a PEM file.": "Uw clientcertificaat, een PEM-bestand.",
    "Your client certificate, with its intermediate certificates, a PEM file.": (
        "Uw clientcertificaat, met de tussenliggende certificaten, een PEM-bestand."
    ),
    "Import persons into the authentic source, from a CSV file, a spreadsheet or JSON lines.": (
        "Importeer personen in de authentieke bron, uit een CSV-bestand, een rekenblad of "
        "JSON-regels.\n\nKolommen, in om het even welke volgorde: niss, register_of_origin "
        "(NATIONAL_REGISTER, RAD of BIS; verplicht voor een nieuw nummer), status, replaced_by, last_name, "
        "first_names (gescheiden door |), birth_date, sex (F of M), birth_place, nationality, death_date, "
        "country, municipality, postal_code, street, contact_country, contact_municipality, "
        "contact_postal_code, contact_street, source_date. Een leeg veld is afwezig.\n\nHetzelfde commando "
        "hervat een onderbroken import; niets wordt tweemaal toegepast. Geweigerde rijen, en rijen die met "
        "een waarschuwing werden toegepast, komen op de foutuitvoer, met hun regel en de "
        "reden.\n\nAfsluitcode: 0 alles toegepast, 3 sommige geweigerd, 1 mislukt, 130 onderbroken."
    ),
    "A table with a header, as for raas import, or a person in JSON per line.": (
        "Een tabel met een kop, zoals bij raas import, of een persoon in JSON per regel."
    ),
}

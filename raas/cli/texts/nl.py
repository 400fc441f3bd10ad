"""Dutch texts of the command line, by their English text."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    " (see {rejected_file})": " (zie {rejected_file})",
    ", {applied_before:,} applied before": ", {applied_before:,} eerder toegepast",
    ", {rejected:,} rejected": ", {rejected:,} geweigerd",
    "--encoding {name} is unknown": "--encoding {name} is onbekend",
    "--ignore-extra ignores unknown columns": "--ignore-extra negeert onbekende kolommen",
    "--import-id {id} was used for other content: choose another one": (
        "--import-id {id} is al voor een andere inhoud gebruikt: kies een andere"
    ),
    "--language is one of {languages}": "--language is een van {languages}",
    "--rejected {file} exists already: move it or name another file": (
        "--rejected {file} bestaat al: verplaats het of geef een ander bestand op"
    ),
    "--rejected {file} is the file to import": "--rejected {file} is het in te lezen bestand",
    "--rejected {file} is the file for the state of the import": (
        "--rejected {file} is het bestand voor de toestand van de import"
    ),
    "--sex is F or M": "--sex is F of M",
    "ACKNOWLEDGED": "BEVESTIGD",
    "BEGIN": "BEGIN",
    "BORN": "GEBOREN",
    "CALLER": "OPROEPER",
    "CONNECTED": "VERBONDEN",
    "DOSSIERS": "DOSSIERS",
    "END": "EINDE",
    "ENTERPRISE NUMBER": "ONDERNEMINGSNUMMER",
    "FIELDS": "VELDEN",
    "FROM": "VAN",
    "LABEL": "OMSCHRIJVING",
    "LAG": "ACHTERSTAND",
    "LANGUAGE": "TAAL",
    "LAST SEEN": "LAATST GEZIEN",
    "NAME": "NAAM",
    "NUMBER": "NUMMER",
    "OLD CODE": "OUDE CODE",
    "OLDEST": "OUDSTE",
    "REGISTER": "REGISTER",
    "REVISION": "REVISIE",
    "SCORE": "SCORE",
    "SEX": "GESLACHT",
    "STATUS": "STATUS",
    "TARGET": "SERVER",
    "TYPE": "TYPE",
    "UNTIL": "TOT EN MET",
    "KEPT": "BEWAARD",
    "a date is not written {format}": "een datum is niet geschreven als {format}",
    "a header has {mandatory} and may have {optional}": (
        "een kopregel bevat {mandatory} en mag {optional} bevatten"
    ),
    "a quotation mark is opened on line {line} and not closed": (
        "op regel {line} staat een aanhalingsteken dat niet wordt gesloten"
    ),
    "a removal does not compare identities: leave {names} empty": (
        "een verwijdering vergelijkt geen identiteit: laat {names} leeg"
    ),
    "clocks": "klokken",
    "configuration": "configuratie",
    "context {name} is removed": "context {name} is verwijderd",
    "context {name} is saved in {file}": "context {name} is bewaard in {file}",
    "context {name} is used from now on": "context {name} wordt vanaf nu gebruikt",
    "database": "databank",
    "dates look like DD/MM/YYYY: give --date-format DD/MM/YYYY": (
        "de datums lijken geschreven als DD/MM/YYYY: geef --date-format DD/MM/YYYY op"
    ),
    "disk": "schijf",
    "failed": "mislukt",
    "give a period (BEGIN, END or both), or --whole": "geef een periode op (BEGIN, END of beide), of --whole",
    "give one of --at-revision and --at-time": "geef --at-revision of --at-time op, niet beide",
    "interrupted": "onderbroken",
    "interrupted; nothing was exported": "onderbroken; er is niets geëxporteerd",
    "line {line} is not a person in JSON": "regel {line} is geen persoon in JSON",
    "line {line}: warning: {reasons}": "regel {line}: waarschuwing: {reasons}",
    "line {line}: {reasons}": "regel {line}: {reasons}",
    "lines": "lijnen",
    "missing: {names}": "ontbreken: {names}",
    "more than once: {names}": "meer dan eens: {names}",
    "name what is to be changed": "geef op wat gewijzigd moet worden",
    "no": "nee",
    "FOUND BY": "GEVONDEN DOOR",
    "as given": "zoals gevraagd",
    "last name misspelled": "naam verkeerd gespeld",
    "other given names": "andere voornamen",
    "another month": "een andere maand",
    "day and month swapped": "dag en maand verwisseld",
    "year before or after": "jaar ervoor of erna",
    "another year": "een ander jaar",
    "another last name": "een andere naam",
    "another birth date": "een andere geboortedatum",
    "no candidates": "geen kandidaten",
    "no file {file}; options and environment": "geen bestand {file}; opties en omgeving",
    "no lines": "geen lijnen",
    "no mutations": "geen mutaties",
    "no server answers ({cause})": "er antwoordt geen server ({cause})",
    "no server runs on {folder}": "er draait geen server op {folder}",
    "none": "geen",
    "none in the environment": "geen in de omgeving",
    "none on this machine": "geen op deze machine",
    "ok": "ok",
    "reading spreadsheets needs a package: pip install 'raas[spreadsheets]'": (
        "voor rekenbladen is een pakket nodig: pip install 'raas[spreadsheets]'"
    ),
    "register": "register",
    "resuming after row {row:,}": "hervat na rij {row:,}",
    "revision {revision}, {seconds:.1f} s, {rows_per_second:,} rows/s": (
        "revisie {revision}, {seconds:.1f} s, {rows_per_second:,} rijen/s"
    ),
    "rows": "rijen",
    "server": "server",
    "settings": "instellingen",
    "standard input and pipes cannot be resumed": (
        "een import van de standaardinvoer of een pijp kan niet worden hervat"
    ),
    "stopped after row {row:,}": "gestopt na rij {row:,}",
    "the NISS has lost its leading zero: format the column as text": (
        "het INSZ is zijn voorloopnul kwijt: geef de kolom de opmaak tekst"
    ),
    "the NISS is written as a rounded number: format the column as text": (
        "het INSZ is als afgerond getal geschreven: geef de kolom de opmaak tekst"
    ),
    "the compressed file is damaged or truncated ({cause})": (
        "het gecomprimeerde bestand is beschadigd of afgebroken ({cause})"
    ),
    "the file is not written in UTF-8: save it as CSV in UTF-8, or give its encoding, such as "
    "--encoding windows-1252 or --encoding utf-16": (
        "het bestand is niet in UTF-8 geschreven: bewaar het als CSV in UTF-8, of geef de codering op, "
        "bijvoorbeeld --encoding windows-1252 of --encoding utf-16"
    ),
    "the file is not written in the given encoding ({cause})": (
        "het bestand is niet in de opgegeven codering geschreven ({cause})"
    ),
    "the first line must be a header that names the columns; it is empty": (
        "de eerste regel moet een kopregel zijn die de kolommen noemt; hij is leeg"
    ),
    "the line is too long": "de regel is te lang",
    "the operation is neither INSCRIBE nor REMOVE": "de bewerking is INSCRIBE noch REMOVE",
    "the row has a value in a column without a name": "de rij heeft een waarde in een kolom zonder naam",
    "the row has {fields} fields, the header {columns}": (
        "de rij heeft {fields} velden, de kopregel {columns}"
    ),
    "some rows are in another encoding: try --encoding windows-1252": (
        "sommige rijen hebben een andere codering: probeer --encoding windows-1252"
    ),
    "the row is not written in the encoding of the file": (
        "de rij is niet in de codering van het bestand geschreven"
    ),
    "the row is too long": "de rij is te lang",
    "the same command resumes there": "hetzelfde commando hervat daar",
    "the server has had {rows:,} rows of this import before: they are not applied again (to apply them "
    "again, give another --import-id)": (
        "de server kreeg al {rows:,} rijen van deze import: ze worden niet opnieuw toegepast (geef een "
        "andere --import-id op om ze opnieuw toe te passen)"
    ),
    "the sex is neither F nor M": "het geslacht is F noch M",
    "the spreadsheet cannot be read ({cause})": "het rekenblad is onleesbaar ({cause})",
    "unknown: {names}": "onbekend: {names}",
    "versions": "versies",
    "warning": "let op",
    "what was applied stays; the changed file is another import": (
        "wat is toegepast, blijft toegepast; het gewijzigde bestand is een andere import"
    ),
    "write --date-format with DD, MM and YYYY, such as DD/MM/YYYY or YYYYMMDD": (
        "schrijf --date-format met DD, MM en YYYY, bijvoorbeeld DD/MM/YYYY of YYYYMMDD"
    ),
    "write --label as LANGUAGE=TEXT, such as fr=Pension": (
        "schrijf --label als TAAL=TEKST, bijvoorbeeld fr=Pension"
    ),
    "yes": "ja",
    "{code} is changed": "{code} is gewijzigd",
    "{code} is created": "{code} is aangemaakt",
    "{count:,} numbers are out of use": "{count:,} nummers zijn niet meer in gebruik",
    "{count} pages in {folder}": "{count} pagina's in {folder}",
    "{dossiers:,} dossiers, {lines:,} lines at revision {revision}; {seconds:.1f} s, {rate:,.0f} lines/s": (
        "{dossiers:,} dossiers, {lines:,} lijnen op revisie {revision}; {seconds:.1f} s, {rate:,.0f} lijnen/s"
    ),
    "{file} is being imported by another process": "{file} wordt al door een ander proces ingelezen",
    "{file} was changed while it was read": "{file} is tijdens het lezen gewijzigd",
    "{file}, context {name}": "{file}, context {name}",
    "{file}: the header cannot be used": "{file}: de kopregel is onbruikbaar",
    "{folder} cannot be written to ({cause}): name another folder with --state-dir": (
        "in {folder} kan niet worden geschreven ({cause}): geef een andere map op met --state-dir"
    ),
    "{free:,.1f} GiB free at {folder}": "{free:,.1f} GiB vrij in {folder}",
    "{message}; trying again": "{message}; nieuwe poging",
    "{name} is deleted": "{name} is verwijderd",
    "{niss} is replaced by {successor}": "{niss} is vervangen door {successor}",
    "{number} {name!r}: revision {revision}, {dossiers:,} dossiers": (
        "{number} {name!r}: revisie {revision}, {dossiers:,} dossiers"
    ),
    "{outcome} at revision {revision}": "{outcome} op revisie {revision}",
    "{outcome}, if it were done": "{outcome}, als het werd uitgevoerd",
    "{rows:,} rows checked, {rejected:,} would be rejected; nothing was applied": (
        "{rows:,} rijen gecontroleerd, {rejected:,} zouden worden geweigerd; er is niets toegepast"
    ),
    "{rows:,} rows: {applied:,} applied, {unchanged:,} unchanged, {rejected:,} rejected": (
        "{rows:,} rijen: {applied:,} toegepast, {unchanged:,} ongewijzigd, {rejected:,} geweigerd"
    ),
    "{rows:,} rows: {applied:,} applied, {unchanged:,} unchanged{before}, {rejected:,} rejected{where}": (
        "{rows:,} rijen: {applied:,} toegepast, {unchanged:,} ongewijzigd{before}, "
        "{rejected:,} geweigerd{where}"
    ),
    "the server does not tell its clock": "de server deelt de tijd van zijn klok niet mee",
    "{seconds:.1f} s between the server and here": "{seconds:.1f} s tussen de server en deze machine",
    "{share:4.0%}, {left} left: ": "{share:4.0%}, nog {left}: ",
    "{target} answers in {time:.0f} ms": "{target} antwoordt in {time:.0f} ms",
    "--certificate and --key go together": "--certificate en --key horen samen",
    "--token-command is not a command": "--token-command is geen commando",
    "IDENTITY": "IDENTITEIT",
    "PostgreSQL {server}, schema {version}": "PostgreSQL {server}, schema {version}",
    "The CA, the certificate or the key of the client is invalid.": (
        "De autoriteit, het certificaat of de sleutel van de client is ongeldig."
    ),
    "The certificate of the server is for another name: give the right name as `server_name`.": (
        "Het certificaat van de server draagt een andere naam: geef de juiste naam op met `server_name`."
    ),
    "The certificate of the server was not issued by an authority of `ca`.": (
        "Het certificaat van de server werd niet uitgereikt door een autoriteit van `ca`."
    ),
    (
        "The server closed the connection before it was made: it may require TLS or a client certificate, or "
        "refuse the certificate (expired, or of an authority that it does not trust)."
    ): (
        "De server sloot de verbinding voor ze tot stand kwam: misschien vereist hij TLS of een "
        "clientcertificaat, of weigert hij het certificaat (vervallen, of van een autoriteit die hij niet "
        "vertrouwt)."
    ),
    "The server speaks no TLS on this port.": "De server gebruikt geen TLS op deze poort.",
    "a server would refuse it: {cause}": "een server zou het weigeren: {cause}",
    "application": "toepassing",
    "audience": "doelgroep",
    "authorities": "autoriteiten",
    "caller": "oproeper",
    "certificate": "certificaat",
    "chain": "keten",
    "give one of --token-file and --token-command": "geef --token-file of --token-command op, niet beide",
    "identity": "identiteit",
    "issuer": "uitgever",
    "it is bound to a certificate: give --certificate and --key": (
        "het is aan een certificaat gebonden: geef --certificate en --key op"
    ),
    "it is not a JSON Web Token: only the server can read it": (
        "het is geen JSON Web Token: alleen de server kan het lezen"
    ),
    "no certificate, no token, no enterprise number": "geen certificaat, geen token, geen ondernemingsnummer",
    "organisation": "organisatie",
    "organisation {number}, application {name}": "organisatie {number}, toepassing {name}",
    "private files": "privébestanden",
    (
        "prove who you are by --certificate and --key, by --token-file or --token-command, or, on a server "
        "with development identity, by --enterprise-number; raas doctor checks them"
    ): (
        "bewijs wie u bent met --certificate en --key, met --token-file of --token-command of, op een server "
        "met ontwikkelidentiteit, met --enterprise-number; raas doctor controleert ze"
    ),
    "raas doctor shows until when the certificate and the token are valid": (
        "raas doctor toont tot wanneer het certificaat en het token geldig zijn"
    ),
    "{environment}, of raas {version}": "{environment}, van raas {version}",
    "scope": "bereik",
    "environment": "omgeving",
    "there is no token ({cause})": "er is geen token ({cause})",
    "token": "token",
    "token command": "tokencommando",
    "token file": "tokenbestand",
    "valid until {instant}": "geldig tot {instant}",
    "{count} certificates, the last issued by {name}": (
        "{count} certificaten, het laatste uitgereikt door {name}"
    ),
    "{file} may be read by other users of this machine": (
        "{file} kan door andere gebruikers van deze machine worden gelezen"
    ),
    "{file}, key {key}": "{file}, sleutel {key}",
    "{name} was not issued by the certificate after it": (
        "{name} werd niet uitgereikt door het certificaat erna"
    ),
    "{name}: exit status {status}": "{name}: afsluitcode {status}",
    "{name}: it wrote no token": "{name}: het schreef geen token",
    "{name}: no token in time": "{name}: geen token op tijd",
    "{claims}, without an expiry: a server refuses it": "{claims}, zonder vervaltijd: een server weigert het",
    "{what}: expired on {day}": "{what}: vervallen op {day}",
    "{what}: valid from {day} only": "{what}: pas geldig voor {day}",
    "{what}: valid until {day}, {days} days": "{what}: geldig tot {day}, {days} dagen",
    "ID": "ID",
    "MANDATARY": "MANDATARIS",
    "PERMISSIONS": "RECHTEN",
    "TYPES": "TYPES",
    "TIME": "TIJDSTIP",
    "CALL": "OPROEP",
    "OUTCOME": "RESULTAAT",
    "CONCERNED": "BETROKKEN",
    "no records": "geen registraties",
    "This list may be incomplete: by law some calls are confidential for some time.": (
        "Deze lijst kan onvolledig zijn: volgens de wet zijn sommige oproepen enige tijd vertrouwelijk."
    ),
    "possibly, among many": "mogelijk, onder velen",
    "among many": "onder velen",
    "Numbers": "Nummers",
    "History of the numbers": "Geschiedenis van de nummers",
    "Dossiers": "Dossiers",
    "Mutations": "Mutaties",
    "Acknowledged by subscribers": "Bevestigd door abonnees",
    "Restricted inscriptions": "Beperkte inschrijvingen",
    "Audit": "Audit",
    "REPLACED BY": "VERVANGEN DOOR",
    "LINES": "LIJNEN",
    "KIND": "SOORT",
    "SUBSCRIBER": "ABONNEE",
    "MONTH": "MAAND",
    "FOR": "VOOR",
    "PARTNER": "PARTNER",
    "CALLS": "OPROEPEN",
    "ITEMS": "ELEMENTEN",
    "DELIVERIES": "LEVERINGEN",
    "REFUSED": "GEWEIGERD",
    "closed": "afgesloten",
    "STATE": "STATUS",
    "ORGANISATION": "ORGANISATIE",
    "ROLE": "ROL",
    "all": "alle",
    "revoked": "ingetrokken",
    "SECURITY ADVISER": "VEILIGHEIDSCONSULENT",
    "PROTECTION OFFICER": "BESCHERMING",
    "NORMS": "NORMEN",
    "replaced": "vervangen",
    "suspended": "geschorst",
    "LEGAL CONTEXT": "WETTELIJKE CONTEXT",
    "FEATURE": "KENMERK",
    "VALUE": "WAARDE",
    "REASON": "REDEN",
    "ended": "beëindigd",
    "name exactly one feature of a credential": "vermeld precies één kenmerk van een bewijs van identiteit",
    "awaits a second administrator": "wacht op een tweede beheerder",
    "the register of origin is one of {names}": "het register van oorsprong is een van {names}",
    "the status is one of {names}": "de status is een van {names}",
    "… and {untold} more": "… en nog {untold}",
    "give one of --active-on, --overlaps and --ends-between": (
        "geef slechts één van --active-on, --overlaps en --ends-between op"
    ),
    "--json needs a FILE: standard output cannot take both": (
        "--json vereist een FILE: de standaarduitvoer kan niet allebei bevatten"
    ),
    "write {option} as BEGIN..END; one bound may be empty": (
        "schrijf {option} als BEGIN..END; één van de grenzen mag leeg blijven"
    ),
    "give one of --after-revision, --latest, --snapshot and --acknowledged": (
        "geef slechts één van --after-revision, --latest, --snapshot en --acknowledged op"
    ),
    "--log-id goes with --after-revision": "--log-id hoort bij --after-revision",
    "--acknowledged needs --subscriber NAME": "--acknowledged vereist --subscriber NAME",
    "--kind is one of {names}": "--kind is een van {names}",
    "the snapshot is not complete; start again with --snapshot": (
        "de momentopname is niet volledig; begin opnieuw met --snapshot"
    ),
    "everything through revision {revision} was shown; to resume: {options}": (
        "alles tot en met revisie {revision} is getoond; om te hervatten: {options}"
    ),
    "mutation: {line}": "mutatie: {line}",
    "legal context: {legal_context}": "wettelijke context: {legal_context}",
    "ticket: {ticket}": "ticket: {ticket}",
    "application: {application}": "toepassing: {application}",
    "call: {call_id}": "oproep: {call_id}",
    "read as: {niss}": "gelezen als: {niss}",
    "former numbers: {numbers}": "vroegere nummers: {numbers}",
    "{option} needs an offset from UTC, such as +01:00 or Z": (
        "{option} vereist een afwijking van UTC, zoals +01:00 of Z"
    ),
}

"""Dutch help of the commands of operators: serve, migrate, trim, erase, renew-log and restore."""

from __future__ import annotations

from collections.abc import Mapping

HELP: Mapping[str, str] = {
    "A journal, one of each host; that of RAAS_JOURNAL by default.": (
        "Een journaal, één per machine; standaard dat van RAAS_JOURNAL."
    ),
    "Confirm that ended rights, lifted blocks and erased contents of the copy come back.": (
        "Bevestig dat beëindigde rechten, opgeheven blokkeringen en gewiste inhoud van de kopie terugkomen."
    ),
    "Although the kept checkpoints do not show that it is an older copy.": (
        "Hoewel de bewaarde controlepunten niet tonen dat het een oudere kopie is."
    ),
    "Complete the restore of an older copy of the database.": (
        "Voltooi het terugzetten van een oudere kopie van de databank.\n\nRechten die na de kopie "
        "eindigden, worden opnieuw beëindigd, geblokkeerde legitimaties opnieuw geblokkeerd en inhoud "
        "opnieuw gewist en inschrijvingen opnieuw beperkt, volgens het journaal dat buiten de databank "
        "bewaard wordt. Alle logboeken "
        "krijgen een nieuwe id, zoals met renew-log. Een ander logboek van de audit begint, met eigen "
        "controlepunten.\n\nTot dan luisteren servers op de databank alleen op loopback-adressen. Stop "
        "ze eerst. Na een onderbreking voltooit dezelfde opdracht het werk.\n\nExitstatus: 0 hersteld, 1 "
        "mislukt, 130 onderbroken."
    ),
    "The keys that sign checkpoints of the audit; on the embedded database they are made.": (
        "De sleutels die controlepunten ondertekenen; met de ingebouwde databank worden ze gemaakt."
    ),
    "The name of the log of the audit, such as raas.example/audit.": (
        "De naam van het logboek van de audit, bijvoorbeeld raas.example/audit."
    ),
    "Where checkpoints of the audit are kept; beside the data directory by default.": (
        "Waar controlepunten van de audit bewaard worden; standaard naast de gegevensmap."
    ),
    "A command that keeps a checkpoint, which it reads from standard input.": (
        "Een opdracht die een controlepunt bewaart, gelezen van standaardinvoer."
    ),
    "The time between two checkpoints; 60 by default.": ("De tijd tussen twee controlepunten; standaard 60."),
    "Refuse calls once checkpoints could not be delivered for ten minutes.": (
        "Weiger oproepen zodra controlepunten tien minuten lang niet bezorgd konden worden."
    ),
    "The journal of ended rights, blocks and erasures; beside the data directory by default.": (
        "Het journaal van beëindigde rechten, blokkeringen en wissingen; standaard naast de gegevensmap."
    ),
    "The most that the database may take, such as 500GB; by default the disk of the embedded one.": (
        "Het meeste dat de databank mag innemen, zoals 500GB; standaard de schijf van de ingebouwde."
    ),
    "The keys of page tokens: file:PATH or command:PROGRAM; in the database by default.": (
        "De sleutels van paginatokens: file:PATH of command:PROGRAM; standaard in de databank."
    ),
    "Serve until SIGTERM or Ctrl-C.": (
        "Dien tot SIGTERM of Ctrl-C.\n\nElke optie kan ook in de omgeving staan: RAAS_LISTEN voor --listen, "
        "enzovoort. De optie heeft voorrang."
    ),
    "Delete the oldest part of the log of one register or of all.": (
        "Verwijder het oudste deel van het logboek van één register of van alle.\n\nMutaties worden "
        "verwijderd, en daarmee de toestanden van voor het nieuwe begin. Dossiers en hun lijnen veranderen "
        "niet, en de toestand bij het nieuwe begin blijft opvraagbaar. Zonder dit commando worden logboeken "
        "altijd bewaard. Het werkt in stappen terwijl servers draaien; na een onderbreking gaat hetzelfde "
        "commando verder.\n\nHet verwijderen stopt bij de revisie die de traagste actieve abonnee heeft "
        "bevestigd, en noemt hem, tenzij het geforceerd wordt. Een abonnee met een naam is actief tot 90 "
        "dagen nadat hij laatst gezien werd.\n\nAfsluitcode: 0 verwijderd zoals gevraagd, 4 tegengehouden "
        "door een abonnee, 1 mislukt, 130 onderbroken."
    ),
    "Erase facts about people that are stored beside the logs, by age or by person.": (
        "Wis feiten over personen die naast de logboeken staan, volgens ouderdom of per persoon.\n\nDe "
        "inhoud van mutaties (een identiteit voor en na een wijziging, de gegevens van een gebeurtenis) "
        "staat naast de logboeken, één keer voor alle registers. De mutaties en hun controlegetallen "
        "blijven; het tijdstip van het wissen vervangt de inhoud. Dossiers en de personen van de "
        "authentieke bron veranderen niet.\n\nHet commando werkt in delen terwijl servers draaien. Na een "
        "onderbreking gaat hetzelfde commando verder. Oudere back-ups bevatten die inhoud nog.\n\n"
        "Afsluitcode: 0 alles is gewist, 1 mislukt, 130 onderbroken."
    ),
    "Give logs a new id after a restore.": (
        "Geef logboeken een nieuwe id na het terugzetten van een back-up.\n\nEen teruggezette databank is "
        "revisies kwijt die abonnees kennen, en zal hun nummers aan andere wijzigingen geven. Dit commando "
        "beëindigt de stromen van de abonnees en weigert ze te hervatten (LOG_REPLACED), zodat ze met een "
        "momentopname herbeginnen. De inhoud van de registers verandert niet. Alle logboeken worden "
        "vernieuwd, of geen.\n\nAfsluitcode: 0 vernieuwd, 1 mislukt, 130 onderbroken."
    ),
    "A TOML file with the limits of callers; generous by default.": (
        "Een TOML-bestand met de limieten van oproepers; standaard ruim."
    ),
    "Accepted signature algorithms, separated by commas.": (
        "De aanvaarde handtekeningalgoritmen, gescheiden door komma's."
    ),
    (
        "After the clock of the database was wrong: accept record times ahead of the clock, up to this "
        "instant, such as 2027-01-01T00:00:00Z."
    ): (
        "Als de klok van de databank fout stond: aanvaard registratietijdstippen die voorlopen op de klok, "
        "tot dit tijdstip, bijvoorbeeld 2027-01-01T00:00:00Z."
    ),
    "Also delete what active subscribers have not acknowledged.": (
        "Verwijder ook wat actieve abonnees niet hebben bevestigd."
    ),
    "As for serve: the data directory of the embedded PostgreSQL.": (
        "Zoals bij serve: de datamap van de ingebouwde PostgreSQL."
    ),
    "As for serve; RAAS_DATABASE_URL hides a password better.": (
        "Zoals bij serve; RAAS_DATABASE_URL verbergt een wachtwoord beter."
    ),
    "Callers identify themselves and have every permission; on loopback addresses only.": (
        "Oproepers noemen zichzelf en mogen alles; alleen op lokale adressen (loopback)."
    ),
    "Confirm that production runs on the embedded database.": (
        "Bevestig dat productie op de ingebouwde databank draait."
    ),
    "Create the demonstration register once the server serves.": (
        "Maak het demonstratieregister zodra de server antwoordt."
    ),
    "Delete mutations before this revision of one register.": (
        "Verwijder de mutaties van één register van voor deze revisie."
    ),
    "Delete mutations that are older: '90 days', '12 months'.": (
        "Verwijder mutaties die ouder zijn: '90 days', '12 months'."
    ),
    (
        "Erase everything about this person instead, under all numbers of the person; - reads the number "
        "from standard input, where other users cannot see it."
    ): (
        "Wis in plaats daarvan alles over deze persoon, onder al zijn nummers; - leest het nummer van de "
        "standaardinvoer, waar andere gebruikers het niet kunnen zien."
    ),
    "Erase what is older: '12 months', the default, or '90 days'.": (
        "Wis wat ouder is: '12 months', standaard, of '90 days'."
    ),
    "Every register of the database.": "Alle registers van de databank.",
    "How far the clock of the issuer may differ; 30 by default.": (
        "Hoeveel de klok van de uitgever mag afwijken; standaard 30."
    ),
    "How long calls in progress may take to finish when the server stops; 10 by default.": (
        "Hoelang lopende oproepen krijgen als de server stopt; standaard 10."
    ),
    "Persons, routing, checks and bulk reads need an allowed legal context.": (
        "Personen, routering, controles en bulklezingen vereisen een toegelaten wettelijke context."
    ),
    "Serve --listen-token without TLS, behind a proxy that ends it.": (
        "Dien --listen-token zonder TLS, achter een proxy die TLS beëindigt."
    ),
    "The address for callers with bearer tokens; none by default.": (
        "Het adres voor oproepers met een token; standaard geen."
    ),
    "The age at which a connection takes no new calls; 3600 by default.": (
        "De leeftijd waarop een verbinding geen nieuwe oproepen meer aanneemt; standaard 3600."
    ),
    "How long calls in flight go on on such a connection; 3600 by default.": (
        "Hoe lang lopende oproepen op zo'n verbinding nog doorgaan; standaard 3600."
    ),
    "The address of the health service alone, in plaintext; none by default.": (
        "Het adres van alleen de gezondheidsdienst, onversleuteld; standaard geen."
    ),
    "The address to serve Prometheus metrics on; none by default.": (
        "Het adres van de Prometheus-metrieken; standaard geen."
    ),
    "The address to serve gRPC on; 127.0.0.1:50051 by default.": (
        "Het adres van de gRPC-dienst; standaard 127.0.0.1:50051."
    ),
    "The audience of accepted tokens; raas by default.": "De doelgroep van aanvaarde tokens; standaard raas.",
    "The authorities of client certificates, PEM; with it --listen requires them.": (
        "De autoriteiten van clientcertificaten, PEM; --listen vereist ze dan."
    ),
    "The authorities of the certificate of the other server, PEM; those of gRPC by default.": (
        "De autoriteiten van het certificaat van de andere server, PEM; standaard die van gRPC."
    ),
    "The client certificate used to call the other server, PEM.": (
        "Het clientcertificaat voor oproepen naar de andere server, PEM."
    ),
    "The unencrypted key of the client certificate, PEM.": (
        "De niet-versleutelde sleutel van het clientcertificaat, PEM."
    ),
    "The name in the certificate of the other server.": "De naam in het certificaat van de andere server.",
    "The file with the token used to call the other server.": (
        "Het bestand met het token voor oproepen naar de andere server."
    ),
    "The legal context of calls that have none of their own.": (
        "De wettelijke context van oproepen die er zelf geen hebben."
    ),
    "The certificate chain of the server, PEM.": "De certificaatketen van de server, PEM.",
    "The claim that names the application; client_id by default.": (
        "De claim die de toepassing noemt; standaard client_id."
    ),
    "The claim that names the organisation; enterprise_number by default.": (
        "De claim die de organisatie noemt; standaard enterprise_number."
    ),
    "The data directory of the embedded PostgreSQL; var by default.": (
        "De datamap van de ingebouwde PostgreSQL; standaard var."
    ),
    "The enterprise number used to call the other server.": (
        "Het ondernemingsnummer voor oproepen naar de andere server."
    ),
    "The first administrators, two organisations at least, separated by commas.": (
        "De eerste beheerders, minstens twee organisaties, gescheiden door komma's."
    ),
    "The issuer of accepted tokens.": "De uitgever van aanvaarde tokens.",
    "The key set of the issuer: an https URL or a file.": (
        "De sleutelset van de uitgever: een https-URL of een bestand."
    ),
    "The largest number of lines of a dossier; 1,000 by default.": (
        "Het grootste aantal lijnen van een dossier; standaard 1.000."
    ),
    "The number of processes that share the port; 1 by default.": (
        "Het aantal processen dat de poort deelt; standaard 1."
    ),
    "The prefix of scopes that narrow a token.": "Het voorvoegsel van bereiken die een token beperken.",
    "The register of this enterprise number.": "Het register van dit ondernemingsnummer.",
    (
        "The source that decides which NISS exist: local, the default (persons of this database), structure "
        "(every well-formed one exists), or the HOST:PORT of another server."
    ): (
        "De bron die beslist welke INSZ bestaan: local, standaard (de personen van deze databank), structure "
        "(elk welgevormd nummer bestaat), of HOST:PORT van een andere server."
    ),
    "The unencrypted key of the certificate, PEM.": "De niet-versleutelde sleutel van het certificaat, PEM.",
    "Where certificates hold organisation and application, JSON; Belgian forms by default.": (
        "Waar certificaten organisatie en toepassing bevatten, JSON; standaard de Belgische vormen."
    ),
    "debug, info (the default), warning or error.": "debug, info (standaard), warning of error.",
    "json, the default, or console.": "json, standaard, of console.",
    (
        "postgresql://… of a PostgreSQL ≥ 15, instead of the embedded one. Other users can see flags: put a "
        "password into the environment."
    ): (
        "postgresql://… van een PostgreSQL ≥ 15, in plaats van de ingebouwde. Andere gebruikers zien opties: "
        "zet een wachtwoord in de omgeving."
    ),
    "production, acceptance or test; mandatory unless callers name themselves.": (
        "production, acceptance of test; verplicht, tenzij oproepers zichzelf noemen."
    ),
    "production, the default; test accepts fictitious persons too.": (
        "production, standaard; test aanvaardt ook fictieve personen."
    ),
    (
        "The database with the role that owns the tables, if servers have another role; "
        "RAAS_MIGRATION_DATABASE_URL hides a password better."
    ): (
        "De databank met de rol die de tabellen bezit, als servers een andere rol hebben; "
        "RAAS_MIGRATION_DATABASE_URL verbergt een wachtwoord beter."
    ),
    "Then distribute the tables over the nodes of a Citus cluster.": (
        "Verdeel daarna de tabellen over de nodes van een Citus-cluster."
    ),
    "With --distribute: the number of shards; 32 if not given.": (
        "Met --distribute: het aantal shards; standaard 32."
    ),
    "Migrate the database to the schema of this version.": (
        "Migreer de databank naar het schema van deze versie.\n\nMet RAAS_MIGRATION_DATABASE_URL bezit de "
        "rol van die URL de tabellen; de rol van de servers, die gemaakt wordt als ze niet bestaat, kan de "
        "audit lezen en eraan toevoegen, maar ze niet wijzigen. Er wordt een rol raas_erasure gemaakt, die "
        "zoekcriteria uit de audit kan verwijderen.\n\nAlle stappen vormen één transactie. Een "
        "server migreert zelf zijn ingebouwde PostgreSQL, maar nooit een eigen databank van u. Een databank "
        "die een latere versie heeft gemigreerd, blijft ongewijzigd als deze versie ermee kan werken.\n\nMet "
        "--distribute worden de tabellen over registers daarna verdeeld over de nodes van de cluster, elk "
        "register op één node, en kleine tabellen naar elke node gekopieerd. Stop eerst de servers. Het "
        "commando kan herhaald worden: het doet wat ontbreekt.\n\nAfsluitcode: 0 de databank heeft het "
        "schema van deze versie, en haar tabellen zijn verdeeld indien gevraagd; 1 mislukt, 130 onderbroken."
    ),
}

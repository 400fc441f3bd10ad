"""French texts of the command line, by their English text."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    " (see {rejected_file})": " (voir {rejected_file})",
    ", {applied_before:,} applied before": ", {applied_before:,} appliquées auparavant",
    ", {rejected:,} rejected": ", {rejected:,} rejetées",
    "--encoding {name} is unknown": "--encoding {name} est inconnu",
    "--ignore-extra ignores unknown columns": "--ignore-extra ignore les colonnes inconnues",
    "--import-id {id} was used for other content: choose another one": (
        "--import-id {id} a déjà servi pour un autre contenu : choisissez-en un autre"
    ),
    "--language is one of {languages}": "--language est l'une des valeurs {languages}",
    "--rejected {file} exists already: move it or name another file": (
        "--rejected {file} existe déjà : déplacez-le ou indiquez un autre fichier"
    ),
    "--rejected {file} is the file to import": "--rejected {file} est le fichier à importer",
    "--rejected {file} is the file for the state of the import": (
        "--rejected {file} est le fichier d'état de l'import"
    ),
    "--sex is F or M": "--sex vaut F ou M",
    "ACKNOWLEDGED": "CONFIRMÉE",
    "BEGIN": "DÉBUT",
    "BORN": "NAISSANCE",
    "CALLER": "APPELANT",
    "CONNECTED": "CONNECTÉ",
    "DOSSIERS": "DOSSIERS",
    "END": "FIN",
    "ENTERPRISE NUMBER": "NUMÉRO D'ENTREPRISE",
    "FIELDS": "CHAMPS",
    "FROM": "DE",
    "LABEL": "LIBELLÉ",
    "LAG": "RETARD",
    "LANGUAGE": "LANGUE",
    "LAST SEEN": "VU LE",
    "NAME": "NOM",
    "NUMBER": "NUMÉRO",
    "OLD CODE": "ANCIEN CODE",
    "OLDEST": "PREMIÈRE",
    "REGISTER": "REGISTRE",
    "REVISION": "RÉVISION",
    "SCORE": "SCORE",
    "SEX": "SEXE",
    "STATUS": "STATUT",
    "TARGET": "SERVEUR",
    "TYPE": "TYPE",
    "UNTIL": "JUSQU'À",
    "KEPT": "CONSERVÉ",
    "a date is not written {format}": "une date n'est pas écrite {format}",
    "a header has {mandatory} and may have {optional}": (
        "l'en-tête contient {mandatory} et peut contenir {optional}"
    ),
    "a quotation mark is opened on line {line} and not closed": (
        "un guillemet est ouvert à la ligne {line} et n'est pas fermé"
    ),
    "a removal does not compare identities: leave {names} empty": (
        "une suppression ne compare pas d'identité : laissez {names} vide"
    ),
    "clocks": "horloges",
    "configuration": "configuration",
    "context {name} is removed": "le contexte {name} est supprimé",
    "context {name} is saved in {file}": "le contexte {name} est enregistré dans {file}",
    "context {name} is used from now on": "le contexte {name} est utilisé désormais",
    "database": "base de données",
    "dates look like DD/MM/YYYY: give --date-format DD/MM/YYYY": (
        "les dates semblent écrites DD/MM/YYYY : indiquez --date-format DD/MM/YYYY"
    ),
    "disk": "disque",
    "failed": "échec",
    "give a period (BEGIN, END or both), or --whole": (
        "indiquez une période (BEGIN, END ou les deux), ou --whole"
    ),
    "give one of --at-revision and --at-time": "indiquez soit --at-revision, soit --at-time",
    "interrupted": "interrompu",
    "interrupted; nothing was exported": "interrompu ; rien n'a été exporté",
    "line {line} is not a person in JSON": "la ligne {line} n'est pas une personne en JSON",
    "line {line}: warning: {reasons}": "ligne {line} : avertissement : {reasons}",
    "line {line}: {reasons}": "ligne {line} : {reasons}",
    "lines": "lignes",
    "missing: {names}": "manquantes : {names}",
    "more than once: {names}": "plusieurs fois : {names}",
    "name what is to be changed": "indiquez ce qui doit être modifié",
    "no": "non",
    "FOUND BY": "TROUVÉ PAR",
    "as given": "comme demandé",
    "last name misspelled": "nom mal orthographié",
    "other given names": "autres prénoms",
    "another month": "un autre mois",
    "day and month swapped": "jour et mois inversés",
    "year before or after": "année précédente ou suivante",
    "another year": "une autre année",
    "another last name": "un autre nom",
    "another birth date": "une autre date de naissance",
    "no candidates": "aucun candidat",
    "no file {file}; options and environment": "pas de fichier {file} ; options et environnement",
    "no lines": "aucune ligne",
    "no mutations": "aucune mutation",
    "no server answers ({cause})": "aucun serveur ne répond ({cause})",
    "no server runs on {folder}": "aucun serveur n'utilise {folder}",
    "none": "aucun",
    "none in the environment": "aucun dans l'environnement",
    "none on this machine": "aucune sur cette machine",
    "ok": "ok",
    "reading spreadsheets needs a package: pip install 'raas[spreadsheets]'": (
        "la lecture d'un tableur demande un paquet : pip install 'raas[spreadsheets]'"
    ),
    "register": "registre",
    "resuming after row {row:,}": "reprise après la ligne {row:,}",
    "revision {revision}, {seconds:.1f} s, {rows_per_second:,} rows/s": (
        "révision {revision}, {seconds:.1f} s, {rows_per_second:,} lignes/s"
    ),
    "rows": "lignes",
    "server": "serveur",
    "settings": "paramètres",
    "standard input and pipes cannot be resumed": (
        "un import de l'entrée standard ou d'un tube ne peut pas être repris"
    ),
    "stopped after row {row:,}": "arrêté après la ligne {row:,}",
    "the NISS has lost its leading zero: format the column as text": (
        "le NISS a perdu son zéro initial : mettez la colonne au format texte"
    ),
    "the NISS is written as a rounded number: format the column as text": (
        "le NISS est écrit comme un nombre arrondi : mettez la colonne au format texte"
    ),
    "the compressed file is damaged or truncated ({cause})": (
        "le fichier compressé est endommagé ou tronqué ({cause})"
    ),
    "the file is not written in UTF-8: save it as CSV in UTF-8, or give its encoding, such as "
    "--encoding windows-1252 or --encoding utf-16": (
        "le fichier n'est pas écrit en UTF-8 : enregistrez-le en CSV UTF-8, ou indiquez son encodage, par "
        "exemple --encoding windows-1252 ou --encoding utf-16"
    ),
    "the file is not written in the given encoding ({cause})": (
        "le fichier n'est pas écrit dans l'encodage indiqué ({cause})"
    ),
    "the first line must be a header that names the columns; it is empty": (
        "la première ligne doit être un en-tête qui nomme les colonnes ; elle est vide"
    ),
    "the line is too long": "la ligne est trop longue",
    "the operation is neither INSCRIBE nor REMOVE": "l'opération n'est ni INSCRIBE ni REMOVE",
    "the row has a value in a column without a name": (
        "la ligne contient une valeur dans une colonne sans nom"
    ),
    "the row has {fields} fields, the header {columns}": (
        "la ligne contient {fields} champs, l'en-tête {columns}"
    ),
    "some rows are in another encoding: try --encoding windows-1252": (
        "certaines lignes ont un autre encodage : essayez --encoding windows-1252"
    ),
    "the row is not written in the encoding of the file": (
        "la ligne n'est pas écrite dans l'encodage du fichier"
    ),
    "the row is too long": "la ligne est trop longue",
    "the same command resumes there": "la même commande reprend à cet endroit",
    "the server has had {rows:,} rows of this import before: they are not applied again (to apply them "
    "again, give another --import-id)": (
        "le serveur a déjà reçu {rows:,} lignes de cet import : elles ne sont pas appliquées à nouveau "
        "(pour les appliquer encore, indiquez un autre --import-id)"
    ),
    "the sex is neither F nor M": "le sexe n'est ni F ni M",
    "the spreadsheet cannot be read ({cause})": "le tableur est illisible ({cause})",
    "unknown: {names}": "inconnues : {names}",
    "versions": "versions",
    "warning": "attention",
    "what was applied stays; the changed file is another import": (
        "ce qui a été appliqué reste appliqué ; le fichier modifié constitue un autre import"
    ),
    "write --date-format with DD, MM and YYYY, such as DD/MM/YYYY or YYYYMMDD": (
        "écrivez --date-format avec DD, MM et YYYY, par exemple DD/MM/YYYY ou YYYYMMDD"
    ),
    "write --label as LANGUAGE=TEXT, such as fr=Pension": (
        "écrivez --label sous la forme LANGUE=TEXTE, par exemple fr=Pension"
    ),
    "yes": "oui",
    "{code} is changed": "{code} est modifié",
    "{code} is created": "{code} est créé",
    "{count:,} numbers are out of use": "{count:,} numéros ne sont plus en usage",
    "{count} pages in {folder}": "{count} pages dans {folder}",
    "{dossiers:,} dossiers, {lines:,} lines at revision {revision}; {seconds:.1f} s, {rate:,.0f} lines/s": (
        "{dossiers:,} dossiers, {lines:,} lignes à la révision {revision} ; {seconds:.1f} s, "
        "{rate:,.0f} lignes/s"
    ),
    "{file} is being imported by another process": "{file} est déjà importé par un autre processus",
    "{file} was changed while it was read": "{file} a été modifié pendant la lecture",
    "{file}, context {name}": "{file}, contexte {name}",
    "{file}: the header cannot be used": "{file} : l'en-tête est inutilisable",
    "{folder} cannot be written to ({cause}): name another folder with --state-dir": (
        "impossible d'écrire dans {folder} ({cause}) : indiquez un autre dossier avec --state-dir"
    ),
    "{free:,.1f} GiB free at {folder}": "{free:,.1f} Gio libres dans {folder}",
    "{message}; trying again": "{message} ; nouvel essai",
    "{name} is deleted": "{name} est supprimé",
    "{niss} is replaced by {successor}": "{niss} est remplacé par {successor}",
    "{number} {name!r}: revision {revision}, {dossiers:,} dossiers": (
        "{number} {name!r} : révision {revision}, {dossiers:,} dossiers"
    ),
    "{outcome} at revision {revision}": "{outcome} à la révision {revision}",
    "{outcome}, if it were done": "{outcome}, si l'opération était exécutée",
    "{rows:,} rows checked, {rejected:,} would be rejected; nothing was applied": (
        "{rows:,} lignes vérifiées, {rejected:,} seraient rejetées ; rien n'a été appliqué"
    ),
    "{rows:,} rows: {applied:,} applied, {unchanged:,} unchanged, {rejected:,} rejected": (
        "{rows:,} lignes : {applied:,} appliquées, {unchanged:,} sans changement, {rejected:,} rejetées"
    ),
    "{rows:,} rows: {applied:,} applied, {unchanged:,} unchanged{before}, {rejected:,} rejected{where}": (
        "{rows:,} lignes : {applied:,} appliquées, {unchanged:,} sans changement{before}, "
        "{rejected:,} rejetées{where}"
    ),
    "the server does not tell its clock": "le serveur ne communique pas l'heure de son horloge",
    "{seconds:.1f} s between the server and here": "{seconds:.1f} s entre le serveur et cette machine",
    "{share:4.0%}, {left} left: ": "{share:4.0%}, encore {left} : ",
    "{target} answers in {time:.0f} ms": "{target} répond en {time:.0f} ms",
    "--certificate and --key go together": "--certificate et --key vont ensemble",
    "--token-command is not a command": "--token-command n'est pas une commande",
    "IDENTITY": "IDENTITÉ",
    "PostgreSQL {server}, schema {version}": "PostgreSQL {server}, schéma {version}",
    "The CA, the certificate or the key of the client is invalid.": (
        "L'autorité, le certificat ou la clé du client n'est pas valide."
    ),
    "The certificate of the server is for another name: give the right name as `server_name`.": (
        "Le certificat du serveur porte un autre nom : indiquez le bon nom par `server_name`."
    ),
    "The certificate of the server was not issued by an authority of `ca`.": (
        "Le certificat du serveur n'a pas été délivré par une autorité de `ca`."
    ),
    (
        "The server closed the connection before it was made: it may require TLS or a client certificate, or "
        "refuse the certificate (expired, or of an authority that it does not trust)."
    ): (
        "Le serveur a fermé la connexion avant qu'elle ne soit établie : il exige peut-être TLS ou un "
        "certificat client, ou refuse le certificat (expiré, ou d'une autorité à laquelle il ne se fie pas)."
    ),
    "The server speaks no TLS on this port.": "Le serveur n'utilise pas TLS sur ce port.",
    "a server would refuse it: {cause}": "un serveur le refuserait : {cause}",
    "application": "application",
    "audience": "destinataire",
    "authorities": "autorités",
    "caller": "appelant",
    "certificate": "certificat",
    "chain": "chaîne",
    "give one of --token-file and --token-command": "indiquez --token-file ou --token-command, pas les deux",
    "identity": "identité",
    "issuer": "émetteur",
    "it is bound to a certificate: give --certificate and --key": (
        "il est lié à un certificat : indiquez --certificate et --key"
    ),
    "it is not a JSON Web Token: only the server can read it": (
        "ce n'est pas un JSON Web Token : seul le serveur peut le lire"
    ),
    "no certificate, no token, no enterprise number": "ni certificat, ni jeton, ni numéro d'entreprise",
    "organisation": "organisation",
    "organisation {number}, application {name}": "organisation {number}, application {name}",
    "private files": "fichiers privés",
    (
        "prove who you are by --certificate and --key, by --token-file or --token-command, or, on a server "
        "with development identity, by --enterprise-number; raas doctor checks them"
    ): (
        "prouvez votre identité par --certificate et --key, par --token-file ou --token-command ou, sur un "
        "serveur à identité de développement, par --enterprise-number ; raas doctor les vérifie"
    ),
    "raas doctor shows until when the certificate and the token are valid": (
        "raas doctor indique jusqu'à quand le certificat et le jeton sont valables"
    ),
    "{environment}, of raas {version}": "{environment}, de raas {version}",
    "scope": "portée",
    "environment": "environnement",
    "there is no token ({cause})": "il n'y a pas de jeton ({cause})",
    "token": "jeton",
    "token command": "commande de jeton",
    "token file": "fichier de jeton",
    "valid until {instant}": "valable jusqu'au {instant}",
    "{count} certificates, the last issued by {name}": "{count} certificats, le dernier délivré par {name}",
    "{file} may be read by other users of this machine": (
        "{file} peut être lu par d'autres utilisateurs de cette machine"
    ),
    "{file}, key {key}": "{file}, clé {key}",
    "{name} was not issued by the certificate after it": (
        "{name} n'a pas été délivré par le certificat qui le suit"
    ),
    "{name}: exit status {status}": "{name} : code de sortie {status}",
    "{name}: it wrote no token": "{name} : elle n'a écrit aucun jeton",
    "{name}: no token in time": "{name} : pas de jeton à temps",
    "{claims}, without an expiry: a server refuses it": "{claims}, sans expiration : un serveur le refuse",
    "{what}: expired on {day}": "{what} : expiré le {day}",
    "{what}: valid from {day} only": "{what} : valable à partir du {day} seulement",
    "{what}: valid until {day}, {days} days": "{what} : valable jusqu'au {day}, {days} jours",
    "ID": "ID",
    "MANDATARY": "MANDATAIRE",
    "PERMISSIONS": "DROITS",
    "TYPES": "TYPES",
    "TIME": "MOMENT",
    "CALL": "APPEL",
    "OUTCOME": "RÉSULTAT",
    "CONCERNED": "CONCERNÉ",
    "no records": "aucun enregistrement",
    "This list may be incomplete: by law some calls are confidential for some time.": (
        "Cette liste peut être incomplète : la loi rend certains appels confidentiels pour un temps."
    ),
    "possibly, among many": "peut-être, parmi d’autres",
    "among many": "parmi d’autres",
    "Numbers": "Numéros",
    "History of the numbers": "Historique des numéros",
    "Dossiers": "Dossiers",
    "Mutations": "Mutations",
    "Acknowledged by subscribers": "Confirmé par les abonnés",
    "Restricted inscriptions": "Inscriptions restreintes",
    "Audit": "Audit",
    "REPLACED BY": "REMPLACÉ PAR",
    "LINES": "LIGNES",
    "KIND": "GENRE",
    "SUBSCRIBER": "ABONNÉ",
    "MONTH": "MOIS",
    "FOR": "POUR",
    "PARTNER": "PARTENAIRE",
    "CALLS": "APPELS",
    "ITEMS": "ÉLÉMENTS",
    "DELIVERIES": "LIVRAISONS",
    "REFUSED": "REFUSÉS",
    "closed": "clôturé",
    "STATE": "ÉTAT",
    "ORGANISATION": "ORGANISATION",
    "ROLE": "RÔLE",
    "all": "tous",
    "revoked": "révoqué",
    "SECURITY ADVISER": "CONSEILLER EN SÉCURITÉ",
    "PROTECTION OFFICER": "DÉLÉGUÉ À LA PROTECTION",
    "NORMS": "NORMES",
    "replaced": "remplacée",
    "suspended": "suspendue",
    "LEGAL CONTEXT": "CONTEXTE LÉGAL",
    "FEATURE": "CARACTÉRISTIQUE",
    "VALUE": "VALEUR",
    "REASON": "MOTIF",
    "ended": "levé",
    "name exactly one feature of a credential": "indiquez exactement une caractéristique d'un justificatif",
    "awaits a second administrator": "attend un second administrateur",
    "the register of origin is one of {names}": "le registre d'origine est l'un de {names}",
    "the status is one of {names}": "le statut est l'un de {names}",
    "… and {untold} more": "… et {untold} de plus",
    "give one of --active-on, --overlaps and --ends-between": (
        "n'indiquez qu'une des options --active-on, --overlaps et --ends-between"
    ),
    "--json needs a FILE: standard output cannot take both": (
        "--json demande un FILE : la sortie standard ne peut pas recevoir les deux"
    ),
    "write {option} as BEGIN..END; one bound may be empty": (
        "écrivez {option} sous la forme BEGIN..END ; l'une des bornes peut rester vide"
    ),
    "give one of --after-revision, --latest, --snapshot and --acknowledged": (
        "n'indiquez qu'une des options --after-revision, --latest, --snapshot et --acknowledged"
    ),
    "--log-id goes with --after-revision": "--log-id s'emploie avec --after-revision",
    "--acknowledged needs --subscriber NAME": "--acknowledged demande --subscriber NAME",
    "--kind is one of {names}": "--kind est l'une des valeurs {names}",
    "the snapshot is not complete; start again with --snapshot": (
        "l'instantané n'est pas complet ; recommencez avec --snapshot"
    ),
    "everything through revision {revision} was shown; to resume: {options}": (
        "tout a été montré jusqu'à la révision {revision} comprise ; pour reprendre : {options}"
    ),
    "mutation: {line}": "mutation : {line}",
    "legal context: {legal_context}": "contexte légal : {legal_context}",
    "ticket: {ticket}": "ticket : {ticket}",
    "application: {application}": "application : {application}",
    "call: {call_id}": "appel : {call_id}",
    "read as: {niss}": "lu comme : {niss}",
    "former numbers: {numbers}": "anciens numéros : {numbers}",
    "{option} needs an offset from UTC, such as +01:00 or Z": (
        "{option} demande un décalage par rapport à UTC, tel que +01:00 ou Z"
    ),
}

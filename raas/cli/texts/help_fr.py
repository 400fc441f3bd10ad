"""French help of the commands that call a server."""

from __future__ import annotations

from collections.abc import Mapping

HELP: Mapping[str, str] = {
    "Register as a Service: temporal registers of persons, served over gRPC.": (
        "Register as a Service : registres temporels de personnes, servis par gRPC."
    ),
    "The context to use; see `raas context --help`.": "Le contexte à utiliser ; voir `raas context --help`.",
    "Show the version.": "Affiche la version.",
    "Show the lines of persons in a register.": (
        "Affiche les lignes de personnes dans un registre.\n\nÉcrit une ligne par ligne de dossier ; une "
        "fin vide est une ligne ouverte. Avec --json, un objet par dossier.\n\nCode de sortie : 0 "
        "réponse obtenue, 1 refus ou échec, 130 interruption."
    ),
    "The numbers of the persons.": "Les numéros des personnes.",
    "Only this dossier type; may be repeated.": "Seulement ce type de dossier ; peut être répété.",
    "Only dossiers with a line that holds this day, such as today.": (
        "Seulement les dossiers dont une ligne contient ce jour, par exemple today."
    ),
    "The state at this revision.": "L'état à cette révision.",
    "The state as known then: 2024-03-01T12:00:00+01:00, or ending in Z.": (
        "L'état connu à cet instant : 2024-03-01T12:00:00+01:00, ou terminé par Z."
    ),
    "The address of the server.": "L'adresse du serveur.",
    "Your enterprise number, 10 digits, for a server with development identity.": (
        "Votre numéro d'entreprise, 10 chiffres, pour un serveur à identité de développement."
    ),
    "The enterprise number of the register; your own by default.": (
        "Le numéro d'entreprise du registre ; par défaut le vôtre."
    ),
    "The language of texts: en, fr, nl or de; that of LANG by default.": (
        "La langue des textes : en, fr, nl ou de ; par défaut celle de LANG."
    ),
    "How long to retry while no server answers.": (
        "Durée pendant laquelle réessayer tant qu'aucun serveur ne répond."
    ),
    "Write one JSON object per line to standard output, for scripts.": (
        "Écrit un objet JSON par ligne sur la sortie standard, pour les scripts."
    ),
    "Add a period to the dossier of a person.": (
        "Ajoute une période au dossier d'une personne.\n\nLes périodes qui se chevauchent ou se touchent "
        "forment une seule ligne. Écrit le résultat et toutes les lignes du dossier.\n\nCode de sortie : "
        "0 réponse obtenue, 1 refus ou échec, 130 interruption."
    ),
    "The number of the person.": "Le numéro de la personne.",
    "The code of the dossier type.": "Le code du type de dossier.",
    "The first day: 2024-03-01, 01/03/2024, today.": "Le premier jour : 2024-03-01, 01/03/2024, today.",
    "The last day; without it the period is open.": "Le dernier jour ; sans lui, la période est ouverte.",
    "Refuse a person of another last name.": "Refuse une personne d'un autre nom.",
    "Refuse another first name; may be repeated.": "Refuse un autre prénom ; peut être répété.",
    "Refuse a person of another birth date.": "Refuse une personne d'une autre date de naissance.",
    "Refuse a person of the other sex.": "Refuse une personne de l'autre sexe.",
    "Refuse a replaced number instead of following it.": "Refuse un numéro remplacé au lieu de le suivre.",
    "Show what would be done, and do nothing.": "Montre ce qui serait fait, sans rien faire.",
    "The legal context, kept with the mutation.": "Le contexte légal, conservé avec la mutation.",
    "Your own reference, kept with the mutation.": "Votre propre référence, conservée avec la mutation.",
    "Remove a period from the dossier of a person, or the whole dossier (--whole).": (
        "Retire une période du dossier d'une personne, ou tout le dossier (--whole).\n\nÉcrit le "
        "résultat et les lignes qui restent.\n\nCode de sortie : 0 réponse obtenue, 1 refus ou échec, "
        "130 interruption."
    ),
    "The first day; - for no first day.": "Le premier jour ; - pour aucun premier jour.",
    "Remove the whole dossier.": "Retire tout le dossier.",
    "Show the mutations of a person in a register, oldest first, under all numbers of the person.": (
        "Affiche les mutations d'une personne dans un registre, de la plus ancienne à la plus récente, "
        "sous tous ses numéros.\n\nÉcrit une ligne par mutation, comme `raas watch`. Avec --json, un "
        "objet par mutation.\n\nCode de sortie : 0 réponse obtenue, 1 refus ou échec, 130 interruption."
    ),
    "Only this dossier type; all by default.": "Seulement ce type de dossier ; tous par défaut.",
    "Explain why a register knows a person on a day, or does not.": (
        "Explique pourquoi un registre connaît, ou non, une personne un jour donné.\n\nÉcrit une phrase "
        "dans la langue choisie, la mutation qui a décidé de la réponse (auteur, moment et contexte "
        "légal) et les anciens numéros de la personne.\n\nCode de sortie : 0 réponse obtenue, 1 refus ou "
        "échec, 130 interruption."
    ),
    "The day, such as 2024-03-01; today by default.": (
        "Le jour, par exemple 2024-03-01 ; aujourd'hui par défaut."
    ),
    "Consider only this dossier type; all by default.": (
        "Ne considère que ce type de dossier ; tous par défaut."
    ),
    "Write the result as one JSON object, for scripts.": (
        "Écrit le résultat en un objet JSON, pour les scripts."
    ),
    "Import inscriptions and removals from a CSV file or a spreadsheet.": (
        "Importe des inscriptions et des suppressions d'un fichier CSV ou d'un tableur.\n\nColonnes, "
        "dans un ordre quelconque, nommées en anglais, en français ou en néerlandais : niss, "
        "dossier_type, begin, end ; facultatives : operation (INSCRIBE, par défaut, ou REMOVE), "
        "last_name, first_names (séparés par |), birth_date, sex (F ou M). Un début ou une fin vide est "
        "absent ; une suppression sans les deux retire tout le dossier.\n\nLes lignes rejetées sont "
        "passées et écrites dans FILE.rejected.csv avec leur numéro de ligne et les raisons. Après une "
        "interruption, la même commande reprend l'import là où il s'est arrêté.\n\nCode de sortie : 0 "
        "toutes les lignes appliquées, 3 certaines rejetées, 1 échec, 130 interruption."
    ),
    "CSV, possibly compressed by gzip or xz, or a spreadsheet (.xlsx); - is standard input.": (
        "CSV, éventuellement compressé par gzip ou xz, ou tableur (.xlsx) ; - est l'entrée standard."
    ),
    "The name under which the server remembers this import, so that it applies no row twice. Derived "
    "from the content of the file by default; give another one to apply the file again.": (
        "Le nom sous lequel le serveur retient cet import, pour n'appliquer aucune ligne deux fois. "
        "Dérivé du contenu du fichier par défaut ; indiquez-en un autre pour appliquer le fichier à "
        "nouveau."
    ),
    "A new file for rejected rows; FILE.rejected.csv by default.": (
        "Un nouveau fichier pour les lignes rejetées ; par défaut FILE.rejected.csv."
    ),
    "The folder for the state of the import and for rejected rows; that of FILE by default.": (
        "Le dossier pour l'état de l'import et les lignes rejetées ; par défaut celui de FILE."
    ),
    "The encoding of a CSV file, such as windows-1252.": (
        "L'encodage d'un fichier CSV, par exemple windows-1252."
    ),
    "How days are written, such as DD/MM/YYYY.": "L'écriture des jours, par exemple DD/MM/YYYY.",
    "Ignore unknown columns.": "Ignore les colonnes inconnues.",
    "Let the server check all rows, and apply none.": (
        "Fait vérifier toutes les lignes par le serveur, sans en appliquer aucune."
    ),
    "Export the lines of a register as CSV.": (
        "Exporte les lignes d'un registre en CSV.\n\nColonnes : niss, dossier_type, begin, end ; une fin "
        "vide est une ligne ouverte. Triées par niss, type de dossier et début, toutes à une même "
        "révision. Les dossiers qui conviennent sont écrits en entier. FILE n'est créé ou remplacé "
        "qu'une fois complet."
    ),
    "CSV, also .csv.gz and .csv.xz; - is standard output.": (
        "CSV, aussi .csv.gz et .csv.xz ; - est la sortie standard."
    ),
    "Only this person; may be repeated.": "Seulement cette personne ; peut être répété.",
    "Only dossiers with a line that holds this day.": (
        "Seulement les dossiers dont une ligne contient ce jour."
    ),
    "Only dossiers with a line that overlaps this period; one bound may be empty.": (
        "Seulement les dossiers dont une ligne chevauche cette période ; une borne peut être vide."
    ),
    "Only dossiers with a line that ends in this period; one bound may be empty.": (
        "Seulement les dossiers dont une ligne finit dans cette période ; une borne peut être vide."
    ),
    "Show the mutations of a register as they are committed.": (
        "Affiche les mutations d'un registre dès qu'elles sont enregistrées.\n\nÉcrit une ligne par "
        "mutation (révision, moment, genre, NISS, type de dossier, lignes avant -> lignes après), une "
        "par dossier d'un instantané et une par signet : tout a été montré jusqu'à sa révision. Après "
        "une panne, le flux reprend où il en était.\n\nCtrl-C termine la commande, qui écrit alors les "
        "options pour la reprendre.\n\nCode de sortie : 0 terminée par Ctrl-C ou SIGTERM, 1 refus ou "
        "échec."
    ),
    "Start with the first mutation after this revision.": (
        "Commence par la première mutation après cette révision."
    ),
    "The log of --after-revision; another log is refused.": (
        "Le journal de --after-revision ; un autre est refusé."
    ),
    "Start with the next mutation; the default.": "Commence par la prochaine mutation ; par défaut.",
    "Start with all dossiers as they are now.": "Commence par tous les dossiers dans leur état actuel.",
    "Start after the last acknowledgement of --subscriber.": (
        "Commence après la dernière confirmation de --subscriber."
    ),
    "The name under which the server remembers what was shown and keeps the log.": (
        "Le nom sous lequel le serveur retient ce qui a été montré et garde le journal."
    ),
    "Only this kind, such as INSCRIBED or REMOVED; may be repeated.": (
        "Seulement ce genre, par exemple INSCRIBED ou REMOVED ; peut être répété."
    ),
    "Interval of bookmarks while nothing changes.": "Intervalle des signets tant que rien ne change.",
    "How long to retry while no server answers; for ever by default.": (
        "Durée pendant laquelle réessayer tant qu'aucun serveur ne répond ; sans fin par défaut."
    ),
    "List the numbers in a register that are out of use.": (
        "Liste les numéros d'un registre qui ne sont plus en usage.\n\nCe sont les numéros qui ont des "
        "lignes dans le registre et sont REPLACED ou CANCELLED dans la source authentique, ou UNKNOWN "
        "pour elle. En CSV, triés : niss, status, successor_niss (le dernier), dossier_types (séparés "
        "par |).\n\nCode de sortie : 0 réponse obtenue, 1 refus ou échec, 130 interruption."
    ),
    "Show whether the server answers, the register, and the clocks.": (
        "Montre si le serveur répond, le registre et les horloges.\n\nCode de sortie : 0 le serveur "
        "répond et connaît le registre, 1 sinon, 130 interruption."
    ),
    "The data directory of a server on this machine.": (
        "Le dossier de données d'un serveur de cette machine."
    ),
    "Write the manual pages raas.1, raas-import.1, …; then `man -l DIRECTORY/raas-import.1`.": (
        "Écrit les pages de manuel raas.1, raas-import.1, … ; puis `man -l DIRECTORY/raas-import.1`."
    ),
    "Where to write the pages, such as share/man/man1.": "Où écrire les pages, par exemple share/man/man1.",
    "The dossier types of a register.": "Les types de dossier d'un registre.",
    "List the dossier types. With --json, one object per type.": (
        "Liste les types de dossier. Avec --json, un objet par type."
    ),
    "Create a dossier type.": "Crée un type de dossier.",
    "A label, such as fr=Pension; may be repeated.": (
        "Un libellé, par exemple fr=Pension ; peut être répété."
    ),
    "The code of the older numbering.": "Le code de l'ancienne numérotation.",
    "The first day on which an inscription may begin.": "Le premier jour où une inscription peut commencer.",
    "The last day on which an inscription may begin.": "Le dernier jour où une inscription peut commencer.",
    "Change a dossier type; what is not given stays. The labels given replace all labels.": (
        "Modifie un type de dossier ; le reste est conservé. Les libellés indiqués remplacent tous les "
        "libellés."
    ),
    "The registers of a server.": "Les registres d'un serveur.",
    "List the registers. With --json, one object per register.": (
        "Liste les registres. Avec --json, un objet par registre."
    ),
    "Show one register: your own, or that of --register.": (
        "Affiche un registre : le vôtre ou celui de --register."
    ),
    "Create a register.": "Crée un registre.",
    "The enterprise number of the register.": "Le numéro d'entreprise du registre.",
    "The name of the register.": "Le nom du registre.",
    "Change the name of a register.": "Change le nom d'un registre.",
    "The named subscribers of a register.": "Les abonnés nommés d'un registre.",
    "List the named subscribers, with how many revisions they have not acknowledged (LAG).": (
        "Liste les abonnés nommés et le nombre de révisions non confirmées (RETARD).\n\nAvec --json, un "
        "objet par abonné."
    ),
    "Delete a named subscriber; the log is no longer kept for it.": (
        "Supprime un abonné nommé ; le journal n'est plus gardé pour lui."
    ),
    "The name of the subscriber.": "Le nom de l'abonné.",
    "The enterprise number of its caller; your own by default.": (
        "Le numéro d'entreprise de son appelant ; par défaut le vôtre."
    ),
    "The persons of the authentic source.": "Les personnes de la source authentique.",
    "Search for persons by name and birth date; the best candidate comes first.": (
        "Cherche des personnes par nom et date de naissance ; le meilleur candidat d'abord.\n\nAvec "
        "--ladder, la recherche continue avec un nom mal orthographié, d'autres prénoms, d'autres mois, "
        "jour et mois inversés et d'autres années, jusqu'à une personne convaincante. Avec --json, un objet "
        "par candidat.\n\nCode de sortie : 0 réponse obtenue, 1 refus ou échec, 130 interruption."
    ),
    "The last name, in any spelling.": "Le nom, quelle qu'en soit l'orthographe.",
    "The birth date: 1968-06-12, 12/06/1968, or 1968-06-00.": (
        "La date de naissance : 1968-06-12, 12/06/1968 ou 1968-06-00."
    ),
    "A first name; may be repeated.": "Un prénom ; peut être répété.",
    "Units of the last known part of the birth date, before and after.": (
        "Unités de la dernière partie connue de la date de naissance, avant et après."
    ),
    "Only persons of this sex.": "Seulement les personnes de ce sexe.",
    "Only residents of this municipality.": "Seulement les habitants de cette commune.",
    "Also try what may be wrong, step by step, and show the step.": (
        "Essaie aussi, pas à pas, ce qui peut être erroné, et affiche le pas."
    ),
    "The most candidates.": "Le nombre maximal de candidats.",
    "Show the record of a person.": "Affiche les données d'une personne.",
    "A number that your register holds.": "Un numéro que contient votre registre.",
    "The name of this import; derived from the content by default.": (
        "Le nom de cet import ; dérivé du contenu par défaut."
    ),
    "Named sets of default options, such as one per server.": (
        "Des ensembles nommés d'options par défaut, par exemple un par serveur."
    ),
    "The name of the context.": "Le nom du contexte.",
    "Your enterprise number.": "Votre numéro d'entreprise.",
    "The language of texts: en, fr, nl or de.": "La langue des textes : en, fr, nl ou de.",
    "Use a context from now on.": "Utilise désormais un contexte.",
    "Remove a context.": "Supprime un contexte.",
    "List the contexts; the one in use is marked by *.": (
        "Liste les contextes ; celui qui est utilisé porte un *."
    ),
    "Write one JSON object, for scripts.": "Écrit un objet JSON, pour les scripts.",
    "Check everything that a call needs: configuration, identity, server, clocks; and a database here.": (
        "Vérifie tout ce dont un appel a besoin : configuration, identité, serveur, horloges ; et une base "
        "de données locale.\n\nD'un certificat : la clé, la chaîne, les jours restants et qui un serveur y "
        "lirait ; d'un jeton : émetteur, destinataire et expiration.\n\nCode de sortie : 0 aucun échec, 1 "
        "sinon, 130 interruption."
    ),
    "Add a context, or replace it; the first one is used at once.": (
        "Ajoute un contexte, ou le remplace ; le premier est utilisé aussitôt.\n\nLes fichiers sont nommés, "
        "non copiés : ils sont lus à chaque commande et peuvent donc être renouvelés."
    ),
    "A command that writes a fresh token; it is run without a shell.": (
        "Une commande qui écrit un nouveau jeton ; elle est exécutée sans shell."
    ),
    "A reference of the person behind the call, kept for the audit.": (
        "Une référence de la personne derrière l'appel, conservée pour l'audit."
    ),
    "The authorities of the certificate of the server, a PEM file.": (
        "Les autorités du certificat du serveur, un fichier PEM."
    ),
    "The authorities of the certificate of the server, a PEM file; those of gRPC by default.": (
        "Les autorités du certificat du serveur, un fichier PEM ; par défaut celles de gRPC."
    ),
    "The enterprise number of the organisation that a gateway calls for.": (
        "Le numéro de l'entreprise pour laquelle une passerelle appelle."
    ),
    "The file that holds your token.": "Le fichier qui contient votre jeton.",
    "The key of --certificate, an unencrypted PEM file.": (
        "La clé de --certificate, un fichier PEM non chiffré."
    ),
    "The legal context of the calls.": "Le contexte légal des appels.",
    "The name in the certificate of the server.": "Le nom dans le certificat du serveur.",
    "The name in the certificate of the server; that of --target by default.": (
        "Le nom dans le certificat du serveur ; par défaut celui de --target."
    ),
    "Your client certificate, a PEM file.": "Votre certificat client, un fichier PEM.",
    "Your client certificate, with its intermediate certificates, a PEM file.": (
        "Votre certificat client, avec ses certificats intermédiaires, un fichier PEM."
    ),
    "Import persons into the authentic source, from a CSV file, a spreadsheet or JSON lines.": (
        "Importe des personnes dans la source authentique, depuis un fichier CSV, un tableur ou des lignes "
        "JSON.\n\nColonnes, dans un ordre quelconque : niss, register_of_origin (NATIONAL_REGISTER, RAD ou "
        "BIS; obligatoire pour un nouveau numéro), status, replaced_by, last_name, first_names (séparés par "
        "|), birth_date, sex (F ou M), birth_place, nationality, death_date, country, municipality, "
        "postal_code, street, contact_country, contact_municipality, contact_postal_code, contact_street, "
        "source_date. Un champ vide est absent.\n\nLa même commande reprend un import interrompu ; rien "
        "n'est appliqué deux fois. Les lignes rejetées, et celles appliquées avec un avertissement, sont "
        "écrites sur la sortie d'erreur, avec leur ligne et la raison.\n\nCode de sortie : 0 tout est "
        "appliqué, 3 des rejets, 1 échec, 130 interruption."
    ),
    "A table with a header, as for raas import, or a person in JSON per line.": (
        "Un tableau avec un en-tête, comme pour raas import, ou une personne en JSON par ligne."
    ),
}

"""French help of the commands of operators: serve, migrate, trim, erase, renew-log and restore."""

from __future__ import annotations

from collections.abc import Mapping

HELP: Mapping[str, str] = {
    "A journal, one of each host; that of RAAS_JOURNAL by default.": (
        "Un journal, un par machine ; par défaut celui de RAAS_JOURNAL."
    ),
    "Confirm that ended rights, lifted blocks and erased contents of the copy come back.": (
        "Confirme que les droits terminés, les blocages levés et les contenus effacés de la copie reviennent."
    ),
    "Although the kept checkpoints do not show that it is an older copy.": (
        "Bien que les points de contrôle gardés ne montrent pas que la base est une copie plus ancienne."
    ),
    "Complete the restore of an older copy of the database.": (
        "Achève la restauration d'une copie plus ancienne de la base de données.\n\nLes droits terminés "
        "après la copie prennent fin de nouveau, les justificatifs bloqués sont bloqués de nouveau et "
        "les contenus sont effacés de nouveau et les inscriptions restreintes de nouveau, d'après le "
        "journal gardé hors de la base. Tous les "
        "journaux reçoivent un nouvel identifiant, comme avec renew-log. Un autre journal de l'audit "
        "commence, avec ses propres points de contrôle.\n\nJusque-là, les serveurs de la base n'écoutent "
        "que sur des adresses de bouclage. Arrêtez-les d'abord. Après une interruption, la même commande "
        "achève le travail.\n\nCode de sortie : 0 restauré, 1 échec, 130 interrompu."
    ),
    "The keys that sign checkpoints of the audit; on the embedded database they are made.": (
        "Les clés qui signent les points de contrôle de l'audit ; créées avec la base de données intégrée."
    ),
    "The name of the log of the audit, such as raas.example/audit.": (
        "Le nom du journal de l'audit, par exemple raas.example/audit."
    ),
    "Where checkpoints of the audit are kept; beside the data directory by default.": (
        "Où les points de contrôle de l'audit sont gardés ; par défaut à côté du répertoire de données."
    ),
    "A command that keeps a checkpoint, which it reads from standard input.": (
        "Une commande qui garde un point de contrôle, lu sur l'entrée standard."
    ),
    "The time between two checkpoints; 60 by default.": (
        "Le temps entre deux points de contrôle ; 60 par défaut."
    ),
    "Refuse calls once checkpoints could not be delivered for ten minutes.": (
        "Refuse les appels quand les points de contrôle n'ont pu être remis pendant dix minutes."
    ),
    "The journal of ended rights, blocks and erasures; beside the data directory by default.": (
        "Le journal des droits terminés, blocages et effacements ; par défaut à côté des données."
    ),
    "The most that the database may take, such as 500GB; by default the disk of the embedded one.": (
        "Le maximum que peut occuper la base, par exemple 500GB ; par défaut le disque de l'intégrée."
    ),
    "The keys of page tokens: file:PATH or command:PROGRAM; in the database by default.": (
        "Les clés des jetons de page : file:PATH ou command:PROGRAM ; par défaut dans la base de données."
    ),
    "Serve until SIGTERM or Ctrl-C.": (
        "Sert jusqu'à SIGTERM ou Ctrl-C.\n\nChaque option peut aussi être donnée dans l'environnement : "
        "RAAS_LISTEN pour --listen, etc. L'option a priorité."
    ),
    "Delete the oldest part of the log of one register or of all.": (
        "Supprime la partie la plus ancienne du journal d'un registre ou de tous.\n\nLes mutations sont "
        "supprimées, et avec elles les états antérieurs au nouveau début. Les dossiers et leurs lignes ne "
        "changent pas, et l'état au nouveau début reste consultable. Sans cette commande, les journaux sont "
        "conservés indéfiniment. Elle procède par étapes pendant que les serveurs tournent ; après une "
        "interruption, la même commande continue.\n\nLa suppression s'arrête à la révision que l'abonné "
        "actif le plus lent a confirmée, et le nomme, sauf si elle est forcée. Un abonné nommé est actif "
        "pendant 90 jours après sa dernière apparition.\n\nCode de sortie : 0 supprimé comme demandé, 4 "
        "retenu par un abonné, 1 échec, 130 interruption."
    ),
    "Erase facts about people that are stored beside the logs, by age or by person.": (
        "Efface les faits relatifs aux personnes stockés à côté des journaux, par âge ou par personne.\n\n"
        "Les contenus des mutations (une identité avant et après un changement, les données d'un événement) "
        "sont stockés à côté des journaux, une seule fois pour tous les registres. Les mutations et leurs "
        "sommes de contrôle restent ; l'instant de l'effacement remplace le contenu. Les dossiers et les "
        "personnes de la source authentique ne changent pas.\n\nLa commande procède par lots pendant que les "
        "serveurs tournent. Après une interruption, la même commande continue. Les sauvegardes antérieures "
        "contiennent encore ces contenus.\n\nCode de sortie : 0 tout est effacé, 1 échec, 130 interruption."
    ),
    "Give logs a new id after a restore.": (
        "Donne un nouvel identifiant aux journaux après une restauration.\n\nUne base restaurée a perdu des "
        "révisions que des abonnés connaissent, et attribuera leurs numéros à d'autres changements. Cette "
        "commande met fin aux flux des abonnés et refuse leur reprise (LOG_REPLACED), pour qu'ils "
        "recommencent par un instantané. Le contenu des registres ne change pas. Tous les journaux sont "
        "renouvelés, ou aucun.\n\nCode de sortie : 0 renouvelé, 1 échec, 130 interruption."
    ),
    "A TOML file with the limits of callers; generous by default.": (
        "Un fichier TOML avec les limites des appelants ; généreuses par défaut."
    ),
    "Accepted signature algorithms, separated by commas.": (
        "Les algorithmes de signature acceptés, séparés par des virgules."
    ),
    (
        "After the clock of the database was wrong: accept record times ahead of the clock, up to this "
        "instant, such as 2027-01-01T00:00:00Z."
    ): (
        "Quand l'horloge de la base a été fausse : accepte des instants d'enregistrement en avance sur "
        "l'horloge, jusqu'à cet instant, par exemple 2027-01-01T00:00:00Z."
    ),
    "Also delete what active subscribers have not acknowledged.": (
        "Supprime aussi ce que des abonnés actifs n'ont pas confirmé."
    ),
    "As for serve: the data directory of the embedded PostgreSQL.": (
        "Comme pour serve : le répertoire de données de PostgreSQL intégré."
    ),
    "As for serve; RAAS_DATABASE_URL hides a password better.": (
        "Comme pour serve ; RAAS_DATABASE_URL cache mieux un mot de passe."
    ),
    "Callers identify themselves and have every permission; on loopback addresses only.": (
        "Les appelants se nomment eux-mêmes et ont toutes les permissions ; sur des adresses locales "
        "(loopback) seulement."
    ),
    "Confirm that production runs on the embedded database.": (
        "Confirme que la production utilise la base de données intégrée."
    ),
    "Create the demonstration register once the server serves.": (
        "Crée le registre de démonstration dès que le serveur répond."
    ),
    "Delete mutations before this revision of one register.": (
        "Supprime les mutations d'un registre antérieures à cette révision."
    ),
    "Delete mutations that are older: '90 days', '12 months'.": (
        "Supprime les mutations plus anciennes : '90 days', '12 months'."
    ),
    (
        "Erase everything about this person instead, under all numbers of the person; - reads the number "
        "from standard input, where other users cannot see it."
    ): (
        "Efface plutôt tout ce qui concerne cette personne, sous tous ses numéros ; - lit le numéro sur "
        "l'entrée standard, où d'autres utilisateurs ne peuvent pas le voir."
    ),
    "Erase what is older: '12 months', the default, or '90 days'.": (
        "Efface ce qui est plus ancien : '12 months', par défaut, ou '90 days'."
    ),
    "Every register of the database.": "Tous les registres de la base de données.",
    "How far the clock of the issuer may differ; 30 by default.": (
        "L'écart permis de l'horloge de l'émetteur ; 30 par défaut."
    ),
    "How long calls in progress may take to finish when the server stops; 10 by default.": (
        "Le temps laissé aux appels en cours quand le serveur s'arrête ; 10 par défaut."
    ),
    "Persons, routing, checks and bulk reads need an allowed legal context.": (
        "Les personnes, le routage, les contrôles et les lectures en masse exigent un contexte légal "
        "autorisé."
    ),
    "Serve --listen-token without TLS, behind a proxy that ends it.": (
        "Sert --listen-token sans TLS, derrière un proxy qui y met fin."
    ),
    "The address for callers with bearer tokens; none by default.": (
        "L'adresse pour les appelants avec jeton ; aucune par défaut."
    ),
    "The age at which a connection takes no new calls; 3600 by default.": (
        "L'âge auquel une connexion n'accepte plus de nouveaux appels ; 3600 par défaut."
    ),
    "How long calls in flight go on on such a connection; 3600 by default.": (
        "Combien de temps les appels en cours continuent sur une telle connexion ; 3600 par défaut."
    ),
    "The address of the health service alone, in plaintext; none by default.": (
        "L'adresse du seul service de santé, en clair ; aucune par défaut."
    ),
    "The address to serve Prometheus metrics on; none by default.": (
        "L'adresse des métriques Prometheus ; aucune par défaut."
    ),
    "The address to serve gRPC on; 127.0.0.1:50051 by default.": (
        "L'adresse du service gRPC ; 127.0.0.1:50051 par défaut."
    ),
    "The audience of accepted tokens; raas by default.": (
        "Le destinataire des jetons acceptés ; raas par défaut."
    ),
    "The authorities of client certificates, PEM; with it --listen requires them.": (
        "Les autorités des certificats clients, PEM ; --listen les exige alors."
    ),
    "The authorities of the certificate of the other server, PEM; those of gRPC by default.": (
        "Les autorités du certificat de l'autre serveur, PEM ; par défaut celles de gRPC."
    ),
    "The client certificate used to call the other server, PEM.": (
        "Le certificat client pour appeler l'autre serveur, PEM."
    ),
    "The unencrypted key of the client certificate, PEM.": "La clé non chiffrée du certificat client, PEM.",
    "The name in the certificate of the other server.": "Le nom dans le certificat de l'autre serveur.",
    "The file with the token used to call the other server.": (
        "Le fichier du jeton pour appeler l'autre serveur."
    ),
    "The legal context of calls that have none of their own.": (
        "Le contexte légal des appels qui n'en ont pas."
    ),
    "The certificate chain of the server, PEM.": "La chaîne de certificats du serveur, PEM.",
    "The claim that names the application; client_id by default.": (
        "La revendication qui nomme l'application ; client_id par défaut."
    ),
    "The claim that names the organisation; enterprise_number by default.": (
        "La revendication qui nomme l'organisation ; enterprise_number par défaut."
    ),
    "The data directory of the embedded PostgreSQL; var by default.": (
        "Le répertoire de données de PostgreSQL intégré ; var par défaut."
    ),
    "The enterprise number used to call the other server.": (
        "Le numéro d'entreprise pour appeler l'autre serveur."
    ),
    "The first administrators, two organisations at least, separated by commas.": (
        "Les premiers administrateurs, deux organisations au moins, séparées par des virgules."
    ),
    "The issuer of accepted tokens.": "L'émetteur des jetons acceptés.",
    "The key set of the issuer: an https URL or a file.": (
        "Le jeu de clés de l'émetteur : une URL https ou un fichier."
    ),
    "The largest number of lines of a dossier; 1,000 by default.": (
        "Le plus grand nombre de lignes d'un dossier ; 1.000 par défaut."
    ),
    "The number of processes that share the port; 1 by default.": (
        "Le nombre de processus qui partagent le port ; 1 par défaut."
    ),
    "The prefix of scopes that narrow a token.": "Le préfixe des portées qui restreignent un jeton.",
    "The register of this enterprise number.": "Le registre de ce numéro d'entreprise.",
    (
        "The source that decides which NISS exist: local, the default (persons of this database), structure "
        "(every well-formed one exists), or the HOST:PORT of another server."
    ): (
        "La source qui décide quels NISS existent : local, par défaut (les personnes de cette base), "
        "structure (tout numéro bien formé existe), ou HOST:PORT d'un autre serveur."
    ),
    "The unencrypted key of the certificate, PEM.": "La clé non chiffrée du certificat, PEM.",
    "Where certificates hold organisation and application, JSON; Belgian forms by default.": (
        "Où les certificats contiennent l'organisation et l'application, JSON ; les formes belges par défaut."
    ),
    "debug, info (the default), warning or error.": "debug, info (par défaut), warning ou error.",
    "json, the default, or console.": "json, par défaut, ou console.",
    (
        "postgresql://… of a PostgreSQL ≥ 15, instead of the embedded one. Other users can see flags: put a "
        "password into the environment."
    ): (
        "postgresql://… d'un PostgreSQL ≥ 15, au lieu de l'intégré. D'autres utilisateurs voient les options "
        ": mettez un mot de passe dans l'environnement."
    ),
    "production, acceptance or test; mandatory unless callers name themselves.": (
        "production, acceptance ou test ; obligatoire sauf si les appelants se nomment eux-mêmes."
    ),
    "production, the default; test accepts fictitious persons too.": (
        "production, par défaut ; test accepte aussi des personnes fictives."
    ),
    (
        "The database with the role that owns the tables, if servers have another role; "
        "RAAS_MIGRATION_DATABASE_URL hides a password better."
    ): (
        "La base avec le rôle propriétaire des tables, si les serveurs ont un autre rôle ; "
        "RAAS_MIGRATION_DATABASE_URL cache mieux un mot de passe."
    ),
    "Then distribute the tables over the nodes of a Citus cluster.": (
        "Distribue ensuite les tables sur les nœuds d'un cluster Citus."
    ),
    "With --distribute: the number of shards; 32 if not given.": (
        "Avec --distribute : le nombre de fragments (shards) ; 32 par défaut."
    ),
    "Migrate the database to the schema of this version.": (
        "Migre la base de données vers le schéma de cette version.\n\nAvec RAAS_MIGRATION_DATABASE_URL, le "
        "rôle de cette URL possède les tables ; le rôle des serveurs, créé s'il n'existe pas, peut lire "
        "l'audit et y ajouter, mais pas le modifier. Un rôle raas_erasure est créé, qui peut supprimer de "
        "l'audit des critères de recherche.\n\nToutes les étapes forment une "
        "transaction. Un serveur migre lui-même sa base PostgreSQL intégrée, jamais une base de données qui "
        "vous appartient. Une base qu'une version ultérieure a migrée reste inchangée si cette version peut "
        "l'utiliser.\n\nAvec --distribute, les tables des registres sont ensuite distribuées sur les nœuds "
        "du cluster, chaque registre sur un nœud, et les petites tables copiées sur chaque nœud. Arrêtez "
        "d'abord les serveurs. La commande peut être répétée : elle fait ce qui manque.\n\nCode de sortie : "
        "0 la base a le schéma de cette version, et ses tables sont distribuées si demandé ; 1 échec, 130 "
        "interruption."
    ),
}

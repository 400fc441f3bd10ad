"""French help of the commands that restrict and remove data at the end of a period."""

from __future__ import annotations

from collections.abc import Mapping

HELP: Mapping[str, str] = {
    "Restrict a mistaken inscription that was removed: reads of earlier states leave it out.": (
        "Restreint une inscription erronée qui a été supprimée : la lecture d'états antérieurs "
        "l'omet.\n\nLes lectures à une révision ou à un instant antérieurs, GetHistory et "
        "ExplainDossier répondent alors comme si les jours n'avaient jamais été inscrits, sous tous "
        "les numéros de la personne ; une organisation avec le rôle AUDITOR les voit toujours. Le "
        "journal et les flux gardent toutes les mutations : les sommes de contrôle restent "
        "exactes.\n\nDonnez les jours (BEGIN, END), omis de tous les états jusqu'à présent, ou avec "
        "--revision la mutation qui les a inscrits : une inscription antérieure ou postérieure des "
        "mêmes jours reste alors visible. Supprimez d'abord l'inscription. `raas restrictions lift` "
        "met fin à l'effet. La commande est enregistrée.\n\nCode de sortie : 0 restreinte, 1 échec, "
        "130 interruption."
    ),
    "The first day of the mistaken inscription; or --revision.": (
        "Le premier jour de l'inscription erronée ; ou --revision."
    ),
    "Its last day; without it the period is open.": ("Son dernier jour ; sans lui, la période est ouverte."),
    "Why; kept with the restriction.": ("Pourquoi ; gardé avec la restriction."),
    "Your own reference; kept with the restriction.": (
        "Votre propre référence ; gardée avec la restriction."
    ),
    "The revision that made the mistaken inscription.": ("La révision qui a fait l'inscription erronée."),
    "With --revision: the one that removed it; by default the last.": (
        "Avec --revision : celle qui l'a supprimée ; par défaut la dernière."
    ),
    "The restricted inscriptions of a register; see `raas restrict`.": (
        "Les inscriptions restreintes d'un registre ; voir `raas restrict`."
    ),
    "List the restrictions of a register, lifted ones too, the oldest first.": (
        "Affiche les restrictions d'un registre, levées comprises, de la plus ancienne à la plus "
        "récente.\n\nCode de sortie : 0 affichées, 1 échec, 130 interruption."
    ),
    "The id of the restriction.": ("L'identifiant de la restriction."),
    "End the effect of a restriction: reads of earlier states show the inscription again.": (
        "Met fin à l'effet d'une restriction : la lecture d'états antérieurs montre à nouveau "
        "l'inscription.\n\nCode de sortie : 0 levée, 1 échec, 130 interruption."
    ),
    "Show how long each class of data is kept and what is due; with --execute, remove that.": (
        "Montre combien de temps chaque catégorie de données est conservée et ce qui est échu ; avec "
        "--execute, le supprime.\n\nLes lignes sont supprimées quand elles ont pris fin depuis plus "
        "longtemps que ne le dit leur type de dossier (keep_after_end) : les abonnés reçoivent des "
        "mutations REMOVED de l'application `raas retention`. Le journal est élagué comme par `raas "
        "trim`, les contenus sont effacés comme par `raas erase`, y compris ceux sur des personnes que "
        "plus aucun registre ne connaît, et les mois les plus anciens de l'audit sont supprimés comme "
        "par `raas audit remove`. docs/retention.md donne les fondements.\n\nLa commande procède par "
        "lots pendant que les serveurs tournent, avec des pauses ; après une interruption, la même "
        "commande continue. Elle est enregistrée.\n\nCode de sortie : 0 montré ou supprimé, 4 journal "
        "retenu par un abonné, 1 échec, 130 interruption."
    ),
    "Remove what is due; otherwise it is only counted.": (
        "Supprime ce qui est échu ; sinon, c'est seulement compté."
    ),
    "Only lines, log, contents, requests or audit; may be repeated.": (
        "Seulement lines, log, contents, requests ou audit ; peut être répété."
    ),
    "Only the lines and the log of this register.": ("Seulement les lignes et le journal de ce registre."),
    "The period of the log: '24 months', or never, the default.": (
        "La durée du journal : '24 months', ou never, par défaut."
    ),
    "The period of contents; '12 months' by default, or never.": (
        "La durée des contenus ; par défaut '12 months', ou never."
    ),
    "The period of the audit; '120 months' by default, or never.": (
        "La durée de l'audit ; par défaut '120 months', ou never."
    ),
    "How long lines are kept after their last day, such as P10Y or P90D; see `raas retention`.": (
        "La durée de conservation des lignes après leur dernier jour, par exemple P10Y ou P90D ; voir "
        "`raas retention`."
    ),
}

"""The sentences in French."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, str] = {
    # One per reason.
    "REQUIRED": "Ce champ est obligatoire.",
    "VALUE_INVALID": "Cette valeur n’est pas admise dans ce champ.",
    "NISS_MALFORMED": "Ce n’est pas un numéro d’identification de la sécurité sociale (NISS) valide.",
    "ENTERPRISE_NUMBER_MALFORMED": "Ce n’est pas un numéro d’entreprise valide.",
    "PERIOD_INVALID": "Ce n’est pas une période valide.",
    "BATCH_TOO_LARGE": "Un message peut contenir au plus {limit} éléments.",
    "PAGE_TOKEN_INVALID": "Ce jeton de page ne correspond pas à cette demande. Redemandez la première page.",
    "NISS_UNKNOWN": "La source authentique ne connaît pas ce NISS.",
    "DOSSIER_TYPE_UNKNOWN": "Ce registre n’a pas de type de dossier portant ce code.",
    "REGISTER_UNKNOWN": "Votre organisation n’a pas de registre.",
    "NISS_REPLACED": "Ce NISS a été remplacé par un autre.",
    "NISS_HISTORY_UNKNOWN": "Le statut de ce NISS à ce moment n’est pas connu.",
    "NISS_CANCELLED": "Ce NISS a été annulé et ne peut plus être inscrit.",
    "DOSSIER_TYPE_CLOSED": "Une inscription sous ce type de dossier ne peut pas débuter ce jour-là.",
    "DOSSIER_TOO_LARGE": "Après cette opération, le dossier compterait plus de {limit} périodes.",
    "IDENTITY_MISMATCH": "L’identité communiquée diffère de celle de la source authentique pour\u00a0: "
    "{fields}.",
    "PERSON_NOT_UPDATABLE": "L’identité de cette personne est gérée par le Registre national et ne peut pas "
    "être modifiée ici.",
    "REQUEST_ID_REUSED": "Cet identifiant de demande a déjà été utilisé pour une autre demande.",
    "IMPORT_OFFSET_AHEAD": "Des opérations antérieures manquent. Reprenez cette importation à la position "
    "{through_offset}.",
    "TOO_MANY_RESULTS": "Les résultats sont trop nombreux. Veuillez préciser la demande.",
    "LOG_REPLACED": "Le journal de ce registre a été remplacé. Recommencez à partir d’un instantané.",
    "DOSSIER_TYPE_EXISTS": "Ce registre a déjà un type de dossier portant ce code.",
    "REGISTER_EXISTS": "Cette organisation a déjà un registre.",
    "REVISION_EXPIRED": "Cette révision n’est plus conservée. La plus ancienne disponible est "
    "{oldest_revision}.",
    "REVISION_IN_FUTURE": "Cette révision n’existe pas encore. La plus récente est {latest_revision}.",
    "UNAUTHENTICATED": "L’appelant n’a pas pu être identifié.",
    "CREDENTIAL_EXPIRED": "Le certificat ou le jeton de l’appelant a expiré. Renouvelez-le,"
    " puis reconnectez-vous.",
    "SCOPE_MISSING": "Les portées (scopes) du jeton ne couvrent pas cet appel ({scope}).",
    "LEGAL_CONTEXT_REQUIRED": "Cet appel exige un contexte légal\u00a0: indiquez-le dans la métadonnée "
    "raas-legal-context.",
    "LEGAL_CONTEXT_NOT_ALLOWED": "L’appelant ne peut pas faire cet appel dans ce contexte légal.",
    "LEGAL_CONTEXT_UNKNOWN": "Le catalogue ne contient pas de contexte légal portant cet identifiant.",
    "BLOCK_UNKNOWN": "Il n’existe pas de blocage portant cet identifiant.",
    "SERVICE_UNKNOWN": "Il n’existe pas de service du réseau portant ce code.",
    "ADMISSION_MISSING": "L’organisation n’a pas d’admission valide en production.",
    "AUTHORISATION_MISSING": "Il n’existe pas d’autorisation portant cet identifiant.",
    "MANDATE_MISSING": "Votre organisation n’a pas de mandat pour ce registre.",
    "ROLE_MISSING": "Cet appel requiert le rôle {role}, que votre organisation n’a pas.",
    "LIMIT_EXCEEDED": "Votre application a atteint sa limite {limit} ({maximum}). Veuillez réessayer dans "
    "{retry_after} secondes.",
    "OVERLOADED": "Les demandes sont trop nombreuses en ce moment. Veuillez réessayer dans un instant.",
    "AUTHENTIC_SOURCE_UNAVAILABLE": "La source authentique ne répond pas. Veuillez réessayer plus tard.",
    "AUDIT_UNAVAILABLE": "L’appel n’a pas pu être enregistré\u00a0: il reste donc sans réponse. Veuillez "
    "réessayer plus tard.",
    "UNAVAILABLE": "Le service est momentanément indisponible. Veuillez réessayer plus tard.",
    "INTERNAL": "Une erreur interne s’est produite. Veuillez mentionner l’identifiant de l’appel lorsque "
    "vous la signalez.",
    "SUBSCRIBER_UNKNOWN": "Votre organisation n’a pas d’abonné portant ce nom dans ce registre.",
    "SUBSCRIBER_FILTER_DIFFERS": "Cet abonné a confirmé ses mutations sous d’autres filtres. Partez plutôt "
    "d’une révision ou d’un instantané.",
    "MANDATE_UNKNOWN": "Ce registre n’a pas de mandat portant cet identifiant.",
    "GRANT_UNKNOWN": "Il n’existe pas d’attribution de rôle portant cet identifiant.",
    "ROLES_EXCLUDE": "Une organisation ne peut pas avoir en même temps les rôles {role} et {other}.",
    "SECOND_ADMINISTRATOR_REQUIRED": "Un autre administrateur que celui qui a attribué ce droit doit le "
    "confirmer.",
    "GRANT_REVOKED": "Ce droit a été révoqué.",
    "PARTNER_IN_USE": "Le partenaire d’un type de dossier ne peut plus être modifié dès qu’il existe des "
    "dossiers. Créez un autre type.",
    # NISS and enterprise numbers.
    "NISS_FORMAT": "Un NISS se compose d’exactement 11 chiffres, sans espaces ni ponctuation.",
    "NISS_CHECK_DIGITS": "Les chiffres de contrôle de ce NISS sont incorrects. Veuillez vérifier que le "
    "numéro ne contient pas de faute de frappe.",
    "NISS_MONTH": "Le mois de naissance contenu dans ce NISS n’existe pas.",
    "NISS_FICTITIOUS": "Ce NISS est celui d’une personne fictive et n’est accepté que dans un environnement "
    "de test.",
    "NISS_BIRTH_DATE": "La date de naissance contenue dans ce NISS n’existe pas.",
    "NISS_COUNTER": "Le numéro d’ordre contenu dans ce NISS (chiffres 7 à 9) doit être compris entre 001 et "
    "998.",
    "NISS_FUTURE": "La date de naissance contenue dans ce NISS se situe dans le futur.",
    "ENTERPRISE_NUMBER_FORMAT": "Un numéro d’entreprise se compose d’exactement 10 chiffres, sans préfixe "
    "ni ponctuation.",
    "ENTERPRISE_NUMBER_FIRST_DIGIT": "Un numéro d’entreprise commence par 0 ou 1.",
    "ENTERPRISE_NUMBER_CHECK_DIGITS": "Les chiffres de contrôle de ce numéro d’entreprise sont incorrects.",
    # Days and periods.
    "DAY_EMPTY": "Une date ne peut pas être vide. Omettez le champ s’il n’y a pas de date.",
    "AUDIT_WITHOUT_SPACE": "Le serveur n’a plus assez d’espace pour enregistrer les réponses qui concernent "
    "de nombreuses personnes. Veuillez réessayer plus tard.",
    "AUDIT_SUBJECT_REQUIRED": "Indiquez un registre, le numéro d’une personne ou un appelant.",
    "MONTH_FORMAT": "Un mois s’écrit sous la forme YYYY-MM (année, mois).",
    "MONTH_RANGE": "Le dernier mois ne peut pas précéder le premier, et la période ne peut compter plus de "
    "{maximum} mois.",
    "DAY_FORMAT": "Une date s’écrit sous la forme YYYY-MM-DD (année, mois, jour).",
    "DAY_NOT_IN_CALENDAR": "Cette date n’existe pas.",
    "DAY_LAST": "La date 9999-12-31 n’est pas acceptée. Omettez le champ s’il n’y a pas de limite.",
    "INCOMPLETE_DATE_FORMAT": "Cette date s’écrit sous la forme YYYY-MM-DD (année, mois, jour), avec 00 "
    "pour un jour ou un mois inconnu.",
    "PERIOD_BEGIN_REQUIRED": "La période d’une inscription doit avoir une date de début.",
    "PERIOD_WITHOUT_BOUNDS": "La période n’a ni date de début ni date de fin. Omettez la période si aucune "
    "limite n’est souhaitée.",
    "PERIOD_END_BEFORE_BEGIN": "La date de fin précède la date de début.",
    # Mandates and roles.
    "MANDATARY_IS_OWNER": "Le propriétaire d’un registre n’a pas besoin de mandat pour celui-ci.",
    "ADMINISTER_UNRESTRICTED": "Un mandat pour administrer un registre ne peut pas être limité à des types "
    "de dossier.",
    "RPC_UNKNOWN": "Ce serveur n’a pas de RPC de ce nom.",
    "NOT_OF_THIS_ROLE": "Ce champ ne s’applique pas à ce rôle.",
    # Dossier types.
    "DOSSIER_TYPE_CODE_FORMAT": "Un code compte de 1 à 64 caractères\u00a0: lettres sans accent, chiffres "
    "et _ . : / -. Il commence par une lettre ou un chiffre.",
    "LABEL_LANGUAGE_UNKNOWN": "Les libellés peuvent être donnés dans les langues fr, nl, de et en.",
    "DURATION_FORMAT": "Une durée s’écrit en années et mois, par exemple P10Y ou P1Y6M, ou en jours, par "
    "exemple P90D\u00a0: au moins un jour, au plus 100 ans.",
    "VALIDITY_END_BEFORE_BEGIN": "Le dernier jour de validité précède le premier jour.",
    "DOSSIER_TYPE_CLOSED_BEFORE": "Une inscription sous ce type de dossier ne peut pas débuter avant le "
    "{active_from}.",
    "DOSSIER_TYPE_CLOSED_AFTER": "Une inscription sous ce type de dossier ne peut pas débuter après le "
    "{active_until}.",
    "DOSSIER_TYPE_CLOSED_OUTSIDE": "Une inscription sous ce type de dossier doit débuter entre le "
    "{active_from} et le {active_until}.",
    # Restrictions.
    "RESTRICTION_WITHOUT_INSCRIPTION": "Le registre n’a pas cette inscription de cette personne.",
    "RESTRICTION_ENDS_BEFORE": "La révision de la suppression précède celle de l’inscription.",
    "RESTRICTION_NOT_REMOVED": "Cette inscription n’est pas encore supprimée\u00a0: supprimez-la d’abord.",
    "RESTRICTION_INSCRIBED_BEFORE": "Certains de ces jours étaient déjà inscrits avant, sous un numéro de "
    "cette personne.",
    # Values in general.
    "TEXT_EMPTY": "Ce texte ne peut pas être vide.",
    "TEXT_TOO_LONG": "Ce texte peut compter au plus {limit} caractères.",
    "CONTROL_CHARACTERS": "Ce texte contient des retours à la ligne ou d’autres caractères de contrôle.",
    "INVISIBLE_CHARACTERS": "Ce texte contient des caractères invisibles, tels que des séparateurs de ligne "
    "ou des commandes de sens d’écriture.",
    "OUT_OF_RANGE": "Cette valeur doit être comprise entre {minimum} et {maximum}.",
    "LIST_TOO_LONG": "Cette liste peut compter au plus {limit} éléments.",
    "ANSWER_TOO_LARGE": "Les dossiers comptent tant de périodes que la réponse serait trop volumineuse. "
    "Envoyez moins d’éléments à la fois.",
    "DUPLICATE": "Cet élément apparaît plus d’une fois.",
    "ENUM_UNKNOWN": "Cette valeur ne figure pas parmi les valeurs autorisées.",
    "PAGE_SIZE_NEGATIVE": "La taille de page ne peut pas être négative.",
    "FUTURE_INSTANT": "Ce moment se situe dans le futur. L’heure du serveur est {server_time}.",
    "MASK_PATH_UNKNOWN": "Le masque désigne un champ qui n’existe pas\u00a0: {path}.",
    "IMMUTABLE_FIELD": "Ce champ ne peut pas être modifié.",
    "MESSAGE_UNREADABLE": "Le message est illisible\u00a0: ses octets ne correspondent pas au contrat.",
    "IMPORT_CHANGED_IN_STREAM": "Tous les messages d’un même flux doivent appartenir à la même importation.",
    "REGISTER_CHANGED_IN_STREAM": "Tous les messages d’un même flux doivent concerner le même registre.",
    # Persons.
    "SUCCESSOR_IS_ITSELF": "Un NISS ne peut pas être remplacé par lui-même.",
    "IDENTIFICATION_INCOMPLETE": "Le nom et la date de naissance ne suffisent pas. Indiquez la date de "
    "naissance complète avec le lieu de naissance et le sexe, ou une résidence à l’étranger, ou une adresse "
    "en Belgique.",
    "NUMBERS_EXHAUSTED": "Tous les numéros pour cette date de naissance ont été attribués.",
    "NAME_WITHOUT_LETTERS": "Un nom doit contenir au moins une lettre.",
    "COUNTRY_CODE_FORMAT": "Ce n’est pas un code de pays de la norme ISO 3166-1, comme BE.",
    "CONTACT_WITHOUT_MUNICIPALITY": "Une adresse de contact doit comporter une commune.",
    "DEATH_BEFORE_BIRTH": "La date de décès précède la date de naissance.",
    "FUTURE_DAY": "Cette date se situe dans le futur.",
    # Notices.
    "NOTICE_DOSSIER_TOO_LARGE": "Ce dossier compte désormais plus de périodes que le maximum autorisé. "
    "Les opérations qui ajoutent une période sont refusées.",
    "NOTICE_NISS_FOLLOWED": "Ce NISS a été remplacé. La demande a été appliquée au NISS qui lui succède.",
    "PERSON_DECEASED": "Selon la source authentique, cette personne est décédée.",
    "PERIOD_BEFORE_BIRTH": "La période débute avant la naissance de la personne.",
    "MESSAGE_TOO_LARGE": "Un message de demande de cet appel peut compter au plus {limit} octets.",
    "TOO_MANY_FIELDS": "Un message de demande de cet appel peut contenir au plus {limit} champs encodés au "
    "total.",
    "PERSONS_KEPT_ELSEWHERE": "Ce serveur ne gère pas de personnes. Veuillez adresser la demande au serveur "
    "qui les gère.",
    # Why a person is, or is not, known on a day.
    "EXPLAIN_INSCRIBED": "Le {day}, la personne est connue sous {dossier_type}, inscrite par {actor} le "
    "{recorded} (contexte légal\u00a0: {legal_context}).",
    "EXPLAIN_INSCRIBED_CANCELLED": "Le {day}, la personne est connue sous {dossier_type}, inscrite par "
    "{actor} le {recorded} (contexte légal\u00a0: {legal_context}), mais le NISS a été annulé depuis.",
    "EXPLAIN_TAKEN_OVER": "Le {day}, la personne est connue sous {dossier_type}, car son NISS en a remplacé "
    "un autre le {recorded} ({actor}, contexte légal\u00a0: {legal_context}).",
    "EXPLAIN_GIVEN_BACK": "Le {day}, la personne est connue sous {dossier_type}, car le remplacement de son "
    "NISS a été annulé le {recorded} ({actor}, contexte légal\u00a0: {legal_context}).",
    "EXPLAIN_KNOWN_BEFORE_LOG": "Le {day}, la personne est connue. L’inscription de ce jour ne figure plus "
    "dans le journal.",
    "EXPLAIN_REMOVED": "Le {day}, la personne n’est pas connue, car {actor} a supprimé ce jour sous "
    "{dossier_type} le {recorded} (contexte légal\u00a0: {legal_context}).",
    "EXPLAIN_MOVED_AWAY": "Le {day}, la personne n’est pas connue sous ce NISS, car il a été remplacé le "
    "{recorded} ({actor}, contexte légal\u00a0: {legal_context}) et ce jour est passé au NISS qui lui "
    "succède.",
    "EXPLAIN_NOT_GIVEN_BACK": "Le {day}, la personne n’est pas connue sous {dossier_type}. Son NISS a été "
    "remplacé le {recorded} ({actor}, contexte légal\u00a0: {legal_context}). Lors de l’annulation de ce "
    "remplacement, ce jour n’a pas été restitué, car il avait été supprimé ou appartenait à un autre NISS.",
    "EXPLAIN_SEPARATED": "Le {day}, la personne n’est pas connue sous {dossier_type}, car un remplacement a "
    "été annulé le {recorded} ({actor}, contexte légal\u00a0: {legal_context}) et ce jour a été restitué à "
    "l’autre NISS.",
    "EXPLAIN_STALE": "Le {day}, la personne n’est pas connue sous son NISS actuel. Un ancien NISS, qui a "
    "été remplacé, est encore inscrit et devrait être supprimé.",
    "EXPLAIN_OTHER_DAYS": "Le {day}, la personne n’est pas connue\u00a0: seuls d’autres jours ont été "
    "inscrits.",
    "EXPLAIN_NEVER": "Le {day}, la personne n’est pas connue\u00a0: rien n’a jamais été inscrit pour ce "
    "jour.",
    "EXPLAIN_NISS_UNKNOWN": "Le {day}, la personne n’est pas connue et la source authentique ne connaît pas "
    "ce NISS.",
    "EXPLAIN_NOT_KNOWN_BEFORE_LOG": "Le {day}, la personne n’est pas connue. Le journal n’indique plus si "
    "ce jour a déjà été inscrit.",
}

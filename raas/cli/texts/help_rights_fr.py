"""French help of the commands about mandates, roles, legal contexts and blocks."""

from __future__ import annotations

from collections.abc import Mapping

HELP: Mapping[str, str] = {
    "The mandates of organisations on the registers of others.": (
        "Les mandats d'organisations sur les registres d'autres organisations."
    ),
    "List the mandates on a register, or your own. With --json, one object per mandate.": (
        "Liste les mandats sur un registre, ou les vôtres. Avec --json, un objet par mandat."
    ),
    "Give an organisation a mandate on a register.": "Donne à une organisation un mandat sur un registre.",
    "End a mandate at once.": "Met fin à un mandat immédiatement.",
    "Only those of this organisation; your own number, on all registers.": (
        "Seulement ceux de cette organisation ; votre propre numéro : sur tous les registres."
    ),
    "Only what is valid on this day, such as today.": (
        "Seulement ce qui est valable ce jour, par exemple today."
    ),
    "The enterprise number of the organisation.": "Le numéro d'entreprise de l'organisation.",
    "What it may do.": "Ce qu'elle peut faire.",
    "A content about persons that it is shown; may be repeated.": (
        "Un contenu relatif aux personnes qui lui est montré ; peut être répété."
    ),
    "The first day of validity.": "Le premier jour de validité.",
    "The last day of validity.": "Le dernier jour de validité.",
    "The decision on which the mandate rests.": "La décision sur laquelle le mandat repose.",
    "The id of the mandate.": "L'identifiant du mandat.",
    "The roles of organisations.": "Les rôles des organisations.",
    "List the grants of roles. With --json, one object per grant.": (
        "Liste les attributions de rôles. Avec --json, un objet par attribution."
    ),
    "Give an organisation a role; some roles count once a second administrator has confirmed them.": (
        "Attribue un rôle à une organisation ; certains rôles ne comptent qu'une fois confirmés par un "
        "second administrateur."
    ),
    "Confirm the grant of a role, as the second administrator.": (
        "Confirme l'attribution d'un rôle, en tant que second administrateur."
    ),
    "End the grant of a role at once.": "Met fin à l'attribution d'un rôle immédiatement.",
    "Only the roles of this organisation.": "Seulement les rôles de cette organisation.",
    "Only this role.": "Seulement ce rôle.",
    "The role.": "Le rôle.",
    "An organisation that a gateway may speak for; may be repeated.": (
        "Une organisation pour laquelle une passerelle peut parler ; peut être répété."
    ),
    "An RPC that a gateway may call, such as raas.v1.RegisterService/Consult; may be repeated.": (
        "Un RPC qu'une passerelle peut appeler, par exemple raas.v1.RegisterService/Consult ; peut être "
        "répété."
    ),
    "A legal context in which a router may ask; may be repeated.": (
        "Un contexte légal dans lequel un routeur peut interroger ; peut être répété."
    ),
    "The id of the grant.": "L'identifiant de l'attribution.",
    "The fields of identities that registers may see.": (
        "Les champs d'identité que les registres peuvent voir."
    ),
    "List authorisations: all for an administrator, else your own. With --json, one object each.": (
        "Liste les autorisations (toutes pour un administrateur). Avec --json, un objet par autorisation."
    ),
    "Let a register see the identities of persons whom it knows, once it is confirmed.": (
        "Laisse un registre voir l'identité des personnes qu'il connaît, après confirmation."
    ),
    "Confirm an authorisation, as the second administrator.": (
        "Confirme une autorisation, comme second administrateur."
    ),
    "End an authorisation at once.": ("Met fin immédiatement à une autorisation."),
    "Only the authorisations of this register.": ("Seulement les autorisations de ce registre."),
    "The enterprise number of the register.": ("Le numéro d'entreprise du registre."),
    "The reference of the deliberation.": ("La référence de la délibération."),
    "Only this field, such as last_name; may be repeated.": (
        "Seulement ce champ, par exemple last_name ; peut être répété."
    ),
    "Only the dossier types that are kept for this organisation.": (
        "Seulement les types de dossier tenus pour cette organisation."
    ),
    "Only calls in this legal context.": ("Seulement les appels dans ce contexte légal."),
    "The id of the authorisation.": ("L'identifiant de l'autorisation."),
    "The legal contexts in which organisations may call.": (
        "Les contextes légaux dans lesquels les organisations peuvent appeler."
    ),
    "List the catalogue of legal contexts. With --json, one object per entry.": (
        "Liste le catalogue des contextes légaux. Avec --json, un objet par entrée."
    ),
    "Allow an organisation some calls in a legal context.": (
        "Autorise à une organisation certains appels dans un contexte légal."
    ),
    "End an entry of the catalogue of legal contexts at once.": (
        "Met fin immédiatement à une entrée du catalogue des contextes légaux."
    ),
    "Only the legal contexts of this organisation.": (
        "Seulement les contextes légaux de cette organisation."
    ),
    "The legal context.": ("Le contexte légal."),
    "An RPC that it may call, such as raas.v1.RegisterService/FindRegisters; may be repeated.": (
        "Un RPC qu'elle peut appeler, par exemple raas.v1.RegisterService/FindRegisters ; peut être répété."
    ),
    "The last day on which its audit records are for auditors only.": (
        "Le dernier jour où ses traces d'audit sont réservées aux auditeurs."
    ),
    "The id of the entry.": ("L'identifiant de l'entrée."),
    "The admissions of organisations to production.": ("Les admissions d'organisations en production."),
    "List the admissions, also those that were replaced. With --json, one object per admission.": (
        "Liste les admissions, aussi celles remplacées. Avec --json, un objet par admission."
    ),
    "Only the admissions of this organisation.": ("Seulement les admissions de cette organisation."),
    "Admit an organisation to production, or suspend it; replaces its admission.": (
        "Admet une organisation en production, ou la suspend ; remplace son admission."
    ),
    "The security adviser: a name, or how to reach this person.": (
        "Le conseiller en sécurité : un nom, ou comment joindre cette personne."
    ),
    "The data protection officer: a name, or how to reach this person.": (
        "Le délégué à la protection des données : un nom, ou comment joindre cette personne."
    ),
    "The version of the security norms that it has accepted.": (
        "La version des normes de sécurité qu'elle a acceptée."
    ),
    "The last day of the admission.": ("Le dernier jour de l'admission."),
    "Admit it no longer, until its admission is set again.": (
        "Ne plus l'admettre, jusqu'à ce que son admission soit fixée de nouveau."
    ),
    "The credentials that are refused.": ("Les justificatifs d'identité refusés."),
    "List the blocks that have not ended. With --json, one object per block.": (
        "Liste les blocages en cours. Avec --json, un objet par blocage."
    ),
    "Refuse every credential with a feature, in every process and on open streams; name exactly one.": (
        "Refuse tout justificatif ayant une caractéristique, dans chaque processus et sur les flux ouverts ; "
        "indiquez-en exactement une."
    ),
    "End a block.": ("Met fin à un blocage."),
    "Why it is blocked.": ("Le motif du blocage."),
    "The SHA-256 of a certificate or of a token.": ("Le SHA-256 d'un certificat ou d'un jeton."),
    "The SHA-256 of the public key of a certificate.": ("Le SHA-256 de la clé publique d'un certificat."),
    "The issuer and the serial number, separated by a colon.": (
        "L'émetteur et le numéro de série, séparés par un deux-points."
    ),
    "The claim jti of a token.": ("La revendication jti d'un jeton."),
    "An application.": ("Une application."),
    "An organisation, with all its applications.": ("Une organisation, avec toutes ses applications."),
    "The id of the block.": ("L'identifiant du blocage."),
}

"""Dutch help of the commands about mandates, roles, legal contexts and blocks."""

from __future__ import annotations

from collections.abc import Mapping

HELP: Mapping[str, str] = {
    "The mandates of organisations on the registers of others.": (
        "De mandaten van organisaties op de registers van andere organisaties."
    ),
    "List the mandates on a register, or your own. With --json, one object per mandate.": (
        "Toon de mandaten op een register, of die van uzelf. Met --json één object per mandaat."
    ),
    "Give an organisation a mandate on a register.": "Geef een organisatie een mandaat op een register.",
    "End a mandate at once.": "Beëindig een mandaat onmiddellijk.",
    "Only those of this organisation; your own number, on all registers.": (
        "Alleen die van deze organisatie; uw eigen nummer: op alle registers."
    ),
    "Only what is valid on this day, such as today.": "Alleen wat op deze dag geldig is, bijvoorbeeld today.",
    "The enterprise number of the organisation.": "Het ondernemingsnummer van de organisatie.",
    "What it may do.": "Wat ze mag doen.",
    "A content about persons that it is shown; may be repeated.": (
        "Een inhoud over personen die ze te zien krijgt; mag herhaald worden."
    ),
    "The first day of validity.": "De eerste dag van geldigheid.",
    "The last day of validity.": "De laatste dag van geldigheid.",
    "The decision on which the mandate rests.": "De beslissing waarop het mandaat berust.",
    "The id of the mandate.": "De id van het mandaat.",
    "The roles of organisations.": "De rollen van organisaties.",
    "List the grants of roles. With --json, one object per grant.": (
        "Toon de toekenningen van rollen. Met --json één object per toekenning."
    ),
    "Give an organisation a role; some roles count once a second administrator has confirmed them.": (
        "Geef een organisatie een rol; sommige rollen tellen pas als een tweede beheerder ze heeft bevestigd."
    ),
    "Confirm the grant of a role, as the second administrator.": (
        "Bevestig de toekenning van een rol, als tweede beheerder."
    ),
    "End the grant of a role at once.": "Beëindig de toekenning van een rol onmiddellijk.",
    "Only the roles of this organisation.": "Alleen de rollen van deze organisatie.",
    "Only this role.": "Alleen deze rol.",
    "The role.": "De rol.",
    "An organisation that a gateway may speak for; may be repeated.": (
        "Een organisatie waarvoor een gateway mag spreken; mag herhaald worden."
    ),
    "An RPC that a gateway may call, such as raas.v1.RegisterService/Consult; may be repeated.": (
        "Een RPC die een gateway mag oproepen, zoals raas.v1.RegisterService/Consult; mag herhaald worden."
    ),
    "A legal context in which a router may ask; may be repeated.": (
        "Een wettelijke context waarin een router mag vragen; mag herhaald worden."
    ),
    "The id of the grant.": "De id van de toekenning.",
    "The fields of identities that registers may see.": ("De identiteitsvelden die registers mogen zien."),
    "List authorisations: all for an administrator, else your own. With --json, one object each.": (
        "Toont machtigingen: alle voor een beheerder, anders de uwe. Met --json telkens één object."
    ),
    "Let a register see the identities of persons whom it knows, once it is confirmed.": (
        "Laat een register de identiteit zien van personen die het kent, na bevestiging."
    ),
    "Confirm an authorisation, as the second administrator.": (
        "Bevestigt een machtiging, als tweede beheerder."
    ),
    "End an authorisation at once.": ("Beëindigt een machtiging onmiddellijk."),
    "Only the authorisations of this register.": ("Alleen de machtigingen van dit register."),
    "The enterprise number of the register.": ("Het ondernemingsnummer van het register."),
    "The reference of the deliberation.": ("De referentie van de beraadslaging."),
    "Only this field, such as last_name; may be repeated.": (
        "Alleen dit veld, zoals last_name; mag herhaald worden."
    ),
    "Only the dossier types that are kept for this organisation.": (
        "Alleen de dossiertypes die voor deze organisatie worden bijgehouden."
    ),
    "Only calls in this legal context.": ("Alleen oproepen in deze wettelijke context."),
    "The id of the authorisation.": ("De id van de machtiging."),
    "The legal contexts in which organisations may call.": (
        "De wettelijke contexten waarin organisaties mogen oproepen."
    ),
    "List the catalogue of legal contexts. With --json, one object per entry.": (
        "Toont de catalogus van wettelijke contexten. Met --json één object per ingang."
    ),
    "Allow an organisation some calls in a legal context.": (
        "Staat een organisatie bepaalde oproepen toe in een wettelijke context."
    ),
    "End an entry of the catalogue of legal contexts at once.": (
        "Beëindigt onmiddellijk een ingang van de catalogus van wettelijke contexten."
    ),
    "Only the legal contexts of this organisation.": ("Alleen de wettelijke contexten van deze organisatie."),
    "The legal context.": ("De wettelijke context."),
    "An RPC that it may call, such as raas.v1.RegisterService/FindRegisters; may be repeated.": (
        "Een RPC die zij mag oproepen, zoals raas.v1.RegisterService/FindRegisters; mag herhaald worden."
    ),
    "The last day on which its audit records are for auditors only.": (
        "De laatste dag waarop de auditsporen alleen voor auditors zijn."
    ),
    "The id of the entry.": ("De id van de ingang."),
    "The admissions of organisations to production.": ("De toelatingen van organisaties tot productie."),
    "List the admissions, also those that were replaced. With --json, one object per admission.": (
        "Toont de toelatingen, ook de vervangen. Met --json één object per toelating."
    ),
    "Only the admissions of this organisation.": ("Alleen de toelatingen van deze organisatie."),
    "Admit an organisation to production, or suspend it; replaces its admission.": (
        "Laat een organisatie toe tot productie, of schorst haar; vervangt haar toelating."
    ),
    "The security adviser: a name, or how to reach this person.": (
        "De veiligheidsconsulent: een naam, of hoe die persoon te bereiken is."
    ),
    "The data protection officer: a name, or how to reach this person.": (
        "De functionaris voor gegevensbescherming: een naam, of hoe die persoon te bereiken is."
    ),
    "The version of the security norms that it has accepted.": (
        "De versie van de veiligheidsnormen die zij aanvaard heeft."
    ),
    "The last day of the admission.": ("De laatste dag van de toelating."),
    "Admit it no longer, until its admission is set again.": (
        "Laat haar niet meer toe, tot haar toelating opnieuw vastgelegd wordt."
    ),
    "The credentials that are refused.": ("De bewijzen van identiteit die geweigerd worden."),
    "List the blocks that have not ended. With --json, one object per block.": (
        "Toont de lopende blokkeringen. Met --json één object per blokkering."
    ),
    "Refuse every credential with a feature, in every process and on open streams; name exactly one.": (
        "Weigert elk bewijs van identiteit met een kenmerk, in elk proces en op open stromen; "
        "vermeld er precies één."
    ),
    "End a block.": ("Beëindigt een blokkering."),
    "Why it is blocked.": ("Waarom het geblokkeerd is."),
    "The SHA-256 of a certificate or of a token.": ("De SHA-256 van een certificaat of van een token."),
    "The SHA-256 of the public key of a certificate.": (
        "De SHA-256 van de publieke sleutel van een certificaat."
    ),
    "The issuer and the serial number, separated by a colon.": (
        "De uitgever en het serienummer, gescheiden door een dubbelepunt."
    ),
    "The claim jti of a token.": ("De claim jti van een token."),
    "An application.": ("Een toepassing."),
    "An organisation, with all its applications.": ("Een organisatie, met al haar toepassingen."),
    "The id of the block.": ("De id van de blokkering."),
}

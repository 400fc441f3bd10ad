"""The sentences in Dutch."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, str] = {
    # One per reason.
    "REQUIRED": "Dit veld is verplicht.",
    "VALUE_INVALID": "Deze waarde is in dit veld niet toegestaan.",
    "NISS_MALFORMED": "Dit is geen geldig identificatienummer van de sociale zekerheid (INSZ).",
    "ENTERPRISE_NUMBER_MALFORMED": "Dit is geen geldig ondernemingsnummer.",
    "PERIOD_INVALID": "Dit is geen geldige periode.",
    "BATCH_TOO_LARGE": "Een bericht mag hoogstens {limit} elementen bevatten.",
    "PAGE_TOKEN_INVALID": "Dit paginatoken hoort niet bij deze aanvraag. Vraag de eerste pagina opnieuw op.",
    "NISS_UNKNOWN": "De authentieke bron kent dit INSZ niet.",
    "DOSSIER_TYPE_UNKNOWN": "Dit register heeft geen dossiertype met deze code.",
    "REGISTER_UNKNOWN": "Uw organisatie heeft geen register.",
    "NISS_REPLACED": "Dit INSZ is door een ander vervangen.",
    "NISS_HISTORY_UNKNOWN": "De status van dit INSZ op dat tijdstip is niet bekend.",
    "NISS_CANCELLED": "Dit INSZ is geannuleerd en kan niet meer worden ingeschreven.",
    "DOSSIER_TYPE_CLOSED": "Een inschrijving onder dit dossiertype kan niet op deze dag beginnen.",
    "DOSSIER_TOO_LARGE": "Na deze bewerking zou het dossier meer dan {limit} periodes tellen.",
    "IDENTITY_MISMATCH": "De opgegeven identiteit verschilt van die van de authentieke bron voor: {fields}.",
    "PERSON_NOT_UPDATABLE": "De identiteit van deze persoon wordt door het Rijksregister bijgehouden en kan "
    "hier niet worden gewijzigd.",
    "REQUEST_ID_REUSED": "Deze aanvraagidentificatie is al voor een andere aanvraag gebruikt.",
    "IMPORT_OFFSET_AHEAD": "Er ontbreken eerdere bewerkingen. Zet deze import voort vanaf positie "
    "{through_offset}.",
    "TOO_MANY_RESULTS": "Er zijn te veel resultaten. Verfijn de aanvraag.",
    "LOG_REPLACED": "Het logboek van dit register is vervangen. Begin opnieuw vanaf een momentopname.",
    "DOSSIER_TYPE_EXISTS": "Dit register heeft al een dossiertype met deze code.",
    "REGISTER_EXISTS": "Deze organisatie heeft al een register.",
    "REVISION_EXPIRED": "Deze revisie wordt niet meer bewaard. De oudste beschikbare is {oldest_revision}.",
    "REVISION_IN_FUTURE": "Deze revisie bestaat nog niet. De recentste is {latest_revision}.",
    "UNAUTHENTICATED": "De oproeper kon niet worden geïdentificeerd.",
    "CREDENTIAL_EXPIRED": "Het certificaat of het token van de oproeper is verlopen. Vernieuw het"
    " en maak opnieuw verbinding.",
    "SCOPE_MISSING": "De scopes van het token omvatten deze oproep niet ({scope}).",
    "LEGAL_CONTEXT_REQUIRED": "Deze oproep vereist een wettelijke context: vermeld die in de metadata "
    "raas-legal-context.",
    "LEGAL_CONTEXT_NOT_ALLOWED": "De oproeper mag deze oproep niet doen in deze wettelijke context.",
    "LEGAL_CONTEXT_UNKNOWN": "De catalogus bevat geen wettelijke context met deze id.",
    "BLOCK_UNKNOWN": "Er bestaat geen blokkering met deze id.",
    "SERVICE_UNKNOWN": "Er bestaat geen netwerkdienst met deze code.",
    "ADMISSION_MISSING": "De organisatie heeft geen geldige toelating tot productie.",
    "AUTHORISATION_MISSING": "Er bestaat geen machtiging met deze id.",
    "MANDATE_MISSING": "Uw organisatie heeft geen mandaat voor dit register.",
    "ROLE_MISSING": "Deze oproep vereist de rol {role}, die uw organisatie niet heeft.",
    "LIMIT_EXCEEDED": "Uw toepassing heeft haar limiet {limit} ({maximum}) bereikt. Probeer het opnieuw over "
    "{retry_after} seconden.",
    "OVERLOADED": "Er zijn op dit ogenblik te veel aanvragen. Probeer het zo dadelijk opnieuw.",
    "AUTHENTIC_SOURCE_UNAVAILABLE": "De authentieke bron antwoordt niet. Probeer het later opnieuw.",
    "AUDIT_UNAVAILABLE": "De oproep kon niet worden geregistreerd en wordt dus niet beantwoord. Probeer het "
    "later opnieuw.",
    "UNAVAILABLE": "De dienst is tijdelijk niet beschikbaar. Probeer het later opnieuw.",
    "INTERNAL": "Er heeft zich een interne fout voorgedaan. Vermeld de identificatie van de oproep wanneer "
    "u de fout meldt.",
    "SUBSCRIBER_UNKNOWN": "Uw organisatie heeft geen abonnee met deze naam in dit register.",
    "SUBSCRIBER_FILTER_DIFFERS": "Deze abonnee heeft zijn mutaties onder andere filters bevestigd. Begin in "
    "plaats daarvan vanaf een revisie of een momentopname.",
    "MANDATE_UNKNOWN": "Dit register heeft geen mandaat met deze id.",
    "GRANT_UNKNOWN": "Er bestaat geen roltoekenning met deze id.",
    "ROLES_EXCLUDE": "Een organisatie kan niet tegelijk de rollen {role} en {other} hebben.",
    "SECOND_ADMINISTRATOR_REQUIRED": "Een andere beheerder dan degene die dit recht heeft toegekend, moet "
    "het bevestigen.",
    "GRANT_REVOKED": "Dit recht is ingetrokken.",
    "PARTNER_IN_USE": "De partner van een dossiertype kan niet meer worden gewijzigd zodra er dossiers "
    "zijn. Maak een ander type aan.",
    # NISS and enterprise numbers.
    "NISS_FORMAT": "Een INSZ bestaat uit precies 11 cijfers, zonder spaties of leestekens.",
    "NISS_CHECK_DIGITS": "De controlecijfers van dit INSZ zijn niet juist. Controleer het nummer op een "
    "typfout.",
    "NISS_MONTH": "De geboortemaand in dit INSZ bestaat niet.",
    "NISS_FICTITIOUS": "Dit INSZ is dat van een fictieve persoon en wordt alleen in een testomgeving "
    "aanvaard.",
    "NISS_BIRTH_DATE": "De geboortedatum in dit INSZ bestaat niet.",
    "NISS_COUNTER": "Het volgnummer in dit INSZ (cijfers 7 tot 9) moet tussen 001 en 998 liggen.",
    "NISS_FUTURE": "De geboortedatum in dit INSZ ligt in de toekomst.",
    "ENTERPRISE_NUMBER_FORMAT": "Een ondernemingsnummer bestaat uit precies 10 cijfers, zonder voorvoegsel "
    "of leestekens.",
    "ENTERPRISE_NUMBER_FIRST_DIGIT": "Een ondernemingsnummer begint met 0 of 1.",
    "ENTERPRISE_NUMBER_CHECK_DIGITS": "De controlecijfers van dit ondernemingsnummer zijn niet juist.",
    # Days and periods.
    "DAY_EMPTY": "Een datum mag niet leeg zijn. Laat het veld weg als er geen datum is.",
    "AUDIT_WITHOUT_SPACE": "De server heeft te weinig ruimte over om antwoorden over vele personen te "
    "registreren. Probeer het later opnieuw.",
    "AUDIT_SUBJECT_REQUIRED": "Geef een register, het nummer van een persoon of een oproeper.",
    "MONTH_FORMAT": "Een maand wordt geschreven als YYYY-MM (jaar, maand).",
    "MONTH_RANGE": "De laatste maand mag niet vóór de eerste liggen; de periode mag hoogstens {maximum} "
    "maanden tellen.",
    "DAY_FORMAT": "Een datum wordt geschreven als YYYY-MM-DD (jaar, maand, dag).",
    "DAY_NOT_IN_CALENDAR": "Deze datum bestaat niet.",
    "DAY_LAST": "De datum 9999-12-31 wordt niet aanvaard. Laat het veld weg als er geen grens is.",
    "INCOMPLETE_DATE_FORMAT": "Deze datum wordt geschreven als YYYY-MM-DD (jaar, maand, dag), met 00 voor "
    "een onbekende dag of maand.",
    "PERIOD_BEGIN_REQUIRED": "De periode van een inschrijving moet een begindatum hebben.",
    "PERIOD_WITHOUT_BOUNDS": "De periode heeft geen begindatum en geen einddatum. Laat de periode weg als "
    "er geen grens bedoeld is.",
    "PERIOD_END_BEFORE_BEGIN": "De einddatum ligt vóór de begindatum.",
    # Mandates and roles.
    "MANDATARY_IS_OWNER": "De eigenaar van een register heeft er geen mandaat voor nodig.",
    "ADMINISTER_UNRESTRICTED": "Een mandaat om een register te beheren kan niet tot dossiertypes worden "
    "beperkt.",
    "RPC_UNKNOWN": "Deze server heeft geen RPC met deze naam.",
    "NOT_OF_THIS_ROLE": "Dit veld hoort niet bij deze rol.",
    # Dossier types.
    "DOSSIER_TYPE_CODE_FORMAT": "Een code telt 1 tot 64 tekens: letters zonder accent, cijfers en _ . : / "
    "-. Ze begint met een letter of een cijfer.",
    "LABEL_LANGUAGE_UNKNOWN": "Benamingen kunnen in de talen fr, nl, de en en worden opgegeven.",
    "DURATION_FORMAT": "Een duur wordt geschreven in jaren en maanden, zoals P10Y of P1Y6M, of in dagen, "
    "zoals P90D: minstens één dag, hoogstens 100 jaar.",
    "VALIDITY_END_BEFORE_BEGIN": "De laatste dag van de geldigheid ligt vóór de eerste dag.",
    "DOSSIER_TYPE_CLOSED_BEFORE": "Een inschrijving onder dit dossiertype kan niet vóór {active_from} "
    "beginnen.",
    "DOSSIER_TYPE_CLOSED_AFTER": "Een inschrijving onder dit dossiertype kan niet na {active_until} "
    "beginnen.",
    "DOSSIER_TYPE_CLOSED_OUTSIDE": "Een inschrijving onder dit dossiertype moet tussen {active_from} en "
    "{active_until} beginnen.",
    # Restrictions.
    "RESTRICTION_WITHOUT_INSCRIPTION": "Het register heeft deze inschrijving van deze persoon niet.",
    "RESTRICTION_ENDS_BEFORE": "De revisie van de verwijdering ligt vóór die van de inschrijving.",
    "RESTRICTION_NOT_REMOVED": "Deze inschrijving is nog niet verwijderd: verwijder ze eerst.",
    "RESTRICTION_INSCRIBED_BEFORE": "Sommige van deze dagen waren al eerder ingeschreven, onder een nummer "
    "van deze persoon.",
    # Values in general.
    "TEXT_EMPTY": "Deze tekst mag niet leeg zijn.",
    "TEXT_TOO_LONG": "Deze tekst mag hoogstens {limit} tekens tellen.",
    "CONTROL_CHARACTERS": "Deze tekst bevat regeleinden of andere besturingstekens.",
    "INVISIBLE_CHARACTERS": "Deze tekst bevat onzichtbare tekens, zoals regelscheidingen of "
    "besturingstekens voor de schrijfrichting.",
    "OUT_OF_RANGE": "Deze waarde moet tussen {minimum} en {maximum} liggen.",
    "LIST_TOO_LONG": "Deze lijst mag hoogstens {limit} elementen tellen.",
    "ANSWER_TOO_LARGE": "De dossiers tellen zoveel periodes dat het antwoord te groot zou zijn. Stuur "
    "minder elementen tegelijk.",
    "DUPLICATE": "Dit element komt meer dan één keer voor.",
    "ENUM_UNKNOWN": "Deze waarde is geen van de toegestane waarden.",
    "PAGE_SIZE_NEGATIVE": "De paginagrootte mag niet negatief zijn.",
    "FUTURE_INSTANT": "Dit tijdstip ligt in de toekomst. De tijd van de server is {server_time}.",
    "MASK_PATH_UNKNOWN": "Het masker noemt een veld dat niet bestaat: {path}.",
    "IMMUTABLE_FIELD": "Dit veld kan niet worden gewijzigd.",
    "MESSAGE_UNREADABLE": "Het bericht is onleesbaar: de bytes komen niet overeen met het contract.",
    "IMPORT_CHANGED_IN_STREAM": "Alle berichten van eenzelfde stroom moeten tot dezelfde import behoren.",
    "REGISTER_CHANGED_IN_STREAM": "Alle berichten van eenzelfde stroom moeten hetzelfde register betreffen.",
    # Persons.
    "SUCCESSOR_IS_ITSELF": "Een INSZ kan niet door zichzelf worden vervangen.",
    "IDENTIFICATION_INCOMPLETE": "De naam en de geboortedatum volstaan niet. Geef de volledige "
    "geboortedatum met de geboorteplaats en het geslacht op, of een verblijfplaats in het buitenland, of "
    "een adres in België.",
    "NUMBERS_EXHAUSTED": "Alle nummers voor deze geboortedatum zijn toegekend.",
    "NAME_WITHOUT_LETTERS": "Een naam moet minstens één letter bevatten.",
    "COUNTRY_CODE_FORMAT": "Dit is geen landcode van ISO 3166-1, zoals BE.",
    "CONTACT_WITHOUT_MUNICIPALITY": "Een contactadres moet een gemeente bevatten.",
    "DEATH_BEFORE_BIRTH": "De overlijdensdatum ligt vóór de geboortedatum.",
    "FUTURE_DAY": "Deze datum ligt in de toekomst.",
    # Notices.
    "NOTICE_DOSSIER_TOO_LARGE": "Dit dossier telt nu meer periodes dan toegelaten. "
    "Bewerkingen die een periode toevoegen, worden geweigerd.",
    "NOTICE_NISS_FOLLOWED": "Dit INSZ is vervangen. De aanvraag werd uitgevoerd op het INSZ dat het opvolgt.",
    "PERSON_DECEASED": "Volgens de authentieke bron is deze persoon overleden.",
    "PERIOD_BEFORE_BIRTH": "De periode begint vóór de geboorte van de persoon.",
    "MESSAGE_TOO_LARGE": "Een aanvraagbericht van deze oproep mag hoogstens {limit} bytes tellen.",
    "TOO_MANY_FIELDS": "Een aanvraagbericht van deze oproep mag in totaal hoogstens {limit} gecodeerde "
    "velden bevatten.",
    "PERSONS_KEPT_ELSEWHERE": "Deze server houdt geen personen bij. Richt de aanvraag aan de server die dat "
    "wel doet.",
    # Why a person is, or is not, known on a day.
    "EXPLAIN_INSCRIBED": "Op {day} is de persoon bekend onder {dossier_type}, ingeschreven door {actor} op "
    "{recorded} (wettelijke context: {legal_context}).",
    "EXPLAIN_INSCRIBED_CANCELLED": "Op {day} is de persoon bekend onder {dossier_type}, ingeschreven door "
    "{actor} op {recorded} (wettelijke context: {legal_context}), maar het INSZ is sindsdien geannuleerd.",
    "EXPLAIN_TAKEN_OVER": "Op {day} is de persoon bekend onder {dossier_type}, omdat zijn INSZ op "
    "{recorded} een ander INSZ heeft vervangen ({actor}, wettelijke context: {legal_context}).",
    "EXPLAIN_GIVEN_BACK": "Op {day} is de persoon bekend onder {dossier_type}, omdat de vervanging van zijn "
    "INSZ op {recorded} ongedaan is gemaakt ({actor}, wettelijke context: {legal_context}).",
    "EXPLAIN_KNOWN_BEFORE_LOG": "Op {day} is de persoon bekend. De inschrijving van die dag staat niet meer "
    "in het logboek.",
    "EXPLAIN_REMOVED": "Op {day} is de persoon niet bekend, omdat {actor} die dag onder {dossier_type} "
    "heeft verwijderd op {recorded} (wettelijke context: {legal_context}).",
    "EXPLAIN_MOVED_AWAY": "Op {day} is de persoon niet bekend onder dit INSZ, omdat het op {recorded} is "
    "vervangen ({actor}, wettelijke context: {legal_context}) en die dag naar het opvolgende INSZ is "
    "overgegaan.",
    "EXPLAIN_NOT_GIVEN_BACK": "Op {day} is de persoon niet bekend onder {dossier_type}. Zijn INSZ is op "
    "{recorded} vervangen ({actor}, wettelijke context: {legal_context}). Toen dat ongedaan werd gemaakt, "
    "is die dag niet teruggegeven, omdat hij verwijderd was of bij een ander INSZ hoorde.",
    "EXPLAIN_SEPARATED": "Op {day} is de persoon niet bekend onder {dossier_type}, omdat een vervanging op "
    "{recorded} ongedaan is gemaakt ({actor}, wettelijke context: {legal_context}) en het andere INSZ die "
    "dag heeft teruggekregen.",
    "EXPLAIN_STALE": "Op {day} is de persoon niet bekend onder het huidige INSZ. Een vroeger INSZ, dat "
    "vervangen is, is nog ingeschreven en moet worden verwijderd.",
    "EXPLAIN_OTHER_DAYS": "Op {day} is de persoon niet bekend: er zijn alleen andere dagen ingeschreven.",
    "EXPLAIN_NEVER": "Op {day} is de persoon niet bekend: voor die dag is nooit iets ingeschreven.",
    "EXPLAIN_NISS_UNKNOWN": "Op {day} is de persoon niet bekend en de authentieke bron kent dit INSZ niet.",
    "EXPLAIN_NOT_KNOWN_BEFORE_LOG": "Op {day} is de persoon niet bekend. Het logboek toont niet meer of die "
    "dag ooit ingeschreven was.",
}

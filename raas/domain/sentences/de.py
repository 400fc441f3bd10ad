"""The sentences in German."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, str] = {
    # One per reason.
    "REQUIRED": "Dieses Feld ist ein Pflichtfeld.",
    "VALUE_INVALID": "Dieser Wert ist in diesem Feld nicht zulässig.",
    "NISS_MALFORMED": "Dies ist keine gültige Erkennungsnummer der sozialen Sicherheit (ENSS).",
    "ENTERPRISE_NUMBER_MALFORMED": "Dies ist keine gültige Unternehmensnummer.",
    "PERIOD_INVALID": "Dies ist kein gültiger Zeitraum.",
    "BATCH_TOO_LARGE": "Eine Nachricht darf höchstens {limit} Elemente enthalten.",
    "PAGE_TOKEN_INVALID": "Dieses Seitentoken gehört nicht zu dieser Anfrage. Bitte fordern Sie die erste "
    "Seite erneut an.",
    "NISS_UNKNOWN": "Die authentische Quelle kennt diese ENSS nicht.",
    "DOSSIER_TYPE_UNKNOWN": "Dieses Register hat keinen Dossiertyp mit diesem Code.",
    "REGISTER_UNKNOWN": "Ihre Organisation hat kein Register.",
    "NISS_REPLACED": "Diese ENSS wurde durch eine andere ersetzt.",
    "NISS_HISTORY_UNKNOWN": "Der Status dieser ENSS zu diesem Zeitpunkt ist nicht bekannt.",
    "NISS_CANCELLED": "Diese ENSS wurde annulliert und kann nicht mehr eingetragen werden.",
    "DOSSIER_TYPE_CLOSED": "Eine Eintragung unter diesem Dossiertyp kann nicht an diesem Tag beginnen.",
    "DOSSIER_TOO_LARGE": "Nach diesem Vorgang hätte das Dossier mehr als {limit} Zeiträume.",
    "IDENTITY_MISMATCH": "Die angegebene Identität weicht von der authentischen Quelle ab bei: {fields}.",
    "PERSON_NOT_UPDATABLE": "Die Identität dieser Person wird vom Nationalregister geführt und kann hier "
    "nicht geändert werden.",
    "REQUEST_ID_REUSED": "Diese Anfragekennung wurde bereits für eine andere Anfrage verwendet.",
    "IMPORT_OFFSET_AHEAD": "Frühere Vorgänge fehlen. Bitte setzen Sie diesen Import ab Position "
    "{through_offset} fort.",
    "TOO_MANY_RESULTS": "Es gibt zu viele Ergebnisse. Bitte grenzen Sie die Anfrage ein.",
    "LOG_REPLACED": "Das Protokoll dieses Registers wurde ersetzt. Bitte beginnen Sie erneut mit einer "
    "Momentaufnahme.",
    "DOSSIER_TYPE_EXISTS": "Dieses Register hat bereits einen Dossiertyp mit diesem Code.",
    "REGISTER_EXISTS": "Diese Organisation hat bereits ein Register.",
    "REVISION_EXPIRED": "Diese Revision wird nicht mehr aufbewahrt. Die älteste verfügbare ist "
    "{oldest_revision}.",
    "REVISION_IN_FUTURE": "Diese Revision gibt es noch nicht. Die neueste ist {latest_revision}.",
    "UNAUTHENTICATED": "Der Aufrufer konnte nicht identifiziert werden.",
    "CREDENTIAL_EXPIRED": "Das Zertifikat oder Token des Aufrufers ist abgelaufen. Erneuern Sie es."
    " Verbinden Sie sich dann erneut.",
    "SCOPE_MISSING": "Die Scopes des Tokens umfassen diesen Aufruf nicht ({scope}).",
    "LEGAL_CONTEXT_REQUIRED": "Dieser Aufruf erfordert einen gesetzlichen Kontext: Geben Sie ihn in den "
    "Metadaten raas-legal-context an.",
    "LEGAL_CONTEXT_NOT_ALLOWED": "Der Aufrufer darf diesen Aufruf in diesem gesetzlichen Kontext nicht "
    "ausführen.",
    "LEGAL_CONTEXT_UNKNOWN": "Der Katalog enthält keinen gesetzlichen Kontext mit dieser Kennung.",
    "BLOCK_UNKNOWN": "Es gibt keine Sperre mit dieser Kennung.",
    "SERVICE_UNKNOWN": "Es gibt keinen Netzdienst mit diesem Code.",
    "ADMISSION_MISSING": "Die Organisation hat keine gültige Zulassung zur Produktion.",
    "AUTHORISATION_MISSING": "Es gibt keine Ermächtigung mit dieser Kennung.",
    "MANDATE_MISSING": "Ihre Organisation hat kein Mandat für dieses Register.",
    "ROLE_MISSING": "Dieser Aufruf erfordert die Rolle {role}, die Ihre Organisation nicht hat.",
    "LIMIT_EXCEEDED": "Ihre Anwendung hat ihre Grenze {limit} ({maximum}) erreicht. Bitte versuchen Sie es "
    "in {retry_after} Sekunden erneut.",
    "OVERLOADED": "Zurzeit liegen zu viele Anfragen vor. Bitte versuchen Sie es in Kürze erneut.",
    "AUTHENTIC_SOURCE_UNAVAILABLE": "Die authentische Quelle antwortet nicht. Bitte versuchen Sie es später "
    "erneut.",
    "AUDIT_UNAVAILABLE": "Der Aufruf konnte nicht aufgezeichnet werden und wird daher nicht beantwortet. "
    "Bitte versuchen Sie es später erneut.",
    "UNAVAILABLE": "Der Dienst ist vorübergehend nicht verfügbar. Bitte versuchen Sie es später erneut.",
    "INTERNAL": "Ein interner Fehler ist aufgetreten. Bitte geben Sie bei der Meldung die Aufrufkennung an.",
    "SUBSCRIBER_UNKNOWN": "Ihre Organisation hat in diesem Register keinen Abonnenten mit diesem Namen.",
    "SUBSCRIBER_FILTER_DIFFERS": "Dieser Abonnent hat seine Mutationen unter anderen Filtern bestätigt. "
    "Bitte beginnen Sie stattdessen ab einer Revision oder einer Momentaufnahme.",
    "MANDATE_UNKNOWN": "Dieses Register hat kein Mandat mit dieser Kennung.",
    "GRANT_UNKNOWN": "Es gibt keine Rollenzuteilung mit dieser Kennung.",
    "ROLES_EXCLUDE": "Eine Organisation kann die Rollen {role} und {other} nicht gleichzeitig haben.",
    "SECOND_ADMINISTRATOR_REQUIRED": "Ein anderer Administrator als derjenige, der dieses Recht erteilt hat, "
    "muss es bestätigen.",
    "GRANT_REVOKED": "Dieses Recht wurde widerrufen.",
    "PARTNER_IN_USE": "Der Partner eines Dossiertyps kann nicht mehr geändert werden, sobald es Dossiers "
    "gibt. Legen Sie einen anderen Typ an.",
    # NISS and enterprise numbers.
    "NISS_FORMAT": "Eine ENSS besteht aus genau 11 Ziffern, ohne Leer- oder Satzzeichen.",
    "NISS_CHECK_DIGITS": "Die Prüfziffern dieser ENSS sind falsch. Bitte prüfen Sie, ob ein Tippfehler "
    "vorliegt.",
    "NISS_MONTH": "Den Geburtsmonat in dieser ENSS gibt es nicht.",
    "NISS_FICTITIOUS": "Diese ENSS gehört zu einer fiktiven Person und wird nur in einer Testumgebung "
    "angenommen.",
    "NISS_BIRTH_DATE": "Das Geburtsdatum in dieser ENSS gibt es nicht.",
    "NISS_COUNTER": "Die laufende Nummer in dieser ENSS (Ziffern 7 bis 9) muss zwischen 001 und 998 liegen.",
    "NISS_FUTURE": "Das Geburtsdatum in dieser ENSS liegt in der Zukunft.",
    "ENTERPRISE_NUMBER_FORMAT": "Eine Unternehmensnummer besteht aus genau 10 Ziffern, ohne Präfix oder "
    "Satzzeichen.",
    "ENTERPRISE_NUMBER_FIRST_DIGIT": "Eine Unternehmensnummer beginnt mit 0 oder 1.",
    "ENTERPRISE_NUMBER_CHECK_DIGITS": "Die Prüfziffern dieser Unternehmensnummer sind falsch.",
    # Days and periods.
    "DAY_EMPTY": "Ein Datum darf nicht leer sein. Lassen Sie das Feld weg, wenn es kein Datum gibt.",
    "AUDIT_WITHOUT_SPACE": "Der Server hat zu wenig Platz, um Antworten über viele Personen aufzuzeichnen. "
    "Bitte versuchen Sie es später erneut.",
    "AUDIT_SUBJECT_REQUIRED": "Geben Sie ein Register, die Nummer einer Person oder einen Aufrufer an.",
    "MONTH_FORMAT": "Ein Monat wird in der Form YYYY-MM (Jahr, Monat) geschrieben.",
    "MONTH_RANGE": "Der letzte Monat darf nicht vor dem ersten liegen; der Zeitraum darf höchstens {maximum} "
    "Monate umfassen.",
    "DAY_FORMAT": "Ein Datum wird in der Form YYYY-MM-DD (Jahr, Monat, Tag) geschrieben.",
    "DAY_NOT_IN_CALENDAR": "Dieses Datum gibt es nicht.",
    "DAY_LAST": "Das Datum 9999-12-31 wird nicht angenommen. Lassen Sie das Feld weg, wenn es keine Grenze "
    "gibt.",
    "INCOMPLETE_DATE_FORMAT": "Dieses Datum wird in der Form YYYY-MM-DD (Jahr, Monat, Tag) geschrieben, mit "
    "00 für einen unbekannten Tag oder Monat.",
    "PERIOD_BEGIN_REQUIRED": "Der Zeitraum einer Eintragung muss ein Anfangsdatum haben.",
    "PERIOD_WITHOUT_BOUNDS": "Der Zeitraum hat weder ein Anfangsdatum noch ein Enddatum. Lassen Sie den "
    "Zeitraum weg, wenn keine Grenze gemeint ist.",
    "PERIOD_END_BEFORE_BEGIN": "Das Enddatum liegt vor dem Anfangsdatum.",
    # Mandates and roles.
    "MANDATARY_IS_OWNER": "Der Eigentümer eines Registers braucht dafür kein Mandat.",
    "ADMINISTER_UNRESTRICTED": "Ein Mandat zur Verwaltung eines Registers kann nicht auf Dossiertypen "
    "beschränkt werden.",
    "RPC_UNKNOWN": "Dieser Server hat keinen RPC mit diesem Namen.",
    "NOT_OF_THIS_ROLE": "Dieses Feld gehört nicht zu dieser Rolle.",
    # Dossier types.
    "DOSSIER_TYPE_CODE_FORMAT": "Ein Code hat 1 bis 64 Zeichen: Buchstaben ohne Akzente und Umlaute, "
    "Ziffern und _ . : / -. Er beginnt mit einem Buchstaben oder einer Ziffer.",
    "LABEL_LANGUAGE_UNKNOWN": "Bezeichnungen können in den Sprachen fr, nl, de und en angegeben werden.",
    "DURATION_FORMAT": "Eine Dauer wird in Jahren und Monaten geschrieben, etwa P10Y oder P1Y6M, oder in "
    "Tagen, etwa P90D: Mindestens ein Tag, höchstens 100 Jahre.",
    "VALIDITY_END_BEFORE_BEGIN": "Der letzte Tag der Gültigkeit liegt vor dem ersten Tag.",
    "DOSSIER_TYPE_CLOSED_BEFORE": "Eine Eintragung unter diesem Dossiertyp kann nicht vor dem {active_from} "
    "beginnen.",
    "DOSSIER_TYPE_CLOSED_AFTER": "Eine Eintragung unter diesem Dossiertyp kann nicht nach dem "
    "{active_until} beginnen.",
    "DOSSIER_TYPE_CLOSED_OUTSIDE": "Eine Eintragung unter diesem Dossiertyp muss zwischen dem {active_from} "
    "und dem {active_until} beginnen.",
    # Restrictions.
    "RESTRICTION_WITHOUT_INSCRIPTION": "Das Register hat diese Eintragung dieser Person nicht.",
    "RESTRICTION_ENDS_BEFORE": "Die Revision der Löschung liegt vor derjenigen der Eintragung.",
    "RESTRICTION_NOT_REMOVED": "Diese Eintragung ist noch nicht gelöscht: Löschen Sie sie zuerst.",
    "RESTRICTION_INSCRIBED_BEFORE": "Einige dieser Tage waren schon vorher unter einer Nummer dieser Person "
    "eingetragen.",
    # Values in general.
    "TEXT_EMPTY": "Dieser Text darf nicht leer sein.",
    "TEXT_TOO_LONG": "Dieser Text darf höchstens {limit} Zeichen haben.",
    "CONTROL_CHARACTERS": "Dieser Text enthält Zeilenumbrüche oder andere Steuerzeichen.",
    "INVISIBLE_CHARACTERS": "Dieser Text enthält unsichtbare Zeichen, zum Beispiel Zeilentrenner oder "
    "Steuerzeichen der Schreibrichtung.",
    "OUT_OF_RANGE": "Dieser Wert muss zwischen {minimum} und {maximum} liegen.",
    "LIST_TOO_LONG": "Diese Liste darf höchstens {limit} Elemente haben.",
    "ANSWER_TOO_LARGE": "Die Dossiers haben so viele Zeiträume, dass die Antwort zu groß würde. Senden Sie "
    "weniger Elemente auf einmal.",
    "DUPLICATE": "Dieses Element kommt mehr als einmal vor.",
    "ENUM_UNKNOWN": "Dieser Wert gehört nicht zu den zulässigen Werten.",
    "PAGE_SIZE_NEGATIVE": "Die Seitengröße darf nicht negativ sein.",
    "FUTURE_INSTANT": "Dieser Zeitpunkt liegt in der Zukunft. Die Uhrzeit des Servers ist {server_time}.",
    "MASK_PATH_UNKNOWN": "Die Maske nennt ein Feld, das es nicht gibt: {path}.",
    "IMMUTABLE_FIELD": "Dieses Feld kann nicht geändert werden.",
    "MESSAGE_UNREADABLE": "Die Nachricht ist nicht lesbar: Ihre Bytes entsprechen nicht dem Vertrag.",
    "IMPORT_CHANGED_IN_STREAM": "Alle Nachrichten eines Stroms müssen zum selben Import gehören.",
    "REGISTER_CHANGED_IN_STREAM": "Alle Nachrichten eines Stroms müssen dasselbe Register betreffen.",
    # Persons.
    "SUCCESSOR_IS_ITSELF": "Eine ENSS kann nicht durch sich selbst ersetzt werden.",
    "IDENTIFICATION_INCOMPLETE": "Der Name und das Geburtsdatum reichen nicht aus. Geben Sie das "
    "vollständige Geburtsdatum mit dem Geburtsort und dem Geschlecht an oder einen Wohnort im Ausland oder "
    "eine Adresse in Belgien.",
    "NUMBERS_EXHAUSTED": "Alle Nummern für dieses Geburtsdatum sind vergeben.",
    "NAME_WITHOUT_LETTERS": "Ein Name muss mindestens einen Buchstaben enthalten.",
    "COUNTRY_CODE_FORMAT": "Dies ist kein Ländercode nach ISO 3166-1, wie zum Beispiel BE.",
    "CONTACT_WITHOUT_MUNICIPALITY": "Eine Kontaktadresse muss eine Gemeinde enthalten.",
    "DEATH_BEFORE_BIRTH": "Das Sterbedatum liegt vor dem Geburtsdatum.",
    "FUTURE_DAY": "Dieses Datum liegt in der Zukunft.",
    # Notices.
    "NOTICE_DOSSIER_TOO_LARGE": "Dieses Dossier enthält nun mehr Zeiträume als zulässig. "
    "Vorgänge, die einen weiteren Zeitraum hinzufügen, werden abgelehnt.",
    "NOTICE_NISS_FOLLOWED": "Diese ENSS wurde ersetzt. Die Anfrage wurde auf die Nachfolgenummer angewandt.",
    "PERSON_DECEASED": "Laut der authentischen Quelle ist diese Person verstorben.",
    "PERIOD_BEFORE_BIRTH": "Der Zeitraum beginnt vor der Geburt der Person.",
    "MESSAGE_TOO_LARGE": "Eine Anfragenachricht dieses Aufrufs darf höchstens {limit} Bytes umfassen.",
    "TOO_MANY_FIELDS": "Eine Anfragenachricht dieses Aufrufs darf insgesamt höchstens {limit} kodierte "
    "Felder enthalten.",
    "PERSONS_KEPT_ELSEWHERE": "Dieser Server führt keine Personen. Bitte richten Sie die Anfrage an den "
    "Server, der sie führt.",
    # Why a person is, or is not, known on a day.
    "EXPLAIN_INSCRIBED": "Am {day} ist die Person unter {dossier_type} bekannt, eingetragen von {actor} am "
    "{recorded} (gesetzlicher Kontext: {legal_context}).",
    "EXPLAIN_INSCRIBED_CANCELLED": "Am {day} ist die Person unter {dossier_type} bekannt, eingetragen von "
    "{actor} am {recorded} (gesetzlicher Kontext: {legal_context}), aber die ENSS wurde seither annulliert.",
    "EXPLAIN_TAKEN_OVER": "Am {day} ist die Person unter {dossier_type} bekannt, weil ihre ENSS am "
    "{recorded} eine andere ENSS ersetzt hat ({actor}, gesetzlicher Kontext: {legal_context}).",
    "EXPLAIN_GIVEN_BACK": "Am {day} ist die Person unter {dossier_type} bekannt, weil die Ersetzung ihrer "
    "ENSS am {recorded} rückgängig gemacht wurde ({actor}, gesetzlicher Kontext: {legal_context}).",
    "EXPLAIN_KNOWN_BEFORE_LOG": "Am {day} ist die Person bekannt. Die Eintragung dieses Tages steht nicht "
    "mehr im Protokoll.",
    "EXPLAIN_REMOVED": "Am {day} ist die Person nicht bekannt, weil {actor} diesen Tag am {recorded} unter "
    "{dossier_type} entfernt hat (gesetzlicher Kontext: {legal_context}).",
    "EXPLAIN_MOVED_AWAY": "Am {day} ist die Person unter dieser ENSS nicht bekannt, weil sie am {recorded} "
    "ersetzt wurde ({actor}, gesetzlicher Kontext: {legal_context}) und dieser Tag auf die Nachfolgenummer "
    "übergegangen ist.",
    "EXPLAIN_NOT_GIVEN_BACK": "Am {day} ist die Person unter {dossier_type} nicht bekannt. Ihre ENSS wurde "
    "am {recorded} ersetzt ({actor}, gesetzlicher Kontext: {legal_context}). Als dies rückgängig gemacht "
    "wurde, wurde dieser Tag nicht zurückgegeben, weil er entfernt worden war oder zu einer anderen ENSS "
    "gehörte.",
    "EXPLAIN_SEPARATED": "Am {day} ist die Person unter {dossier_type} nicht bekannt, weil eine Ersetzung "
    "am {recorded} rückgängig gemacht wurde ({actor}, gesetzlicher Kontext: {legal_context}) und die andere "
    "ENSS diesen Tag zurückerhalten hat.",
    "EXPLAIN_STALE": "Am {day} ist die Person unter der aktuellen ENSS nicht bekannt. Eine frühere ENSS, "
    "die ersetzt wurde, ist noch eingetragen und sollte entfernt werden.",
    "EXPLAIN_OTHER_DAYS": "Am {day} ist die Person nicht bekannt: Es wurden nur andere Tage eingetragen.",
    "EXPLAIN_NEVER": "Am {day} ist die Person nicht bekannt: Für diesen Tag wurde nie etwas eingetragen.",
    "EXPLAIN_NISS_UNKNOWN": "Am {day} ist die Person nicht bekannt, und die authentische Quelle kennt diese "
    "ENSS nicht.",
    "EXPLAIN_NOT_KNOWN_BEFORE_LOG": "Am {day} ist die Person nicht bekannt. Das Protokoll zeigt nicht mehr, "
    "ob dieser Tag je eingetragen war.",
}

"""The sentences in English."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, str] = {
    # One per reason.
    "REQUIRED": "This field is mandatory.",
    "VALUE_INVALID": "This value is not allowed in this field.",
    "NISS_MALFORMED": "This is not a valid social security identification number (NISS).",
    "ENTERPRISE_NUMBER_MALFORMED": "This is not a valid enterprise number.",
    "PERIOD_INVALID": "This is not a valid period.",
    "BATCH_TOO_LARGE": "One message may contain at most {limit} elements.",
    "PAGE_TOKEN_INVALID": "This page token does not belong to this request. Request the first page again.",
    "NISS_UNKNOWN": "The authentic source does not know this NISS.",
    "DOSSIER_TYPE_UNKNOWN": "This register has no dossier type with this code.",
    "REGISTER_UNKNOWN": "Your organisation has no register.",
    "NISS_REPLACED": "This NISS has been replaced by another one.",
    "NISS_HISTORY_UNKNOWN": "The status that this NISS had at that time is not known.",
    "NISS_CANCELLED": "This NISS has been cancelled and can no longer be inscribed.",
    "DOSSIER_TYPE_CLOSED": "An inscription under this dossier type cannot begin on this day.",
    "DOSSIER_TOO_LARGE": "After this operation the dossier would have more than {limit} periods.",
    "IDENTITY_MISMATCH": "The identity given differs from that of the authentic source in: {fields}.",
    "PERSON_NOT_UPDATABLE": "The identity of this person is kept by the National Register and cannot be "
    "changed here.",
    "REQUEST_ID_REUSED": "This request id has already been used for a different request.",
    "IMPORT_OFFSET_AHEAD": "Earlier operations are missing. Continue this import from offset "
    "{through_offset}.",
    "TOO_MANY_RESULTS": "There are too many results. Please make the request more specific.",
    "LOG_REPLACED": "The log of this register has been replaced. Start again from a snapshot.",
    "DOSSIER_TYPE_EXISTS": "This register already has a dossier type with this code.",
    "REGISTER_EXISTS": "This organisation already has a register.",
    "REVISION_EXPIRED": "This revision is no longer kept. The oldest one available is {oldest_revision}.",
    "REVISION_IN_FUTURE": "This revision does not exist yet. The latest one is {latest_revision}.",
    "UNAUTHENTICATED": "The caller could not be identified.",
    "CREDENTIAL_EXPIRED": "The credential of the caller has expired. Renew it and connect again.",
    "SCOPE_MISSING": "The scopes of the token do not include this call ({scope}).",
    "LEGAL_CONTEXT_REQUIRED": "This call needs a legal context: name it in the metadata raas-legal-context.",
    "LEGAL_CONTEXT_NOT_ALLOWED": "The caller may not make this call in this legal context.",
    "LEGAL_CONTEXT_UNKNOWN": "There is no legal context with this id in the catalogue.",
    "BLOCK_UNKNOWN": "There is no block with this id.",
    "SERVICE_UNKNOWN": "There is no network service with this code.",
    "ADMISSION_MISSING": "The organisation has no valid admission to production.",
    "AUTHORISATION_MISSING": "There is no authorisation with this id.",
    "MANDATE_MISSING": "Your organisation has no mandate for this register.",
    "ROLE_MISSING": "This call requires the role {role}, which your organisation does not have.",
    "LIMIT_EXCEEDED": "Your application has reached its limit {limit} ({maximum}). Please try again in "
    "{retry_after} seconds.",
    "OVERLOADED": "There are too many requests at the moment. Please try again shortly.",
    "AUTHENTIC_SOURCE_UNAVAILABLE": "The authentic source is not responding. Please try again later.",
    "AUDIT_UNAVAILABLE": "The call could not be recorded, so there is no response. Please try again later.",
    "UNAVAILABLE": "The service is temporarily unavailable. Please try again later.",
    "INTERNAL": "An internal error has occurred. Please quote the call id when you report it.",
    "SUBSCRIBER_UNKNOWN": "Your organisation has no subscriber with this name in this register.",
    "SUBSCRIBER_FILTER_DIFFERS": "This subscriber acknowledged its mutations under other filters. Start "
    "from a revision or a snapshot instead.",
    "MANDATE_UNKNOWN": "This register has no mandate with this id.",
    "GRANT_UNKNOWN": "There is no role grant with this id.",
    "ROLES_EXCLUDE": "One organisation cannot have the roles {role} and {other} at the same time.",
    "SECOND_ADMINISTRATOR_REQUIRED": "An administrator other than the one who granted this must confirm it.",
    "GRANT_REVOKED": "This grant has been revoked.",
    "PARTNER_IN_USE": "The partner of a dossier type cannot be changed once it has dossiers. Create another "
    "type.",
    # NISS and enterprise numbers.
    "NISS_FORMAT": "A NISS consists of exactly 11 digits, without spaces or punctuation.",
    "NISS_CHECK_DIGITS": "The check digits of this NISS are wrong. Please check the number for a typing "
    "error.",
    "NISS_MONTH": "The month of birth in this NISS does not exist.",
    "NISS_FICTITIOUS": "This NISS is that of a fictitious person and is accepted in test environments only.",
    "NISS_BIRTH_DATE": "The date of birth in this NISS does not exist.",
    "NISS_COUNTER": "The serial number in this NISS (digits 7 to 9) must lie between 001 and 998.",
    "NISS_FUTURE": "The date of birth in this NISS lies in the future.",
    "ENTERPRISE_NUMBER_FORMAT": "An enterprise number consists of exactly 10 digits, without a prefix or "
    "punctuation.",
    "ENTERPRISE_NUMBER_FIRST_DIGIT": "An enterprise number begins with 0 or 1.",
    "ENTERPRISE_NUMBER_CHECK_DIGITS": "The check digits of this enterprise number are wrong.",
    # Days and periods, and what a request asks for.
    "DAY_EMPTY": "A date cannot be empty. Omit the field if there is no date.",
    "AUDIT_WITHOUT_SPACE": "The server has too little space left to record responses about many persons. "
    "Please try again later.",
    "AUDIT_SUBJECT_REQUIRED": "Give a register, the number of a person, or a caller.",
    "MONTH_FORMAT": "A month is written as YYYY-MM.",
    "MONTH_RANGE": "The last month must not be before the first, and the range may have at most {maximum} "
    "months.",
    "DAY_FORMAT": "A date is written as YYYY-MM-DD.",
    "DAY_NOT_IN_CALENDAR": "This date does not exist.",
    "DAY_LAST": "The date 9999-12-31 is not accepted. Omit the field if there is no limit.",
    "INCOMPLETE_DATE_FORMAT": "This date is written as YYYY-MM-DD, with 00 for an unknown day or month.",
    "PERIOD_BEGIN_REQUIRED": "The period of an inscription must have a begin date.",
    "PERIOD_WITHOUT_BOUNDS": "The period has neither a begin date nor an end date. Omit the period if no "
    "limit is intended.",
    "PERIOD_END_BEFORE_BEGIN": "The end date lies before the begin date.",
    # Mandates and roles.
    "MANDATARY_IS_OWNER": "The owner of a register needs no mandate for it.",
    "ADMINISTER_UNRESTRICTED": "A mandate to administer a register cannot be restricted to dossier types.",
    "RPC_UNKNOWN": "This server has no RPC with this name.",
    "NOT_OF_THIS_ROLE": "This field does not belong to this role.",
    # Dossier types.
    "DOSSIER_TYPE_CODE_FORMAT": "A code has 1 to 64 characters: unaccented letters, digits and _ . : / -. "
    "It begins with a letter or a digit.",
    "LABEL_LANGUAGE_UNKNOWN": "Labels can be given in the languages fr, nl, de and en.",
    "DURATION_FORMAT": "A duration is written in years and months, such as P10Y or P1Y6M, or in days, such "
    "as P90D: at least one day, at most 100 years.",
    "VALIDITY_END_BEFORE_BEGIN": "The last day of validity lies before the first day.",
    "DOSSIER_TYPE_CLOSED_BEFORE": "An inscription under this dossier type cannot begin before {active_from}.",
    "DOSSIER_TYPE_CLOSED_AFTER": "An inscription under this dossier type cannot begin after {active_until}.",
    "DOSSIER_TYPE_CLOSED_OUTSIDE": "An inscription under this dossier type must begin between {active_from} "
    "and {active_until}.",
    # Restrictions.
    "RESTRICTION_WITHOUT_INSCRIPTION": "The register has no such inscription of this person.",
    "RESTRICTION_ENDS_BEFORE": "The revision of the removal lies before that of the inscription.",
    "RESTRICTION_NOT_REMOVED": "This inscription was not removed yet: remove it first.",
    "RESTRICTION_INSCRIBED_BEFORE": "Some of these days were already inscribed before, under a number of "
    "this person.",
    # Values in general.
    "TEXT_EMPTY": "This text cannot be empty.",
    "TEXT_TOO_LONG": "This text may have at most {limit} characters.",
    "CONTROL_CHARACTERS": "This text contains line breaks or other control characters.",
    "INVISIBLE_CHARACTERS": "This text contains invisible characters, such as line separators or direction "
    "controls.",
    "OUT_OF_RANGE": "This value must lie between {minimum} and {maximum}.",
    "LIST_TOO_LONG": "This list may have at most {limit} elements.",
    "ANSWER_TOO_LARGE": "The dossiers have so many periods that the response would be too large. Send fewer "
    "elements at a time.",
    "DUPLICATE": "This element occurs more than once.",
    "ENUM_UNKNOWN": "This value is not one of the allowed values.",
    "PAGE_SIZE_NEGATIVE": "The page size cannot be negative.",
    "FUTURE_INSTANT": "This instant lies in the future. The time of the server is {server_time}.",
    "MASK_PATH_UNKNOWN": "The mask names a field that does not exist: {path}.",
    "IMMUTABLE_FIELD": "This field cannot be changed.",
    "MESSAGE_UNREADABLE": "The message cannot be read: its bytes do not match the contract.",
    "IMPORT_CHANGED_IN_STREAM": "All messages of one stream must belong to the same import.",
    "REGISTER_CHANGED_IN_STREAM": "All messages of one stream must concern the same register.",
    # Persons.
    "SUCCESSOR_IS_ITSELF": "A NISS cannot be replaced by itself.",
    "IDENTIFICATION_INCOMPLETE": "The name and the date of birth are not sufficient. Give the complete date "
    "of birth with the place of birth and the sex, or a residence abroad, or an address in Belgium.",
    "NUMBERS_EXHAUSTED": "All numbers for this date of birth have been issued.",
    "NAME_WITHOUT_LETTERS": "A name must contain at least one letter.",
    "COUNTRY_CODE_FORMAT": "This is not a country code of ISO 3166-1, such as BE.",
    "CONTACT_WITHOUT_MUNICIPALITY": "A contact address must have a municipality.",
    "DEATH_BEFORE_BIRTH": "The date of death lies before the date of birth.",
    "FUTURE_DAY": "This date lies in the future.",
    # Notices.
    "NOTICE_DOSSIER_TOO_LARGE": "This dossier now has more periods than a dossier may have. "
    "Operations that add a further period are refused.",
    "NOTICE_NISS_FOLLOWED": "This NISS has been replaced. The request was applied to its successor.",
    "PERSON_DECEASED": "According to the authentic source this person has died.",
    "PERIOD_BEFORE_BIRTH": "The period begins before the person was born.",
    "MESSAGE_TOO_LARGE": "A request message of this call may have at most {limit} bytes.",
    "TOO_MANY_FIELDS": "A request message of this call may hold at most {limit} encoded fields in all.",
    "PERSONS_KEPT_ELSEWHERE": "This server keeps no persons. Please send the request to the server that "
    "keeps them.",
    # Why a person is, or is not, known on a day.
    "EXPLAIN_INSCRIBED": "On {day} the person is known under {dossier_type}, because {actor} inscribed that "
    "day on {recorded} (legal context: {legal_context}).",
    "EXPLAIN_INSCRIBED_CANCELLED": "On {day} the person is known under {dossier_type}, because {actor} "
    "inscribed that day on {recorded} (legal context: {legal_context}), but the NISS has been cancelled "
    "since.",
    "EXPLAIN_TAKEN_OVER": "On {day} the person is known under {dossier_type}, because the person’s NISS "
    "replaced another one on {recorded} ({actor}, legal context: {legal_context}).",
    "EXPLAIN_GIVEN_BACK": "On {day} the person is known under {dossier_type}, because the replacement of "
    "the person’s NISS was undone on {recorded} ({actor}, legal context: {legal_context}).",
    "EXPLAIN_KNOWN_BEFORE_LOG": "On {day} the person is known. The inscription of that day is no longer in "
    "the log.",
    "EXPLAIN_REMOVED": "On {day} the person is not known, because {actor} removed that day under "
    "{dossier_type} on {recorded} (legal context: {legal_context}).",
    "EXPLAIN_MOVED_AWAY": "On {day} the person is not known under this NISS, because it was replaced on "
    "{recorded} ({actor}, legal context: {legal_context}) and that day passed to its successor.",
    "EXPLAIN_NOT_GIVEN_BACK": "On {day} the person is not known under {dossier_type}. The person’s NISS was "
    "replaced on {recorded} ({actor}, legal context: {legal_context}). When that was undone, the day was "
    "not given back, because it had been removed or belonged to another NISS.",
    "EXPLAIN_SEPARATED": "On {day} the person is not known under {dossier_type}, because a replacement was "
    "undone on {recorded} ({actor}, legal context: {legal_context}) and the other NISS got that day back.",
    "EXPLAIN_STALE": "On {day} the person is not known under the current NISS. A former NISS, which has "
    "been replaced, is still inscribed and should be removed.",
    "EXPLAIN_OTHER_DAYS": "On {day} the person is not known: only other days were ever inscribed.",
    "EXPLAIN_NEVER": "On {day} the person is not known: nothing was ever inscribed for that day.",
    "EXPLAIN_NISS_UNKNOWN": "On {day} the person is not known, and the authentic source does not know this "
    "NISS.",
    "EXPLAIN_NOT_KNOWN_BEFORE_LOG": "On {day} the person is not known. The log no longer shows whether that "
    "day was ever inscribed.",
}

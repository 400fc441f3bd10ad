"""Fill a server with content of every kind, and record calls that a later version must answer equally.

    python -m tests.upgrade.record TARGET FILE

It is run once against an empty server of a version that is about to be replaced, started with
`--authentic-source local` and the test profile; docs/stored-forms.md has the commands. Then the database is
dumped, and test_upgrade.py restores the dump, migrates it and asks again.
"""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path

import grpc

from tests.oracle.numbers import enterprise_number, niss
from tests.upgrade.conversation import Asked, Json, ask

OWNER, OTHER, EMPTY = (enterprise_number(9_000_000 + place) for place in range(3))
SOURCE = OTHER
PEOPLE = [niss(1941, 61, 1 + place % 28, 1 + 2 * place) for place in range(30)]
FED = "the feed before the upgrade"
IMPORTED = "the import before the upgrade"


class Recorder:
    """Makes calls, and keeps those whose answers must not change."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.kept: list[Asked] = []
        self._repeatable: list[Asked] = []
        self._channel = channel

    def do(self, rpc: str, *requests: Json, caller: str = OWNER, most: int | None = None) -> Json:
        """The first answer."""
        return ask(self._channel, Asked(rpc, caller, requests), most=most)[0]

    def do_repeatable(self, rpc: str, *requests: Json, caller: str = OWNER) -> None:
        """Call now, and again at the end to keep the answer: a repetition must change nothing."""
        self.do(rpc, *requests, caller=caller)
        self._repeatable.append(Asked(rpc, caller, requests))

    def repeat(self) -> None:
        """Repeat all repeatable calls."""
        for call in self._repeatable:
            self.keep(call.rpc, *call.requests, caller=call.caller)

    def keep(self, rpc: str, *requests: Json, caller: str = OWNER, most: int | None = None) -> Json:
        """The first answer, to be compared after the upgrade."""
        answers = ask(self._channel, Asked(rpc, caller, requests), most=most)
        self.kept.append(Asked(rpc, caller, requests, answers))
        return answers[0]

    def keep_next_page(self, rpc: str, request: Json, caller: str = OWNER) -> None:
        """Read a first page, and keep the call for the second one."""
        token = self.do(rpc, request, caller=caller)["next_page_token"]
        self.keep(rpc, {**request, "page_token": token}, caller=caller)


def main(target: str, file: Path) -> None:
    """Fill the server at `target`, and write the calls to keep into `file`."""
    with grpc.insecure_channel(target) as channel:
        recorder = Recorder(channel)
        _registers(recorder)
        _persons(recorder)
        _writes(recorder)
        _changes_of_numbers(recorder)
        _places_in_the_log(recorder)
        recorder.repeat()
        _reads(recorder)
    file.write_text(json.dumps([call.as_json() for call in recorder.kept], indent=1) + "\n")


def _registers(recorder: Recorder) -> None:
    for number, name in ((OWNER, "Caisse d'essai"), (OTHER, "Proefkas"), (EMPTY, "Leer")):
        recorder.do("AdministrationService.CreateRegister", {"enterprise_number": number, "name": name})
    types = (
        {"code": "PENSION", "labels": {"fr": "Pension", "nl": "Pensioen"}, "quality_code": "101"},
        {"code": "HEALTH", "identity_changes": "IDENTITY_CHANGES_WHILE_KNOWN"},
        {"code": "AID-2", "partner": OTHER, "active_from": "2000-01-01", "active_until": "2030-12-31"},
    )
    for dossier_type in types:
        recorder.do("RegisterService.CreateDossierType", {"dossier_type": dossier_type})
    for caller in (OTHER, EMPTY):
        recorder.do("RegisterService.CreateDossierType", {"dossier_type": types[0]}, caller=caller)
    update = {"dossier_type": {"code": "PENSION", "labels": {"de": "Rente"}}, "update_mask": "labels"}
    recorder.do("RegisterService.UpdateDossierType", update)


def _persons(recorder: Recorder) -> None:
    rows: list[Json] = [
        {
            "niss": number,
            "register_of_origin": "REGISTER_OF_ORIGIN_NATIONAL_REGISTER",
            "identity": {
                "last_name": ("Peeters", "D'Hondt-Müller", "Lejeune")[place % 3],
                "first_names": ["Anne-Sophie", "Élise"],
                "birth_date": f"1941-01-{1 + place % 28:02d}",
                "sex": "SEX_FEMALE",
                "address": {"country": "BE", "municipality": "21004"},
            },
            "source_date": "2024-01-02",
        }
        for place, number in enumerate(PEOPLE)
    ]
    rows.append({"niss": PEOPLE[0], "replaced_by": PEOPLE[1]})
    feed = {"import_id": FED, "persons": rows}
    recorder.do_repeatable("PersonService.ImportPersons", feed, caller=SOURCE)


def _period(begin: str, end: str | None = None) -> Json:
    return {"begin": begin} if end is None else {"begin": begin, "end": end}


def _writes(recorder: Recorder) -> None:
    for place, number in enumerate(PEOPLE):
        for code, begin in (("PENSION", "2001-02-03"), ("HEALTH", "2010-01-01")):
            inscription = {"niss": number, "dossier_type": code, "period": _period(begin, "2019-12-31")}
            recorder.do("RegisterService.Inscribe", inscription)
        if place % 2:
            inscription = {"niss": number, "dossier_type": "PENSION", "period": _period("2005-01-01")}
            recorder.do("RegisterService.Inscribe", inscription, caller=OTHER)
    split = {"niss": PEOPLE[2], "dossier_type": "PENSION", "period": _period("2005-05-05", "2006-06-06")}
    repeated: list[tuple[str, Json]] = [
        ("Inscribe", {"niss": PEOPLE[2], "dossier_type": "AID-2", "period": _period("2020-02-29")}),
        (
            "Inscribe",
            {"niss": PEOPLE[3], "dossier_type": "HEALTH", "period": _period("2012-01-01", "2012-01-01")},
        ),
        ("Remove", split),
        ("Remove", {"niss": PEOPLE[4], "dossier_type": "HEALTH"}),
        ("ApplyBatch", {"operations": [{"inscribe": {**split, "niss": PEOPLE[5]}}, {"remove": split}]}),
    ]
    for place, (method, request) in enumerate(repeated):
        # With and without the name of the caller's own register, which means the same.
        named = {**request, "request_id": f"before-{place}", **({"register": OWNER} if place % 2 else {})}
        recorder.do_repeatable(f"RegisterService.{method}", named)
    operations = [
        {"inscribe": {**split, "niss": number}} for number in (PEOPLE[6], PEOPLE[7][:-1], PEOPLE[8])
    ]
    imported = {"import_id": IMPORTED, "operations": operations}
    recorder.do_repeatable("RegisterService.Import", imported)


def _changes_of_numbers(recorder: Recorder) -> None:
    replace, restore, cancel = (f"PersonService.{verb}Niss" for verb in ("Replace", "Restore", "Cancel"))
    recorder.do(replace, {"niss": PEOPLE[9], "successor_niss": PEOPLE[10]}, caller=SOURCE)
    recorder.do(replace, {"niss": PEOPLE[11], "successor_niss": PEOPLE[12]}, caller=SOURCE)
    recorder.do(restore, {"niss": PEOPLE[11]}, caller=SOURCE)
    for number in PEOPLE[13:16]:
        recorder.do(cancel, {"niss": number}, caller=SOURCE)
    identity: Json = {"last_name": "Vandenberghe", "first_names": ["Pieter"], "birth_date": "1985-07-30"}
    created = {
        "identity": identity | {"sex": "SEX_MALE", "birth_place": "Gent"},
        "request_id": "created before",
    }
    recorder.do_repeatable("PersonService.CreatePerson", created)
    row = {"niss": PEOPLE[16], "identity": {"last_name": "Dubois", "birth_date": "1941-01-17"}}
    recorder.do("PersonService.ImportPersons", {"persons": [row]}, caller=SOURCE)


def _places_in_the_log(recorder: Recorder) -> None:
    for name in ("mirror", "warehouse"):
        start = {"subscriber": name, "after_revision": 0, "dossier_types": ["PENSION"]}
        recorder.do("MutationStream.Subscribe", start, most=1)
        recorder.do("MutationStream.Acknowledge", {"subscriber": name, "revision": 20})
    part = recorder.do(
        "MutationStream.Subscribe", {"snapshot": {}, "kinds": ["MUTATION_KIND_INSCRIBED"]}, most=1
    )
    token = part["snapshot"]["resume_token"]
    resumed = {"snapshot": {"resume_token": token}, "kinds": ["MUTATION_KIND_INSCRIBED"]}
    recorder.keep("MutationStream.Subscribe", resumed, most=1)
    recorder.keep_next_page("MutationStream.ListSubscribers", {"page_size": 1})


def _reads(recorder: Recorder) -> None:
    for request in (
        {},
        {"niss": PEOPLE[1:9]},
        {"dossier_types": ["HEALTH", "AID-2"]},
        {"active_on": "2011-01-01"},
        {"overlaps": _period("2004-01-01", "2005-12-31")},
        {"ends_between": _period("2006-01-01", "2019-12-31"), "dossier_types": ["PENSION"]},
        {"at_revision": "30"},
    ):
        recorder.keep_next_page("RegisterService.Consult", {**request, "page_size": 3})
    for request in ({"niss": PEOPLE[2]}, {"niss": PEOPLE[10], "dossier_type": "PENSION"}):
        recorder.keep_next_page("RegisterService.GetHistory", {**request, "page_size": 1})
    recorder.keep_next_page("RegisterService.ListDossierTypes", {"page_size": 1})
    recorder.keep_next_page("AdministrationService.ListRegisters", {"page_size": 2})
    recorder.keep_next_page("RegisterService.ListStaleNiss", {"page_size": 1})
    after = itertools.count(0, 40)
    for _ in range(3):
        listed = {"after_revision": str(next(after)), "page_size": 40}
        recorder.keep("MutationStream.ListMutations", listed)
    for number in (PEOPLE[1], PEOPLE[2], PEOPLE[9], PEOPLE[13]):
        recorder.keep("RegisterService.GetHistory", {"niss": number, "page_size": 1000})
        recorder.keep("PersonService.GetPerson", {"niss": number})
    recorder.keep("RegisterService.Export", {})
    recorder.keep("RegisterService.GetRegister", {})
    recorder.keep("RegisterService.GetRegister", {}, caller=EMPTY)
    search = {"last_name": "Vandenberghe", "first_names": ["Pieter"], "birth_date": "1985-07-30"}
    matching = {"given_name_matching": "GIVEN_NAME_MATCHING_COMPLETE_FIRST_GIVEN_NAME"}
    recorder.keep("PersonService.SearchPersons", {**search, **matching})


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

"""The lines of `raas watch` for events that the end-to-end tests do not cause."""

from __future__ import annotations

import json

from raas.cli.commands.watch_lines import json_lines, text_lines
from raas.v1.dossier_pb2 import Dossier
from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.identity_pb2 import Identity
from raas.v1.mutation_pb2 import (
    DossierTypeChange,
    IdentityChange,
    Mutation,
    MutationKind,
    NetworkEvent,
    Replacement,
)
from raas.v1.period_pb2 import Period
from raas_client import Checkpoint, Mutations, Snapshot

OLD, NEW = "85673003360", "17670303353"
TIME = "2026-11-25T10:20:30.456Z"


def mutation(revision: int, kind: MutationKind.ValueType, **fields: object) -> Mutation:
    made = Mutation(revision=revision, kind=kind, actor="0999999922", **fields)  # type: ignore[arg-type]
    made.record_time.FromJsonString("2026-11-25T10:20:30.456789Z")
    return made


def shown(*mutations: Mutation) -> list[str]:
    return list(text_lines(Mutations(mutations, Checkpoint("log", mutations[-1].revision))))


def test_replacement_and_operation_on_the_successor_are_shown() -> None:
    replacement = Replacement(replaced_niss=OLD, successor_niss=NEW)
    line = [Period(begin="2024-01-01")]
    assert shown(
        mutation(
            1,
            MutationKind.MUTATION_KIND_NISS_REPLACED,
            niss=OLD,
            dossier_type="A",
            before=line,
            replacement=replacement,
        ),
        mutation(
            2,
            MutationKind.MUTATION_KIND_INSCRIBED,
            niss=NEW,
            requested_niss=OLD,
            dossier_type="A",
            after=line,
        ),
        mutation(3, MutationKind.MUTATION_KIND_NISS_CANCELLED, niss=OLD, dossier_types=["A"]),
    ) == [
        f"1 {TIME} NISS_REPLACED {OLD} A 2024-01-01.. -> nothing ({OLD} replaced by {NEW}) by 0999999922",
        f"2 {TIME} INSCRIBED {NEW} A nothing -> 2024-01-01.. (requested for {OLD}) by 0999999922",
        f"3 {TIME} NISS_CANCELLED {OLD} by 0999999922",
    ]


def test_facts_about_people_are_named_but_not_shown() -> None:
    change = IdentityChange(
        fields=["last_name", "address"], after=Identity(last_name="Peeters"), effective_date="2024-01-01"
    )
    told = mutation(4, MutationKind.MUTATION_KIND_IDENTITY_CHANGED, niss=OLD, identity_change=change)
    assert shown(told) == [f"4 {TIME} IDENTITY_CHANGED {OLD} last_name,address from 2024-01-01 by 0999999922"]
    # Scripts receive the whole mutation.
    (line,) = json_lines(Mutations([told], Checkpoint("log", 4)))
    assert json.loads(line)["mutation"]["identityChange"]["after"] == {"lastName": "Peeters"}


def test_control_characters_are_replaced() -> None:
    event = NetworkEvent(service="family\x1b[2J", type="BIRTH\r\n")
    assert shown(mutation(5, MutationKind.MUTATION_KIND_NETWORK_EVENT, niss=OLD, network_event=event)) == [
        f"5 {TIME} NETWORK_EVENT {OLD} family?[2J BIRTH?? by 0999999922"
    ]


def test_changed_dossier_type_is_shown() -> None:
    change = DossierTypeChange(before=DossierType(code="A"), after=DossierType(code="A"))
    assert shown(
        mutation(6, MutationKind.MUTATION_KIND_DOSSIER_TYPE_CHANGED, dossier_type_change=change)
    ) == [f"6 {TIME} DOSSIER_TYPE_CHANGED A changed by 0999999922"]


def test_only_the_first_of_many_lines_are_shown() -> None:
    dossier = Dossier(niss=OLD, dossier_type="A")
    dossier.periods.extend(Period(begin=f"20{year}-01-01", end=f"20{year}-06-30") for year in range(10, 16))
    assert list(text_lines(Snapshot([dossier], Checkpoint("log", 7, "token")))) == [
        f"7 SNAPSHOT {OLD} A 2010-01-01..2010-06-30 2011-01-01..2011-06-30 2012-01-01..2012-06-30 "
        "2013-01-01..2013-06-30 (+2 more)"
    ]

"""Dossier types through a real server, down to the store in memory."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict, ParseDict

from raas.v1 import register_service_pb2 as v1
from tests.rpc.harness import ANN, CALLER, OTHER, OWN, TYPES, Harness, Refusal, told

FULL = {
    "code": "SICKNESS",
    "labels": {"fr": "Maladie", "nl": "Ziekte"},
    "quality_code": "12",
    "partner": OTHER,
    "active_from": "2020-01-01",
    "active_until": "2029-12-31",
    "identity_changes": "IDENTITY_CHANGES_NONE",
    "keep_after_end": "P10Y",
}


async def call(harness: Harness, rpc: str, request: dict[str, Any]) -> dict[str, Any]:
    message = ParseDict(request, getattr(v1, f"{rpc}Request")())
    answer = await getattr(harness.stub, rpc)(message, metadata=CALLER)
    return MessageToDict(answer, preserving_proto_field_name=True)


async def refused(harness: Harness, rpc: str, request: dict[str, Any]) -> Refusal:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call(harness, rpc, request)
    return told(raised.value)


async def test_a_type_is_created_as_described(harness: Harness) -> None:
    answer = await call(harness, "CreateDossierType", {"dossier_type": FULL})
    assert answer == {"dossier_type": FULL, "revision": "1"}


async def test_identity_changes_of_a_type_is_always_set(harness: Harness) -> None:
    answer = await call(harness, "CreateDossierType", {"dossier_type": {"code": "X"}})
    assert answer["dossier_type"] == {"code": "X", "identity_changes": "IDENTITY_CHANGES_WHILE_KNOWN"}


async def test_a_type_that_exists_is_refused(harness: Harness) -> None:
    refusal = await refused(harness, "CreateDossierType", {"dossier_type": {"code": TYPES[0]}})
    assert (refusal.status, refusal.info.reason) == ("ALREADY_EXISTS", "DOSSIER_TYPE_EXISTS")
    assert refusal.info.metadata["dossier_type"] == TYPES[0]


async def test_all_violations_of_a_new_type_are_reported_at_once(harness: Harness) -> None:
    refusal = await refused(
        harness,
        "CreateDossierType",
        {
            "dossier_type": {
                "code": "",
                "labels": {"it": "Malattia", "fr": "x" * 257},
                "quality_code": "",
                "partner": "1",
                "active_from": "2024-13-01",
                "identity_changes": 9,
                "keep_after_end": "P0D",
            }
        },
    )
    assert sorted(refusal.violations) == sorted(
        [
            ("dossier_type.identity_changes", "VALUE_INVALID"),
            ("dossier_type.code", "REQUIRED"),
            ("dossier_type.labels[fr]", "VALUE_INVALID"),
            ("dossier_type.labels", "VALUE_INVALID"),
            ("dossier_type.quality_code", "VALUE_INVALID"),
            ("dossier_type.partner", "ENTERPRISE_NUMBER_MALFORMED"),
            ("dossier_type.active_from", "VALUE_INVALID"),
            ("dossier_type.keep_after_end", "VALUE_INVALID"),
        ]
    )


@pytest.mark.parametrize("rpc", ["CreateDossierType", "UpdateDossierType"])
async def test_a_type_is_required(harness: Harness, rpc: str) -> None:
    assert (await refused(harness, rpc, {})).violations == [("dossier_type", "REQUIRED")]


async def test_only_the_fields_of_the_mask_change(harness: Harness) -> None:
    await call(harness, "CreateDossierType", {"dossier_type": FULL})
    answer = await call(
        harness,
        "UpdateDossierType",
        {"dossier_type": {"code": "SICKNESS", "quality_code": "99"}, "update_mask": "activeUntil,labels"},
    )
    kept = {name: value for name, value in FULL.items() if name not in ("active_until", "labels")}
    assert answer["dossier_type"] == kept


async def test_an_update_answers_the_revision_it_took_or_the_current_one(harness: Harness) -> None:
    update = {"dossier_type": {"code": TYPES[0], "quality_code": "7"}, "update_mask": "qualityCode"}
    assert (await call(harness, "UpdateDossierType", update))["revision"] == "1"
    assert (await call(harness, "UpdateDossierType", update))["revision"] == "1"
    assert harness.store.revision == 1
    update["dossier_type"] = {"code": TYPES[0]}
    assert (await call(harness, "UpdateDossierType", update))["revision"] == "2"


async def test_codes_of_a_partner_are_0_to_999(harness: Harness) -> None:
    wanted = {"code": "X", "partner_sector": 1_000, "partner_institution": -1}
    refusal = await refused(harness, "CreateDossierType", {"dossier_type": wanted})
    assert refusal.violations == [
        ("dossier_type.partner_sector", "VALUE_INVALID"),
        ("dossier_type.partner_institution", "VALUE_INVALID"),
    ]
    wanted = {"code": "X", "partner_sector": 0, "partner_institution": 999}
    created = (await call(harness, "CreateDossierType", {"dossier_type": wanted}))["dossier_type"]
    assert (created["partner_sector"], created["partner_institution"]) == (0, 999)
    change = {"dossier_type": {"code": "X"}, "update_mask": "partnerSector"}
    changed = (await call(harness, "UpdateDossierType", change))["dossier_type"]
    assert "partner_sector" not in changed
    assert changed["partner_institution"] == 999


async def test_partner_of_a_type_with_dossiers_stays(harness: Harness) -> None:
    async def update(**fields: Any) -> None:
        change = {"dossier_type": {"code": "X", **fields}, "update_mask": "partner"}
        await call(harness, "UpdateDossierType", change)

    await call(harness, "CreateDossierType", {"dossier_type": {"code": "X", "partner": OTHER}})
    await update(partner=OWN)
    await update()
    inscription = {"niss": ANN, "dossier_type": "X", "period": {"begin": "2024-01-01"}}
    await call(harness, "Inscribe", inscription)
    # Dossiers kept for nobody so far can be given a partner.
    await update(partner=OTHER)
    await update(partner=OTHER)
    await call(harness, "Remove", {"niss": ANN, "dossier_type": "X"})
    for fields in ({"partner": OWN}, {}):
        change = {"dossier_type": {"code": "X", **fields}, "update_mask": "partner"}
        refusal = await refused(harness, "UpdateDossierType", change)
        assert (refusal.status, refusal.violations) == (
            "FAILED_PRECONDITION",
            [("dossier_type.partner", "PARTNER_IN_USE")],
        )


async def test_all_violations_of_an_update_are_reported_at_once(harness: Harness) -> None:
    refusal = await refused(
        harness,
        "UpdateDossierType",
        {
            "dossier_type": {"code": TYPES[0], "partner": "1", "active_from": "x"},
            "update_mask": "code,partner,colour,labels.fr",
        },
    )
    assert refusal.violations == [
        ("update_mask", "VALUE_INVALID"),
        ("update_mask", "VALUE_INVALID"),
        ("update_mask", "VALUE_INVALID"),
        ("dossier_type.partner", "ENTERPRISE_NUMBER_MALFORMED"),
    ]
    assert refusal.descriptions[1] == "The mask names a field that does not exist: colour."
    assert refusal.descriptions[2] == "The mask names a field that does not exist: labels.fr."


async def test_mask_of_every_field_is_refused_by_its_name(harness: Harness) -> None:
    request = v1.UpdateDossierTypeRequest(
        dossier_type={"code": TYPES[0]}, update_mask={"paths": ["*", "Peeters"]}
    )
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await harness.stub.UpdateDossierType(request, metadata=CALLER)
    refusal = told(raised.value)
    assert refusal.descriptions[0] == "The mask names a field that does not exist: *."
    assert "Peeters" not in refusal.descriptions[1]


async def test_a_mask_is_required(harness: Harness) -> None:
    refusal = await refused(harness, "UpdateDossierType", {"dossier_type": {"code": TYPES[0]}})
    assert refusal.violations == [("update_mask", "REQUIRED")]


async def test_an_unknown_type_cannot_be_changed(harness: Harness) -> None:
    refusal = await refused(
        harness, "UpdateDossierType", {"dossier_type": {"code": "NONE"}, "update_mask": "labels"}
    )
    assert (refusal.status, refusal.info.reason) == ("NOT_FOUND", "DOSSIER_TYPE_UNKNOWN")


async def test_wrong_update_of_an_unknown_type_reports_both(harness: Harness) -> None:
    update = {"dossier_type": {"code": "NONE", "partner": "1"}, "update_mask": "partner"}
    refusal = await refused(harness, "UpdateDossierType", update)
    assert refusal.violations == [
        ("dossier_type.partner", "ENTERPRISE_NUMBER_MALFORMED"),
        ("dossier_type.code", "DOSSIER_TYPE_UNKNOWN"),
    ]


async def test_dossier_types_are_listed_by_page(harness: Harness) -> None:
    first = await call(harness, "ListDossierTypes", {"page_size": 1})
    second = await call(harness, "ListDossierTypes", {"page_size": 1, "page_token": first["next_page_token"]})
    codes = [each["code"] for page in (first, second) for each in page["dossier_types"]]
    assert codes == list(TYPES)
    assert "next_page_token" not in second

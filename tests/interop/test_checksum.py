"""docs/checksum-format.md suffices: an implementation in JavaScript agrees with the server on every kind."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import MessageToDict

from raas.domain.registers.mutation import MutationKind as Kind
from raas.domain.registers.mutation import canonical_detail, chained_checksum
from raas.v1.administration_service_pb2 import BreakGlassRequest
from raas.v1.administration_service_pb2_grpc import AdministrationServiceStub
from raas.v1.dossier_type_pb2 import DossierType, IdentityChanges
from raas.v1.mutation_pb2 import Mutation, MutationKind, NetworkEvent
from raas.v1.person_service_pb2 import CancelNissRequest, ReplaceNissRequest, RestoreNissRequest
from raas.v1.register_service_pb2 import (
    ApplyBatchRequest,
    BatchOperation,
    CreateDossierTypeRequest,
    UpdateDossierTypeRequest,
)
from tests.e2e.persons import SOURCE, TYPE, Persons, a_person, inscription
from tests.e2e.registers import TestRegister, new_register
from tests.e2e.servers import ROOT, Server, raas
from tests.interop.conftest import HERE, NODE

PAGE = (ROOT / "docs" / "checksum-format.md").read_text()
CONTEXT = (("raas-legal-context", "LOI:1990-01-15"), ("raas-ticket", "dossier ;=7"))


def recomputed(register: str, mutations: Iterable[dict[str, Any]]) -> list[str]:
    """The checksums of these mutations as JavaScript computes them."""
    done = subprocess.run(
        [NODE, HERE / "checksum.js"],
        input=json.dumps({"register": register, "mutations": list(mutations)}),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout)
    return found


def assert_agree(register: TestRegister, log: Sequence[Mutation]) -> None:
    expected = [mutation.checksum.hex() for mutation in log]
    assert recomputed(register.number, map(MessageToDict, log)) == expected


@pytest.mark.timeout(240)
def test_javascript_agrees_on_the_history_of_a_register(local_server: Server) -> None:
    register, persons = new_register(local_server), Persons(local_server)
    declare_types(register, persons)
    old, new, third, gone = persons.known(4)
    for person in (old, gone):
        persons.inscribe(register, person, "2020-01-01", "2022-12-31", request_id=f"é-{person[-3:]}")
    persons.remove(register, old, "2021-01-01", "2021-01-31")
    operations = [BatchOperation(inscribe=inscription(p, "2024-01-01", "2024-12-31")) for p in (new, third)]
    persons.registers.ApplyBatch(ApplyBatchRequest(operations=operations), metadata=register.caller + CONTEXT)
    persons.service.ReplaceNiss(ReplaceNissRequest(niss=old, successor_niss=new), metadata=SOURCE)
    persons.inscribe(register, old, "2030-01-01", "2030-01-01")
    persons.service.RestoreNiss(RestoreNissRequest(niss=old), metadata=SOURCE + CONTEXT)
    persons.service.CancelNiss(CancelNissRequest(niss=gone), metadata=SOURCE)
    persons.service.RestoreNiss(RestoreNissRequest(niss=gone), metadata=SOURCE)
    for name in ("Müller", "Ou-Yang"):
        assert persons.import_rows([a_person(third, last_name=name)]).applied == 1
    AdministrationServiceStub(persons.channel).BreakGlass(
        BreakGlassRequest(register=register.number, reason="Été; raison=1", ticket="INC-1", hours=2),
        metadata=SOURCE,
    )
    whole = persons.log(register)
    kinds = {MutationKind.Name(mutation.kind).removeprefix("MUTATION_KIND_") for mutation in whole}
    # No service of this version publishes network events.
    assert kinds == {kind.name for kind in Kind} - {"NETWORK_EVENT"}
    assert_agree(register, whole)

    raas("erase", "--niss", third, environment=local_server.environment)
    erased = persons.log(register)
    assert sum(m.identity_change.HasField("content_erased_time") for m in erased) == 2
    assert_agree(register, erased)


def declare_types(register: TestRegister, persons: Persons) -> None:
    """Types with every field, with few, created and updated."""
    full = DossierType(
        code="FULL.TYPE:1/a",
        labels={"nl": "Volledig; type=1", "fr": "Complet – été", "en": "Full", "de": "Völlig 日本 𝒳"},
        quality_code="017",
        partner="0999999922",
        partner_sector=0,
        partner_institution=999,
        active_from="1990-01-01",
        active_until="2030-12-31",
        keep_after_end="P1Y6M",
        identity_changes=IdentityChanges.IDENTITY_CHANGES_NONE,
    )
    persons.registers.CreateDossierType(
        CreateDossierTypeRequest(dossier_type=full), metadata=register.caller + CONTEXT
    )
    bare = DossierType(code=full.code, identity_changes=IdentityChanges.IDENTITY_CHANGES_WHILE_INSCRIBED)
    fields = ["labels", "quality_code", "partner", "active_from", "active_until", "identity_changes"]
    fields += ["partner_sector", "partner_institution", "keep_after_end"]
    for changed in (bare, full):
        persons.registers.UpdateDossierType(
            UpdateDossierTypeRequest(dossier_type=changed, update_mask=FieldMask(paths=fields)),
            metadata=register.caller,
        )


def test_javascript_agrees_on_a_network_event() -> None:
    """As the server writes one: no service of this version publishes any, so the message is made by hand."""
    names = {"service": "dimona", "event_id": "7;é=1", "type": "IN", "authorisation": "18/001"}
    content = bytes(range(32))
    mutation = Mutation(
        register="0999999922",
        revision=1,
        batch_last_revision=3,
        kind=MutationKind.MUTATION_KIND_NETWORK_EVENT,
        niss="85673003360",
        dossier_types=["A", TYPE],
        actor="0999999922",
        call_id="0b8d2d7e-6b0b-4f1c-9f57-2f7d9d9b0a11",
        network_event=NetworkEvent(**names, effective_date="2024-01-01", content_hash=content),
    )
    mutation.record_time.FromJsonString("2026-01-05T08:30:00.000125Z")
    first = bytes.fromhex(re.findall(r"[0-9a-f]{64}", PAGE)[0])
    expected = chained_checksum(
        first,
        1,
        3,
        Kind.NETWORK_EVENT,
        85673003360,  # type: ignore[arg-type]
        None,
        "",
        f"A,{TYPE}",
        "{}",
        "{}",
        "1767601800000125",
        f"{mutation.actor}\n{mutation.call_id}\n\n\n",
        canonical_detail({"content": content.hex(), **names}),
    )
    assert recomputed("0999999922", [MessageToDict(mutation)]) == [expected.hex()]


def test_example_of_the_page_is_right() -> None:
    checksum, *expected = map(bytes.fromhex, re.findall(r"[0-9a-f]{64}", PAGE))
    assert checksum == sha256(b"0999999922").digest()
    blocks = re.findall(r"```\n((?:\d+\n){3}.*?)\n```", PAGE, re.DOTALL)
    assert [block.count("\n") for block in blocks] == [15, 15]
    for block in blocks:
        checksum = sha256(checksum + block.encode()).digest()
        assert checksum == expected.pop(0)

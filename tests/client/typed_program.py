"""A program of a caller, which is type-checked and not executed."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

from raas.v1.dossier_pb2 import Dossier
from raas.v1.dossier_type_pb2 import DossierType, IdentityChanges
from raas.v1.identity_pb2 import Identity, IdentityClaim, Sex
from raas.v1.inscription_pb2 import RemoveOutcome
from raas.v1.mutation_pb2 import Mutation, MutationKind
from raas.v1.person_service_pb2 import Verdict
from raas_client import (
    AfterRevision,
    Bookmark,
    Checkpoint,
    CredentialExpired,
    CredentialUnavailable,
    FileCheckpoints,
    FromSnapshot,
    ImportProgress,
    Keepalive,
    Mutations,
    NissReplaced,
    Patience,
    RaasClient,
    RaasError,
    Refused,
    Retries,
    Snapshot,
    Tls,
    Token,
    Unauthenticated,
    inscription,
    lines_of,
    period,
    removal,
)
from raas_client.reasons import IdentityMismatch


class MyClient(RaasClient):
    async def name(self) -> str:
        return (await self.get_register()).name


async def known(client: RaasClient) -> bool:
    decision = await client.check("85673003360", dossier_types=["HEALTH"], active_on=date(2020, 1, 1))
    return decision.inscribed


async def follow(client: RaasClient) -> list[Mutation]:
    seen: list[Mutation] = []
    async for event in client.subscribe(
        AfterRevision(1), checkpoints=FileCheckpoints("x"), kinds=[MutationKind.MUTATION_KIND_INSCRIBED]
    ):
        match event:
            case Mutations(mutations=mutations):
                seen.extend(mutations)
            case Bookmark(revision=revision):
                print(revision + 1)
            case Snapshot(dossiers=dossiers):
                for each in dossiers:
                    print(each.niss.upper(), each.periods[0].begin.upper())
    return seen


def told(progress: ImportProgress[object]) -> None:
    print(progress.through_offset + 1)


async def main() -> None:
    async with MyClient(
        "127.0.0.1:1",
        enterprise_number="0999999922",
        patience=Patience(call_seconds=1),
        retries=Retries(),
        keepalive=Keepalive(),
    ) as client:
        await client.create_dossier_type(
            DossierType(code="X", labels={"en": "X"}, identity_changes=IdentityChanges.IDENTITY_CHANGES_NONE)
        )
        answer = await client.remove("1", "X", date(2024, 1, 1))
        print(
            answer.outcome == RemoveOutcome.REMOVE_OUTCOME_SPLIT,
            [line.end for line in lines_of(answer.dossier.periods)],
        )
        try:
            await client.apply_batch([inscription("1", "X", "2024-01-01"), removal("1", "X")])
        except NissReplaced as replaced:
            print(replaced.successor)
        except Refused as refused:
            print(refused.status.name, refused.violations[0].field.upper())
        except RaasError:
            pass
        done = await client.import_operations(
            iter([inscription("1", "X", "2024-01-01")]), import_id="x", progress=told
        )
        print(done.applied + 1, [each.offset + 1 for each in done.rejected])
        dossiers: list[Dossier] = await client.consult(overlaps=period("2019-01-01")).all()
        print(dossiers[0].revision + 1)
        async for page in client.consult().pages():
            print(page.revision + 1)
        async with client.mirror("x.sqlite") as mirror:
            print(mirror.knows("1", "2024-01-01"), mirror.dossiers("1")[0].lines[0].begin.year)
        for each in await client.confront_identity("1", IdentityClaim(last_name="x")):
            print(each.verdict == Verdict.VERDICT_MATCH)
        try:
            await client.inscribe("1", "X", "2024", identity=IdentityClaim(sex=Sex.SEX_FEMALE))
        except IdentityMismatch as mismatch:
            print(mismatch.fields[0].upper())
        identity = Identity(last_name="x")
        print(identity.HasField("sex"), identity.SerializeToString())
        print(MutationKind.Name(MutationKind.MUTATION_KIND_REMOVED))
        mutation = (await follow(client))[0]
        print(mutation.record_time.ToDatetime().year, mutation.WhichOneof("detail"))


async def wrong(client: RaasClient) -> None:
    # mistakes
    await client.close()


async def fresh() -> str:
    return "token"


def identified() -> list[RaasClient]:
    tls = Tls.from_files("ca.pem", Path("client.pem"), "client.key")
    tokens: list[Token] = ["token", Path("token"), fresh, lambda: "token"]
    return [RaasClient("raas.example:443", tls=tls, token=token, end_user="x") for token in tokens]


def explained(error: CredentialExpired | CredentialUnavailable | Unauthenticated) -> str:
    return "; ".join(getattr(error, "__notes__", []))


def blocking() -> None:
    tls = Tls(ca=b"", certificate=Path("client.pem"), key=Path("client.key"))
    with RaasClient("127.0.0.1:1", tls=tls, on_behalf_of="0244640631").blocking() as caller:
        print(caller.run(caller.client.get_register()).name)
        for event in caller.iterate(caller.client.subscribe(FromSnapshot())):
            place: Checkpoint = event.checkpoint
            print(place.revision + 1)
        with caller.within(caller.client.mirror()) as mirror:
            print(mirror.checkpoint.revision)


if __name__ == "__main__":
    asyncio.run(main())

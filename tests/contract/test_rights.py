"""The stored rights: changes, versions, lists, and the reader that follows them."""

from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import timedelta
from itertools import count
from uuid import UUID, uuid4

import pytest

from raas.domain.calendar.day import brussels_day
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.admission import Admission
from raas.domain.rights.authorisation import PERSON_IDENTITY, Authorisation
from raas.domain.rights.credential_block import BlockedBy, CredentialBlock
from raas.domain.rights.legal_context import LegalContext
from raas.domain.rights.mandate import Mandate, MandatePermission
from raas.domain.rights.role import Role, RoleGrant
from raas.domain.rights.snapshot import Right
from raas.domain.rights.validity import Validity
from raas.domain.rights.view import Content
from raas.usecases.ports.rights import UNKNOWN_VERSION, PageStart
from tests.contract.stores import Stores
from tests.oracle.numbers import enterprise_number

_NUMBERS = (enterprise_number(7_100_000 + i) for i in count())
READ = frozenset({MandatePermission.READ})

pytestmark = pytest.mark.usefixtures("patient_rights_reader")


def _id(right: Right) -> UUID:
    return right.id


def number() -> EnterpriseNumber:
    return EnterpriseNumber(int(next(_NUMBERS)))


async def put(stores: Stores, *rights: Right) -> int:
    async with stores.rights.change() as transaction:
        for right in rights:
            await transaction.put(right)
    return transaction.version


async def new_mandate(stores: Stores, register: EnterpriseNumber, mandatary: EnterpriseNumber) -> Mandate:
    async with stores.rights.change() as transaction:
        mandate = Mandate(uuid4(), register, mandatary, READ, register, transaction.time)
        await transaction.put(mandate)
    return mandate


async def test_every_field_of_a_right_is_kept(stores: Stores) -> None:
    a, b, c = number(), number(), number()
    async with stores.rights.change() as transaction:
        now = transaction.time
        mandate = Mandate(
            uuid4(),
            a,
            b,
            frozenset(MandatePermission),
            c,
            now,
            frozenset({"A", "B"}),
            frozenset(Content),
            Validity(739_000, 739_001),
            "law",
            now + timedelta(hours=1),
            "reason",
            "ticket",
        )
        grant = RoleGrant(
            uuid4(),
            a,
            Role.GATEWAY,
            b,
            now,
            frozenset({b, c}),
            frozenset({"/raas.v1.RegisterService/Consult"}),
            frozenset({"A"}),
            frozenset({"X"}),
            Validity(739_000, None),
        )
        await transaction.put(mandate)
        await transaction.put(grant)
    async with stores.rights.change() as transaction:
        assert await transaction.find(Mandate, mandate.id) == mandate
        assert await transaction.find(RoleGrant, grant.id) == grant
        assert await transaction.grants_of(a) == [grant]
        await transaction.put(mandate.revoked(a, transaction.time))
        await transaction.put(grant.confirmed(c, transaction.time).revoked(a, transaction.time))
    changed = transaction.time
    async with stores.rights.change() as transaction:
        assert await transaction.find(Mandate, mandate.id) == mandate.revoked(a, changed)
        assert await transaction.find(RoleGrant, grant.id) == grant.confirmed(c, changed).revoked(a, changed)
        assert await transaction.find(Mandate, grant.id) is None
        assert await transaction.find(RoleGrant, mandate.id) is None


async def test_every_field_of_a_legal_context_and_of_a_block_is_kept(stores: Stores) -> None:
    a, b = number(), number()
    rpcs = frozenset({"/raas.v1.RegisterService/FindRegisters"})
    async with stores.rights.change() as transaction:
        now = transaction.time
        whole = LegalContext(uuid4(), a, "PCSA:X", rpcs, b, now)
        narrow = LegalContext(
            uuid4(), a, "PCSA:X", rpcs, b, now, frozenset({"A"}), Validity(739_000, 739_001), 740_000
        )
        block = CredentialBlock(uuid4(), BlockedBy.APPLICATION, f"urn:{a}", "lost", b, now)
        for right in (whole, narrow, block):
            await transaction.put(right)
    async with stores.rights.change() as transaction:
        assert await transaction.find(LegalContext, whole.id) == whole
        assert await transaction.find(LegalContext, narrow.id) == narrow
        assert await transaction.find(CredentialBlock, block.id) == block
        assert await transaction.find(CredentialBlock, whole.id) is None
        assert await transaction.find(LegalContext, block.id) is None
    assert sorted(await stores.rights.legal_contexts(a, None, None, 10), key=_id) == sorted(
        [whole, narrow], key=_id
    )
    assert list(await stores.rights.legal_contexts(a, 739_000, None, 10)) in (
        [whole, narrow],
        [narrow, whole],
    )
    assert await stores.rights.legal_contexts(a, 739_002, None, 10) == [whole]
    assert block in await stores.rights.blocks(None, 1_000)
    with closing(stores.rights_reader()) as reader:
        rows = (await reader.read(UNKNOWN_VERSION)).rows
    assert {whole, narrow, block} <= set(rows)
    async with stores.rights.change() as transaction:
        await transaction.put(block.revoked(b, transaction.time))
        await transaction.put(whole.revoked(b, transaction.time))
    assert block.id not in {each.id for each in await stores.rights.blocks(None, 1_000)}
    assert await stores.rights.legal_contexts(a, 739_000, None, 10) == [narrow]
    async with stores.rights.change() as transaction:
        ended = await transaction.find(CredentialBlock, block.id)
        assert ended is not None
        assert ended.revoked_by == b


async def test_every_field_of_an_admission_is_kept(stores: Stores) -> None:
    a, b = number(), number()
    async with stores.rights.change() as transaction:
        now = transaction.time
        valid = Admission(uuid4(), a, "adviser", "officer", "2024", 740_000, False, b, now)
        suspended = Admission(uuid4(), b, "adviser", "officer", "2025", 740_000, True, b, now)
        for right in (valid, suspended):
            await transaction.put(right)
    async with stores.rights.change() as transaction:
        assert await transaction.find(Admission, valid.id) == valid
        assert await transaction.find(CredentialBlock, valid.id) is None
        assert list(await transaction.admissions_of(a)) == [valid]
    for organisation, day, expected in (
        (a, None, [valid]),
        (a, 740_000, [valid]),
        (a, 740_001, []),
        (b, None, [suspended]),
        (b, 740_000, []),
    ):
        assert list(await stores.rights.admissions(organisation, day, None, 10)) == expected
    with closing(stores.rights_reader()) as reader:
        assert {valid, suspended} <= set((await reader.read(UNKNOWN_VERSION)).rows)
    async with stores.rights.change() as transaction:
        replaced = valid.revoked(b, transaction.time)
        await transaction.put(replaced)
    async with stores.rights.change() as transaction:
        assert list(await transaction.admissions_of(a)) == []
    assert list(await stores.rights.admissions(a, None, None, 10)) == [replaced]
    assert list(await stores.rights.admissions(a, 740_000, None, 10)) == []


async def test_every_field_of_an_authorisation_is_kept(stores: Stores) -> None:
    a, b, c = number(), number(), number()
    async with stores.rights.change() as transaction:
        now = transaction.time
        whole = Authorisation(uuid4(), PERSON_IDENTITY, a, "24/001", Validity(739_000), b, now)
        narrow = Authorisation(
            uuid4(),
            "OTHER",
            a,
            "24/002",
            Validity(739_000, 739_001),
            b,
            now,
            c,
            frozenset({"A", "B"}),
            "PCSA:X",
            frozenset({"last_name"}),
            c,
            now,
        )
        for right in (whole, narrow):
            await transaction.put(right)
    async with stores.rights.change() as transaction:
        assert await transaction.find(Authorisation, whole.id) == whole
        assert await transaction.find(Authorisation, narrow.id) == narrow
        assert await transaction.find(LegalContext, narrow.id) is None
    listed = stores.rights.authorisations
    both = sorted([whole, narrow], key=_id)
    assert await listed(None, a, None, None, 10) == both
    assert await listed("OTHER", a, None, None, 10) == [narrow]
    assert await listed(None, a, 739_001, None, 10) == both
    assert await listed(None, a, 739_002, None, 10) == [whole]
    assert await listed(None, c, None, None, 10) == []
    assert await listed(None, a, None, PageStart(now, both[0].id), 10) == both[1:]
    assert set(both) <= set(await listed(None, None, None, None, 1_000))
    with closing(stores.rights_reader()) as reader:
        assert set(both) <= set((await reader.read(UNKNOWN_VERSION)).rows)
    async with stores.rights.change() as transaction:
        await transaction.put(whole.confirmed(c, transaction.time).revoked(b, transaction.time))
    changed = transaction.time
    async with stores.rights.change() as transaction:
        ended = await transaction.find(Authorisation, whole.id)
    assert ended == whole.confirmed(c, changed).revoked(b, changed)
    assert await listed(None, a, 739_000, None, 10) == [narrow]


async def test_change_that_fails_or_puts_nothing_changes_nothing(stores: Stores) -> None:
    register, mandatary = number(), number()

    async def fails() -> None:
        async with stores.rights.change() as transaction:
            await transaction.put(Mandate(uuid4(), register, mandatary, READ, register, transaction.time))
            raise KeyError

    with closing(stores.rights_reader()) as reader:
        before = (await reader.read(UNKNOWN_VERSION)).version
        async with stores.rights.change():
            pass
        with pytest.raises(KeyError):
            await fails()
        assert await stores.rights.mandates(register, None, None, None, 10) == []
        assert (await reader.read(UNKNOWN_VERSION)).version == before


async def test_changes_take_consecutive_versions_one_after_the_other(stores: Stores) -> None:
    register, mandatary = number(), number()
    running = 0

    async def change() -> int:
        nonlocal running
        async with stores.rights.change() as transaction:
            running += 1
            assert running == 1
            await asyncio.sleep(0)
            await transaction.put(Mandate(uuid4(), register, mandatary, READ, register, transaction.time))
            running -= 1
        return transaction.version

    versions = await asyncio.gather(*(change() for _ in range(4)))
    assert sorted(versions) == list(range(min(versions), min(versions) + 4))
    assert len(await stores.rights.mandates(register, None, None, None, 10)) == 4


async def test_reader_reads_all_rights_once_and_then_what_changed(stores: Stores) -> None:
    register, mandatary = number(), number()
    ended = await new_mandate(stores, register, mandatary)
    await put(stores, ended.revoked(register, ended.grant_time))
    kept = await new_mandate(stores, register, mandatary)
    reader = stores.rights_reader()
    first = await reader.read(UNKNOWN_VERSION)
    assert kept in first.rows
    assert first.complete
    later = await new_mandate(stores, register, mandatary)
    version = await put(stores, kept.revoked(register, kept.grant_time))
    second = await reader.read(first.version)
    assert second.version == version
    assert {each.id: each for each in second.rows} == {
        later.id: later,
        kept.id: kept.revoked(register, kept.grant_time),
    }
    assert second.time >= first.time
    third = await reader.read(version)
    assert (third.version, list(third.rows), third.complete) == (version, [], False)
    reader.close()


async def test_reader_reads_all_rights_again_where_the_database_may_be_another_one(stores: Stores) -> None:
    kept = await new_mandate(stores, number(), number())
    with closing(stores.rights_reader()) as reader:
        version = (await reader.read(UNKNOWN_VERSION)).version
        restored = await reader.read(version + 1)
        assert (restored.version, restored.complete) == (version, True)
        assert kept in restored.rows


async def test_reader_is_notified_of_a_change(stores: Stores) -> None:
    reader = stores.rights_reader()
    await reader.read(UNKNOWN_VERSION)
    waiting = asyncio.create_task(reader.changed(120))
    await asyncio.sleep(0)
    await new_mandate(stores, number(), number())
    await asyncio.wait_for(waiting, 60)
    reader.close()


async def test_reader_returns_without_a_notification_in_time(stores: Stores) -> None:
    reader = stores.rights_reader()
    await reader.changed(0.01)
    await reader.read(UNKNOWN_VERSION)
    await reader.changed(0.01)
    reader.close()


async def test_mandates_are_listed_for_both_sides_page_by_page(stores: Stores) -> None:
    register, other, mandatary = number(), number(), number()
    given = [await new_mandate(stores, register, mandatary) for _ in range(3)]
    elsewhere = await new_mandate(stores, other, mandatary)
    unrelated = await new_mandate(stores, register, other)
    mandates = stores.rights.mandates
    assert await mandates(register, None, None, None, 10) == [*given, unrelated]
    assert await mandates(None, mandatary, None, None, 10) == [*given, elsewhere]
    assert await mandates(register, mandatary, None, None, 10) == given
    first = await mandates(register, None, None, None, 2)
    start = PageStart(first[-1].grant_time, first[-1].id)
    assert [*first, *await mandates(register, None, None, start, 10)] == [*given, unrelated]


async def test_lists_are_restricted_to_rights_that_are_valid_on_a_day(stores: Stores) -> None:
    register, mandatary = number(), number()
    async with stores.rights.change() as transaction:
        now = transaction.time
        today = brussels_day(now)

        def mandate(validity: Validity, **changes: object) -> Mandate:
            return Mandate(uuid4(), register, mandatary, READ, register, now, validity=validity, **changes)  # type: ignore[arg-type]

        valid = [mandate(Validity()), mandate(Validity(today, today)), mandate(Validity(None, today))]
        others = [
            mandate(Validity(today + 1)),
            mandate(Validity(None, today - 1)),
            mandate(Validity()).revoked(register, now),
            mandate(Validity(), expire_time=now),
        ]
        for each in (*valid, *others):
            await transaction.put(each)
        roles = [
            RoleGrant(uuid4(), mandatary, role, register, now, validity=validity)
            for role, validity in ((Role.ROUTER, Validity()), (Role.PUBLISHER, Validity(today + 1)))
        ]
        for grant in roles:
            await transaction.put(grant)
    found = await stores.rights.mandates(register, None, today, None, 10)
    assert {each.id for each in found} == {each.id for each in valid}
    assert await stores.rights.grants(mandatary, None, today, None, 10) == roles[:1]
    assert await stores.rights.grants(mandatary, Role.PUBLISHER, None, None, 10) == roles[1:]
    everyone = await stores.rights.grants(None, Role.PUBLISHER, None, None, 1_000)
    assert roles[1] in everyone
    start = PageStart(now, UUID(int=2**128 - 1))
    assert await stores.rights.grants(mandatary, None, None, start, 10) == []

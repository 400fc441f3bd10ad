"""A small audit log with every kind of record, its checkpoints, its keys and its export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from raas.domain.audit.chain import process_chain, register_chain
from raas.domain.audit.criteria import Criteria
from raas.domain.audit.key_history import KeyHistory, PublishedKey
from raas.domain.audit.record import Actor, AuditRecord, BulkRead, RecordKind
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.memory.audit.proof_store import MemoryProofStore
from raas.signing.ed25519 import PrivateKeySigner
from raas.usecases.proof.checkpointer import Checkpointer
from raas.usecases.proof.export import export_audit

ORIGIN = "raas.example/audit"
START = 1_767_601_800_000_125
MINUTE = 60_000_000
DAY = 1_440 * MINUTE
SERVICE = "/raas.v1.RegisterService"
ANN, BOB = Niss(85673003360), Niss(85673003459)
OWNER, OTHER = EnterpriseNumber(999999922), EnterpriseNumber(999999823)
FIRST, SECOND = process_chain(UUID(int=1)), process_chain(UUID(int=2))
WRITES = register_chain(OWNER)


def signer(seed: int, name: str = ORIGIN) -> PrivateKeySigner:
    return PrivateKeySigner(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


@dataclass
class SampleLog:
    """A log that records, makes checkpoints and is exported; `now` is its clock."""

    signers: list[PrivateKeySigner] = field(default_factory=lambda: [signer(1)])
    origin: str = ORIGIN
    now: int = START
    notes: list[bytes] = field(default_factory=list)
    calls: int = 0

    def __post_init__(self) -> None:
        self.store = MemoryProofStore(self.origin)
        self.checkpointer = Checkpointer(self.store, self.origin, self.signers, lambda: self.now)

    def another_checkpointer(self) -> Checkpointer:
        """One of another process."""
        return Checkpointer(self.store, self.origin, self.signers, lambda: self.now)

    @property
    def keys(self) -> KeyHistory:
        return KeyHistory(tuple(PublishedKey(each.key, START) for each in self.signers))

    def named_notes(self) -> dict[str, bytes]:
        return {f"{number}.note": note for number, note in enumerate(self.notes, 1)}

    def record(self, chain: str, criteria: Criteria | None = None, **fields: object) -> AuditRecord:
        self.calls += 1
        self.now += 1_000
        values: dict[str, object] = {
            "kind": RecordKind.CALL,
            "time": self.now,
            "actor": Actor(OWNER, "portal", "certificate:" + "ab" * 32, "ipv4:10.0.0.7:40112"),
            "rpc": f"{SERVICE}/Consult",
            "outcome": "OK",
            "call_id": UUID(int=self.calls),
            "criteria_hash": None if criteria is None else criteria.hash,
        }
        record = AuditRecord(**(values | fields))
        self.store.append(chain, record, criteria)
        return record

    async def checkpoint(self, minutes: int = 1, *, even_if_idle: bool = False) -> bytes | None:
        self.now += minutes * MINUTE
        note = await self.checkpointer.step(even_if_idle=even_if_idle)
        if note is not None:
            self.notes.append(note)
        return note

    async def export(self) -> list[bytes]:
        return [line async for line in export_audit(self.store)]


def write(log: SampleLog, revision: int, niss: Niss = ANN) -> None:
    log.record(
        WRITES, rpc=f"{SERVICE}/Inscribe", register=OWNER, touched=(niss,), revision=revision, ticket="té;1"
    )


async def full_log(until: int = 6) -> SampleLog:
    """A log of 30 records in six checkpoints, one of them idle; a process that dies and is sealed.

    `until` stops it after a checkpoint, of which it has 3 or 6.
    """
    log = SampleLog()
    search = Criteria(bytes(range(16)), '{"birth_date":"1985-07-30","last_name":"Peeters"}')
    begin = {"kind": RecordKind.BEGIN, "actor": Actor(), "rpc": "raas serve", "call_id": None}
    log.record(FIRST, **begin, details={"pid": 7})
    for revision in (1, 2, 3):
        write(log, revision)
    log.record(
        FIRST, search, rpc="/raas.v1.PersonService/SearchPersons", shown=(ANN, BOB), legal_context="LOI:1990"
    )
    await log.checkpoint()
    log.record(FIRST, outcome="MANDATE_MISSING", touched=(BOB,))
    log.record(
        FIRST,
        kind=RecordKind.REFUSALS,
        actor=Actor(peer="ipv4:192.0.2.0/24"),
        call_id=None,
        outcome="UNAUTHENTICATED",
        count=1_234,
    )
    write(log, 4, BOB)
    await log.checkpoint()
    log.record(SECOND, **begin, details={"host": "réa"})
    log.record(
        SECOND,
        kind=RecordKind.EXTENT,
        rpc="/raas.v1.MutationStream/Subscribe",
        register=OWNER,
        bulk=BulkRead({"dossier_types": ["A", "B"], "note": 'a "quoted" \\ é'}, 1, 10_000, 0),
    )
    for revision in range(5, 15):
        write(log, revision)
    await log.checkpoint()
    if until == 3:
        return log
    await log.checkpoint(60, even_if_idle=True)
    log.record(
        FIRST,
        kind=RecordKind.SEAL,
        actor=Actor(),
        rpc="raas serve",
        call_id=None,
        details={"by": SECOND, "cause": "died"},
    )
    log.record(SECOND, actor=Actor(OTHER, "app", "token:" + "cd" * 32, "ipv6:[::1]:1", OWNER, "user-7"))
    await log.checkpoint()
    log.record(
        SECOND,
        kind=RecordKind.COMMAND,
        actor=Actor(credential="os:root", peer="db1"),
        rpc="raas trim",
        details={"older_than": "12 months", "all": True},
    )
    for revision in range(15, 21):
        write(log, revision)
    await log.checkpoint()
    return log


def joined(lines: Sequence[bytes]) -> bytes:
    return b"".join(lines)

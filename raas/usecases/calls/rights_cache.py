"""The rights by which this process decides: a snapshot that is read from the primary again and again.

A notification makes the cache read at once; without notifications it reads three times a second. A decision
may rest on a snapshot only if the primary was asked for changes at most a second ago. So a right that ends
has ended in every process a second later, or the process decides nothing (UNAVAILABLE). That holds for a
process that was stopped and woken, too: time counts on the monotonic clock, which goes on meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from raas.domain.calendar.day import brussels_day, end_of_brussels_day
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.identity_fields import NO_IDENTITY, IdentityFields
from raas.domain.rights.mandate import MandatePermission
from raas.domain.rights.snapshot import Moment, RightsSnapshot
from raas.domain.rights.view import RegisterView
from raas.usecases.ports.errors import PortError, StoreUnavailable
from raas.usecases.ports.rights import UNKNOWN_VERSION, RightsReader, RightsUpdate

FRESH_SECONDS = 1.0
"""The age at which a snapshot is too old for decisions; counted from when the primary was asked."""
READ_SECONDS = 0.3
"""The interval between two readings without a notification."""
WAIT_SECONDS = 2.0
"""The longest that a call waits for a fresh snapshot."""
_RETRY_SECONDS = 0.1
_MOST_KEPT = 10_000
_LOG_SECONDS = 30.0

log = structlog.get_logger()


class RightsCache:
    """The rights of now; `run` keeps them fresh.

    `first_administrators` are those of the settings. `clock` is monotonic, in seconds.
    """

    def __init__(
        self,
        reader: RightsReader,
        first_administrators: frozenset[EnterpriseNumber] = frozenset(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reader = reader
        self._clock = clock
        self._empty = RightsSnapshot(UNKNOWN_VERSION, first_administrators)
        self.snapshot = self._empty
        """The newest snapshot, however old."""
        self._confirmed_at = float("-inf")
        self._database_time = datetime.min.replace(tzinfo=UTC)
        self._day = 0
        self._next_end: datetime | None = None
        self._views: dict[tuple[EnterpriseNumber, EnterpriseNumber, MandatePermission], RegisterView] = {}
        self._identity_fields: dict[tuple[EnterpriseNumber, str | None], IdentityFields] = {}
        self._views_until = float("-inf")
        self._next_reading: asyncio.Future[None] | None = None
        self._watches: set[Callable[[], None]] = set()
        self._logged_at = float("-inf")

    @property
    def is_fresh(self) -> bool:
        """Whether decisions may rest on the snapshot."""
        return self._clock() - self._confirmed_at <= FRESH_SECONDS

    def moment(self) -> Moment:
        """Now by the clock of the database, carried on by the monotonic clock."""
        elapsed = timedelta(seconds=self._clock() - self._confirmed_at)
        return _moment(self._database_time + elapsed)

    def view(
        self, mandatary: EnterpriseNumber, register: EnterpriseNumber, permission: MandatePermission
    ) -> RegisterView | None:
        """The part of a register that an organisation sees now by its mandates; None without a valid one.

        Views are kept until rights change or a day ends.
        """
        if self._clock() >= self._views_until:
            return self.snapshot.view(mandatary, register, permission, self.moment())
        key = (mandatary, register, permission)
        view = self._views.get(key)
        if view is None:
            view = self.snapshot.view(mandatary, register, permission, self.moment())
            if view is not None:
                self._views[key] = view
        return view

    def identity_fields(self, register: EnterpriseNumber, legal_context: str | None) -> IdentityFields:
        """The fields of identities that a register may see now in a legal context (None = in none).

        They are kept as views are, for registers that have an authorisation.
        """
        if register not in self.snapshot.authorisations:
            return NO_IDENTITY
        if self._clock() >= self._views_until:
            return self.snapshot.identity_fields(register, legal_context, self.moment())
        key = (register, legal_context)
        fields = self._identity_fields.get(key)
        if fields is None:
            if len(self._identity_fields) >= _MOST_KEPT:
                # Callers write what they want as legal context.
                self._identity_fields = {}
            fields = self.snapshot.identity_fields(register, legal_context, self.moment())
            self._identity_fields[key] = fields
        return fields

    async def fresh(self, deadline: float = float("inf")) -> None:
        """Return once decisions may rest on the snapshot; until `deadline` on the monotonic clock.

        Raises StoreUnavailable when no fresh snapshot arrives within WAIT_SECONDS.
        """
        until = min(deadline, self._clock() + WAIT_SECONDS)
        while not self.is_fresh:
            try:
                async with asyncio.timeout(max(0.0, until - self._clock())):
                    await self._reading()
            except TimeoutError:
                raise StoreUnavailable("the rights of callers could not be read in time") from None

    async def fresh_again(self) -> None:
        """Return once decisions may rest on the snapshot, however long that takes."""
        while not self.is_fresh:
            await self._reading()

    async def reached(self, version: int) -> None:
        """Return once this process knows the rights of a version that was just committed.

        Returns after WAIT_SECONDS in any case: the change is committed and will be known in time.
        """
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while self.snapshot.version < version:
                    await self._reading()
        except TimeoutError:
            return

    def watch(self, check: Callable[[], None]) -> Callable[[], None]:
        """Call `check` whenever rights may have changed, until the function that is returned is called."""
        self._watches.add(check)
        return lambda: self._watches.discard(check)

    async def run(self) -> None:
        """Keep the snapshot fresh until cancelled."""
        try:
            while True:
                try:
                    await self.read()
                    await self._reader.changed(READ_SECONDS)
                except PortError as error:
                    self._log(error)
                    await asyncio.sleep(_RETRY_SECONDS)
        finally:
            self._reader.close()

    async def read(self) -> None:
        """Read once. Raises StoreUnavailable, StoreFault."""
        asked_at = self._clock()
        update = await self._reader.read(self.snapshot.version)
        self._apply(update, asked_at)

    def _apply(self, update: RightsUpdate, asked_at: float) -> None:
        before, moment = self.snapshot, _moment(update.time)
        if update.complete or update.version != before.version or update.rows:
            known = self._empty if update.complete else before
            self.snapshot = known.after(update.version, update.rows, moment)
        ended = self._next_end is not None and self._next_end <= moment.instant
        changed = self.snapshot is not before or moment.day != self._day or ended
        self._confirmed_at, self._database_time, self._day = asked_at, update.time, moment.day
        if changed:
            self._views, self._identity_fields = {}, {}
            self._next_end = self.snapshot.next_end(moment.instant)
        end = end_of_brussels_day(moment.day)
        if self._next_end is not None:
            end = min(end, self._next_end)
        self._views_until = asked_at + (end - moment.instant).total_seconds()
        if changed:
            for check in list(self._watches):
                check()
        waiting, self._next_reading = self._next_reading, None
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    async def _reading(self) -> None:
        """Wait for the next successful reading."""
        if self._next_reading is None:
            self._next_reading = asyncio.get_running_loop().create_future()
        # Several wait for the one future: a cancellation of one of them must not reach it.
        await asyncio.shield(self._next_reading)

    def _log(self, error: PortError) -> None:
        now = self._clock()
        if now - self._logged_at >= _LOG_SECONDS:
            self._logged_at = now
            log.warning("rights could not be read", cause=str(error))


def _moment(instant: datetime) -> Moment:
    return Moment(instant, brussels_day(instant))

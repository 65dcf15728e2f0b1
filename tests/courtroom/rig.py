"""A courtroom with fakes around it, and the people of the standing cast who walk into it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from media.ids import PeerId
from server.courtroom.registry import Registry
from server.courtroom.room import House
from server.courtroom.settings import CourtroomSettings
from server.courtroom.tasks import Tasks
from server.hearing import commands as c
from server.hearing import commands_checkin as ci
from server.hearing.checklists import PLACE_ASKED
from server.hearing.events import Actor
from server.hearing.seats import PARTIES, RIGHTS, Right
from server.hearing.state import connection_of
from server.store.codec import EventCodec
from tests.builders import DISCIPLINE, scheduled
from tests.cast import CAST, CLERK, PRESIDING, ROLES, connection
from tests.fakes.clock import FakeClock
from tests.fakes.event_log import MemoryEventLog
from tests.fakes.instruments import FakeInstruments
from tests.fakes.lines import MemoryLines
from tests.fakes.media import FakeMedia
from tests.fakes.tab import FakeTab

if TYPE_CHECKING:
    from media.plan import RoutePlan, Subscription
    from server.courtroom.room import Courtroom
    from server.hearing.ids import HearingId, SeatId


class Rig:
    """One machine: a log and folders that last, and a house that can be restarted."""

    def __init__(self, **settings: Any) -> None:
        self.log = MemoryEventLog()
        self.codec = EventCodec()
        self.instruments = FakeInstruments()
        self.clock = FakeClock()
        self.lines = MemoryLines()
        self.settings = CourtroomSettings(**settings)
        self.first = scheduled()
        self.hearing: HearingId = self.first.hearing
        self.over: list[HearingId] = []
        self.tabs: dict[SeatId, FakeTab] = {}
        self._build()

    def _build(self) -> None:
        self.media = FakeMedia()
        self.tasks = Tasks()
        self.registry = Registry(
            House(
                log=self.log,
                codec=self.codec,
                media=self.media,
                instruments=self.instruments,
                clock=self.clock,
                tasks=self.tasks,
                settings=self.settings,
                on_over=self.over.append,
                lines=self.lines,
            )
        )

    async def begin(self) -> Courtroom:
        """Enter the hearing into the log and open its courtroom."""
        entry = self.codec.to_entry(self.first, self.clock.now_ms(), None, None)
        await self.log.append(str(self.hearing), 0, [entry])
        self.room = await self.registry.room(self.hearing)
        return self.room

    async def restart(self) -> Courtroom:
        """kill -9, and a new process on the same log and folders."""
        await self.tasks.close()
        self.room._stop_timers()
        self.instruments.held.clear()
        self.tabs.clear()
        self._build()
        self.room = await self.registry.room(self.hearing)
        await self.settle()
        return self.room

    async def close(self) -> None:
        """The end of the test."""
        await self.registry.close()
        await self.tasks.close()

    async def settle(self) -> None:
        """Let everything run that does not wait for time."""
        for _ in range(60):
            await asyncio.sleep(0)

    # --- people ---

    async def arrive(self, seat: SeatId, n: int = 1) -> FakeTab:
        """The seat's nth connection comes, with a tab."""
        tab = FakeTab(seat, connection(seat, n))
        await self.room.ask(c.Arrive(tab.connection), Actor(seat, tab.connection))
        self.room.attach(tab)
        self.tabs[seat] = tab
        return tab

    async def do(self, seat: SeatId, command: c.Command) -> int:
        """A seat gives a command a second later, by the connection it has."""
        self.clock.move(1000)
        return await self.room.ask(command, Actor(seat, connection_of(self.room.state, seat)))

    async def checked_in(self, absent: tuple[SeatId, ...] = ()) -> Rig:
        """Everybody is here and let in; the witness is in the witness room."""
        seats = [seat for seat in CAST if seat not in absent]
        for seat in sorted(seats, key=lambda seat: Right.ENTER not in RIGHTS[ROLES[seat]]):
            await self.arrive(seat)
            if Right.ENTER not in RIGHTS[ROLES[seat]]:
                await self.do(seat, c.AcknowledgeDiscipline(DISCIPLINE))
                if ROLES[seat] in PARTIES:
                    await self.do(seat, c.Consent(agrees=True))
                if ROLES[seat] in PLACE_ASKED:
                    await self.do(seat, ci.DeclarePlace("home", quiet=True))
                await self.do(CLERK, c.Admit(seat))
        await self.do(PRESIDING, ci.CallRoll())
        await self.do(PRESIDING, ci.CheckSuitability(()))
        await self.do(PRESIDING, ci.RecordPoint("identity_checked"))
        await self.do(PRESIDING, c.GoToStage("discipline"))
        await self.do(PRESIDING, ci.RecordPoint("discipline_read"))
        await self.settle()
        return self

    async def opened(self, absent: tuple[SeatId, ...] = ()) -> Rig:
        """The court is open."""
        await self.checked_in(absent)
        await self.do(PRESIDING, c.OpenCourt())
        await self.settle()
        return self

    # --- looking ---

    @property
    def routes(self) -> RoutePlan:
        """The plan in force."""
        return self.media.plans[str(self.hearing)]

    def receives(self, receiver: SeatId, publisher: SeatId) -> Subscription | None:
        """What the receiver gets of the publisher by the plan in force."""
        here = PeerId(self.tabs[receiver].connection)
        there = PeerId(self.tabs[publisher].connection)
        return next((s for s in self.routes.receive.get(here, ()) if s.publisher == there), None)

    async def kinds(self) -> list[str]:
        """The kinds of all log entries."""
        return [entry.kind for entry in await self.log.read(str(self.hearing))]

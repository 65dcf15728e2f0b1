"""One live hearing: one task, one bounded mailbox. Takes a message, decides, appends, evolves, applies, publishes.

Must never act before the log holds the decision, and never let one bad message end the hearing.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from media.facts import PeerLost, SpeakersChanged
from media.ids import PeerId
from server.courtroom.captions import Captions
from server.courtroom.outputs import ByeOut, MediaLostOut, SlotOut, SpeakingOut, TapeOut, ViewOut
from server.courtroom.plans import peers, plans, tape_peer, words_peer
from server.courtroom.ports import SeqConflict, TapeFact, Unavailable
from server.courtroom.tape_keeper import TapeKeeper
from server.hearing import audience
from server.hearing.commands import Depart, LeaveCause, ReportTape, Tick
from server.hearing.deadlines import next_deadline
from server.hearing.decide import decide
from server.hearing.events import Actor
from server.hearing.evolve import evolve
from server.hearing.ids import ConnectionId, Instant
from server.hearing.presence import Presence
from server.hearing.refusals import Refused
from server.hearing.session import ENDED, SessionState
from server.hearing.state import connection_of, initial
from server.hearing.view import view

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from media.facts import MediaFact
    from media.plan import SlotUse
    from server.courtroom.outputs import Tab
    from server.courtroom.ports import Clock, Codec, Ear, EventLog, Instruments, MediaRoutes, Spoken
    from server.courtroom.settings import CourtroomSettings
    from server.courtroom.tasks import Tasks
    from server.hearing.commands import Command
    from server.hearing.ids import HearingId, SeatId
    from server.hearing.state import Hearing

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class House:
    """Everything a courtroom stands on."""

    log: EventLog
    codec: Codec
    media: MediaRoutes
    instruments: Instruments
    clock: Clock
    tasks: Tasks
    settings: CourtroomSettings
    on_over: Callable[[HearingId], None]


@dataclass(frozen=True, slots=True)
class _Ask:
    command: Command
    actor: Actor
    answer: asyncio.Future[int] | None


class Courtroom:
    """A hearing that is being conducted here. Created by the registry only."""

    def __init__(self, hearing: HearingId, house: House) -> None:
        self.hearing = hearing
        self.state: Hearing = initial()
        self.seq = 0
        self._house = house
        self._mailbox: asyncio.Queue[_Ask] = asyncio.Queue(house.settings.mailbox_max)
        self._tabs: dict[ConnectionId, Tab] = {}
        self._widths: dict[PeerId, Mapping[str, int]] = {}
        self._slots: Mapping[PeerId, tuple[SlotUse, ...]] = {}
        self._captions = Captions(house.settings.captions_kept_max)
        self._tape = TapeKeeper(hearing, house.instruments, house.tasks, self._tape_fact)
        self._ear: Ear | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._speaking: tuple[SeatId, ...] = ()
        self._over = False

    # --- life ---

    async def open(self) -> None:
        """Replay the log and start. Connections that the log still shows are gone with the old process."""
        await self._replay()
        self._house.tasks.start(self._run(), f"courtroom {self.hearing}")
        for seat, peer in peers(self.state).items():
            actor = Actor(seat=seat, connection=_connection(peer))
            await self.ask(Depart(_connection(peer), LeaveCause.SERVER_RESTART), actor)
        self._apply()

    async def close(self) -> None:
        """The house is closing: seal nothing, lose nothing."""
        if self._timer is not None:
            self._timer.cancel()
        for tab in list(self._tabs.values()):
            tab.send(ByeOut("shutting_down"))
        await self._tape.stop()

    # --- from the door ---

    async def ask(self, command: Command, actor: Actor) -> int:
        """Have a command decided; returns the log position. Raises Refused, Unavailable ("busy", "log")."""
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        try:
            self._mailbox.put_nowait(_Ask(command, actor, answer))
        except asyncio.QueueFull:
            raise Unavailable("busy") from None
        return await answer

    def attach(self, tab: Tab) -> None:
        """From now on this tab is told everything its seat may know."""
        self._tabs[tab.connection] = tab
        self._apply()
        self._publish_to(tab)
        for caption in self._captions.history(tab.seat):
            tab.send(caption)

    def detach(self, tab: Tab) -> None:
        """This tab's socket is gone; its connection stays until `Depart`."""
        if self._tabs.get(tab.connection) is tab:
            del self._tabs[tab.connection]

    def end_media(self, connection: ConnectionId) -> None:
        """The connection is over: its transport too."""
        self._house.media.disconnect(PeerId(connection))
        self._widths.pop(PeerId(connection), None)

    def is_current(self, seat: SeatId, connection: ConnectionId) -> bool:
        """Whether this connection holds the seat."""
        return connection_of(self.state, seat) == connection

    def answer(self, tab: Tab, offer_sdp: str) -> str:
        """A new media transport for this tab; the plan in force already covers it."""
        return self._house.media.answer(PeerId(tab.connection), offer_sdp)

    def show(self, tab: Tab, widths: Mapping[str, int]) -> None:
        """The tab shows each seat this wide."""
        self._widths[PeerId(tab.connection)] = widths
        self._apply()
        self._publish_to(tab)

    # --- from the instruments ---

    def media_fact(self, fact: MediaFact) -> None:
        """What the wire reports about this hearing."""
        if isinstance(fact, PeerLost):
            tab = self._tabs.get(_connection(fact.peer))
            if tab is not None:
                tab.send(MediaLostOut(fact.cause))
        elif isinstance(fact, SpeakersChanged):
            by_peer = {peer: seat for seat, peer in peers(self.state).items()}
            self._speaking = tuple(by_peer[peer] for peer in fact.speakers if peer in by_peer)
            for tab in self._tabs.values():
                self._publish_speaking(tab)

    def spoken(self, spoken: Spoken) -> None:
        """What the recogniser heard."""
        captions = list(self._captions.deliver(self.state, spoken))
        tabs = {tab.seat: tab for tab in self._tabs.values()}
        for seat, caption in captions:
            if seat in tabs:
                tabs[seat].send(caption)

    def _tape_fact(self, fact: TapeFact) -> None:
        """What the recorder reports; a change of its state is an event of the hearing."""
        if fact.state is not None and self.state.session not in ENDED:
            self._tell(ReportTape(fact.state, fact.reason))
        for tab in self._tabs.values():
            out = self._tape_out(tab.seat)
            if out is not None:
                tab.send(out)

    # --- the one loop ---

    async def _run(self) -> None:
        while True:
            ask = await self._mailbox.get()
            try:
                seq = await self._step(ask.command, ask.actor)
            except Refused as refused:
                _fail(ask, refused)
            except SeqConflict:
                log.warning("hearing %s: another writer moved the log on; replaying", self.hearing)
                await self._replay()
                _fail(ask, Unavailable("conflict"))
            except Unavailable as unavailable:
                _fail(ask, unavailable)
            except Exception:  # our bug: rebuild from the log, the hearing goes on
                log.exception("hearing %s: a message broke the courtroom; replaying", self.hearing)
                _fail(ask, Unavailable("internal"))
                await self._replay()
            else:
                if ask.answer is not None and not ask.answer.done():
                    ask.answer.set_result(seq)

    async def _step(self, command: Command, actor: Actor) -> int:
        now = self._house.clock.now_ms()
        events = decide(self.state, command, actor, now)
        if not events:
            return self.seq
        entries = [self._house.codec.to_entry(event, now, actor.seat, actor.connection) for event in events]
        self.seq = await self._house.log.append(str(self.hearing), self.seq, entries)
        for event in events:
            self.state = evolve(self.state, event, now)
        self._apply()
        self._publish()
        return self.seq

    async def _replay(self) -> None:
        try:
            entries = await self._house.log.read(str(self.hearing))
        except Unavailable:
            log.exception("hearing %s: the log can't be read", self.hearing)
            return
        state = initial()
        for entry in entries:
            state = evolve(state, self._house.codec.to_event(entry), Instant(entry.at_ms))
        self.state = state
        self.seq = entries[-1].seq if entries else 0

    # --- consequences: functions of the state, applied by difference ---

    def _apply(self) -> None:
        """Make the instruments do what the state says."""
        house = self._house
        self._keep_instruments()
        now = plans(self.hearing, self.state, self._widths, house.settings)
        self._tape.follow(now.tape)
        if self._ear is not None:
            self._ear.follow(now.words)
        self._slots = house.media.apply(str(self.hearing), now.routes)
        self._captions.follow(self.state, house.clock.now_ms())
        self._dismiss_stale_tabs()
        self._arm()

    def _keep_instruments(self) -> None:
        media = self._house.media
        if self.state.session in ENDED:
            if not self._over:
                self._over = True
                self._house.tasks.start(self._end(), f"end of {self.hearing}")
            return
        if self._ear is None and self.state.seats:
            self._ear = self._house.instruments.ear(self.hearing, self.spoken)
            media.add_tap(words_peer(self.hearing), self._ear)
        if self.state.session is not SessionState.SCHEDULED and not self._tape.wanted:
            self._tape.want(lambda recorder: media.add_tap(tape_peer(self.hearing), recorder), self._apply)

    async def _end(self) -> None:
        """The court is closed: stop the machine ears, seal the tape, hand over to what comes after."""
        media = self._house.media
        media.remove_tap(tape_peer(self.hearing))
        media.remove_tap(words_peer(self.hearing))
        await self._tape.seal()
        self._house.instruments.release(self.hearing)
        self._publish()
        self._house.on_over(self.hearing)

    def _dismiss_stale_tabs(self) -> None:
        for connection, tab in list(self._tabs.items()):
            holder = connection_of(self.state, tab.seat)
            if holder == connection:
                continue
            del self._tabs[connection]
            self.end_media(connection)
            tab.send(ByeOut("left" if holder is None else "superseded"))

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = next_deadline(self.state)
        if due is not None:
            delay_s = max(0.0, (due - self._house.clock.now_ms()) / 1000) + 0.01
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._tell, Tick())

    def _tell(self, command: Command) -> None:
        """A message from the house itself; nobody waits for its answer."""
        try:
            self._mailbox.put_nowait(_Ask(command, Actor(seat=None, connection=None), None))
        except asyncio.QueueFull:
            # The same fact comes again (tape) or is due again (timer): try later, drop nothing accepted.
            asyncio.get_running_loop().call_later(0.2, self._tell, command)

    # --- telling people ---

    def _publish(self) -> None:
        for tab in list(self._tabs.values()):
            self._publish_to(tab)

    def _publish_to(self, tab: Tab) -> None:
        if tab.seat not in self.state.seats:
            return
        tab.send(
            ViewOut(
                seq=self.seq,
                view=view(self.state, tab.seat),
                slots=self._slots_of(tab),
                tape=self._tape_out(tab.seat) or TapeOut("idle", None, ""),
            )
        )

    def _slots_of(self, tab: Tab) -> tuple[SlotOut, ...]:
        by_peer = {peer: seat for seat, peer in peers(self.state).items()}
        return tuple(
            SlotOut(use.index, by_peer[use.publisher], use.audio, use.video)
            for use in self._slots.get(PeerId(tab.connection), ())
            if use.publisher in by_peer
        )

    def _publish_speaking(self, tab: Tab) -> None:
        mine = tuple(
            seat
            for seat in self._speaking
            if seat == tab.seat or audience.audience(self.state, seat, tab.seat).hear
        )
        tab.send(SpeakingOut(mine))

    def _tape_out(self, seat: SeatId) -> TapeOut | None:
        """The state of the tape, for those in the courtroom only."""
        attendance = self.state.attendance.get(seat)
        if attendance is None or attendance.presence is not Presence.PRESENT:
            return None
        return TapeOut(self._tape.state.value, self._tape.safe_until_ms, self._tape.reason)


def _connection(peer: PeerId) -> ConnectionId:
    return ConnectionId(str(peer))


def _fail(ask: _Ask, error: Exception) -> None:
    if ask.answer is not None and not ask.answer.done():
        ask.answer.set_exception(error)
    elif not isinstance(error, Refused):
        log.warning("a message of the house failed: %s", error)

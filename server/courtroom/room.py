"""One live hearing: one task, one bounded mailbox. Takes a message, decides, appends, evolves, applies, publishes.

Must never act before the log holds the decision, and never let one bad message end the hearing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from media.facts import CandidatesChanged, MediaAway, PeerLost, SpeakersChanged, TooManyPeers
from media.ids import PeerId
from server.courtroom.carer import Carer
from server.courtroom.health import Watch
from server.courtroom.ledger import Ledger
from server.courtroom.mailbox import AGAIN_S, Mailbox
from server.courtroom.outputs import ByeOut
from server.courtroom.plans import peers, plans, tape_peer, words_peer
from server.courtroom.ports import SeqConflict, TapeFact, Unavailable
from server.courtroom.screen_shares import ScreenShares
from server.courtroom.screens import Screens
from server.courtroom.side_rooms import SideRooms
from server.courtroom.tape_keeper import TapeKeeper
from server.hearing.commands import Depart, LeaveCause, ReportTape, Tick
from server.hearing.deadlines import next_deadline
from server.hearing.decide import decide
from server.hearing.events import INSTRUMENT, Actor
from server.hearing.evolve import fold
from server.hearing.ids import ConnectionId
from server.hearing.refusals import Reason, Refused
from server.hearing.session import ENDED, SessionState
from server.hearing.state import connection_of, initial

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from media.facts import MediaFact
    from server.courtroom.outputs import Tab
    from server.courtroom.ports import (
        Clock,
        Codec,
        Ear,
        EventLog,
        Instruments,
        LineBook,
        MediaRoutes,
        Spoken,
    )
    from server.courtroom.settings import CourtroomSettings
    from server.courtroom.tasks import Tasks
    from server.hearing.commands import Command
    from server.hearing.ids import HearingId, SeatId
    from server.hearing.state import Hearing

log = logging.getLogger(__name__)

_BEFORE = frozenset({SessionState.SCHEDULED, SessionState.CHECKING_IN})


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
    lines: LineBook


class Courtroom:
    """A hearing that is being conducted here. Created by the registry only."""

    def __init__(self, hearing: HearingId, house: House) -> None:
        self.hearing = hearing
        self.state: Hearing = initial()
        self._house = house
        self._ledger = Ledger(hearing, house.log, house.codec, house.settings.append_timeout_s)
        self._mailbox = Mailbox(
            hearing, house.settings.mailbox_max, house.settings.facts_owed_max, self._tape_now
        )
        self._widths: dict[PeerId, Mapping[str, int]] = {}
        self._tape = TapeKeeper(hearing, house.instruments, house.tasks, self._tape_fact)
        self.watch = Watch(
            house.media, self._tape, lambda: self._screens, lambda step: house.lines.note(hearing, step)
        )
        self.care = Carer(
            house, self._mailbox.tell, self._tape, lambda: iter(self._screens), self.watch.history
        )
        self._sides = SideRooms(
            hearing, house.media, house.instruments, house.tasks, self.spoken, self._side_tape_moved
        )
        self._screens = Screens(self._tape, self._sides, house.settings.captions_kept_max, self.care.shown)
        self._shares = ScreenShares(house.media, self._screens.media_lost)
        self._ear: Ear | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._busy = False
        self._over = False
        self._finished = False
        self._closing = False

    @property
    def seq(self) -> int:
        """Position of the hearing's log: of its main stream."""
        return self._ledger.seq

    # --- life ---

    async def open(self) -> None:
        """Replay the log and start. Raises Unavailable.

        Connections that the log still shows are gone with the old process.
        """
        self.state = await self._ledger.read()
        self.watch.restore(await self._house.lines.newest(self.hearing))
        self._task = self._house.tasks.start(self._run(), f"courtroom {self.hearing}")
        self.care.begin(self.state, self._ledger.last)
        try:
            for seat, peer in peers(self.state).items():
                actor = Actor(seat=seat, connection=ConnectionId(peer))
                await self.ask(Depart(ConnectionId(peer), LeaveCause.SERVER_RESTART), actor)
            self._apply()
        except BaseException:
            await self.retire()  # its recorder would hold the folder against the next try
            raise

    async def close(self) -> None:
        """The house is closing: nobody is heard untaped, nothing is sealed, nothing is lost."""
        await self.care.last_words(self.ask)
        self._stop_timers()
        self._closing = True  # what is still entered lays no route again
        self._house.media.drop_group(str(self.hearing))
        for tab in self._screens:
            tab.send(ByeOut("shutting_down"))
        await self._sides.stop()
        await self._tape.stop()
        await self._last_word_of_tape()

    async def _last_word_of_tape(self) -> None:
        """Wait until the digests of the files that were just closed are in the log, if the ledger lets it."""
        said = self._tape_now()
        if said is not None:
            with contextlib.suppress(Refused, Unavailable, TimeoutError):
                async with asyncio.timeout(self._house.settings.append_timeout_s):
                    await self.ask(said, INSTRUMENT)  # answered after whatever was told before

    @property
    def idle(self) -> bool:
        """Whether nobody is here and nothing is on: not opened, or over and sealed."""
        done = self._finished or self.state.session in _BEFORE
        told = self._busy or len(self._mailbox) or self._mailbox.owed
        return done and not (self._screens or told or peers(self.state))

    async def retire(self) -> None:
        """Let go of everything; the hearing opens again by replay when somebody comes."""
        self._stop_timers()
        if self._task is not None:
            self._task.cancel()
        self._house.media.remove_tap(words_peer(self.hearing))
        self._house.media.remove_tap(tape_peer(self.hearing))
        self._house.media.drop_group(str(self.hearing))
        await self._sides.stop()
        await self._tape.stop()
        self._house.instruments.release(self.hearing)

    def _stop_timers(self) -> None:
        self.care.stop()
        self._mailbox.stop()
        if self._timer is not None:
            self._timer.cancel()

    # --- from the door ---

    async def ask(self, command: Command, actor: Actor) -> int:
        """Have a command decided; returns the log position, which is for the house and nobody outside it.

        Raises Refused, Unavailable ("busy", "ledger", "conflict", "internal").
        """
        return await self._mailbox.ask(command, actor)

    def attach(self, tab: Tab) -> None:
        """From now on this tab is told everything its seat may know."""
        self._screens.attach(tab)
        self._apply()
        if self.is_current(tab.seat, tab.connection):
            self._screens.welcome(tab)

    def detach(self, tab: Tab) -> None:
        """This tab's socket is gone; its connection stays until `Depart`."""
        self._screens.detach(tab)

    def shown(self, tab: Tab) -> int:
        """Number of the newest view that the tab was given: what it has done shows in that one, if it shows at all."""
        return self._screens.shown(tab)

    def end_media(self, connection: ConnectionId) -> None:
        """The connection is over: its transport too."""
        self._house.media.disconnect(PeerId(connection))
        self._shares.end(connection)
        self._widths.pop(PeerId(connection), None)

    def is_current(self, seat: SeatId, connection: ConnectionId) -> bool:
        """Whether this connection holds the seat."""
        return connection_of(self.state, seat) == connection

    def answer(self, tab: Tab, offer_sdp: str, source: str = "main") -> str:
        """A new media transport for this tab, or for its screen; the plan in force already covers it.

        Raises Refused(not_connected, presenting_not_permitted), Unavailable("too_many_peers", "media_away"), SdpError.
        """
        self._check_current(tab)
        peer = self._shares.peer(self.state, tab, source)
        try:
            answer = self._house.media.answer(peer, offer_sdp, str(self.hearing))
        except TooManyPeers:
            raise Unavailable("too_many_peers") from None
        except MediaAway:
            raise Unavailable("media_away") from None
        self._shares.answered(peer)
        self._apply()  # the offer says how many slots there really are
        self._screens.publish_to(tab)
        return answer

    def point(self, tab: Tab, x: int | None, y: int | None) -> None:
        """The tab points at what is shown; from one who may not, nothing comes of it. Raises Refused(not_connected)."""
        self._check_current(tab)
        self._screens.point(tab.seat, x, y)

    def _check_current(self, tab: Tab) -> None:
        if not self.is_current(tab.seat, tab.connection):
            raise Refused(Reason.NOT_CONNECTED)

    def show(self, tab: Tab, widths: Mapping[str, int]) -> None:
        """The tab shows each seat this wide. Raises Refused(not_connected)."""
        self._check_current(tab)
        self._widths[PeerId(tab.connection)] = widths
        self._apply()
        self._screens.publish_to(tab)

    # --- from the instruments ---

    def media_fact(self, fact: MediaFact) -> None:
        """What the wire reports about this hearing, or about the port."""
        if isinstance(fact, CandidatesChanged):
            self._screens.candidates(fact.candidates)
            return
        if self._shares.concerns(fact):
            return
        if isinstance(fact, PeerLost):
            self._screens.media_lost(ConnectionId(fact.peer), fact.cause)
        elif isinstance(fact, SpeakersChanged):
            self._screens.speaking(fact.speakers)
            self.care.speaking(self._screens.speakers)
        self.care.media_fact(fact)

    def spoken(self, spoken: Spoken) -> None:
        """What the recogniser heard."""
        self._screens.spoken(spoken)

    def _tape_fact(self, fact: TapeFact) -> None:
        """What the recorder reports; a change of its state is an event of the hearing."""
        if fact.segment is not None:
            self._mailbox.tell(fact.segment)
            return
        if fact.state is not None and self.state.session not in ENDED:
            self._mailbox.tell(ReportTape(fact.state, fact.reason))
        self._screens.publish_tape()

    def _tape_now(self) -> ReportTape | None:
        """What the tape says now; nothing of it is entered after the end."""
        return None if self.state.session in ENDED else ReportTape(self._tape.state, self._tape.reason)

    def _side_tape_moved(self) -> None:
        """A caucus's own tape moved on: for those in it."""
        self._screens.publish_tape()

    # --- the one loop ---

    async def _run(self) -> None:
        while True:
            self._busy = False
            ask = await self._mailbox.take()
            self._busy = True
            try:
                seq = await self._step(ask.command, ask.actor)
            except (Refused, Unavailable) as error:
                self._mailbox.fail(ask, error)
            except SeqConflict:
                log.warning("hearing %s: another writer moved the log on; replaying", self.hearing)
                await self._rebuild()
                self._mailbox.fail(ask, Unavailable("conflict"))
            except Exception:  # our bug: rebuild from the log, the hearing goes on
                log.exception("hearing %s: a message broke the courtroom; replaying", self.hearing)
                await self._rebuild()
                self._arm(AGAIN_S)  # not at once: the message may be the timer's own
                self._mailbox.fail(ask, Unavailable("internal"))
            else:
                ask.succeed(seq)

    async def _step(self, command: Command, actor: Actor) -> int:
        now = self._house.clock.now_ms()
        events = decide(self.state, command, actor, now)
        if not events:
            if isinstance(command, Tick):
                self._arm()  # the clock was set back: what was due is due later
            return self.seq
        # An event that the law can't follow must not get into the log: it would be there at every replay.
        after = fold(self.state, [(event, now) for event in events])
        await self._ledger.write(events, now, actor)
        self.state = after
        self._apply()
        self.care.changed(after, events)
        self._screens.publish()
        return self.seq

    async def _rebuild(self) -> None:
        """State, instruments and screens as the log has them."""
        try:
            self.state = await self._ledger.read()
            self._apply()
            self.care.changed(self.state)
            self._screens.publish()
        except Unavailable as unavailable:
            log.warning("hearing %s: the log can't be read: %s", self.hearing, unavailable.reason)
        except Exception:  # our bug again: the loop must live, the next message may mend it
            log.exception("hearing %s: could not be rebuilt", self.hearing)

    # --- consequences: functions of the state, applied by difference ---

    def _apply(self) -> None:
        """Make the instruments do what the state says; not once the house closes: nobody is heard untaped."""
        if self._closing:
            return
        house = self._house
        self._keep_instruments()
        now = plans(self.hearing, self.state, self._widths, house.settings)
        self._sides.keep(now.rooms, self._apply)
        # The wire first: an ear that fails must not keep a lock from being enforced.
        slots = house.media.apply(str(self.hearing), now.routes)
        self._sides.follow(now.rooms)
        self._tape.follow(now.tape)
        if self._ear is not None:
            self._ear.follow(now.words)
        self._shares.keep(self.state)
        self._screens.follow(self.state, slots, house.clock.now_ms())
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
            media.add_tap(words_peer(self.hearing), self._ear.feed)
        if self.state.session is not SessionState.SCHEDULED and not self._tape.wanted:
            self._tape.want(
                lambda recorder: media.add_tap(tape_peer(self.hearing), recorder.feed),
                self._apply,
                len(self.state.seats),
            )

    async def _end(self) -> None:
        """The court is closed: stop the machine ears, seal the tape, hand over to what comes after."""
        media = self._house.media
        media.remove_tap(tape_peer(self.hearing))
        media.remove_tap(words_peer(self.hearing))
        await self._sides.seal(self.state)
        await self._tape.seal()
        self._screens.publish()
        self._finished = True
        self._house.on_over(self.hearing)

    def _dismiss_stale_tabs(self) -> None:
        for tab, holder in self._screens.stale():
            self._screens.detach(tab)
            self.end_media(tab.connection)
            tab.send(ByeOut("left" if holder is None else "superseded"))

    def _arm(self, at_least_s: float = 0.01) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = next_deadline(self.state)
        if due is not None:
            delay_s = max(0.0, (due - self._house.clock.now_ms()) / 1000) + at_least_s
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._mailbox.tell, Tick())

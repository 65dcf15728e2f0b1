"""Care of one live hearing: absences measured, incidents noted, the sheet counted, notices proved. Hooks of the courtroom.

Watches and tells the law what it saw; decides nothing, and a mistake of its own must never touch the hearing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from media.facts import PeerConnected, PeerLost
from server.courtroom.absences import Absences
from server.courtroom.heard import Heard
from server.courtroom.incidents import broken, device_failed, due, restarted
from server.courtroom.outputs import SheetOut
from server.courtroom.ports import Unavailable
from server.hearing.channels import Channel, receives
from server.hearing.commands_care import FileSheet, ShowNotice
from server.hearing.events import INSTRUMENT, Actor
from server.hearing.ids import ConnectionId, SeatId
from server.hearing.refusals import Refused
from server.hearing.rooms import screened
from server.hearing.session import ENDED, SessionState
from server.hearing.sheet import written
from server.hearing.state import initial

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from media.facts import MediaFact
    from server.courtroom.health import SeatSample
    from server.courtroom.outputs import Tab
    from server.courtroom.room import House
    from server.courtroom.tape_keeper import TapeKeeper
    from server.hearing.commands import Command
    from server.hearing.events import Event
    from server.hearing.ids import Instant
    from server.hearing.sheet import Row
    from server.hearing.state import Hearing

log = logging.getLogger(__name__)

TICK_S = 1.0
_MS = 1000
_AGAIN_MS = 60_000  # a note that has not got into the log is told again after this
_GONE = frozenset({"connection_ended", "seat_left"})


class Carer:
    """What one courtroom does for the people in it. tell: a message of the house to the law; tabs: those attached; kept: a seat's line so far."""

    def __init__(
        self,
        house: House,
        tell: Callable[[Command, Actor], None],
        tape: TapeKeeper,
        tabs: Callable[[], Iterable[Tab]],
        kept: Callable[[SeatId], Sequence[SeatSample]],
    ) -> None:
        self._clock = house.clock
        self._settings = house.settings
        self._tape = tape
        self._tell = tell
        self._tabs = tabs
        self._state: Hearing = initial()
        self._absences = Absences(house.media, kept)
        self.heard = Heard()
        self._told: dict[ConnectionId, tuple[Row, ...]] = {}
        self._told_at: Instant | None = None
        self._filed_at: Instant | None = None
        self._noted: dict[tuple[str, str, bool], Instant] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._due_at = 0.0

    # --- hooks of the courtroom ---

    def begin(self, state: Hearing, last: Instant) -> None:
        """The hearing was taken up by replay. last: the time of its last entry."""
        now = self._clock.now_ms()
        self.heard = Heard(state.care.sheet)
        self._filed_at = now
        self.heard.follow(state, now)
        self._state = state
        note = restarted(state, last, now)
        if note is not None:
            self._tell(note, INSTRUMENT)

    def changed(self, state: Hearing, events: Iterable[Event] = ()) -> None:
        """Things stand so now, after these events."""
        before, self._state = self._state, state
        now = self._clock.now_ms()
        if before.care.incidents != state.care.incidents:
            self._noted.clear()
        try:
            for event in events:
                self._take(before, event, now)
            self.heard.follow(state, now)
            self._reach(now)
            self._note(now)
            if before.session is SessionState.IN_SESSION and state.session is not SessionState.IN_SESSION:
                self.file()
        except Exception:  # our bug: the hearing goes on without the count
            log.exception("care of a hearing failed at a change")
        self._keep_ticking()

    def media_fact(self, fact: MediaFact) -> None:
        """What the wire reports about a connection."""
        now = self._clock.now_ms()
        if isinstance(fact, PeerConnected):
            self._absences.media_came(ConnectionId(str(fact.peer)), now)
        elif isinstance(fact, PeerLost):
            self._absences.media_went(ConnectionId(str(fact.peer)), fact.cause, now)
        else:
            return
        self._reach(now)

    def speaking(self, seats: Iterable[SeatId]) -> None:
        """Who is speaking now."""
        self.heard.speaking(seats, self._clock.now_ms())

    def line_ended(self, connection: ConnectionId, how: str) -> None:
        """The signalling of a connection is gone: "said", "cut" or "silent"."""
        self._absences.line_ended(connection, how, self._clock.now_ms())

    def shown(self, tab: Tab, notices: Iterable[str]) -> None:
        """A view with these notices was handed to the tab."""
        care = self._state.attendance[tab.seat].care
        for notice in notices:
            known = care.notice(notice)
            if known is not None and known.shown_at is None:
                self._tell(ShowNotice(notice), Actor(tab.seat, tab.connection))

    def file(self) -> None:
        """File the sheet as it stands."""
        rows = self._filing()
        if rows:
            self._tell(FileSheet(rows), INSTRUMENT)
        self._filed_at = self._clock.now_ms()

    async def last_words(self, ask: Callable[[Command, Actor], Awaitable[int]]) -> None:
        """The house closes: what was heard so far goes into the log first, if the ledger lets it."""
        rows = self._filing() if self._state.session is SessionState.IN_SESSION else ()
        if rows:
            with contextlib.suppress(Refused, Unavailable, TimeoutError):
                async with asyncio.timeout(self._settings.append_timeout_s):
                    await ask(FileSheet(rows), INSTRUMENT)

    def _filing(self) -> tuple[str, ...]:
        """The rows as they would be filed now; () where nothing has changed since."""
        rows = written(self.heard.rows(self._clock.now_ms()))
        return () if rows == self._state.care.sheet else rows

    @property
    def safe_until_ms(self) -> int | None:
        """Up to when the tape is proven on disk, Unix milliseconds."""
        return self._tape.safe_until_ms

    def stop(self) -> None:
        """No more ticks."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # --- consequences ---

    def _take(self, before: Hearing, event: Event, now: Instant) -> None:
        if event.KIND == "floor_interrupted":
            self.heard.interrupted(getattr(event, "seats", ()))
        seat: SeatId | None = getattr(event, "seat", None)
        if seat is None or seat not in before.attendance:
            return
        if event.KIND in _GONE:
            connection = before.attendance[seat].connection
            after = self._state.attendance[seat].care.absence
            if connection is not None and after is not None and after.connection == connection:
                facts = self._absences.measure(seat, connection, after.cause, now)
                self._tell(facts, Actor(seat, connection))
        elif event.KIND == "device_reported":
            if broken(self._state.attendance[seat].device):
                self._absences.device_failed(seat, now)
            note = device_failed(self._state, seat, now)
            if note is not None:
                self._tell(note, INSTRUMENT)

    def _connections(self) -> dict[SeatId, ConnectionId]:
        return {
            seat: attendance.connection
            for seat, attendance in self._state.attendance.items()
            if attendance.connection is not None
        }

    def _reach(self, now: Instant) -> None:
        here = self._connections()
        self.heard.reached([seat for seat, c in here.items() if self._absences.reached(c)], now)

    def _note(self, now: Instant) -> None:
        here = self._connections()
        found = {seat: self._absences.media_lost(connection) for seat, connection in here.items()}
        lost = {seat: how for seat, how in found.items() if how is not None}
        for note in due(self._state, now, lost, round(self._settings.incident_loss_s * _MS)):
            key = (note.kind, note.subject, note.ended_ms > 0)
            if now - self._noted.get(key, now - _AGAIN_MS) >= _AGAIN_MS:  # it may wait for the ledger
                self._noted[key] = now
                self._tell(note, INSTRUMENT)

    # --- time ---

    def _keep_ticking(self) -> None:
        wanted = self._state.session not in {*ENDED, SessionState.SCHEDULED}
        if wanted and self._timer is None:
            loop = asyncio.get_running_loop()
            self._due_at = loop.time() + TICK_S
            self._timer = loop.call_later(TICK_S, self._ticked)
        elif not wanted:
            self.stop()

    def _ticked(self) -> None:
        late_s = asyncio.get_running_loop().time() - self._due_at
        self._timer = None
        try:
            self.tick(round(late_s * _MS))
        except Exception:  # our bug: the next tick may go well
            log.exception("care of a hearing failed at a tick")
        self._keep_ticking()

    def tick(self, late_ms: int = 0) -> None:
        """A second has passed. late_ms: how late the house itself was."""
        now = self._clock.now_ms()
        self._absences.late(late_ms, now)
        here = self._connections()
        self.heard.losses({seat: self._absences.loss(connection) for seat, connection in here.items()}, now)
        self._note(now)
        if self._state.session is SessionState.IN_SESSION:
            self._publish(now)
            checkpoint_ms = self._settings.sheet_checkpoint_s * _MS
            if self._filed_at is None or now - self._filed_at >= checkpoint_ms:
                self.file()

    def _publish(self, now: Instant) -> None:
        """Show the sheet to the bench and the clerk, and to others what they missed; seldom, and only what has changed."""
        if self._told_at is not None and 0 <= now - self._told_at < self._settings.sheet_interval_s * _MS:
            return
        self._told_at = now
        rows = self.heard.rows(now)
        told, self._told = self._told, {}
        for tab in self._tabs():
            mine = self._rows_for(tab.seat, rows)
            if not mine:
                continue
            if told.get(tab.connection) != mine:
                tab.send(SheetOut(mine))
            self._told[tab.connection] = mine

    def _rows_for(self, seat: SeatId, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        """The whole sheet; or the seat's own row, once there are passages in it that it may hear again."""
        if receives(self._state, Channel.SHEET, seat):
            return rows
        if not receives(self._state, Channel.SHEET, seat, seat):
            return ()
        mine = next((row for row in rows if row.seat == seat), None)
        if mine is None:
            return ()
        meets = tuple(p for p in mine.passages if not screened(self._state, seat, SeatId(p.seat)))
        return (replace(mine, passages=meets),) if meets else ()

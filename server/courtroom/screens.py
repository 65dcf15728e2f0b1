"""The tabs of one hearing and what each of them is told. Shows a seat what `view` and `audience` give it, nothing else.

Knows the state it was last given; changes nothing, asks nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from media.ids import PeerId
from server.courtroom.captions import Captions
from server.courtroom.outputs import (
    CandidatesOut,
    MediaLostOut,
    PointerOut,
    SlotOut,
    SpeakingOut,
    TapeOut,
    ViewOut,
)
from server.courtroom.plans import connection_of_peer, peers
from server.hearing.channels import Channel, receives
from server.hearing.rooms import CONSULTATION, is_caucus, kind_of, room_of
from server.hearing.seats import Right
from server.hearing.showing import sees_pointer
from server.hearing.state import connection_of, initial
from server.hearing.view import view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from media.plan import SlotUse
    from server.courtroom.outputs import Tab
    from server.courtroom.ports import Spoken
    from server.courtroom.side_rooms import SideRooms
    from server.courtroom.tape_keeper import TapeKeeper
    from server.hearing.ids import ConnectionId, Instant, SeatId
    from server.hearing.state import Hearing


_NO_TAPE = TapeOut("idle", None, "")


class Screens:
    """The attached tabs, one a connection."""

    def __init__(
        self,
        tape: TapeKeeper,
        sides: SideRooms,
        captions_kept: int,
        on_notices: Callable[[Tab, tuple[str, ...]], None],
    ) -> None:
        self._on_notices = on_notices
        self._tape = tape
        self._sides = sides
        self._captions = Captions(captions_kept)
        self._tabs: dict[ConnectionId, Tab] = {}
        self._state: Hearing = initial()
        self._slots: Mapping[PeerId, tuple[SlotUse, ...]] = {}
        self._speaking: tuple[SeatId, ...] = ()
        self._told_speaking: dict[ConnectionId, tuple[SeatId, ...]] = {}
        self._told: dict[ConnectionId, ViewOut] = {}

    def __len__(self) -> int:
        return len(self._tabs)

    def __iter__(self) -> Iterator[Tab]:
        return iter(list(self._tabs.values()))

    def follow(self, state: Hearing, slots: Mapping[PeerId, tuple[SlotUse, ...]], now: Instant) -> None:
        """From now on this is how things stand; shown at the next publish."""
        self._state, self._slots = state, slots
        self._captions.follow(state, now)

    def attach(self, tab: Tab) -> None:
        """One more tab, or another one of the same connection. Its views are counted from 1."""
        self._tabs[tab.connection] = tab
        self._forget_told(tab.connection)

    def detach(self, tab: Tab) -> None:
        """Forget the tab, unless another one has its connection now."""
        if self._tabs.get(tab.connection) is tab:
            del self._tabs[tab.connection]
            self._forget_told(tab.connection)

    def _forget_told(self, connection: ConnectionId) -> None:
        self._told_speaking.pop(connection, None)
        self._told.pop(connection, None)

    def stale(self) -> Iterator[tuple[Tab, ConnectionId | None]]:
        """Tabs that no longer hold their seat, each with the connection that does."""
        for tab in self:
            holder = connection_of(self._state, tab.seat)
            if holder != tab.connection:
                yield tab, holder

    # --- telling ---

    def publish(self) -> None:
        """Tell every tab how things stand."""
        for tab in self:
            self.publish_to(tab)
            self._publish_speaking(tab)

    def welcome(self, tab: Tab) -> None:
        """Tell a tab that has just come everything its seat may know."""
        self.publish_to(tab)
        self._publish_speaking(tab)
        for caption in self._captions.history(self._state, tab.seat):
            tab.send(caption)

    def publish_to(self, tab: Tab) -> None:
        """Tell an attached tab how things stand, if that has changed for it.

        A view that is only newer would tell an isolated witness that something happened, and so would a number that
        counts more than the views of this tab (OLR 26).
        """
        if tab.seat not in self._state.seats or self._tabs.get(tab.connection) is not tab:
            return
        tape = self._tape_out(tab.seat) or _NO_TAPE
        out = ViewOut(self.shown(tab) + 1, view(self._state, tab.seat), self._slots_of(tab), tape)
        told = self._told.get(tab.connection)
        if told is not None and replace(told, seq=out.seq) == out:
            return
        self._told[tab.connection] = out
        tab.send(out)
        if out.view.notices:
            self._on_notices(tab, tuple(notice.notice for notice in out.view.notices))

    def shown(self, tab: Tab) -> int:
        """Number of the newest view that the tab was given; 0 before the first, and once it is detached."""
        told = self._told.get(tab.connection)
        return told.seq if told is not None and self._tabs.get(tab.connection) is tab else 0

    def publish_tape(self) -> None:
        """The tape has moved on."""
        for tab in self:
            out = self._tape_out(tab.seat)
            if out is not None and out is not _NO_TAPE:
                tab.send(out)

    def speaking(self, speakers: Sequence[PeerId]) -> None:
        """Who is speaking now, loudest first."""
        by_peer = self._by_peer()
        self._speaking = tuple(by_peer[peer] for peer in speakers if peer in by_peer)
        for tab in self:
            self._publish_speaking(tab)

    @property
    def speakers(self) -> tuple[SeatId, ...]:
        """Who is speaking now, as the wire last said."""
        return self._speaking

    def spoken(self, spoken: Spoken) -> None:
        """What the recogniser heard, to those who may read it."""
        captions = list(self._captions.deliver(self._state, spoken))
        tabs = {tab.seat: tab for tab in self}
        for seat, caption in captions:
            if seat in tabs:
                tabs[seat].send(caption)

    def point(self, seat: SeatId, x: int | None, y: int | None) -> None:
        """Where the seat points, to those who see both it and what is shown."""
        for tab in self:
            if receives(self._state, Channel.POINTER, tab.seat) and sees_pointer(self._state, seat, tab.seat):
                tab.send(PointerOut(seat, x, y))

    def media_lost(self, connection: ConnectionId, cause: str, source: str = "main") -> None:
        """A media transport of the tab is gone."""
        tab = self._tabs.get(connection)
        if tab is not None:
            tab.send(MediaLostOut(cause, source))

    def candidates(self, candidates: tuple[str, ...]) -> None:
        """The media port can be reached elsewhere too: every tab is told, for each transport it has."""
        for tab in self:
            tab.send(CandidatesOut(candidates))

    def _by_peer(self) -> dict[PeerId, SeatId]:
        return {peer: seat for seat, peer in peers(self._state).items()}

    def _slots_of(self, tab: Tab) -> tuple[SlotOut, ...]:
        by_peer = self._by_peer()
        slots = []
        for use in self._slots.get(PeerId(tab.connection), ()):
            connection, source = connection_of_peer(use.publisher)
            seat = by_peer.get(PeerId(connection))
            if seat is not None:
                slots.append(SlotOut(use.index, seat, use.audio, use.video, source))
        return tuple(slots)

    def _publish_speaking(self, tab: Tab) -> None:
        """Only a change: even an empty message would tell an isolated witness that somebody spoke."""
        mine = tuple(
            seat for seat in self._speaking if receives(self._state, Channel.SPEAKING, tab.seat, seat)
        )
        if mine != self._told_speaking.get(tab.connection, ()):
            self._told_speaking[tab.connection] = mine
            tab.send(SpeakingOut(mine))

    def _tape_out(self, seat: SeatId) -> TapeOut | None:
        """The state of the tape of the room the seat is in, for those in the courtroom only."""
        if not receives(self._state, Channel.TAPE_LIGHT, seat):
            return None
        room = room_of(self._state, seat)
        aside = is_caucus(room) or kind_of(room) == CONSULTATION
        tape = self._sides.tape(room) if aside else self._tape
        if tape is None:
            return _NO_TAPE
        out = TapeOut(tape.state.value, tape.safe_until_ms, tape.reason, tape.verified_until_ms)
        if not self._state.seats[seat].may(Right.OVERSEE):
            return out
        hours = None if tape.hours_left is None else round(tape.hours_left, 1)
        return replace(out, warnings=tape.warnings, hours_left=hours)

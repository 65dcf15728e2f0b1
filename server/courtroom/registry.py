"""Which hearings are live on this machine: opens by replay, hands out, closes."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import TYPE_CHECKING

from media.facts import CandidatesChanged, PeerConnected, PeerLost, SpeakersChanged, TrackStarted
from server.courtroom.health import WATCH_S
from server.courtroom.line_totals import LineTotals
from server.courtroom.plans import connection_of_peer
from server.courtroom.ports import Unavailable
from server.courtroom.room import Courtroom
from server.hearing.ids import ConnectionId, HearingId

if TYPE_CHECKING:
    from collections.abc import Iterable

    from media.facts import MediaFact
    from server.courtroom.room import House

log = logging.getLogger(__name__)


class Registry:
    """The live courtrooms of this machine."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._rooms: dict[HearingId, Courtroom] = {}
        self._opening = asyncio.Lock()
        self._of_connection: dict[ConnectionId, Courtroom] = {}
        self._watching = False
        self.totals = LineTotals()

    async def room(self, hearing: HearingId) -> Courtroom:
        """The courtroom of a hearing, opened by replay if need be. Raises Unavailable("too_many_hearings", "ledger")."""
        room = self._rooms.get(hearing)
        if room is not None:
            return room
        async with self._opening:
            if hearing in self._rooms:
                return self._rooms[hearing]
            await self._make_place()
            room = Courtroom(hearing, self._house)
            await room.open()
            self._rooms[hearing] = room
            if not self._watching:
                self._watching = True
                self._house.tasks.start(self._watch(), "watch over the lines")
            return room

    async def _watch(self) -> None:
        """Look at every courtroom's lines, for as long as the house stands."""
        while True:
            for hearing, room in tuple(self._rooms.items()):
                try:
                    room.watch.step(room.state, self._house.clock.now_ms())
                    self.totals.count(room.watch.flows.now.values())
                except Exception:  # our bug: one hearing's figures must not cost the others theirs
                    log.exception("hearing %s: its lines can't be watched", hearing)
            await asyncio.sleep(WATCH_S)

    def live(self) -> dict[HearingId, Courtroom]:
        """The courtrooms that are open on this machine now."""
        return dict(self._rooms)

    def verdicts(self) -> Counter[str]:
        """How many connected seats of all hearings have a line of which verdict."""
        return sum((room.watch.verdicts() for room in self._rooms.values()), Counter())

    async def _make_place(self) -> None:
        """Before one more is opened: let go of one where nobody is and nothing is on. Raises Unavailable."""
        if len(self._rooms) < self._house.settings.hearings_live_max:
            return
        for hearing, room in self._rooms.items():
            if room.idle:
                del self._rooms[hearing]
                await room.retire()
                return
        raise Unavailable("too_many_hearings")

    async def recover(self, hearings: Iterable[HearingId]) -> None:
        """After a start: take up the hearings that were live when the last process ended."""
        for hearing in hearings:
            try:
                room = await self.room(hearing)
            except Exception:  # a log that can't be followed must not keep the other hearings from going on
                log.exception("hearing %s can't be taken up again", hearing)
                continue
            log.info("hearing %s taken up again at %d (%s)", hearing, room.seq, room.state.session.value)

    def seated(self, connection: ConnectionId, room: Courtroom) -> None:
        """Facts about this connection belong to this courtroom."""
        self._of_connection[connection] = room

    def unseated(self, connection: ConnectionId) -> None:
        """The connection is over."""
        self._of_connection.pop(connection, None)

    def media_fact(self, fact: MediaFact) -> None:
        """Hand a fact of the wire to the courtroom it concerns, or to all of them if it is of the port."""
        match fact:
            case CandidatesChanged():
                for hearing, each in tuple(self._rooms.items()):
                    if fact.groups is None or str(hearing) in fact.groups:
                        each.media_fact(fact)
                return
            case SpeakersChanged():
                room = self._rooms.get(HearingId(fact.group))
            case PeerConnected() | PeerLost():
                room = self._of_connection.get(connection_of_peer(fact.peer)[0])
            case TrackStarted():
                room = self._of_connection.get(connection_of_peer(fact.track.peer)[0])
        if room is not None:
            room.media_fact(fact)

    async def close(self) -> None:
        """Close every courtroom in good order."""
        await asyncio.gather(*(room.close() for room in self._rooms.values()))

"""The second transports of a hearing's tabs, those that carry a screen or an object: who may have one, and its end.

Decides nothing about who sees a screen: that is the plan's. Never keeps a transport that the law allows no longer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.facts import PeerConnected, PeerLost, TrackStarted
from media.ids import PeerId
from server.courtroom.plans import connection_of_peer, peers, screen_peer
from server.hearing.showing import check_shares, may_share, shares_screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.facts import MediaFact
    from server.courtroom.outputs import Tab
    from server.courtroom.ports import MediaRoutes
    from server.hearing.ids import ConnectionId
    from server.hearing.state import Hearing

MAIN, SCREEN = "main", "screen"


class ScreenShares:
    """The screens of one hearing that have a transport. on_lost: told of one whose line is gone, with the cause."""

    def __init__(self, media: MediaRoutes, on_lost: Callable[[ConnectionId, str, str], None]) -> None:
        self._media = media
        self._on_lost = on_lost
        self._ready: set[ConnectionId] = set()
        self._shown: ConnectionId | None = None

    def peer(self, state: Hearing, tab: Tab, source: str) -> PeerId:
        """The peer that an offer of the tab is for. Raises Refused(presenting_not_permitted)."""
        if source != SCREEN:
            return PeerId(tab.connection)
        check_shares(state, tab.seat)
        return screen_peer(tab.connection)

    def answered(self, peer: PeerId) -> None:
        """The peer has a transport now."""
        connection, source = connection_of_peer(peer)
        if source == SCREEN:
            self._ready.add(connection)

    def end(self, connection: ConnectionId) -> None:
        """End the screen's transport of this connection, if there is one."""
        if connection in self._ready:
            self._ready.discard(connection)
            self._media.disconnect(screen_peer(connection))

    def keep(self, state: Hearing) -> None:
        """End the transports of whom the law lets share no longer, and of the one whose screen was taken away."""
        seats = {connection_of_peer(peer)[0]: seat for seat, peer in peers(state).items()}
        shown = next((one for one, seat in seats.items() if shares_screen(state, seat)), None)
        taken, self._shown = self._shown, shown
        for connection in tuple(self._ready):
            seat = seats.get(connection)
            if seat is None or not may_share(state, seat) or (connection == taken and taken != shown):
                self.end(connection)

    def concerns(self, fact: MediaFact) -> bool:
        """Whether the fact is about a screen's transport: it is no person, and says nothing about an absence."""
        if isinstance(fact, PeerLost):
            connection, source = connection_of_peer(fact.peer)
            if source == SCREEN and connection in self._ready:
                self._ready.discard(connection)
                self._on_lost(connection, fact.cause, source)
        elif isinstance(fact, PeerConnected):
            source = connection_of_peer(fact.peer)[1]
        elif isinstance(fact, TrackStarted):
            source = connection_of_peer(fact.track.peer)[1]
        else:
            return False
        return source == SCREEN

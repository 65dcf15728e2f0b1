"""Who follows whose track in the Python engine, and on which layer (sans-IO).

Keeps each receiver's routes, and the followers of each track whether its publisher is there or not. It
moves no packet and knows no plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from media import layers
from media.downlink import Downlink, Follower, Line, TapFeed
from media.figures import FREEZE_CHECK_S
from media.ids import Kind
from media.uplink import NEVER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from media.ids import PeerId
    from media.layers import Layer
    from media.routing import Route
    from media.taps import Tap
    from media.uplink import Publisher

STEER_S = 0.2


class Switchboard:
    """Routes, and the lines and feeds that follow them.

    publishers and receivers: filled by the engine; a receiver is there from the moment it is linked.
    """

    def __init__(self) -> None:
        self.publishers: dict[PeerId, Publisher] = {}
        self.receivers: dict[PeerId, Downlink] = {}
        self._taps: dict[PeerId, Tap] = {}
        self._feeds: dict[PeerId, dict[tuple[PeerId, Kind], TapFeed]] = {}
        self._routes: dict[PeerId, tuple[Route, ...]] = {}
        self._followers: dict[tuple[PeerId, Kind], list[Follower]] = {}
        self._steer_at = self._watch_at = NEVER

    def route(self, peer: PeerId, routes: Sequence[Route], now: float) -> None:
        """Set everything a receiver gets; whatever is not in `routes` stops at once."""
        wanted = tuple(routes)
        if self._routes.get(peer, ()) == wanted:
            return
        self._routes[peer] = wanted
        if not wanted:
            del self._routes[peer]
        self.connect(peer, now)

    def connect(self, peer: PeerId, now: float) -> None:
        """Bring a receiver's lines and tap into line with its routes."""
        routes = self._routes.get(peer, ())
        down = self.receivers.get(peer)
        if down is not None:
            by_line = {(one.slot, one.kind): one for one in routes}
            # First everything that ends, so that a publisher moving slots is never in two.
            for key, line in down.lines.items():
                if line.source is not None and (key not in by_line or by_line[key].publisher != line.source):
                    self._unfollow(line)
            for key, line in down.lines.items():
                if key in by_line:
                    self._follow(line, by_line[key], now)
        tap = self._taps.get(peer)
        if tap is not None:
            self._connect_tap(peer, tap, routes, now)

    def disconnect(self, peer: PeerId) -> None:
        """Take a receiver out; its routes stay for when it comes back."""
        down = self.receivers.pop(peer, None)
        if down is not None:
            for line in down.lines.values():
                self._unfollow(line)

    def add_tap(self, peer: PeerId, tap: Tap, now: float) -> None:
        """Let a machine ear get the routes of `peer`; an older ear of that name gets nothing more."""
        self.remove_tap(peer)
        self._taps[peer] = tap
        self.connect(peer, now)

    def remove_tap(self, peer: PeerId) -> None:
        """Let a machine ear get nothing more."""
        for feed in self._feeds.pop(peer, {}).values():
            self._unfollow(feed)
        self._taps.pop(peer, None)

    def steer_track(self, peer: PeerId, kind: Kind, now: float) -> None:
        """Choose anew for everyone who follows one track."""
        publisher = self.publishers.get(peer)
        followers = self._followers.get((peer, kind))
        if publisher is None or not followers:
            return
        rows = publisher.layers(kind, now)
        for follower in followers:
            self._steer(follower, publisher, rows, now)

    def timer(self, now: float) -> None:
        """Choose anew for everyone, a few times a second, and look for pictures that stand still."""
        if now - self._watch_at >= FREEZE_CHECK_S:
            self._watch_at = now
            self._watch(now)
        if now - self._steer_at < STEER_S:
            return
        self._steer_at = now
        for (peer, kind), followers in self._followers.items():
            for follower in followers:
                follower.renew_base()
            self.steer_track(peer, kind, now)

    def _watch(self, now: float) -> None:
        live = {
            peer
            for peer, publisher in self.publishers.items()
            if any(stream.live(now) for stream in publisher.tracks[Kind.VIDEO])
        }
        for down in self.receivers.values():
            for line in down.lines.values():
                if line.kind is Kind.VIDEO:
                    line.watch(now, line.source in live)

    def _connect_tap(self, peer: PeerId, tap: Tap, routes: Sequence[Route], now: float) -> None:
        feeds = self._feeds.setdefault(peer, {})
        wanted = {(one.publisher, one.kind): one for one in routes}
        for key in feeds.keys() - wanted.keys():
            self._unfollow(feeds.pop(key))
        for key, route in wanted.items():
            if key not in feeds:
                feeds[key] = TapFeed(route.kind, tap)
            self._follow(feeds[key], route, now)

    def _follow(self, follower: Follower, route: Route, now: float) -> None:
        follower.width_px = route.width_px
        if follower.source is None:
            follower.source = route.publisher
            self._followers.setdefault((route.publisher, route.kind), []).append(follower)
        publisher = self.publishers.get(route.publisher)
        if publisher is not None:
            self._steer(follower, publisher, publisher.layers(route.kind, now), now)

    def _unfollow(self, follower: Follower) -> None:
        follower.cut()
        if follower.source is None:
            return
        key = (follower.source, follower.kind)
        follower.source = None
        self._followers[key].remove(follower)
        if not self._followers[key]:
            del self._followers[key]

    @staticmethod
    def _steer(follower: Follower, publisher: Publisher, rows: Sequence[Layer], now: float) -> None:
        streams = publisher.tracks[follower.kind]
        index: int | None
        if follower.kind is Kind.AUDIO:  # silence may send nothing for long; sound is followed all the same
            index = 0 if streams and streams[0].permitted else None
        elif isinstance(follower, Line):
            index = layers.for_tile(rows, follower.width_px, follower.down.budget.at(now))
        else:
            index = layers.for_tap(rows, follower.width_px)
        if index is None:
            return
        stream = streams[index]
        if stream is follower.current:
            follower.hold()
        elif stream is not follower.target and follower.takes(stream.codec):
            follower.aim(stream)

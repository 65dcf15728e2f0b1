"""The data plane in C behind the engine's face: names become numbers, calls become commands, records become values.

With a socket (`open`) a thread of the C side reads and sends, and what concerns those above comes by rings on the
running loop; without one it is sans-IO and everything comes out before a call returns. It decides no layer and
rewrites no packet; it only sums up what receivers report. Must never be called from another thread than the loop's.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import time
from collections import Counter
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING

from media import rtcp
from media.engine import native_commands as commands
from media.engine import native_library as c
from media.engine import native_records as records
from media.engine.native_ears import Ears
from media.engine.native_peers import (
    Peer,
    counts,
    line_figures,
    peer_counters,
    seconds,
    sending,
    stream_figures,
)
from media.facts import TrackStarted
from media.figures import PeerFigures
from media.ids import Kind, TrackId
from media.layers import heed

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Collection, Mapping, Sequence

    from media.engine.port import Address, OnDatagram, OnFact, SendTo, Srtp
    from media.health import Counts
    from media.ids import PeerId
    from media.negotiated import Negotiated
    from media.routing import Route
    from media.settings import MediaSettings
    from media.taps import Tap, Tee
    from media.tee import TeeRing

_NS = 1_000_000_000
_RECORDS_BYTES = 1 << 16
_SENT_BYTES = 1 << 20

log = logging.getLogger(__name__)


class NativeEngine:
    """Implements media.engine.port.Engine. clear: peers without protection, for tests; it can't be opened then.

    Raises media.engine.native_library.NotBuilt; OSError for a shared ring that can't be had.
    """

    name = "native"

    def __init__(
        self,
        settings: MediaSettings,
        sendto: SendTo,
        on_fact: OnFact,
        wall_ns: Callable[[], int],
        monotonic: Callable[[], float] = time.monotonic,
        *,
        clear: bool = False,
        tees: Mapping[str, TeeRing] = MappingProxyType({}),
    ) -> None:
        self._c = c.load()
        self._sendto = sendto
        self._on_fact = on_fact
        self._wall_ns = wall_ns
        self._monotonic = monotonic
        self._plane = self._c.yt_new(ctypes.byref(c.settings_of(settings, clear=clear)))
        if not self._plane:
            raise c.NotBuilt("no memory, or no libcrypto.so.3")
        self._strangers: OnDatagram = lambda *_: None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = -1
        self._peers: dict[PeerId, Peer] = {}
        self._names: dict[int, PeerId] = {}
        self._may: dict[PeerId, frozenset[Kind]] = {}
        self._routes: dict[PeerId, tuple[Route, ...]] = {}
        self._ears = Ears(self._c, self._plane, tees)
        self._counters: Counter[str] = Counter()
        self._block = ctypes.create_string_buffer(_RECORDS_BYTES)
        self._sent = ctypes.create_string_buffer(_SENT_BYTES)
        self._rows = (c.LineRow * c.LINES_MAX)()

    def __del__(self) -> None:
        plane, self._plane = getattr(self, "_plane", None), None
        if plane:
            self._c.yt_free(plane)

    # -- the socket ----------------------------------------------------------------------------------------

    def open(self, sock: socket.socket, strangers: OnDatagram) -> None:
        """Read the socket on a thread of its own. OSError."""
        self._strangers = strangers
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        failed = self._c.yt_start(self._plane, sock.fileno(), self._wake)
        if failed:
            os.close(self._wake)
            self._wake = -1
            raise OSError(-failed, os.strerror(-failed))
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._wake, self._woken)
        self._drain()

    def close(self) -> None:
        """End the thread; harmless when there is none."""
        if self._wake < 0:
            return
        self._c.yt_stop(self._plane)
        if self._loop is not None:
            self._loop.remove_reader(self._wake)
        self._drain()
        os.close(self._wake)
        self._wake = -1

    def _woken(self) -> None:
        with suppress(BlockingIOError):
            os.eventfd_read(self._wake)
        self._drain()

    def accept(self, peer: PeerId, addresses: Collection[Address]) -> None:
        """Set from where a peer's media may come."""
        one = self._peers.get(peer)
        if one is not None:
            self._command(commands.accept(one.number, addresses), self._monotonic())

    # -- peers, rights and routes --------------------------------------------------------------------------

    def add_peer(self, peer: PeerId, negotiated: Negotiated, now: float) -> None:
        """Take in a negotiated peer; its rights, if set before, hold at once."""
        self.remove_peer(peer)
        number = next(number for number in range(len(self._names) + 1) if number not in self._names)
        self._peers[peer] = Peer(peer, number, negotiated)
        self._names[number] = peer
        text = commands.add_peer(number, self._may.get(peer, frozenset()), negotiated)
        text += commands.name_peer(number, peer)
        for receiver, routes in self._routes.items():
            if any(one.publisher == peer for one in routes):
                text += self._feeding(receiver)
        self._command(text, now)

    def extend(self, peer: PeerId, negotiated: Negotiated, now: float) -> None:
        """Add the slots a peer that is there has agreed to since; everything else of it goes on."""
        one = self._peers.get(peer)
        if one is not None:
            one.agreed = negotiated
            self._command(commands.extend(one.number, negotiated) + self._feeding(peer), now)

    def link(self, peer: PeerId, srtp: Srtp, address: Address, now: float) -> None:
        """Set keys and address of an added peer; unknown peers are ignored."""
        one = self._peers.get(peer)
        if one is None:
            return
        one.address = address
        if one.linked:
            self._command(commands.move(one.number, address), now)
            return
        one.linked = True
        one.told.at = now  # the handshake was a sign of life
        self._command(commands.link(one.number, srtp.keys, address) + self._feeding(peer), now)

    def remove_peer(self, peer: PeerId) -> None:
        """Forget a peer's packets, SSRCs and keys; rights and routes stay."""
        one = self._peers.get(peer)
        if one is not None:
            self._command(commands.remove_peer(one.number), self._monotonic())
            del self._peers[peer], self._names[one.number]

    def add_tap(self, peer: PeerId, tap: Tap | Tee, now: float) -> None:
        """Let a machine ear get the routes of `peer`; an older ear of that name gets nothing more."""
        self._ears.ring(tap)  # before the older one goes
        self.remove_tap(peer)
        self._command(self._ears.add(peer, tap) + self._feeding(peer), now)

    def remove_tap(self, peer: PeerId) -> None:
        """Let a machine ear get nothing more."""
        number = self._ears.number(peer)
        if number is not None:
            self._command(commands.remove_tap(number), self._monotonic())  # and hands out what came before
            self._ears.remove(peer)

    def permit(self, peer: PeerId, kinds: frozenset[Kind], now: float) -> None:
        """Set what a peer may send, at once."""
        if self._may.get(peer, frozenset()) == kinds:
            return
        self._may[peer] = kinds
        if not kinds:
            del self._may[peer]
        one = self._peers.get(peer)
        if one is not None:
            self._command(commands.permit(one.number, kinds), now)
            if Kind.AUDIO not in kinds:  # what was heard of it before is not to be taken for later
                self._c.yt_level(self._plane, one.number, ctypes.byref(ctypes.c_double()))

    def feed(self, peer: PeerId, routes: Sequence[Route], now: float) -> None:
        """Set everything a receiver gets, at once."""
        wanted = tuple(routes)
        if self._routes.get(peer, ()) == wanted:
            return
        self._routes[peer] = wanted
        text = self._feeding(peer)
        if not wanted:
            del self._routes[peer]
        self._command(text, now)

    def _feeding(self, peer: PeerId) -> bytes:
        """The commands that bring a receiver's lines and ear into line with its routes."""
        routes = [
            (self._peers[one.publisher].number, one.kind, one.slot, one.width_px)
            for one in self._routes.get(peer, ())
            if one.publisher in self._peers
        ]
        text = b""
        ear = self._ears.number(peer)
        if ear is not None:
            text += commands.feed_tap(ear, routes)
        if peer in self._peers:
            text += commands.feed(self._peers[peer].number, routes)
        return text

    def _command(self, text: bytes, now: float) -> None:
        if not text:
            return
        bad = self._c.yt_command(self._plane, text, len(text), int(now * _NS), self._wall_ns())
        if bad:
            raise AssertionError(f"the data plane does not take its command, at {-bad - 1}")
        self._drain()

    # -- packets -------------------------------------------------------------------------------------------

    def receive(self, peer: PeerId, data: bytes, now: float) -> None:
        """Take one SRTP or SRTCP datagram; whatever is wrong with it is counted, never raised."""
        number = self._peers[peer].number if peer in self._peers else 0xFFFFFFFF
        self._c.yt_receive(self._plane, number, data, len(data), int(now * _NS), self._wall_ns())
        self._drain()

    @property
    def tick_s(self) -> float:
        """Slowly where the thread keeps its own time and nobody here waits for packets."""
        return 0.02 if self._wake < 0 or self._ears.any_here else 0.1

    def timer(self, now: float) -> None:
        """Budgets that have run out; without a socket, all that is due."""
        for one in self._peers.values():
            if one.limit is not None:
                self._set_budget(one, now)
        if self._wake < 0:
            self._c.yt_timer(self._plane, int(now * _NS), self._wall_ns())
        self._drain()

    def _drain(self) -> None:
        """Deal with everything the C side has told since."""
        for record in self._records():
            self._heed(records.control(record))
        if self._ears.any_here:
            self._counters["tap_dropped"] += self._ears.hand_out()
        if self._wake < 0:
            self._post()

    def _records(self) -> list[bytes]:
        found: list[bytes] = []
        while size := self._c.yt_records(self._plane, c.CONTROL, self._block, _RECORDS_BYTES):
            found += records.records(ctypes.string_at(self._block, size))
        return found

    def _post(self) -> None:
        """Without a socket: what was sent goes out by `sendto`."""
        size = self._c.yt_sent(self._plane, self._sent, len(self._sent))
        if size < 0:
            self._sent = ctypes.create_string_buffer(-size)
            size = self._c.yt_sent(self._plane, self._sent, len(self._sent))
        for number, data in records.sent(ctypes.string_at(self._sent, size)):
            name = self._names.get(number)
            if name is not None:
                self._sendto(data, self._peers[name].address)

    def _heed(self, item: records.Control) -> None:
        if isinstance(item, records.Datagram):
            self._strangers(item.data, item.addr)
            return
        if isinstance(item, records.TapFull):
            log.warning("media plane: the ring of a machine ear is full; what finds no room is counted")
            return
        name = self._names.get(item.peer)
        if name is None:
            return
        if isinstance(item, records.Track):
            self._on_fact(TrackStarted(TrackId(name, item.kind), item.codec))
        elif isinstance(item, records.ReportSent):
            self._peers[name].told.note_sent_middle(item.ssrc, item.ntp_middle, item.at)
        else:
            self._reported(self._peers[name], item.data, item.at)

    # -- what receivers report -----------------------------------------------------------------------------

    def _reported(self, one: Peer, data: bytes, now: float) -> None:
        one.told.at = now
        rows = {row.ssrc: row for row in self._lines(one)}
        for part in rtcp.parts(data):
            if part.kind in (rtcp.SR, rtcp.RR):
                blocks = [block for block in rtcp.report_blocks(part) if block.ssrc in rows]
                for block in blocks:
                    one.told.take(block, rows[block.ssrc].packets, now)
                if blocks:
                    one.fraction_lost = max(block.fraction_lost for block in blocks)
            elif part.kind == rtcp.PSFB and part.form == rtcp.FMT_REMB:
                bitrate = rtcp.remb_bitrate(part.body)
                if bitrate is not None:
                    one.budget = heed(one.budget, bitrate, sending(rows.values()), now)
                    self._set_budget(one, now)

    def _set_budget(self, one: Peer, now: float) -> None:
        limit = one.budget.at(now)
        if limit != one.limit:
            one.limit = limit
            self._command(commands.budget(one.number, limit), now)

    # -- figures -------------------------------------------------------------------------------------------

    def _lines(self, one: Peer) -> list[c.LineRow]:
        # A copy: a report that lowers a budget makes the next report be dealt with before this one is done.
        count = max(0, self._c.yt_lines(self._plane, one.number, self._rows, c.LINES_MAX))
        return list((c.LineRow * count).from_buffer_copy(self._rows))

    def _streams(self, one: Peer, now: float | None = None) -> list[c.StreamRow]:
        at = int((self._monotonic() if now is None else now) * _NS)
        rows = (c.StreamRow * c.STREAMS_MAX)()
        return list(rows[: max(0, self._c.yt_streams(self._plane, one.number, rows, c.STREAMS_MAX, at))])

    def _peer_row(self, one: Peer) -> tuple[int, float]:
        failed, heard = ctypes.c_uint32(), ctypes.c_int64()
        self._c.yt_peer(self._plane, one.number, ctypes.byref(failed), ctypes.byref(heard))
        return failed.value, seconds(heard.value)

    def take_levels(self) -> Mapping[PeerId, float]:
        """Mean loudness of each permitted speaker since the last call."""
        found: dict[PeerId, float] = {}
        total = ctypes.c_double()
        for name, kinds in self._may.items():
            one = self._peers.get(name)
            if one is None or Kind.AUDIO not in kinds:
                continue
            count = self._c.yt_level(self._plane, one.number, ctypes.byref(total))
            if count > 0:
                found[name] = total.value / count
        return found

    def counters(self) -> Mapping[str, int]:
        """Totals by name."""
        row = (ctypes.c_uint64 * len(c.COUNTERS))()
        self._c.yt_counters(self._plane, row)
        totals = Counter(dict(zip(c.COUNTERS, (int(value) for value in row), strict=True)))
        return dict(totals + self._counters)

    def take_fills(self) -> Mapping[str, float]:
        """How full each ring was at the worst since the last call."""
        rings = {"up": c.CONTROL, "ears": c.OWN_TAPS, **self._ears.shared}
        return {name: self._c.yt_worst(self._plane, number) for name, number in rings.items()}

    def health_counts(self, peer: PeerId, now: float) -> Counts | None:
        """One peer's counters for its health; None if it is not there."""
        one = self._peers.get(peer)
        if one is None:
            return None
        return counts(one, self._streams(one, now), self._peer_row(one)[1], now)

    def peer_counters(self, peer: PeerId) -> Mapping[str, int]:
        """One peer's figures."""
        one = self._peers.get(peer)
        if one is None:
            return {}
        return peer_counters(one, self._streams(one), self._lines(one), self._peer_row(one)[0])

    def _source(self, row: c.LineRow) -> Peer | None:
        name = self._names.get(row.source)
        return None if name is None else self._peers[name]

    def figures(self, peer: PeerId, now: float) -> PeerFigures | None:
        """Figures of each stream and line of a peer; None if it is not there."""
        one = self._peers.get(peer)
        if one is None:
            return None
        return PeerFigures(
            tuple(stream_figures(peer, one, row) for row in self._streams(one, now)),
            tuple(line_figures(one, row, self._source(row), now) for row in self._lines(one)),
        )

"""A media process: `python -m media.worker FD PARENT` serves one media plane on one port for the server that started it.

It does what the messages on its socket say and tells what happens; it knows no other worker, and decides nothing. It
never outlives the server, and never waits for one that does not read: then it ends, and its people are placed elsewhere.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any

from media.engine.native_library import NotBuilt
from media.facts import PeerLost, TooManyPeers
from media.fleet_messages import (
    CALLS,
    FAULT,
    FULL,
    SDP,
    Ask,
    Begin,
    Declined,
    Noted,
    NotReady,
    PeerReport,
    Ready,
    Report,
    Splitter,
    Told,
    flat,
    pack,
)
from media.plane import MediaPlane
from media.sdp import SdpError
from media.settings import MediaSettings
from media.tee import TeeRing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from media.facts import MediaFact
    from media.fleet_messages import Call, Message
    from media.ids import PeerId

log = logging.getLogger(__name__)

READ_BYTES = 1 << 18
REPORT_PARTS = 5
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Serving:
    """One plane behind one socket."""

    def __init__(self, sock: socket.socket, begin: Begin, splitter: Splitter) -> None:
        self._sock = sock
        self._settings = begin.settings
        self._splitter = splitter
        rings = {one.kind: TeeRing(one.kind, one.capacity, one.memory_fd, one.wake_fd) for one in begin.rings}
        self.plane = MediaPlane(begin.settings, self._fact, tees=rings)
        for ring in rings.values():
            ring.close()  # the plane has its own hold on it
        self._sent: dict[PeerId, int] = {}
        self._stats: dict[str, Any] = {}
        self._part = 0
        self._backlog = bytearray()
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[None] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Serve until the server closes its end. OSError: no port."""
        await self.plane.start()
        self.send(Ready(self.plane.port, str(self.plane.stats()["engine"])))
        self._loop.add_reader(self._sock, self._readable)
        self._report()
        await self._over
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self._sock)
        await self.plane.close()

    # -- in ------------------------------------------------------------------------------------------------

    def _readable(self) -> None:
        try:
            data = self._sock.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._end()
            return
        for message in self._splitter.feed(data):
            if isinstance(message, Ask):
                self.send(self._obey(message))

    def _obey(self, ask: Ask) -> Told | Declined:
        try:
            return Told(ask.number, tuple(self._call(one) for one in ask.calls))
        except SdpError as error:
            return Declined(ask.number, SDP, error.reason)
        except TooManyPeers:
            return Declined(ask.number, FULL)
        except Exception:
            log.exception("a call broke")
            return Declined(ask.number, FAULT)

    def _call(self, call: Call) -> Any:
        if call.name not in CALLS:
            raise ValueError(call.name)
        result = getattr(self.plane, call.name)(*call.args)
        return self._of(call.args[0]) if call.name == "disconnect" else result

    # -- out -----------------------------------------------------------------------------------------------

    def _fact(self, fact: MediaFact) -> None:
        self.send(Noted(fact, self._of(fact.peer) if isinstance(fact, PeerLost) else None))

    def _report(self) -> None:
        """Tell of a part of the peers, so that many of them never hold up what comes from any of them."""
        self._timer = self._loop.call_later(
            self._settings.worker_report_interval_s / REPORT_PARTS, self._report
        )
        if self._backlog:  # a server that does not read what there is needs no more
            return
        if self._part == 0:
            self._stats = self.plane.stats()
            for peer in self._sent.keys() - self._stats["peers"].keys():
                del self._sent[peer]
        peers = tuple(self._stats["peers"].items())[self._part :: REPORT_PARTS]
        self._part = (self._part + 1) % REPORT_PARTS
        report = {peer: self._of(peer, found) for peer, found in peers}
        fills = {ring: share for (_, ring), share in self.plane.take_fills().items()}
        self.send(Report(report, self._stats["totals"], self._stats["datagrams_dropped"], fills))

    def _of(self, peer: PeerId, stats: Mapping[str, int] | None = None) -> PeerReport:
        """Say how a peer is; without stats: how one that is gone was."""
        known = self._sent.get(peer, 0)
        fresh = tuple(one for one in self.plane.history(peer) if one.at_ms > known)
        if fresh:
            self._sent[peer] = fresh[-1].at_ms
        figures = None if stats is None else self.plane.figures(peer)
        return PeerReport(stats or {}, self.plane.health(peer), flat(figures), fresh)

    def send(self, message: Message) -> None:
        """Send a message now, or as soon as the server reads."""
        self._backlog += pack(message)
        if len(self._backlog) > self._settings.worker_backlog_bytes_max:
            log.error("the server does not read: this media worker ends")
            os._exit(1)  # at once: nothing that it could still say would be heard
        self._flush()

    def _flush(self) -> None:
        try:
            while self._backlog:
                del self._backlog[: self._sock.send(self._backlog)]
        except BlockingIOError:
            self._loop.add_writer(self._sock, self._flush)
            return
        except OSError:
            self._backlog.clear()
            self._end()
        self._loop.remove_writer(self._sock)

    def _end(self) -> None:
        if not self._over.done():
            self._over.set_result(None)


def first(sock: socket.socket, splitter: Splitter) -> Begin | None:
    """Wait for the first message; None if the server has gone."""
    while data := sock.recv(READ_BYTES):
        for message in splitter.feed(data):
            if isinstance(message, Begin):
                return message
    return None


async def serve(sock: socket.socket) -> int:
    """Serve on this socket until its other end is closed. Gives the exit status."""
    splitter = Splitter(MediaSettings().worker_message_bytes_max)  # until the settings are there
    begin = first(sock, splitter)
    if begin is None:
        return 0
    sock.setblocking(False)
    try:
        await Serving(sock, begin, Splitter(begin.settings.worker_message_bytes_max)).run()
    except (NotBuilt, OSError) as error:
        code = error.errno or 0 if isinstance(error, OSError) else 0
        text = (error.strerror if isinstance(error, OSError) else None) or str(error)
        sock.setblocking(True)
        sock.sendall(pack(NotReady(code, text)))
        return 1
    return 0


def end_with(parent: int) -> None:
    """Die when the parent dies, even by kill -9: nobody could tell a worker alone what may flow."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        os._exit(1)


def main() -> int:
    """Run one worker."""
    import uvloop  # noqa: PLC0415  only a process that serves needs it

    descriptor, parent = (int(word) for word in sys.argv[1:3])
    end_with(parent)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the server ends its workers, whoever ends the server
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    return uvloop.run(serve(socket.socket(fileno=descriptor)))


if __name__ == "__main__":
    sys.exit(main())

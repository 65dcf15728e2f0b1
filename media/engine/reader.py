"""Reads the one UDP socket on the running loop, and tells media of known addresses from everything else.

It parses nothing but the first byte, and nothing a datagram does may stop it. It neither opens nor closes the
socket.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from media.addresses import source

if TYPE_CHECKING:
    import socket
    from collections import Counter
    from collections.abc import Callable, Collection

    from media.engine.port import Address, OnDatagram
    from media.ids import PeerId
    from media.settings import MediaSettings

log = logging.getLogger(__name__)

READ_BATCH = 64  # datagrams read before the loop may do something else
DATAGRAM_BYTES_MAX = 2048  # more than any path carries; a longer one is cut and fails its check
RTP_FIRST_MIN, RTP_FIRST_MAX = 128, 191  # first byte of RTP and RTCP (RFC 7983 §7)
_IPV4_PARTS = 2
_MINUTE_S = 60.0


class Reader:
    """The read side of the port. receive: takes RTP and RTCP; counters: "unread" and "contained" are counted."""

    def __init__(
        self,
        settings: MediaSettings,
        counters: Counter[str],
        receive: Callable[[PeerId, bytes, float], None],
        monotonic: Callable[[], float],
    ) -> None:
        self._pause_s = _MINUTE_S / max(1, settings.stun_errors_logged_per_minute)
        self._counters = counters
        self._receive = receive
        self._monotonic = monotonic
        self._owners: dict[Address, PeerId] = {}
        self._accepted: dict[PeerId, tuple[Address, ...]] = {}
        self._socket: socket.socket | None = None
        self._strangers: OnDatagram | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._logged_at = float("-inf")

    def open(self, sock: socket.socket, strangers: OnDatagram) -> None:
        """Read this non-blocking socket from now on. Needs a running loop."""
        self.close()
        self._socket, self._strangers = sock, strangers
        self._loop = asyncio.get_running_loop()
        # A reader of our own instead of a DatagramProtocol: one wake-up reads many datagrams.
        self._loop.add_reader(sock.fileno(), self._readable)

    def close(self) -> None:
        """Read nothing more. Harmless when not open."""
        if self._socket is not None and self._loop is not None:
            self._loop.remove_reader(self._socket.fileno())
        self._socket = self._strangers = self._loop = None

    def accept(self, peer: PeerId, addresses: Collection[Address]) -> None:
        """Set from where a peer's media may come. An address is the peer's that was given it last."""
        for address in self._accepted.pop(peer, ()):
            if self._owners.get(address) == peer:
                del self._owners[address]
        if addresses:
            self._accepted[peer] = tuple(addresses)
            self._owners.update(dict.fromkeys(addresses, peer))

    def _readable(self) -> None:
        for _ in range(READ_BATCH):
            if self._socket is None:  # closed by what the last datagram brought about
                return
            try:
                data, sockaddr = self._socket.recvfrom(DATAGRAM_BYTES_MAX)
            except BlockingIOError:
                return
            except OSError:
                self._counters["unread"] += 1
                return
            # The kernel spells IPv4 as `source` does; only IPv6 needs a look.
            address = sockaddr if len(sockaddr) == _IPV4_PARTS else source(sockaddr)
            if address is None:
                self._counters["unread"] += 1
                continue
            try:
                self._datagram(data, address)
            except Exception as error:  # noqa: BLE001  border: a datagram is anyone's, and must never stop the reading
                self._contain(error)

    def _datagram(self, data: bytes, address: Address) -> None:
        if data and RTP_FIRST_MIN <= data[0] <= RTP_FIRST_MAX:
            peer = self._owners.get(address)
            if peer is not None:
                self._receive(peer, data, self._monotonic())
                return
        if self._strangers is not None:
            self._strangers(data, address)

    def _contain(self, error: Exception) -> None:
        self._counters["contained"] += 1
        now = self._monotonic()
        if now - self._logged_at >= self._pause_s:
            self._logged_at = now
            log.error("contained in the reader (%s so far)", self._counters["contained"], exc_info=error)

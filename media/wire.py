"""The one UDP port: opens it for both families, knows its candidates, and sends on it. Parses nothing.

It must never block nor raise because of a road that is not there: for UDP that is loss, and counted.
"""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

import ifaddr

from media.addresses import candidate_lines, gathered, target

if TYPE_CHECKING:
    from collections import Counter

    from media.addresses import Address
    from media.settings import MediaSettings

SOCKET_BUFFER_BYTES = 4 << 20
ANY, ANY_IPV4 = "::", "0.0.0.0"  # noqa: S104  browsers come from anywhere
_NO_IPV6 = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})


def local_hosts() -> tuple[str, ...]:
    """Every usable IP of this machine, in the order of our candidates."""
    found = [ip.ip if isinstance(ip.ip, str) else ip.ip[0] for one in ifaddr.get_adapters() for ip in one.ips]
    return gathered(found)


def bound(host: str, port: int) -> socket.socket:
    """A non-blocking UDP socket; "::" serves IPv4 too, and is "0.0.0.0" on a machine without IPv6. OSError."""
    try:
        return _bound(host, port)
    except OSError as error:
        if host == ANY and error.errno in _NO_IPV6:
            return _bound(ANY_IPV4, port)
        raise


def _bound(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER_BYTES)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER_BYTES)
        if ":" in host:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


class Wire:
    """The port while it is open. candidates: (IP, port) of our host candidates, the most wanted first."""

    def __init__(self, settings: MediaSettings, counters: Counter[str]) -> None:
        self._settings = settings
        self._counters = counters
        self.socket: socket.socket | None = None
        self.candidates: tuple[Address, ...] = ()
        self._both_families = False
        self._everywhere = False

    def open(self) -> socket.socket:
        """Bind the port. OSError if it can't be had."""
        sock = bound(self._settings.bind_host, self._settings.udp_port)
        self.socket = sock
        self._both_families = sock.family == socket.AF_INET6
        host, port = sock.getsockname()[:2]
        self._everywhere = host in {ANY, ANY_IPV4} and not self._settings.announce_addresses
        hosts = self._settings.announce_addresses or (self._hosts() if self._everywhere else (host,))
        self.candidates = tuple((one, port) for one in hosts)
        return sock

    def _hosts(self) -> tuple[str, ...]:
        return tuple(one for one in local_hosts() if self._both_families or ":" not in one)

    def renew(self) -> tuple[str, ...]:
        """Look for addresses that came up since; gives the candidate lines of the new ones, for who is connected."""
        if not self._everywhere or self.socket is None:
            return ()
        port, known = self.candidates[0][1], len(self.candidates)
        fresh = [(host, port) for host in self._hosts() if (host, port) not in self.candidates]
        self.candidates += tuple(fresh)
        return candidate_lines(fresh, known)

    def close(self) -> None:
        """Give the port back; harmless when not open."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def send(self, data: bytes, addr: Address) -> None:
        """Put one datagram on the wire, or lose it."""
        if self.socket is None:
            return
        try:
            self.socket.sendto(data, target(addr) if self._both_families else addr)
        except OSError:  # a full buffer, or no road there
            self._counters["unsent"] += 1

"""The C load (load.c) as Python sees it: peers in, totals and delays out. Holds no pattern of its own."""

from __future__ import annotations

import ctypes
import socket
from ctypes import POINTER, byref, c_char_p, c_double, c_int, c_uint16, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench.plane.building import LOAD

if TYPE_CHECKING:
    from tests.bench.plane.loads import Load, Profile

FIRST, LAST = 1, 2  # which subscriber's delays are taken
DELAYS_MAX = 100_000


@dataclass(frozen=True)
class Keys:
    """Master key and salt of each direction, as the client uses them."""

    send: bytes
    receive: bytes


@dataclass(frozen=True)
class Totals:
    """Packets since the start. late: bursts the sender could not send in time."""

    sent: int
    unsent: int
    late: int
    received: int
    unreadable: int
    other: int


@dataclass(frozen=True)
class Publishing:
    """How a peer publishes. An id of 0: that header extension is not sent."""

    ssrc: int
    payload_type: int
    video: bool
    mid: str
    mid_id: int
    level_id: int
    cc_id: int


def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(str(LOAD))
    library.load_new.restype = c_void_p
    library.load_new.argtypes = [c_int, c_int]
    library.load_peer.argtypes = [c_void_p, c_int, c_uint32, c_uint16, c_int, c_char_p, c_char_p, c_int]
    library.load_publish.argtypes = [
        c_void_p,
        c_int,
        c_uint32,
        c_int,
        c_int,
        c_char_p,
        c_int,
        c_int,
        c_int,
    ]
    library.load_start.argtypes = [c_void_p, c_double, c_int, c_int, c_double]
    library.load_measure.argtypes = [c_void_p, c_int]
    library.load_totals.argtypes = [c_void_p, POINTER(c_uint64)]
    library.load_highest.argtypes = [c_void_p, c_int]
    library.load_highest.restype = c_uint32
    library.load_stop_sending.argtypes = [c_void_p]
    library.load_stop.argtypes = [c_void_p, POINTER(c_uint64), POINTER(c_uint64), POINTER(c_double)]
    library.load_delays.argtypes = [c_void_p, c_int, POINTER(c_uint32)]
    library.load_delays.restype = ctypes.c_uint
    return library


class Generator:
    """One load. Peers first, then start, measure, stop_sending, stop, delays, in this order."""

    def __init__(self, peers_max: int, profile: Profile) -> None:
        self._c = _library()
        self._profile = profile
        self._load = c_void_p(self._c.load_new(peers_max, DELAYS_MAX))
        if not self._load:
            raise OSError("libcrypto.so.3 can't be loaded")

    def peer(self, fd: int, server: tuple[str, int], keys: Keys, watched: int = 0) -> int:
        """Take a connected peer's socket over; gives its number."""
        address = int.from_bytes(socket.inet_aton(server[0]), "little")
        number: int = self._c.load_peer(
            self._load,
            fd,
            address,
            socket.htons(server[1]),
            self._profile.number,
            keys.send,
            keys.receive,
            watched,
        )
        if number < 0:
            raise OSError("the load takes no more peers")
        return number

    def publish(self, peer: int, how: Publishing) -> None:
        """Let a peer send the pattern."""
        self._c.load_publish(
            self._load,
            peer,
            how.ssrc,
            how.payload_type,
            int(how.video),
            how.mid.encode(),
            how.mid_id,
            how.level_id,
            how.cc_id,
        )

    def start(self, load: Load, seconds: float) -> None:
        """Begin; seconds: after which the sender stops by itself."""
        if self._c.load_start(self._load, load.interval_s, load.burst, load.payload_bytes, seconds) != 0:
            raise OSError("the load can't start")

    def measure(self, on: bool) -> None:
        """Take delays from now on, or no more."""
        self._c.load_measure(self._load, int(on))

    def totals(self) -> Totals:
        """Give the counts now."""
        out = (c_uint64 * 6)()
        self._c.load_totals(self._load, out)
        return Totals(*out)

    def highest(self, peer: int) -> int:
        """Highest sequence number a peer got, for its receiver reports."""
        number: int = self._c.load_highest(self._load, peer)
        return number

    def stop_sending(self) -> None:
        """End the sending thread."""
        self._c.load_stop_sending(self._load)

    def stop(self) -> tuple[float, float]:
        """End the counting thread; give the lost share in percent and the CPU seconds both threads took."""
        expected, got, cpu = c_uint64(), c_uint64(), c_double()
        self._c.load_stop(self._load, byref(expected), byref(got), byref(cpu))
        lost = 100 * (1 - got.value / expected.value) if expected.value else 100.0
        return lost, cpu.value

    def delays_ms(self, which: int) -> list[float]:
        """Give one watched subscriber's delays, sorted."""
        out = (c_uint32 * DELAYS_MAX)()
        used = self._c.load_delays(self._load, which - 1, out)
        return sorted(value / 1000 for value in out[:used])

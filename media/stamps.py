"""Header extensions of what a receiver is sent: MID, send time, transport-wide number (sans-IO).

One-byte form of RFC 8285 §4.2. Written anew for each receiver; nothing of a publisher's extensions is
passed on. Sources: RFC 9143 §15 (MID), abs-send-time of webrtc.org, draft-holmer-rmcat-transport-wide-cc-extensions-01 §2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.negotiated import EXT_ABS_SEND_TIME, EXT_MID, EXT_TRANSPORT_CC

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ID_MAX = 14
_MID_BYTES_MAX = 16


def abs_send_time(wall_ns: int) -> int:
    """24 bit send time: seconds modulo 64, in units of 2^-18 s. wall_ns: UTC, nanoseconds."""
    return ((wall_ns << 18) // 1_000_000_000) & 0xFFFFFF


class Stamper:
    """What all lines of one receiver share. number: the transport-wide number the next packet gets."""

    __slots__ = ("_cc", "_mid", "_time", "_wall_ns", "number")

    def __init__(self, agreed: Mapping[int, str], wall_ns: Callable[[], int]) -> None:
        ids = {uri: number for number, uri in agreed.items() if 1 <= number <= _ID_MAX}
        self._mid = ids.get(EXT_MID, 0)
        self._time = ids.get(EXT_ABS_SEND_TIME, 0) << 28 | 2 << 24
        self._cc = ids.get(EXT_TRANSPORT_CC, 0) << 20 | 1 << 16
        self._wall_ns = wall_ns
        self.number = 0

    def line(self, mid: str) -> Stamp | None:
        """The stamp of one line; None if nothing is to be written into its packets."""
        has_time, has_cc = self._time >> 28, self._cc >> 20
        name = mid.encode()
        if not self._mid or not 1 <= len(name) <= _MID_BYTES_MAX:
            name = b""
        tail = bytes((self._mid << 4 | len(name) - 1,)) + name if name else b""
        size = (4 if has_time else 0) + (3 if has_cc else 0) + len(tail)
        if not size:
            return None
        words = -(-size // 4)
        return Stamp(self, b"\xbe\xde" + words.to_bytes(2, "big"), tail + bytes(4 * words - size))

    def elements(self) -> bytes:
        """Send time and number, as negotiated, for a packet that goes out now."""
        out = b""
        if self._time >> 28:
            out = (self._time | abs_send_time(self._wall_ns())).to_bytes(4, "big")
        if self._cc >> 20:
            out += (self._cc | self.number).to_bytes(3, "big")
        return out

    def sent(self) -> None:
        """A stamped packet has gone out: its number is used up."""
        self.number = (self.number + 1) & 0xFFFF


class Stamp:
    """Puts one line's extension block into packets without one."""

    __slots__ = ("_head", "_tail", "stamper")

    def __init__(self, stamper: Stamper, head: bytes, tail: bytes) -> None:
        self.stamper = stamper
        self._head = head
        self._tail = tail

    def put(self, packet: bytes) -> bytes:
        """Give a packet (12 byte header) with its extension block; call `stamper.sent` when it goes out."""
        return b"\x90" + packet[1:12] + self._head + self.stamper.elements() + self._tail + packet[12:]

"""The last packets of one downlink line, to answer NACK (pure).

It holds only what the present source sent: a change of source clears it, so that no packet of a
publisher the receiver may no longer get can be repeated. What nobody asked for in a second or two is not kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


KEPT_S = 1.0


class History:
    """A ring of `size` packets by their sequence number (bytes 2 and 3 of each, in clear in SRTP too).

    The hot path writes `ring[sequence % size]` itself, after `begin`. Until then there is no ring: most lines of a
    receiver carry nothing most of the time.
    """

    __slots__ = ("_aged_at", "_gone", "_newest", "_repeats", "_window", "ring", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self.ring: list[bytes | None] = []
        self._newest = self._gone = -1
        self._aged_at = 0.0
        self._window = 0
        self._repeats = 0

    def begin(self) -> None:
        """Make the ring, unless it is there."""
        if not self.ring:
            self.ring = [None] * self.size

    def get(self, sequence: int) -> bytes | None:
        """Return the packet with this sequence number, or None if it is not kept any more."""
        packet = self.ring[sequence % self.size] if self.ring else None
        if packet is None or (packet[2] << 8 | packet[3]) != sequence:
            return None
        return packet

    def answer(self, sequences: Iterable[int], now: float) -> list[bytes]:
        """Packets to repeat; at most `size` a second, so that a NACK flood can't multiply traffic."""
        if int(now) != self._window:
            self._window = int(now)
            self._repeats = 0
        found: list[bytes] = []
        for sequence in sequences:
            if self._repeats >= self.size:
                break
            packet = self.get(sequence)
            if packet is not None:
                self._repeats += 1
                found.append(packet)
        return found

    def age(self, newest: int, now: float) -> None:
        """Forget what was there KEPT_S ago and longer. newest: the highest sequence number that was sent until now."""
        if now - self._aged_at < KEPT_S or not self.ring:
            return
        self._aged_at = now
        gone, old, self._gone, self._newest = self._gone, self._newest, self._newest, newest
        if old < 0:
            return
        count = self.size if gone < 0 else min((old - gone) & 0xFFFF, self.size)
        for sequence in range(old - count + 1, old + 1):
            if self.get(sequence & 0xFFFF) is not None:
                self.ring[(sequence & 0xFFFF) % self.size] = None

    def clear(self) -> None:
        """Forget everything."""
        self.ring = []
        self._newest = self._gone = -1

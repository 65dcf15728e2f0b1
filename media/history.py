"""The last packets of one downlink line, to answer NACK (pure).

It holds only what the present source sent: a change of source clears it, so that no packet of a
publisher the receiver may no longer get can be repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class History:
    """A ring of `size` packets by their sequence number (bytes 2 and 3 of each, in clear in SRTP too).

    The hot path writes `ring[sequence % size]` itself.
    """

    __slots__ = ("_repeats", "_window", "ring", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self.ring: list[bytes | None] = [None] * size
        self._window = 0
        self._repeats = 0

    def get(self, sequence: int) -> bytes | None:
        """Return the packet with this sequence number, or None if it is not kept any more."""
        packet = self.ring[sequence % self.size]
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

    def clear(self) -> None:
        """Forget everything."""
        self.ring = [None] * self.size

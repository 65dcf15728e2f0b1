"""Puts one sender's packets in order (RFC 3550 sequence numbers). Pure; time comes with the packets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transcripts.frames import OpusPacket

_WRAP = 1 << 16
_JUMP = 1000  # further than this from what is expected: the sender started anew


def distance(sequence: int, other: int) -> int:
    """Give sequence - other as the nearest signed difference modulo 2^16."""
    return (sequence - other + _WRAP // 2) % _WRAP - _WRAP // 2


class Reorder:
    """Holds packets that came too early, at most hold_ns and packets_max of them, then gives the hole up."""

    __slots__ = ("_held", "_hold_ns", "_next", "_packets_max", "late")

    def __init__(self, hold_ns: int, packets_max: int) -> None:
        self._hold_ns = hold_ns
        self._packets_max = packets_max
        self._held: dict[int, OpusPacket] = {}
        self._next: int | None = None
        self.late = 0  # packets that came after their place was given up, and repeats

    def push(self, packet: OpusPacket) -> list[OpusPacket]:
        """Take a packet; give those whose turn it is, in order."""
        released: list[OpusPacket] = []
        ahead = 0 if self._next is None else distance(packet.sequence, self._next)
        if abs(ahead) > _JUMP:
            released = self.flush()
            self._next = packet.sequence
        elif ahead < 0 or packet.sequence in self._held:
            self.late += 1
            return released
        if self._next is None:
            self._next = packet.sequence
        self._held[packet.sequence] = packet
        return released + self._release(packet.arrival_ns)

    def flush(self) -> list[OpusPacket]:
        """Give everything that is held, in order."""
        return self._release(None)

    def _release(self, now_ns: int | None) -> list[OpusPacket]:
        released = []
        while self._held and self._next is not None:
            packet = self._held.pop(self._next, None)
            if packet is None:
                if now_ns is not None and not self._overdue(now_ns):
                    break
                expected = self._next
                self._next = min(self._held, key=lambda sequence: distance(sequence, expected))
                continue
            released.append(packet)
            self._next = (self._next + 1) % _WRAP
        return released

    def _overdue(self, now_ns: int) -> bool:
        if len(self._held) > self._packets_max:
            return True
        return now_ns - min(packet.arrival_ns for packet in self._held.values()) >= self._hold_ns

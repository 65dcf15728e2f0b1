"""A clock that stands still until it is told to move."""

from __future__ import annotations

from server.courtroom.ports import Clock
from server.hearing.ids import Instant

NOON = 1_790_000_000_000


class FakeClock(Clock):
    """Implements server.courtroom.ports.Clock; also gives the monotonic seconds that go with it."""

    def __init__(self, now_ms: int = NOON) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> Instant:
        return Instant(self._now_ms)

    def monotonic(self) -> float:
        return self._now_ms / 1000

    def move(self, ms: int) -> None:
        """Let time pass, or, below zero, be set back."""
        self._now_ms += ms

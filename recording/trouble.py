"""Faults of one tape: each told once, what was lost counted, and when it is over. Thread-safe; touches no disk."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from recording.facts import TapeFact, TapeFaulted

if TYPE_CHECKING:
    from collections.abc import Callable


class Trouble:
    """Keeps the open fault episode. Episode: from the first fault until everything is kept again for a while."""

    def __init__(self, report: Callable[[TapeFact], None]) -> None:
        self._report = report
        self._lock = threading.Lock()
        self._reasons: list[str] = []
        self._since_ns = 0
        self._last_at = 0.0
        self._lost_now = 0
        self._lost_from_ns = self._lost_to_ns = 0
        self.lost = 0

    @property
    def reason(self) -> str:
        """The open episode's first reason, or ""."""
        reasons = self._reasons
        return reasons[0] if reasons else ""

    def has(self, reason: str) -> bool:
        """Tell whether this fault is open."""
        return reason in self._reasons

    def raise_fault(self, reason: str, at_ns: int, now: float) -> None:
        """Note a fault; told once an episode."""
        with self._lock:
            self._last_at = now
            if reason in self._reasons:
                return
            if not self._reasons:
                self._since_ns = at_ns
            self._reasons.append(reason)
        self._report(TapeFaulted(reason))

    def drop(self, arrival_ns: int, now: float, *, to_ns: int | None = None, count: int = 1) -> None:
        """Count a packet nobody could keep. A full queue is its own fault only if no other explains it.

        count, to_ns: several, of [arrival_ns, to_ns].
        """
        with self._lock:
            self.lost += count
            if self._lost_now == 0:
                self._lost_from_ns = arrival_ns
            self._lost_now += count
            self._lost_to_ns = arrival_ns if to_ns is None else to_ns
            explained = bool(self._reasons)
            self._last_at = now
        if not explained:
            self.raise_fault("queue_full", arrival_ns, now)

    def end(self, now: float, quiet_s: float, to_ns: int) -> dict[str, object] | None:
        """Close the episode if nothing new came for quiet_s: the line for the tape's log, or None."""
        with self._lock:
            if not self._reasons or now - self._last_at < quiet_s:
                return None
            values: dict[str, object] = {
                "event": "faulted",
                "from_ns": self._since_ns,
                "to_ns": to_ns,
                "reasons": list(self._reasons),
                "lost": self._lost_now,
                "lost_from_ns": self._lost_from_ns,
                "lost_to_ns": self._lost_to_ns,
            }
            self._reasons.clear()
            self._lost_now = 0
            return values

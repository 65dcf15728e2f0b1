"""Token buckets. Pure; the clock is handed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


SEATS_MAX = 4096
"""Seats whose rates are remembered."""


def seat_key(hearing: str, seat: str) -> str:
    """A seat's key: the same whatever socket or session it asks by."""
    return f"{hearing}\n{seat}"


class Bucket:
    """Allows `per_second` acts a second on average, twice as many in a burst."""

    def __init__(self, per_second: float, monotonic: Callable[[], float], burst: float | None = None) -> None:
        self._rate = per_second
        self._burst = burst if burst is not None else 2 * per_second
        self._tokens = self._burst
        self._monotonic = monotonic
        self._at = monotonic()

    def take(self) -> bool:
        """Use one token if there is one."""
        now = self._monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class KeyedBuckets:
    """One bucket a key (an address, a seat), bounded in number: the longest unused one is forgotten first."""

    def __init__(
        self, per_second: float, burst: float, keys_max: int, monotonic: Callable[[], float]
    ) -> None:
        self._per_second = per_second
        self._burst = burst
        self._monotonic = monotonic
        self._keys_max = keys_max
        self._buckets: dict[str, Bucket] = {}

    @classmethod
    def a_minute(cls, acts: float, keys_max: int, monotonic: Callable[[], float]) -> KeyedBuckets:
        """So many acts a minute, and as many at once."""
        return cls(acts / 60, acts, keys_max, monotonic)

    def take(self, key: str) -> bool:
        """Use one token of this key's bucket."""
        bucket = self._buckets.pop(key, None) or Bucket(self._per_second, self._monotonic, self._burst)
        if len(self._buckets) >= self._keys_max:
            self._buckets.pop(next(iter(self._buckets)))
        self._buckets[key] = bucket
        return bucket.take()

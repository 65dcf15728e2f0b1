"""How the lines of all hearings were, counted for operators: distributions and totals by kind and direction. Pure.

No hearing, seat, person or address is in it, and no set of labels grows: two kinds, two directions, fixed bounds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING

from media.ids import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from server.courtroom.flows import SeatFlow

UP, DOWN = "up", "down"
KINDS = (Kind.AUDIO, Kind.VIDEO)

_S = (0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.15, 0.3, 0.5, 1.0, 2.0)
BOUNDS: Mapping[str, tuple[float, ...]] = {
    "loss_ratio": (0.0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.08, 0.15, 0.3, 0.5, 1.0),
    "jitter_seconds": _S,
    "rtt_seconds": _S,
    "bits_per_second": (0, 8e3, 16e3, 32e3, 64e3, 128e3, 256e3, 512e3, 1e6, 2e6, 4e6, 8e6),
}
"""Upper bounds of the buckets of each distribution; above the last is +Inf."""

MEASURED: Mapping[str, tuple[str, ...]] = {
    "loss_ratio": (UP, DOWN),
    "jitter_seconds": (UP,),  # a receiver tells its own; what is said here is what came to us
    "rtt_seconds": (DOWN,),  # of the receivers' reports
    "bits_per_second": (UP, DOWN),
}
"""Which direction each distribution is measured in."""

COUNTED = ("freezes", "layer_switches", "nacks", "repeats")
"""Totals, all of lines down."""


class Histogram:
    """One distribution. counts: by bucket, the last one above every bound."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        """One observation."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value


class LineTotals:
    """Everything since the start. Keys: (name, kind, direction)."""

    def __init__(self) -> None:
        self.histograms = {
            (name, kind.value, direction): Histogram(BOUNDS[name])
            for name, directions in MEASURED.items()
            for kind in KINDS
            for direction in directions
        }
        self.counts: Counter[tuple[str, str]] = Counter()

    def count(self, flows: Iterable[SeatFlow]) -> None:
        """One look at one hearing: a stream that sends and a line that has something in it are one observation each."""
        for flow in flows:
            for stream in flow.streams:
                if stream.bps:
                    self._add("bits_per_second", stream.kind, UP, stream.bps)
                    self._add("jitter_seconds", stream.kind, UP, stream.jitter_ms / 1000)
                    if stream.loss is not None:
                        self._add("loss_ratio", stream.kind, UP, stream.loss)
            for line in flow.lines:
                if line.bps:
                    self._add("bits_per_second", line.kind, DOWN, line.bps)
                    self._add("loss_ratio", line.kind, DOWN, line.loss)
                    if line.rtt_ms is not None:
                        self._add("rtt_seconds", line.kind, DOWN, line.rtt_ms / 1000)
                kind = line.kind.value
                self.counts["freezes", kind] += line.new_freezes
                self.counts["layer_switches", kind] += line.new_switches
                self.counts["nacks", kind] += line.new_nacks
                self.counts["repeats", kind] += line.new_repeats

    def _add(self, name: str, kind: Kind, direction: str, value: float) -> None:
        self.histograms[name, kind.value, direction].add(value)

"""Which simulcast layer a receiver gets: by tile width, by what is alive, by its REMB (pure).

Decides only; the switch itself waits for a key frame of the new layer and is the engine's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LIVE_S = 1.5  # a layer without a packet for this long has stopped (browsers drop layers when short of bits)
TOP_WIDTH_PX = 1280  # assumed width of the top layer until a key frame tells
CONGESTED = 0.95  # a REMB below this share of what is sent may mean that the path is over-used
FALLEN = 0.97  # a REMB below this share of the one before has fallen; browsers report a fall at once
RETRY_S, RETRY_MAX_S = 8.0, 64.0  # pause before a higher layer is tried again, doubled each failure
FORGIVEN_S = 60.0  # this long without congestion starts the pause anew

_BY_NAME = {"q": 0, "h": 1, "f": 2}


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer now. bitrate_bps: measured over the last second; 0 when not known."""

    width_px: int
    bitrate_bps: int
    live: bool


@dataclass(frozen=True, slots=True)
class Budget:
    """What a receiver's REMB leaves for one picture: limit_bps until `until` (monotonic s), then try again.

    last_bps: the REMB before.
    """

    limit_bps: int | None = None
    until: float = 0.0
    pause_s: float = RETRY_S
    congested_at: float = float("-inf")
    last_bps: int | None = None

    def at(self, now: float) -> int | None:
        """Bits a second one picture may have now, or None for no limit."""
        return self.limit_bps if now < self.until else None


@dataclass(frozen=True, slots=True)
class Sending:
    """What one receiver is being sent: bits a second in all, how many pictures, whether any has a lower layer."""

    bitrate_bps: int
    pictures: int
    reducible: bool


def order(names: Sequence[str]) -> tuple[str, ...]:
    """Layer names, lowest first: q < h < f where all are of these, else as offered."""
    if all(name in _BY_NAME for name in names):
        return tuple(sorted(names, key=_BY_NAME.__getitem__))
    return tuple(names)


def assumed_width(index: int, count: int) -> int:
    """Width of layer `index` of `count` (lowest first), each half of the next, before one was measured."""
    return max(1, TOP_WIDTH_PX >> (count - 1 - index))


def for_tile(layers: Sequence[Layer], width_px: int, budget_bps: int | None) -> int | None:
    """Index of the layer for a tile: the smallest live one that fills it, within the budget.

    None if nothing is live. The lowest live layer is never refused by the budget.
    """
    best: int | None = None
    for index, layer in enumerate(layers):
        if not layer.live:
            continue
        if best is not None and budget_bps is not None and layer.bitrate_bps > budget_bps:
            break
        best = index
        if layer.width_px >= width_px:
            break
    return best


def for_tap(layers: Sequence[Layer], width_px: int) -> int | None:
    """Index of the layer for a machine ear: the largest live one not wider than asked, else the lowest live."""
    live = [index for index, layer in enumerate(layers) if layer.live]
    fitting = [index for index in live if layers[index].width_px <= width_px]
    return fitting[-1] if fitting else (live[0] if live else None)


def heed(budget: Budget, remb_bps: int, sending: Sending, now: float) -> Budget:
    """Take in one REMB. Only one that has fallen, and below what is being sent, limits, and only if something can go.

    The figure itself is no limit: a receiver's estimate grows no higher than one and a half times what it
    gets, and after a false alarm (a busy machine's jitter) it stays for minutes far below what arrives
    without loss, rising 8 % a second (measured with Chromium). Taken at its word it would keep a receiver
    on the lowest layer for ever. Its fall is the signal: the receiver has seen delay build up.
    """
    fallen = budget.last_bps is not None and remb_bps < budget.last_bps * FALLEN
    if not fallen or not sending.reducible or remb_bps >= sending.bitrate_bps * CONGESTED:
        return replace(budget, last_bps=remb_bps)
    pause = budget.pause_s
    if now >= budget.until:
        again = now - budget.congested_at < FORGIVEN_S
        pause = min(pause * 2, RETRY_MAX_S) if again else RETRY_S
    return Budget(remb_bps // max(1, sending.pictures), now + pause, pause, now, remb_bps)

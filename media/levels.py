"""Who is speaking, from RFC 6464 loudness, with hysteresis (pure).

Knows peers and decibels only; who counts (permitted publishers) is the caller's choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from media.ids import PeerId

SMOOTHING = 0.5  # weight of the newest interval in a speaker's loudness
LEAD_DB = 6.0  # another must be this much louder to be named before the present first speaker
SILENCE_DB = -127.0


@dataclass(frozen=True, slots=True)
class Voice:
    """One speaker: smoothed loudness in dBov, and when it was last above the threshold (monotonic s)."""

    level_db: float
    heard_at: float


@dataclass(frozen=True, slots=True)
class Speakers:
    """State between two intervals. order: who speaks now, loudest first."""

    voices: Mapping[PeerId, Voice]
    order: tuple[PeerId, ...] = ()


def only(speakers: Speakers, peers: Container[PeerId]) -> Speakers:
    """Leave out whoever may not be heard any more."""
    voices = {peer: voice for peer, voice in speakers.voices.items() if peer in peers}
    return Speakers(voices, tuple(peer for peer in speakers.order if peer in voices))


def step(
    before: Speakers, heard: Mapping[PeerId, float], now: float, *, threshold_db: float, hold_s: float
) -> Speakers:
    """One interval on. heard: mean loudness in dBov of each peer that sent sound in it.

    A peer speaks from the first interval above the threshold until `hold_s` after the last one.
    """
    voices: dict[PeerId, Voice] = {}
    for peer in before.voices.keys() | heard.keys():
        was = before.voices.get(peer)
        level = heard.get(peer, SILENCE_DB)
        smooth = level if was is None else was.level_db + SMOOTHING * (level - was.level_db)
        at = now if level > threshold_db else (was.heard_at if was is not None else float("-inf"))
        if now - at <= hold_s:
            voices[peer] = Voice(smooth, at)
    ranked = sorted(voices, key=lambda peer: (-voices[peer].level_db, peer))
    first = before.order[0] if before.order else None
    if (
        first in voices
        and ranked[0] != first
        and voices[ranked[0]].level_db < voices[first].level_db + LEAD_DB
    ):
        ranked.remove(first)
        ranked.insert(0, first)
    return Speakers(voices, tuple(ranked))

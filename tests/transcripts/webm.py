"""A recording for tests: Opus packets muxed as they are."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av

from tests.transcripts.feed import FRAME_UNITS

if TYPE_CHECKING:
    from pathlib import Path


def write_webm(path: Path, payloads: list[bytes], hole_at: int = 0, hole_ms: int = 0) -> None:
    """Mux Opus packets as a viewing copy is muxed: no decoding, times of its own, perhaps with a hole."""
    container: Any = av.open(str(path), "w", format="webm")
    stream = container.add_stream("libopus", rate=48_000, layout="mono")
    for index, payload in enumerate(payloads):
        packet = av.Packet(payload)
        packet.stream = stream
        packet.time_base = Fraction(1, 48_000)
        packet.pts = packet.dts = index * FRAME_UNITS + (hole_ms * 48 if hole_at and index >= hole_at else 0)
        container.mux(packet)
    container.close()

"""Where each second of a viewing copy lies in its file: for telling people which second of it was changed. Never decodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av

if TYPE_CHECKING:
    from pathlib import Path

_MS = 1000


def seconds_of(path: Path) -> list[tuple[int, int]]:
    """(byte, millisecond of the copy) where a new second begins, both rising. OSError, av.FFmpegError."""
    found: list[tuple[int, int]] = []
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.pts is None or packet.pos is None or packet.pos < 0 or packet.time_base is None:
                continue
            ms = int(packet.pts * packet.time_base * _MS)
            if ms >= 0 and (not found or (packet.pos > found[-1][0] and ms // _MS > found[-1][1] // _MS)):
                found.append((packet.pos, ms))
    return found

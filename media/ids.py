"""Names of peers and tracks on the wire. Pure; knows no court."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

PeerId = NewType("PeerId", str)
"""One connection of one client, or one machine ear (tape, recogniser). Opaque."""


class Kind(StrEnum):
    """What a track carries."""

    AUDIO = "audio"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class TrackId:
    """One published track: at most one of each kind a peer (simulcast layers are one track)."""

    peer: PeerId
    kind: Kind

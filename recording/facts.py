"""What the tape is told and what it reports: orders and facts. Plain values; pure; knows no court."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from media.ids import PeerId


@dataclass(frozen=True, slots=True)
class TapeOrder:
    """What the tape must do from now on.

    rolling: record. ground: why not, when it does not ("recess", "not_open", "not_permitted", ...).
    labels: which peer's packets belong to which label; packets of any other peer are refused.
    """

    rolling: bool
    ground: str | None = None
    labels: Mapping[PeerId, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TapeRolling:
    """The tape records; the mark of it is on disk."""


@dataclass(frozen=True, slots=True)
class TapePaused:
    """The tape stands, as ordered; the mark of it is on disk."""

    ground: str


@dataclass(frozen=True, slots=True)
class TapeFaulted:
    """The tape could not keep something, or may not.

    reason: "disk_full", "io_error", "queue_full", "slow_disk", "recorder_lost" (the tape process died; another one
    goes on) or "internal". TapeRolling or TapePaused follows when it keeps everything again. "internal" is final:
    the writer has ended.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class TapeProgress:
    """Everything that arrived up to safe_until_ns (wall clock, UTC) is on disk. tape_bytes: written by this recorder."""

    safe_until_ns: int
    tape_bytes: int


TapeFact = TapeRolling | TapePaused | TapeFaulted | TapeProgress


@dataclass(frozen=True, slots=True)
class SegmentDigest:
    """One closed file of the tape. sha256: hex, over the whole file."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class TapeSeal:
    """The sealed tape: digest of tape.json, which names every file with its digest."""

    sha256: str
    segments: tuple[SegmentDigest, ...]


class TapeUnavailable(Exception):  # noqa: N818  it is a state of the world, named like the law names it
    """The tape can't be started or sealed.

    reason: "disk_full", "io_error", "in_use" (another recorder holds the folder), "sealed", "internal" or
    "recorder_lost" (there is no tape process now).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

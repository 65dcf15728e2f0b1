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
    """The tape records; the mark of it is on disk. second: in the second place, the first one has failed."""

    second: bool = False


@dataclass(frozen=True, slots=True)
class TapePaused:
    """The tape stands, as ordered; the mark of it is on disk. second: as of TapeRolling."""

    ground: str
    second: bool = False


@dataclass(frozen=True, slots=True)
class TapeFaulted:
    """The tape could not keep something, or may not.

    reason: "disk_full", "io_error", "queue_full", "slow_disk", "read_back" (what was written did not come back as it
    was), "recorder_lost" (the tape process died; another one goes on) or "internal". TapeRolling or TapePaused follows
    when it keeps everything again. "internal" is final: the writer has ended.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class TapeProgress:
    """Everything that arrived up to safe_until_ns (wall clock, UTC) is on disk. tape_bytes: written by this recorder.

    verified_until_ns: up to when it was read back from there and found whole; 0: nothing yet. warnings: what is not as
    it should be though everything is kept ("second_place", "second_missing", "clock"). hours_left: how long the room
    lasts where it writes now; None: not known yet.
    """

    safe_until_ns: int
    tape_bytes: int
    verified_until_ns: int = 0
    warnings: tuple[str, ...] = ()
    hours_left: float | None = None


@dataclass(frozen=True, slots=True)
class SegmentDigest:
    """One closed file of the tape. sha256, sm3: hex, over the whole file. from_ns, to_ns: of what is in it, 0 if nothing.

    sm3, label and what follows are "" or 0 where an older program wrote it.
    """

    name: str
    size: int
    sha256: str
    sm3: str = ""
    label: str = ""
    kind: str = ""
    from_ns: int = 0
    to_ns: int = 0


@dataclass(frozen=True, slots=True)
class TapeSegment:
    """A file of the tape is closed, and its digests are marked on disk."""

    digest: SegmentDigest


TapeFact = TapeRolling | TapePaused | TapeFaulted | TapeProgress | TapeSegment


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

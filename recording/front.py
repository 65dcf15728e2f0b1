"""What a hand writes for: the face of a tape's writer towards its threads. Types only; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from recording.facts import SegmentDigest, TapeFact, TapeSeal
    from recording.hand import Hand
    from recording.intake import Intake
    from recording.readback import Point
    from recording.settings import RecordingSettings
    from recording.trouble import Trouble


class Front(Protocol):
    """What a hand is at work for: recording.writer.TapeWriter. Everything here is called in a hand's threads."""

    settings: RecordingSettings
    hearing: str
    intake: Intake
    trouble: Trouble
    closing: threading.Event
    wake: threading.Event
    clock_ns: Callable[[], int]
    monotonic: Callable[[], float]

    def failed(self, hand: Hand, reason: str) -> bool:
        """A fault was told; whether another hand has taken over."""
        ...

    def closed(self, digest: SegmentDigest) -> None:
        """A file is finished."""
        ...

    def told(self, fact: TapeFact) -> None:
        """What this fact tells of is on disk."""
        ...

    def proven(self, safe_ns: int, over: dict[str, object] | None) -> None:
        """All that arrived up to then is on disk; over: the fault episode that has ended with it."""
        ...

    def read_back(self, point: Point) -> None:
        """All before this point was read back."""
        ...

    def seal(self, hand: Hand) -> TapeSeal | None:
        """Every file is closed: seal if that is wanted. OSError."""
        ...

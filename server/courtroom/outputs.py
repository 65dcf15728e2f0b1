"""What conduct tells a tab. Plain values; the wire's names are the gateway's affair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from server.hearing.ids import ConnectionId, SeatId
    from server.hearing.sheet import Row
    from server.hearing.view_shapes import HearingView


@dataclass(frozen=True, slots=True)
class SlotOut:
    """A downlink slot pair of this tab and the seat it carries. source: "main", or "screen" for the shared screen."""

    index: int
    seat: SeatId
    audio: bool
    video: bool
    source: str = "main"


@dataclass(frozen=True, slots=True)
class TapeOut:
    """State of the tape as this seat may know it. warnings, hours_left: for the bench and the clerk alone."""

    state: str
    safe_until_ms: int | None
    reason: str
    verified_until_ms: int | None = None
    warnings: tuple[str, ...] = ()
    hours_left: float | None = None


@dataclass(frozen=True, slots=True)
class ViewOut:
    """The whole view: the seq-th that this tab is given, from 1. Counts nothing else, least of all the log."""

    seq: int
    view: HearingView
    slots: tuple[SlotOut, ...]
    tape: TapeOut


@dataclass(frozen=True, slots=True)
class SpeakingOut:
    """Who is speaking, loudest first."""

    seats: tuple[SeatId, ...]


@dataclass(frozen=True, slots=True)
class CaptionOut:
    """One utterance, so far or final."""

    n: int
    utterance: str
    seat: SeatId
    role: str
    name: str
    settled: str
    pending: str
    final: bool
    t0_ms: int
    t1_ms: int


@dataclass(frozen=True, slots=True)
class MediaLostOut:
    """The tab's media transport ended; source as in SlotOut."""

    cause: str
    source: str = "main"


@dataclass(frozen=True, slots=True)
class CandidatesOut:
    """Where else the server's media port can be reached: ICE candidates for every transport of the tab."""

    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PointerOut:
    """Where somebody points on what is shown, as in commands_exhibits; x and y None: nowhere. Never in the log."""

    seat: SeatId
    x: int | None
    y: int | None


@dataclass(frozen=True, slots=True)
class SeatHealth:
    """One seat's line over the last ten seconds; None: not known. Losses are shares, 0 to 1.

    up: from the person to the court; down: from the court to the person. verdict: "good", "fair", "poor" or "lost".
    """

    seat: SeatId
    up_loss: float | None = None
    down_loss: float | None = None
    rtt_ms: int | None = None
    jitter_ms: int | None = None
    verdict: str | None = None


@dataclass(frozen=True, slots=True)
class HealthOut:
    """The lines that this seat may know of: everybody's for who oversees and for a technician, else its own."""

    seats: tuple[SeatHealth, ...]


@dataclass(frozen=True, slots=True)
class ByeOut:
    """The court ends this tab."""

    reason: str


@dataclass(frozen=True, slots=True)
class SheetOut:
    """Was everyone heard? The running sheet, for the bench and the clerk; its own row for who missed something."""

    rows: tuple[Row, ...]


Output = (
    ViewOut
    | SpeakingOut
    | TapeOut
    | CaptionOut
    | MediaLostOut
    | CandidatesOut
    | HealthOut
    | SheetOut
    | PointerOut
    | ByeOut
)


class Tab(Protocol):
    """One tab as conduct sees it. send never blocks; a tab too slow to take it is closed by its own side."""

    @property
    def seat(self) -> SeatId:
        """The seat it sits on."""
        ...

    @property
    def connection(self) -> ConnectionId:
        """Its connection."""
        ...

    def send(self, output: Output) -> None:
        """Hand over one output."""
        ...

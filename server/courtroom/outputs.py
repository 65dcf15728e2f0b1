"""What conduct tells a tab. Plain values; the wire's names are the gateway's affair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from server.hearing.ids import ConnectionId, SeatId
    from server.hearing.view import HearingView


@dataclass(frozen=True, slots=True)
class SlotOut:
    """A downlink slot pair of this tab and the seat it carries."""

    index: int
    seat: SeatId
    audio: bool
    video: bool


@dataclass(frozen=True, slots=True)
class TapeOut:
    """State of the tape as this seat may know it."""

    state: str
    safe_until_ms: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class ViewOut:
    """The whole view at log position seq."""

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
    """The tab's media transport ended."""

    cause: str


@dataclass(frozen=True, slots=True)
class ByeOut:
    """The court ends this tab."""

    reason: str


Output = ViewOut | SpeakingOut | TapeOut | CaptionOut | MediaLostOut | ByeOut


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

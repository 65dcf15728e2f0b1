"""What one seat's screen may know: (state, seat) -> HearingView. Pure; never names what `audience` hides."""

from __future__ import annotations

from dataclasses import dataclass

from server.hearing.ids import Instant, SeatId


@dataclass(frozen=True, slots=True)
class DeviceView:
    """Result of a seat's device test (shown to the bench and to the seat itself)."""

    camera: str
    microphone: str
    speaker: str
    network: str


@dataclass(frozen=True, slots=True)
class RequestView:
    """One raised hand in the queue."""

    seat: SeatId
    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class FloorView:
    """mode: "closed", "granted" or "open"."""

    mode: str
    seats: tuple[SeatId, ...]
    until: Instant | None
    queue: tuple[RequestView, ...]


@dataclass(frozen=True, slots=True)
class SeatCard:
    """One seat as the viewer may know it. name is None where the viewer may not have it.

    presence: "expected", "waiting", "isolated", "present", "lost" or "left".
    heard: the seat's effective speech now (audience, floor, own switch, lock in one).
    Fields from `device` on are None for viewers who do not conduct the hearing, except on their own seat.
    """

    seat: SeatId
    role: str
    side: str
    name: str | None
    presence: str
    lost_since: Instant | None
    has_floor: bool
    heard: bool
    microphone_on: bool
    camera_on: bool
    locked: bool
    device: DeviceView | None
    consent: bool | None
    discipline_read: bool | None


@dataclass(frozen=True, slots=True)
class StageView:
    """One stage of the procedure: state "done", "now" or "ahead"."""

    key: str
    state: str


@dataclass(frozen=True, slots=True)
class HearingView:
    """The whole of what a seat's screen may know, replaced at each change.

    session: "scheduled", "checking_in", "in_session", "recessed", "closed" or "adjourned".
    me.. fields: the viewer. may: names of commands the viewer could give now.
    silent_because: stable reason id why the viewer would not be heard now, or None.
    missing: stable ids of what is missing before the court may open or move on (bench and clerk only).
    """

    hearing: str
    case_no: str
    cause: str
    court: str
    procedure: str
    public: bool
    scheduled_at: Instant
    session: str
    opened_at: Instant | None
    closed_at: Instant | None
    session_reason: str
    stages: tuple[StageView, ...]
    floor: FloorView
    seats: tuple[SeatCard, ...]
    me: SeatId
    in_room: bool
    discipline_version: str
    may: tuple[str, ...]
    silent_because: str | None
    missing: tuple[str, ...]

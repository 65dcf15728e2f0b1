"""What one seat's screen may know: (state, seat) -> HearingView. Pure; never names what `audience` hides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.hearing.audience import heard, silent_because
from server.hearing.decide_sitting import missing
from server.hearing.ids import Instant, SeatId
from server.hearing.may import may
from server.hearing.presence import Presence
from server.hearing.procedure import progress
from server.hearing.seats import Right, Role
from server.hearing.state import seat_of

if TYPE_CHECKING:
    from server.hearing.seats import Seat
    from server.hearing.state import Hearing


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


_NO_TIME = Instant(0)
_NO_FLOOR = FloorView(mode="closed", seats=(), until=None, queue=())


def view(state: Hearing, seat: SeatId, now: Instant = _NO_TIME) -> HearingView:
    """Show the seat's whole view. Raises Refused(seat_unknown).

    A seat that is not in the courtroom (waiting, isolated, gone) learns the state of the session and of itself, and
    nothing of the stage, the floor, or anybody else (OLR 26). now: for what may be done now, nothing else.
    """
    me, attendance = seat_of(state, seat)
    inside = attendance.presence is Presence.PRESENT
    silent = silent_because(state, seat)
    stages = progress(state.procedure, state.stage) if inside else ()
    return HearingView(
        hearing=state.hearing,
        case_no=state.case_no,
        cause=state.cause,
        court=state.court,
        procedure=state.procedure,
        public=state.public,
        scheduled_at=state.scheduled_at,
        session=state.session.value,
        opened_at=state.opened_at,
        closed_at=state.closed_at,
        session_reason=state.session_reason if inside else "",
        stages=tuple(StageView(key, where) for key, where in stages),
        floor=_floor(state) if inside else _NO_FLOOR,
        seats=tuple(_card(state, me, seen) for seen in (state.seats.values() if inside else (me,))),
        me=seat,
        in_room=inside,
        discipline_version=state.discipline_version,
        may=may(state, seat, now),
        silent_because=silent.value if silent else None,
        missing=tuple(r.value for r in missing(state)) if inside and me.may(Right.OVERSEE) else (),
    )


def _floor(state: Hearing) -> FloorView:
    floor = state.floor
    queue = tuple(RequestView(request.seat, request.reason, request.at) for request in floor.queue)
    return FloorView(floor.mode.value, floor.seats, floor.until, queue)


def _card(state: Hearing, me: Seat, seen: Seat) -> SeatCard:
    attendance = state.attendance[seen.id]
    own = me.id == seen.id
    oversees = own or (me.may(Right.OVERSEE) and state.attendance[me.id].presence is Presence.PRESENT)
    device = attendance.device
    return SeatCard(
        seat=seen.id,
        role=seen.role.value,
        side=seen.side.value,
        name=seen.name if oversees or _may_name(state, me, seen) else None,
        presence=attendance.presence.value,
        lost_since=attendance.lost_since,
        has_floor=state.floor.held_by(seen.id),
        heard=heard(state, seen.id),
        microphone_on=attendance.microphone,
        camera_on=attendance.camera,
        locked=attendance.locked,
        device=DeviceView(device.camera, device.microphone, device.speaker, device.network)
        if device and oversees
        else None,
        consent=attendance.consent if oversees else None,
        discipline_read=attendance.discipline == state.discipline_version if oversees else None,
    )


def _may_name(state: Hearing, me: Seat, seen: Seat) -> bool:
    """Observers are named to the court alone; to observers, nobody is named who has not come in."""
    if seen.role is Role.OBSERVER:
        return False
    return me.role is not Role.OBSERVER or state.attendance[seen.id].presence is Presence.PRESENT

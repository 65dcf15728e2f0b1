"""What one seat's screen may know: (state, seat) -> HearingView. Pure; never names what `audience` hides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from server.hearing import view_care as care
from server.hearing import view_checkin as checkin
from server.hearing import view_doors as doors
from server.hearing import view_exhibits as exhibits
from server.hearing import view_order as order
from server.hearing import view_rooms as rooms
from server.hearing.audience import heard, silent_because
from server.hearing.conditions import missing
from server.hearing.ids import Instant
from server.hearing.may import may
from server.hearing.presence import CONNECTED, Presence
from server.hearing.procedure import progress
from server.hearing.rooms import room_of, screened
from server.hearing.seats import Right, Role
from server.hearing.speech import has_floor
from server.hearing.state import conductor, seat_of
from server.hearing.view_shapes import FloorView, HearingView, StageView
from server.hearing.view_shapes_seat import DeviceView, SeatCard

if TYPE_CHECKING:
    from server.hearing.ids import SeatId
    from server.hearing.seats import Seat
    from server.hearing.state import Hearing


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
        floor=order.floor_of(state, me) if inside else _NO_FLOOR,
        seats=_cards(state, me),
        me=seat,
        in_room=inside,
        discipline_version=state.discipline_version,
        may=may(state, seat, now),
        silent_because=silent.value if silent else None,
        missing=missing(state) if inside and me.may(Right.OVERSEE) else (),
        presides=conductor(state) if inside else None,
        **_parts(state, me, now),
    )


def _parts(state: Hearing, me: Seat, now: Instant) -> dict[str, Any]:
    """Fields of the further areas; each area shows only what `audience` leaves to the viewer."""
    return {
        **checkin.of_hearing(state, me, now),
        **doors.of_hearing(state, me, now),
        **order.of_hearing(state, me, now),
        **rooms.of_hearing(state, me, now),
        **exhibits.of_hearing(state, me, now),
        **care.of_hearing(state, me, now),
    }


def _cards(state: Hearing, me: Seat) -> tuple[SeatCard, ...]:
    """The cards that the viewer may have: who is outside has its own, and the technician those it needs to help."""
    presence = state.attendance[me.id].presence
    if presence is Presence.PRESENT:
        return tuple(_card(state, me, seen) for seen in state.seats.values())
    if me.role is Role.TECHNICIAN and presence in CONNECTED:
        return tuple(
            _card(state, me, seen) if seen.id == me.id else _card_to_help(state, me, seen)
            for seen in state.seats.values()
        )
    return (_card(state, me, me),)


def _card_to_help(state: Hearing, me: Seat, seen: Seat) -> SeatCard:
    """What the technician outside needs: who is here, with what devices, and who asks for help; nothing of the hearing."""
    if screened(state, me.id, seen.id):
        return _screened_card(seen)
    attendance = state.attendance[seen.id]
    device = attendance.device
    asked = care.of_seat(state, me, seen, oversees=True)
    return replace(
        _screened_card(seen),
        name=seen.name if _may_name(state, me, seen) else None,
        presence=attendance.presence.value,
        lost_since=attendance.lost_since,
        device=DeviceView(device.camera, device.microphone, device.speaker, device.network)
        if device
        else None,
        cannot_hear_since=asked["cannot_hear_since"],
        help=asked["help"],
    )


def _card(state: Hearing, me: Seat, seen: Seat) -> SeatCard:
    if screened(state, me.id, seen.id):
        return _screened_card(seen)
    attendance = state.attendance[seen.id]
    own = me.id == seen.id
    # whether somebody in another room talks is for those who are there with it
    near = attendance.presence is not Presence.PRESENT or room_of(state, seen.id) == room_of(state, me.id)
    inside = state.attendance[me.id].presence is Presence.PRESENT
    oversees = own or (inside and me.may(Right.OVERSEE))
    device = attendance.device
    return SeatCard(
        seat=seen.id,
        role=seen.role.value,
        side=seen.side.value,
        name=seen.name if oversees or _may_name(state, me, seen) else None,
        presence=attendance.presence.value,
        lost_since=attendance.lost_since,
        # an interpreter outside would learn from it when the one it speaks for has the floor
        has_floor=inside and has_floor(state, seen.id),
        heard=near and heard(state, seen.id),
        microphone_on=near and attendance.microphone,
        camera_on=near and attendance.camera,
        locked=attendance.locked,
        device=DeviceView(device.camera, device.microphone, device.speaker, device.network)
        if device and oversees
        else None,
        consent=attendance.consent if oversees else None,
        discipline_read=attendance.discipline == state.discipline_version if oversees else None,
        **checkin.of_seat(state, me, seen, oversees=oversees),
        **order.of_seat(state, me, seen, oversees=oversees),
        **rooms.of_seat(state, me, seen, oversees=oversees),
        **exhibits.of_seat(state, me, seen, oversees=oversees),
        **care.of_seat(state, me, seen, oversees=oversees),
    )


def _screened_card(seen: Seat) -> SeatCard:
    """The other party of a screening 隔离: that there is such a seat, and nothing of the person or of what it does."""
    return SeatCard(
        seat=seen.id,
        role=seen.role.value,
        side=seen.side.value,
        name=None,
        presence=Presence.EXPECTED.value,
        lost_since=None,
        has_floor=False,
        heard=False,
        microphone_on=False,
        camera_on=False,
        locked=False,
    )


def _may_name(state: Hearing, me: Seat, seen: Seat) -> bool:
    """Observers are named to the court alone; to observers, nobody is named who has not come in."""
    if seen.role is Role.OBSERVER:
        return False
    return me.role is not Role.OBSERVER or state.attendance[seen.id].presence is Presence.PRESENT

"""(state, event, at) -> the next state. Pure and total over what `decide` can give; the only way a state changes.

Never refuses: an event has come to pass. One that cannot follow on this state is our bug and raises InvariantBroken.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from server.hearing import events as e
from server.hearing import evolve_archive as archive
from server.hearing import evolve_care as care
from server.hearing import evolve_checkin as checkin
from server.hearing import evolve_doors as doors
from server.hearing import evolve_exhibits as exhibits
from server.hearing import evolve_order as order
from server.hearing import evolve_rooms as rooms
from server.hearing import floor as f
from server.hearing import presence as p
from server.hearing import unattended
from server.hearing.commands import TapeState
from server.hearing.evolve_seats import attend, attendance_of
from server.hearing.procedure import CHECK_IN
from server.hearing.refusals import InvariantBroken
from server.hearing.rooms import settled
from server.hearing.seats import Authority, Right, Role, Seat, Side
from server.hearing.session import Step, step
from server.hearing.state import EMPTY, Hearing
from server.hearing.state_order import MUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from server.hearing.ids import Instant


def evolve(state: Hearing, event: e.Event, at: Instant) -> Hearing:
    """Give the state after the event, which came to pass at this instant. Raises InvariantBroken."""
    evolver = _EVOLVERS.get(type(event))
    if evolver is None:
        raise InvariantBroken(f"no rule for {type(event).__name__}")
    after = exhibits.settled(state, settled(state, evolver(state, event, at)))
    return unattended.followed(care.follow(state, after, event, at), at)


def fold(state: Hearing, events: Iterable[tuple[e.Event, Instant]]) -> Hearing:
    """Give the state after all these events, in order."""
    for event, at in events:
        state = evolve(state, event, at)
    return state


def _scheduled(state: Hearing, event: e.HearingScheduled, _at: Instant) -> Hearing:
    if state.hearing:
        raise InvariantBroken("a hearing is scheduled once")
    seats = {
        plan.seat: Seat(
            plan.seat,
            Role(plan.role),
            Side(plan.side),
            plan.person,
            plan.name,
            plan.represents,
            Authority(plan.authority),
        )
        for plan in event.seats
    }
    return replace(
        EMPTY,
        hearing=event.hearing,
        case_no=event.case_no,
        cause=event.cause,
        court=event.court,
        procedure=event.procedure,
        public=event.public,
        scheduled_at=event.scheduled_at,
        discipline_version=event.discipline_version,
        delegated=frozenset(event.delegated),
        seats=seats,
        attendance={
            seat.id: p.Attendance(microphone=seat.may(Right.SPEAK), camera=seat.may(Right.SHOW))
            for seat in seats.values()
        },
    )


def _arrived(state: Hearing, event: e.SeatArrived, _at: Instant) -> Hearing:
    seat = attendance_of(state, event.seat)
    enters = state.seats[event.seat].may(Right.ENTER)
    return attend(state, event.seat, p.arrived(seat, event.connection, enters=enters))


def _ended(state: Hearing, event: e.ConnectionEnded, at: Instant) -> Hearing:
    # a floor is kept for who comes back; a turn would keep all others silent
    state = replace(state, floor=f.without_turn(state.floor, event.seat))
    return attend(state, event.seat, p.departed(attendance_of(state, event.seat), at))


def _acknowledged(state: Hearing, event: e.DisciplineAcknowledged, _at: Instant) -> Hearing:
    return attend(state, event.seat, replace(attendance_of(state, event.seat), discipline=event.version))


def _device(state: Hearing, event: e.DeviceReported, _at: Instant) -> Hearing:
    device = p.Device(event.camera, event.microphone, event.speaker, event.network)
    return attend(state, event.seat, replace(attendance_of(state, event.seat), device=device))


def _switched(state: Hearing, event: e.SelfSwitched, _at: Instant) -> Hearing:
    seat = replace(attendance_of(state, event.seat), microphone=event.microphone, camera=event.camera)
    return attend(state, event.seat, seat)


def _admitted(state: Hearing, event: e.SeatAdmitted, _at: Instant) -> Hearing:
    way = p.Way.ISOLATE if event.room == p.WITNESS_ROOM else p.Way.ADMIT
    # let in again: nothing stands of its having been asked out
    seat = replace(p.moved(attendance_of(state, event.seat), way), asked_out=None)
    return attend(state, event.seat, seat)


def _called(state: Hearing, event: e.WitnessCalled, at: Instant) -> Hearing:
    state = attend(state, event.seat, p.moved(attendance_of(state, event.seat), p.Way.CALL))
    return order.called(state, event.seat, at)


def _dismissed(state: Hearing, event: e.WitnessDismissed, _at: Instant) -> Hearing:
    return order.gone(attend(state, event.seat, p.dismissed(attendance_of(state, event.seat))), event.seat)


def _locked(state: Hearing, event: e.SeatLocked, at: Instant) -> Hearing:
    state = attend(state, event.seat, replace(attendance_of(state, event.seat), lock=event.reason))
    state = replace(state, floor=f.without_turn(state.floor, event.seat))
    return order.measured(state, event.seat, MUTE, event.reason, at)


def _released(state: Hearing, event: e.SeatReleased, _at: Instant) -> Hearing:
    return attend(state, event.seat, replace(attendance_of(state, event.seat), lock=None))


def _left(state: Hearing, event: e.SeatLeft, _at: Instant) -> Hearing:
    return order.gone(attend(state, event.seat, p.left(attendance_of(state, event.seat))), event.seat)


def _requested(state: Hearing, event: e.FloorRequested, at: Instant) -> Hearing:
    return replace(state, floor=f.with_request(state.floor, f.Request(event.seat, event.reason, at)))


def _unrequested(state: Hearing, event: e.RequestWithdrawn | e.RequestDeclined, _at: Instant) -> Hearing:
    return replace(state, floor=f.without_request(state.floor, event.seat))


def _granted(state: Hearing, event: e.FloorGranted, _at: Instant) -> Hearing:
    return replace(state, floor=f.granted(state.floor, event.seat, event.until))


def _opened_floor(state: Hearing, event: e.FloorOpened, _at: Instant) -> Hearing:
    return replace(state, floor=f.opened(state.floor, event.seats))


def _closed_floor(state: Hearing, _event: e.FloorClosed | e.FloorExpired, _at: Instant) -> Hearing:
    return replace(state, floor=f.closed(state.floor))


def _check_in(state: Hearing, _event: e.CheckInBegan, _at: Instant) -> Hearing:
    return replace(state, session=step(state.session, Step.CHECK_IN), stage=CHECK_IN)


def _opened(state: Hearing, event: e.CourtOpened, at: Instant) -> Hearing:
    state = checkin.overruled(state, event.despite)
    return replace(state, session=step(state.session, Step.OPEN), opened_at=at)


def _stage(state: Hearing, event: e.StageEntered, _at: Instant) -> Hearing:
    # a new stage begins with the bench; hands that are up stay up
    state = checkin.overruled(state, event.missing)
    return replace(state, stage=event.stage, floor=f.closed(state.floor))


def _recessed(state: Hearing, event: e.CourtRecessed, _at: Instant) -> Hearing:
    session = step(state.session, Step.RECESS)
    return replace(state, session=session, session_reason=event.reason, floor=f.cleared(state.floor))


def _resumed(state: Hearing, _event: e.CourtResumed, _at: Instant) -> Hearing:
    return replace(state, session=step(state.session, Step.RESUME), session_reason="")


def _closed(state: Hearing, _event: e.CourtClosed, at: Instant) -> Hearing:
    return replace(state, session=step(state.session, Step.CLOSE), closed_at=at, floor=f.cleared(state.floor))


def _adjourned(state: Hearing, event: e.CourtAdjourned, at: Instant) -> Hearing:
    session = step(state.session, Step.ADJOURN)
    return replace(
        state, session=session, session_reason=event.reason, closed_at=at, floor=f.cleared(state.floor)
    )


def _tape(state: Hearing, event: e.TapeReported, _at: Instant) -> Hearing:
    return replace(state, tape=TapeState(event.state), tape_reason=event.reason)


_EVOLVERS: Mapping[type[e.Event], Callable[[Hearing, Any, Instant], Hearing]] = {
    e.HearingScheduled: _scheduled,
    e.SeatArrived: _arrived,
    e.ConnectionEnded: _ended,
    e.DisciplineAcknowledged: _acknowledged,
    e.DeviceReported: _device,
    e.SelfSwitched: _switched,
    e.SeatAdmitted: _admitted,
    e.WitnessCalled: _called,
    e.WitnessDismissed: _dismissed,
    e.SeatLocked: _locked,
    e.SeatReleased: _released,
    e.SeatLeft: _left,
    e.FloorRequested: _requested,
    e.RequestWithdrawn: _unrequested,
    e.RequestDeclined: _unrequested,
    e.FloorGranted: _granted,
    e.FloorOpened: _opened_floor,
    e.FloorClosed: _closed_floor,
    e.FloorExpired: _closed_floor,
    e.CheckInBegan: _check_in,
    e.CourtOpened: _opened,
    e.StageEntered: _stage,
    e.CourtRecessed: _recessed,
    e.CourtResumed: _resumed,
    e.CourtClosed: _closed,
    e.CourtAdjourned: _adjourned,
    e.TapeReported: _tape,
    **checkin.EVOLVERS,
    **doors.EVOLVERS,
    **order.EVOLVERS,
    **rooms.EVOLVERS,
    **exhibits.EVOLVERS,
    **care.EVOLVERS,
    **archive.EVOLVERS,
}

"""Decisions about speech: raised hands, granting, opening and closing the floor, its limit. Pure; reached by `decide`.

Each takes (state, command, acting seat, now) and gives events, or raises Refused. Nobody speaks without leave (CR 17),
and no witness or expert testifies without having signed the undertaking (CPLI 119, 120).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing import events as e
from server.hearing.floor import LIMIT_MAX_S, QUEUE_LIMIT, FloorMode
from server.hearing.ids import Instant
from server.hearing.presence import OUTSIDE_BECAUSE, Presence
from server.hearing.refusals import Reason, Refused
from server.hearing.rooms import in_main
from server.hearing.seats import Right
from server.hearing.state import seat_of
from server.hearing.state_order import oath_missing

if TYPE_CHECKING:
    from server.hearing import commands as c
    from server.hearing.ids import SeatId
    from server.hearing.seats import Seat
    from server.hearing.state import Hearing

Events = tuple[e.Event, ...]


def request(state: Hearing, command: c.RequestFloor, me: SeatId, _now: Instant) -> Events:
    """申请发言. A locked seat may raise its hand too: it is how it asks to be released."""
    seat, attendance = seat_of(state, me)
    _check_needs_floor(seat)
    if attendance.presence is not Presence.PRESENT:
        raise Refused(OUTSIDE_BECAUSE[attendance.presence])
    if state.floor.held_by(me):
        raise Refused(Reason.HAS_FLOOR)
    if state.floor.requested_by(me):
        raise Refused(Reason.ALREADY_REQUESTED)
    if len(state.floor.queue) >= QUEUE_LIMIT:
        raise Refused(Reason.QUEUE_FULL)
    return (e.FloorRequested(me, command.reason),)


def withdraw(state: Hearing, _command: c.WithdrawRequest, me: SeatId, _now: Instant) -> Events:
    """Lower the own hand."""
    _check_requested(state, me)
    return (e.RequestWithdrawn(me),)


def decline(state: Hearing, command: c.DeclineRequest, _me: SeatId, _now: Instant) -> Events:
    """不予准许."""
    seat_of(state, command.seat)
    _check_requested(state, command.seat)
    return (e.RequestDeclined(command.seat),)


def grant(state: Hearing, command: c.GrantFloor, _me: SeatId, now: Instant) -> Events:
    """准许发言, also again for the same seat with a new limit."""
    _check_can_hold(state, command.seat)
    if not 0 <= command.limit_s <= LIMIT_MAX_S:
        raise Refused(Reason.LIMIT_OUT_OF_RANGE)
    until = Instant(now + command.limit_s * 1000) if command.limit_s else None
    return (e.FloorGranted(command.seat, until),)


def open_between(state: Hearing, command: c.OpenFloor, _me: SeatId, _now: Instant) -> Events:
    """互相辩论 between the named seats; a seat named twice counts once."""
    seats = tuple(dict.fromkeys(command.seats))
    if not seats:
        raise Refused(Reason.FLOOR_WITHOUT_SEATS)
    for seat in seats:
        _check_can_hold(state, seat)
    return (e.FloorOpened(seats),)


def close(state: Hearing, _command: c.CloseFloor, _me: SeatId, _now: Instant) -> Events:
    """收回发言权; also of a floor that was only interrupted, which then cannot be given back."""
    if state.floor.mode is FloorMode.CLOSED and state.floor.interrupted is None:
        raise Refused(Reason.FLOOR_ALREADY_CLOSED)
    return (e.FloorClosed(),)


def tick(state: Hearing, _command: c.Tick, _me: SeatId, now: Instant) -> Events:
    """Take a granted floor back, a moment after its time is up; early or late ticks change nothing."""
    ends = state.floor.ends
    if ends is None or now < ends:
        return ()
    return (e.FloorExpired(state.floor.seats[0]),)


def _check_needs_floor(seat: Seat) -> None:
    if not seat.may(Right.SPEAK):
        raise Refused(Reason.OBSERVER_NEVER_SPEAKS)
    if seat.may(Right.SPEAK_FREELY):
        raise Refused(Reason.SPEAKS_WITHOUT_FLOOR)


def _check_can_hold(state: Hearing, seat: SeatId) -> None:
    who, attendance = seat_of(state, seat)
    _check_needs_floor(who)
    if attendance.presence is Presence.ISOLATED:
        raise Refused(Reason.WITNESS_ISOLATED)
    if attendance.presence is Presence.REMOVED:
        raise Refused(Reason.SEAT_REMOVED)
    if attendance.presence is not Presence.PRESENT:
        raise Refused(Reason.SEAT_NOT_PRESENT)
    if not in_main(state, seat):
        raise Refused(Reason.SEAT_ASIDE)
    if oath_missing(who, attendance.order):
        raise Refused(Reason.OATH_MISSING)
    if attendance.locked:
        raise Refused(Reason.SEAT_LOCKED)


def _check_requested(state: Hearing, seat: SeatId) -> None:
    if not state.floor.requested_by(seat):
        raise Refused(Reason.NO_REQUEST)

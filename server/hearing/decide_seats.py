"""Decisions about people: arriving, consenting, being let in, called, locked, leaving. Pure; reached through `decide`.

Each takes (state, command, acting seat, now) and gives events, or raises Refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from server.hearing import events as e
from server.hearing.checklists import PLACE_ASKED
from server.hearing.decide_doors import let_back
from server.hearing.doors import public_now
from server.hearing.presence import CONNECTED, COURTROOM, WITNESS_ROOM, Device, Presence
from server.hearing.refusals import Reason, Refused
from server.hearing.seats import ISOLATED, PARTIES, Right, Role
from server.hearing.session import SessionState
from server.hearing.state import conducts, seat_of
from server.hearing.texts import given

if TYPE_CHECKING:
    from server.hearing import commands as c
    from server.hearing.ids import Instant, SeatId
    from server.hearing.presence import Attendance
    from server.hearing.seats import Seat
    from server.hearing.state import Hearing

Events = tuple[e.Event, ...]

_DEVICE = frozenset({"ok", "failed", "skipped"})
_NETWORK = frozenset({"good", "fair", "poor", "unknown"})


def arrive(state: Hearing, command: c.Arrive, me: SeatId, _now: Instant) -> Events:
    """Give the seat to a connection. The court's own people begin the check-in by arriving (CPL 140)."""
    seat, attendance = seat_of(state, me)
    if attendance.connection == command.connection:
        return ()
    arrived = e.SeatArrived(me, command.connection, superseded=attendance.connection)
    if state.session is SessionState.SCHEDULED and seat.may(Right.ENTER):
        return (arrived, e.CheckInBegan())
    return (arrived, *_back_in(state, me))


def _back_in(state: Hearing, me: SeatId) -> Events:
    """One of the public whose line broke while the doors were closed comes in with it, where they are open again."""
    attendance = state.attendance[me]
    if attendance.asked_out is None or attendance.presence is not Presence.EXPECTED:
        return ()
    waits = replace(attendance, presence=Presence.WAITING)
    return let_back(replace(state, attendance={**state.attendance, me: waits}))


def depart(state: Hearing, command: c.Depart, me: SeatId, _now: Instant) -> Events:
    """Record that a connection ended. The end of one that no longer holds the seat changes nothing."""
    _, attendance = seat_of(state, me)
    if attendance.connection != command.connection:
        return ()
    return (e.ConnectionEnded(me, command.connection, command.cause.value),)


def acknowledge_discipline(
    state: Hearing, command: c.AcknowledgeDiscipline, me: SeatId, _now: Instant
) -> Events:
    """Record that the seat accepts the discipline in force (OLR 25)."""
    _, attendance = seat_of(state, me)
    if command.version != state.discipline_version:
        raise Refused(Reason.DISCIPLINE_VERSION_OLD)
    if attendance.discipline == command.version:
        return ()
    return (e.DisciplineAcknowledged(me, command.version),)


def report_device(state: Hearing, command: c.ReportDevice, me: SeatId, _now: Instant) -> Events:
    """Record the seat's device test."""
    device = Device(command.camera, command.microphone, command.speaker, command.network)
    if not {device.camera, device.microphone, device.speaker} <= _DEVICE or device.network not in _NETWORK:
        raise Refused(Reason.DEVICE_REPORT_INVALID)
    if seat_of(state, me)[1].device == device:
        return ()
    return (e.DeviceReported(me, device.camera, device.microphone, device.speaker, device.network),)


def set_self(state: Hearing, command: c.SetSelf, me: SeatId, _now: Instant) -> Events:
    """Set the seat's own switches; an observer has none (CR 17)."""
    seat, attendance = seat_of(state, me)
    if not seat.may(Right.SPEAK):
        raise Refused(Reason.OBSERVER_NEVER_SPEAKS)
    if (attendance.microphone, attendance.camera) == (command.microphone, command.camera):
        return ()
    return (e.SelfSwitched(me, command.microphone, command.camera),)


def admit(state: Hearing, command: c.Admit, me: SeatId, _now: Instant) -> Events:
    """Let a waiting seat in; a witness only as far as the witness room (OLR 26).

    The presiding seat alone may do so without consent or a quiet place, with a reason on record (OLR 4, 24).
    """
    seat, attendance = seat_of(state, command.seat)
    _check_admissible(state, seat, attendance)
    reason = given(command.reason)
    against = _against(seat, attendance)
    if against is not None and not (reason and conducts(state, me)):
        raise Refused(against)
    room = WITNESS_ROOM if seat.role in ISOLATED else COURTROOM
    return (e.SeatAdmitted(seat.id, room, reason if against is not None else ""),)


def _check_admissible(state: Hearing, seat: Seat, attendance: Attendance) -> None:
    if attendance.presence is Presence.REMOVED:
        raise Refused(Reason.SEAT_REMOVED)  # CR 19
    if attendance.presence in {Presence.EXPECTED, Presence.LEFT}:
        raise Refused(Reason.SEAT_NOT_ARRIVED)
    if attendance.presence is not Presence.WAITING:
        raise Refused(Reason.ALREADY_ADMITTED)
    if seat.role is Role.OBSERVER and not public_now(state):
        raise Refused(Reason.OBSERVERS_NOT_ALLOWED)  # OLR 27, CPL 137
    if attendance.discipline != state.discipline_version:
        raise Refused(Reason.DISCIPLINE_NOT_READ)  # OLR 25


def _against(seat: Seat, attendance: Attendance) -> Reason | None:
    """What stands against letting the seat in that the presiding seat may overrule; None for nothing."""
    place = attendance.check.place
    if attendance.check.on_site:
        return None  # in the courthouse: nothing online is asked of it
    if seat.role in PARTIES and attendance.consent is not True:
        return Reason.CONSENT_MISSING  # OLR 4
    if seat.role in PLACE_ASKED and place is None:
        return Reason.PLACE_NOT_DECLARED  # OLR 24
    return None if place is None or place.quiet else Reason.PLACE_NOT_QUIET


def mute_and_lock(state: Hearing, command: c.MuteAndLock, _me: SeatId, _now: Instant) -> Events:
    """禁言. The lock is a fact of its own: it takes no floor away, and outlives a lost connection (CR 19)."""
    seat, attendance = seat_of(state, command.seat)
    if conducts(state, seat.id):
        raise Refused(Reason.PRESIDING_NOT_LOCKABLE)
    if seat.may(Right.DELIBERATE):
        raise Refused(Reason.NOT_AGAINST_BENCH)  # as every measure of the ladder (CPLI 177)
    if not seat.may(Right.SPEAK):
        raise Refused(Reason.OBSERVER_NEVER_SPEAKS)
    if attendance.locked:
        raise Refused(Reason.ALREADY_LOCKED)
    if not command.reason.strip():
        raise Refused(Reason.REASON_REQUIRED)
    return (e.SeatLocked(seat.id, command.reason.strip()),)


def release_lock(state: Hearing, command: c.ReleaseLock, _me: SeatId, _now: Instant) -> Events:
    """Lift 禁言."""
    _, attendance = seat_of(state, command.seat)
    if not attendance.locked:
        raise Refused(Reason.NOT_LOCKED)
    return (e.SeatReleased(command.seat),)


def _witness(state: Hearing, seat: SeatId) -> Attendance:
    who, attendance = seat_of(state, seat)
    if who.role not in ISOLATED:
        raise Refused(Reason.NOT_A_WITNESS)
    return attendance


def call_witness(state: Hearing, command: c.CallWitness, _me: SeatId, _now: Instant) -> Events:
    """传证人到庭: the isolation ends (OLR 26)."""
    attendance = _witness(state, command.seat)
    if attendance.presence is Presence.PRESENT:
        raise Refused(Reason.WITNESS_ALREADY_CALLED)
    if attendance.presence is not Presence.ISOLATED:
        raise Refused(Reason.WITNESS_NOT_READY)
    return (e.WitnessCalled(command.seat),)


def dismiss_witness(state: Hearing, command: c.DismissWitness, _me: SeatId, _now: Instant) -> Events:
    """证人退庭: isolated again; also one whose line is down, who will come back into isolation (OLR 26)."""
    attendance = _witness(state, command.seat)
    if Presence.PRESENT not in {attendance.presence, attendance.returns_to}:
        raise Refused(Reason.WITNESS_NOT_CALLED)
    return (e.WitnessDismissed(command.seat),)


def leave(state: Hearing, _command: c.Leave, me: SeatId, _now: Instant) -> Events:
    """Record that the seat goes by its own choice; whether that is 中途退庭 the bench decides, not this (OLR 25)."""
    if seat_of(state, me)[1].presence not in CONNECTED:
        raise Refused(Reason.NOT_CONNECTED)
    return (e.SeatLeft(me),)

"""Derived rule: which seat may hear, see and read which seat. Deny by default; pure; the media plane carries it out.

One notion decides: the *place* where a seat is now. Two seats reach one another only in the same place. The court's
place holds those present while the court checks in or sits; in a recess there is none, except that in the stage of
deliberation 合议 the bench has a place of its own, secret to all others and never taped. A waiting seat, an isolated
witness (OLR 26), a lost or left seat is nowhere. The tape and the recogniser stand in the court's place, and only while
the recording duty is on, so they hear exactly what the court hears.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from server.hearing.presence import OUTSIDE_BECAUSE, Presence
from server.hearing.procedure import DELIBERATION
from server.hearing.recording_duty import duty
from server.hearing.refusals import Reason
from server.hearing.seats import Right
from server.hearing.session import WHY_NOT, SessionState

if TYPE_CHECKING:
    from server.hearing.ids import SeatId
    from server.hearing.presence import Attendance
    from server.hearing.state import Hearing


class Place(StrEnum):
    """Where seats meet."""

    COURT = "court"
    DELIBERATION = "deliberation"


@dataclass(frozen=True, slots=True)
class Audience:
    """What a receiver gets of a publisher now. read: the captions of what the publisher says."""

    hear: bool = False
    see: bool = False
    read: bool = False


NOTHING = Audience()


def place(state: Hearing, seat: SeatId) -> Place | None:
    """Where the seat is, or None for nowhere. Unknown seats are nowhere."""
    attendance = state.attendance.get(seat)
    if attendance is None or attendance.presence is not Presence.PRESENT:
        return None
    if state.session in {SessionState.CHECKING_IN, SessionState.IN_SESSION}:
        return Place.COURT
    if deliberating(state) and state.seats[seat].may(Right.DELIBERATE):
        return Place.DELIBERATION
    return None


def deliberating(state: Hearing) -> bool:
    """Whether the bench deliberates now: the court has recessed in the stage of deliberation."""
    return state.session is SessionState.RECESSED and state.stage == DELIBERATION


def silent_because(state: Hearing, seat: SeatId) -> Reason | None:
    """Why the seat would not be heard now, the gravest first; None if it would be."""
    if seat not in state.seats:
        return Reason.SEAT_UNKNOWN
    who, attendance = state.seats[seat], state.attendance[seat]
    if not who.may(Right.SPEAK):
        return Reason.OBSERVER_NEVER_SPEAKS
    if attendance.presence is not Presence.PRESENT:
        return OUTSIDE_BECAUSE[attendance.presence]
    if place(state, seat) is None:
        return WHY_NOT[state.session]
    has_floor = who.may(Right.SPEAK_FREELY) or state.floor.held_by(seat)
    return _muted_because(attendance, has_floor=has_floor)


def _muted_because(attendance: Attendance, *, has_floor: bool) -> Reason | None:
    if attendance.locked:
        return Reason.MUTED_BY_COURT
    if not has_floor:
        return Reason.NO_FLOOR
    return None if attendance.microphone else Reason.MUTED_BY_SELF


def heard(state: Hearing, seat: SeatId) -> bool:
    """Effective speech: in a place, with the floor (or free of it), not locked, not muted by itself."""
    return silent_because(state, seat) is None


def shown(state: Hearing, seat: SeatId) -> bool:
    """Whether the seat's picture is to be seen: in a place, of a role that is seen, camera on."""
    if place(state, seat) is None:
        return False
    return state.seats[seat].may(Right.SHOW) and state.attendance[seat].camera


def audience(state: Hearing, publisher: SeatId, receiver: SeatId) -> Audience:
    """Say what the receiver gets of the publisher now. Nobody gets back its own sound or picture; own captions, yes."""
    where = place(state, publisher)
    if where is None or where is not place(state, receiver):
        return NOTHING
    read = state.seats[publisher].may(Right.SPEAK)
    if publisher == receiver:
        return Audience(read=read)
    return Audience(hear=heard(state, publisher), see=shown(state, publisher), read=read)


def tape_hears(state: Hearing, seat: SeatId) -> bool:
    """Whether the tape and the recogniser hear the seat: heard by the court while the recording duty is on (AVR 3)."""
    return duty(state).on and place(state, seat) is Place.COURT and heard(state, seat)


def tape_sees(state: Hearing, seat: SeatId) -> bool:
    """Whether the tape sees the seat: seen by the court while the recording duty is on (AVR 3)."""
    return duty(state).on and place(state, seat) is Place.COURT and shown(state, seat)

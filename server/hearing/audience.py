"""Derived rule: which seat may hear, see and read which seat. Deny by default; pure; the media plane carries it out.

One notion decides: the *place*, the room where a seat is now and can meet others (`rooms`). Two seats reach one another
only in the same room, and not if they are screened from one another 隔离. In a recess nobody is in the main room; a waiting
seat, an isolated witness (OLR 26), a lost or left seat is nowhere. The tape and the recogniser stand in a room only while
the recording duty is on there, so they hear exactly what the room hears; never in deliberation or a consultation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.hearing.presence import OUTSIDE_BECAUSE, Presence
from server.hearing.recording_duty import duty
from server.hearing.refusals import Reason
from server.hearing.rooms import place, screened
from server.hearing.seats import Right
from server.hearing.session import WHY_NOT, SessionState
from server.hearing.speech import muted_because
from server.hearing.state_rooms import MAIN

if TYPE_CHECKING:
    from server.hearing.ids import SeatId
    from server.hearing.state import Hearing


@dataclass(frozen=True, slots=True)
class Audience:
    """What a receiver gets of a publisher now. read: the captions of what the publisher says."""

    hear: bool = False
    see: bool = False
    read: bool = False


NOTHING = Audience()


def silent_because(state: Hearing, seat: SeatId) -> Reason | None:
    """Why the seat would not be heard now, the gravest first; None if it would be."""
    if seat not in state.seats:
        return Reason.SEAT_UNKNOWN
    who, attendance = state.seats[seat], state.attendance[seat]
    if not who.may(Right.SPEAK):
        return Reason.OBSERVER_NEVER_SPEAKS
    if attendance.presence is not Presence.PRESENT:
        return OUTSIDE_BECAUSE[attendance.presence]
    where = place(state, seat)
    if where is None:
        return Reason.ROOM_NOT_OPEN if state.session is SessionState.IN_SESSION else WHY_NOT[state.session]
    # aside from the court 背对背, 会见 or 合议, people talk as they like
    return muted_because(state, seat, aside=where != MAIN)


def heard(state: Hearing, seat: SeatId) -> bool:
    """Effective speech: in a place, with the floor (or free of it) and the turn, not locked, not muted by itself."""
    return silent_because(state, seat) is None


def shown(state: Hearing, seat: SeatId) -> bool:
    """Whether the seat's picture is to be seen: in a place, of a role that is seen, camera on."""
    if place(state, seat) is None:
        return False
    return state.seats[seat].may(Right.SHOW) and state.attendance[seat].camera


def together(state: Hearing, one: SeatId, other: SeatId) -> bool:
    """Whether the two are in the same room and not screened from one another."""
    where = place(state, one)
    return where is not None and where == place(state, other) and not screened(state, one, other)


def audience(state: Hearing, publisher: SeatId, receiver: SeatId) -> Audience:
    """Say what the receiver gets of the publisher now. Nobody gets back its own sound or picture; own captions, yes."""
    if not together(state, publisher, receiver):
        return NOTHING
    read = state.seats[publisher].may(Right.SPEAK)
    if publisher == receiver:
        return Audience(read=read)
    return Audience(hear=heard(state, publisher), see=shown(state, publisher), read=read)


def tape_hears(state: Hearing, seat: SeatId, room: str = MAIN) -> bool:
    """Whether the room's tape and recogniser hear the seat: heard in the room while the recording duty is on (AVR 3)."""
    return place(state, seat) == room and duty(state, room).on and heard(state, seat)


def tape_sees(state: Hearing, seat: SeatId, room: str = MAIN) -> bool:
    """Whether the room's tape sees the seat: seen in the room while the recording duty is on (AVR 3)."""
    return place(state, seat) == room and duty(state, room).on and shown(state, seat)

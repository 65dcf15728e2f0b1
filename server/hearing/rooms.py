"""Derived rule: which rooms there are, who may be in each, which are open, and where a seat is. Deny by default; pure.

Rooms are named by key: "main", "deliberation", "consultation:SIDE", "caucus:SIDE", "witness:SEAT".
Deliberation 合议 is the bench's alone. A caucus 背对背 is the mediators' and one side's alone (OMR 16, CPLI 146): no judge
of the case, no clerk, no other side. A consultation is one side's alone: parties, their agents and the interpreter who
speaks for one of them; nobody of the court can enter, and it is never taped. A witness waits alone (OLR 26).
Seats of one side share its rooms; several third parties are one side, so a consultation among them is theirs together.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from server.hearing import floor as f
from server.hearing.doors import public_now
from server.hearing.presence import Presence
from server.hearing.procedure import DELIBERATION as DELIBERATION_STAGE
from server.hearing.procedure import MEDIATION_KIND
from server.hearing.procedure import kind_of as kind_of_procedure
from server.hearing.seats import ISOLATED, Right, Role
from server.hearing.session import ENDED, SessionState
from server.hearing.state_rooms import MAIN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from server.hearing.ids import SeatId
    from server.hearing.state import Hearing

DELIBERATION = "deliberation"
CONSULTATION = "consultation"
CAUCUS = "caucus"
WITNESS = "witness"

_S = SessionState
_INSIDE = frozenset({Presence.PRESENT, Presence.LOST})


def kind_of(room: str) -> str:
    """The kind of a room: its key without the side or seat."""
    return room.partition(":")[0]


def is_caucus(room: str) -> bool:
    """Whether the key names a caucus."""
    return room.startswith(f"{CAUCUS}:")


def is_mediation(state: Hearing) -> bool:
    """Whether this is a mediation 调解, the one kind of hearing with caucuses."""
    return kind_of_procedure(state.procedure) == MEDIATION_KIND


def sides(state: Hearing) -> tuple[str, ...]:
    """Sides that have a party or an agent in this hearing."""
    return tuple(dict.fromkeys(seat.side.value for seat in state.seats.values() if seat.may(Right.CONSENT)))


def rooms(state: Hearing) -> tuple[str, ...]:
    """Keys of all rooms that this hearing can have."""
    found = [MAIN]
    if any(seat.may(Right.DELIBERATE) for seat in state.seats.values()):
        found.append(DELIBERATION)
    found += [f"{CONSULTATION}:{side}" for side in sides(state)]
    found += caucuses(state)
    found += [f"{WITNESS}:{seat.id}" for seat in state.seats.values() if seat.role in ISOLATED]
    return tuple(found)


def caucuses(state: Hearing) -> tuple[str, ...]:
    """Keys of the caucuses that this hearing can have."""
    return tuple(f"{CAUCUS}:{side}" for side in sides(state)) if is_mediation(state) else ()


def belongs(state: Hearing, seat: SeatId, room: str) -> bool:
    """Whether the seat may ever be in the room, whatever happens now: the one table of who and where."""
    who = state.seats.get(seat)
    if who is None:
        return False
    kind, _, of = room.partition(":")
    if kind == WITNESS:
        return who.role in ISOLATED and seat == of
    if kind == CAUCUS:
        mediates = who.may(Right.CAUCUS) and of in sides(state)
        return is_mediation(state) and (mediates or _stands(state, seat, of))
    if kind == CONSULTATION:
        return _stands(state, seat, of)
    return room == MAIN or (room == DELIBERATION and who.may(Right.DELIBERATE))


def _stands(state: Hearing, seat: SeatId, side: str) -> bool:
    """Whether it is of the side: party, agent, or the interpreter who speaks for one of them."""
    who = state.seats[seat]
    if who.role is Role.INTERPRETER:
        speaks_for = speaks_for_seat(state, seat)
        who = state.seats.get(speaks_for, who) if speaks_for else who
    return who.may(Right.CONSENT) and who.side.value == side


def speaks_for_seat(state: Hearing, interpreter: SeatId) -> SeatId | None:
    """The seat that this interpreter is paired with, or None."""
    return state.attendance[interpreter].order.interprets or None


def with_interpreters(state: Hearing, seats: Iterable[SeatId]) -> tuple[SeatId, ...]:
    """The seats, and the interpreters in the courtroom who speak for one of them: they go where it goes."""
    going = dict.fromkeys(seats)
    for seat, attendance in state.attendance.items():
        if attendance.presence is Presence.PRESENT and speaks_for_seat(state, seat) in going:
            going.setdefault(seat)
    return tuple(going)


def is_open(state: Hearing, room: str) -> bool:
    """Whether people can meet in the room in this state of the session."""
    kind, mediation = kind_of(room), is_mediation(state)
    if kind == MAIN:
        return state.session in {_S.CHECKING_IN, _S.IN_SESSION}
    if kind == DELIBERATION:
        return state.session is _S.RECESSED
    if kind == CONSULTATION:
        return state.session in {_S.CHECKING_IN, _S.RECESSED} or (
            mediation and state.session is _S.IN_SESSION
        )
    if kind == CAUCUS:
        return mediation and state.session is _S.IN_SESSION and not state.rooms.ending
    return False  # in a witness room nobody meets anybody


def screened(state: Hearing, one: SeatId, other: SeatId) -> bool:
    """Whether the two must never see, hear or meet one another."""
    return pair(one, other) in state.rooms.screened


def pair(one: SeatId, other: SeatId) -> tuple[SeatId, SeatId]:
    """The two in order: screening has no direction."""
    return (one, other) if one < other else (other, one)


def admits(state: Hearing, seat: SeatId, room: str, along: Iterable[SeatId] = ()) -> bool:
    """Whether the seat could be in the room now. along: who else goes in with it."""
    if not (belongs(state, seat, room) and is_open(state, room)):
        return False
    return room == MAIN or not meets_screened(state, seat, room, along)


def meets_screened(state: Hearing, seat: SeatId, room: str, along: Iterable[SeatId] = ()) -> bool:
    """Whether it would meet somebody there whom it must not meet."""
    return any(screened(state, seat, other) for other in {*inside(state, room), *along} - {seat})


def deliberating(state: Hearing) -> bool:
    """Whether the bench deliberates now: the court has recessed in the stage of deliberation."""
    return state.session is _S.RECESSED and state.stage == DELIBERATION_STAGE


def room_of(state: Hearing, seat: SeatId) -> str:
    """Key of the room the seat is in, "" for none. In the stage of deliberation the bench is in its room by itself."""
    attendance = state.attendance.get(seat)
    if attendance is None:
        return ""
    if attendance.presence is Presence.ISOLATED:
        return f"{WITNESS}:{seat}"
    if attendance.presence is not Presence.PRESENT or state.session in ENDED:
        return ""
    room = attendance.rooms.room
    if room == MAIN and deliberating(state) and state.seats[seat].may(Right.DELIBERATE):
        return DELIBERATION
    return room


def place(state: Hearing, seat: SeatId) -> str | None:
    """Room in which the seat can meet others now, or None for nowhere. Unknown seats are nowhere."""
    attendance = state.attendance.get(seat)
    if attendance is None or attendance.presence is not Presence.PRESENT:
        return None
    if state.seats[seat].role is Role.OBSERVER and not public_now(state):
        return None  # also where a log from before the doors were watched has it inside (CPLI 146, CPL 137)
    room = room_of(state, seat)
    return room if is_open(state, room) and belongs(state, seat, room) else None


def inside(state: Hearing, room: str) -> tuple[SeatId, ...]:
    """Seats that are in the room, those included whose line is down and who will come back into it."""
    return tuple(
        seat
        for seat, attendance in state.attendance.items()
        if attendance.rooms.room == room and attendance.presence in _INSIDE
    )


def occupants(state: Hearing, room: str) -> tuple[SeatId, ...]:
    """Seats that are there now and can meet one another but for screening."""
    return tuple(seat for seat in state.seats if place(state, seat) == room)


def mediated(state: Hearing, room: str) -> bool:
    """Whether the room is a caucus and a mediator is in it."""
    return is_caucus(room) and any(state.seats[seat].may(Right.CAUCUS) for seat in occupants(state, room))


def in_main(state: Hearing, seat: SeatId) -> bool:
    """Whether the seat is in the main room, and not aside."""
    return state.attendance[seat].rooms.room == MAIN


def moved(state: Hearing, seats: Iterable[SeatId], room: str) -> Hearing:
    """The seats are in the room now. Who goes aside has no floor and no raised hand in the main room."""
    attendance, floor = dict(state.attendance), state.floor
    for seat in seats:
        attendance[seat] = replace(attendance[seat], rooms=replace(attendance[seat].rooms, room=room))
        if room != MAIN:
            floor = f.without_seat(floor, seat)
    return replace(state, attendance=attendance, floor=floor)


def settled(before: Hearing, after: Hearing) -> Hearing:
    """Bring back into the main room whom a change leaves in a side room where it can no longer be.

    Opening, resuming and ending bring everybody back; a recess ends caucuses; so does the end of the mediation. Who left,
    was removed or never came in is in no side room; nor is an interpreter who speaks for that side no longer.
    """
    if after.session is before.session and after.attendance is before.attendance and not after.rooms.ending:
        return after
    all_back = after.session is not before.session and after.session in {_S.IN_SESSION, *ENDED}
    back = [
        seat
        for seat, attendance in after.attendance.items()
        if attendance.rooms.room != MAIN
        and (
            all_back
            or attendance.presence not in _INSIDE
            or not is_open(after, attendance.rooms.room)
            or not belongs(after, seat, attendance.rooms.room)
        )
    ]
    return moved(after, back, MAIN) if back else after

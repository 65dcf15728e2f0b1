"""Decisions about rooms: moving, screening, consent to the tape, and what follows from who is where. Pure; reached by `decide`.

Each takes (state, command, acting seat, now) and gives events, or raises Refused. Mediation itself is in `decide_mediation`.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from server.hearing import commands_rooms as cr
from server.hearing import decide_mediation as mediation
from server.hearing import events_rooms as er
from server.hearing import rooms as r
from server.hearing.ids import Instant
from server.hearing.mediation import check_accepted
from server.hearing.presence import OUTSIDE_BECAUSE, Presence
from server.hearing.recording_duty import agreed, by_consent, duty
from server.hearing.refusals import Reason, Refused
from server.hearing.seats import Right
from server.hearing.state import conducts, seat_of
from server.hearing.state_rooms import MAIN, NO_CAUCUS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from server.hearing import commands as c
    from server.hearing import events as e
    from server.hearing.ids import SeatId
    from server.hearing.state import Hearing

Events = tuple["e.Event", ...]

IN_MAIN_ONLY: frozenset[str] = frozenset(
    {
        "request_floor",
        "take_turn",
        "raise_objection",
        "present_exhibit",
        "turn_page",
        "play_exhibit",
        "mark_exhibit",
        "clear_marks",
        "show_source",
        "give_opinion",
        "ask_original",
    }
)
"""What somebody who is aside cannot do: it would reach into the room where the others are."""


def check_room(state: Hearing, seat: SeatId, name: str) -> None:
    """Raise Refused where the seat is aside and the command is for those in the main room."""
    if name in IN_MAIN_ONLY and not r.in_main(state, seat):
        raise Refused(Reason.IN_ANOTHER_ROOM)


# --- moving ---


def enter(state: Hearing, command: cr.EnterRoom, me: SeatId, _now: Instant) -> Events:
    """Go to a room open to the own seat; into a caucus, and out of it, only the mediators take people (OMR 16).

    Out of one in which no mediator is, e.g. because the mediator's line is down, one goes by oneself.
    """
    seat, attendance = seat_of(state, me)
    if attendance.presence is not Presence.PRESENT:
        raise Refused(OUTSIDE_BECAUSE[attendance.presence])
    there = attendance.rooms.room
    if command.room == there:
        return ()
    _check_known(state, command.room)
    held = r.is_caucus(command.room) or (r.place(state, me) == there and r.mediated(state, there))
    if held and not seat.may(Right.CAUCUS):
        raise Refused(Reason.CAUCUS_BY_MEDIATOR)
    going = r.with_interpreters(state, (me,))
    _check_may_be(state, going, command.room)
    return (er.SeatsMoved(_not_there(state, going, command.room), command.room),)


def move(state: Hearing, command: cr.MoveSeats, _me: SeatId, _now: Instant) -> Events:
    """Move people; an interpreter goes along with whom it speaks for. All or nobody."""
    _check_known(state, command.room)
    for seat in command.seats:
        _, attendance = seat_of(state, seat)
        back = command.room == MAIN and attendance.presence is Presence.LOST
        if attendance.presence is not Presence.PRESENT and not back:
            raise Refused(OUTSIDE_BECAUSE.get(attendance.presence, Reason.SEAT_NOT_PRESENT))
    going = _not_there(state, r.with_interpreters(state, command.seats), command.room)
    if not going:
        return ()
    if command.room != MAIN:
        _check_may_be(state, going, command.room)
    return (er.SeatsMoved(going, command.room),)


def _check_known(state: Hearing, room: str) -> None:
    if room not in r.rooms(state):
        raise Refused(Reason.ROOM_UNKNOWN)


def _check_may_be(state: Hearing, going: tuple[SeatId, ...], room: str) -> None:
    for seat in going:
        if r.kind_of(room) == r.WITNESS or not r.belongs(state, seat, room):
            raise Refused(Reason.ROOM_NOT_FOR_SEAT)
    if room == MAIN:
        return
    if not r.is_open(state, room):
        raise Refused(Reason.ROOM_NOT_OPEN)
    if r.is_caucus(room):
        check_accepted(state)
    if any(r.meets_screened(state, seat, room, going) for seat in going):
        raise Refused(Reason.SCREENED_APART)


def _not_there(state: Hearing, going: Iterable[SeatId], room: str) -> tuple[SeatId, ...]:
    return tuple(seat for seat in going if state.attendance[seat].rooms.room != room)


def may_enter(state: Hearing, seat: SeatId) -> tuple[str, ...]:
    """Keys of the rooms that the seat could go to by itself now."""
    found = []
    for room in r.rooms(state):
        try:
            if enter(state, cr.EnterRoom(room), seat, _NEVER):
                found.append(room)
        except Refused:
            continue
    return tuple(found)


# --- screening and consent to the tape ---


def screen_off(state: Hearing, command: cr.ScreenOff, _me: SeatId, _now: Instant) -> Events:
    """隔离, or lift it. Whoever conducts the hearing must be able to meet everybody."""
    for seat in (command.one, command.other):
        seat_of(state, seat)
        if conducts(state, seat):
            raise Refused(Reason.PRESIDING_NOT_SCREENABLE)
    if command.one == command.other:
        raise Refused(Reason.SCREENING_OF_ONE)
    if not command.reason.strip():
        raise Refused(Reason.REASON_REQUIRED)
    one, other = r.pair(command.one, command.other)
    if r.screened(state, one, other) is command.on:
        return ()
    if not command.on:
        return (er.ScreeningLifted(one, other, command.reason),)
    screened = er.SeatsScreened(one, other, command.reason)
    rooms = {state.attendance[seat].rooms.room for seat in (one, other)}
    if len(rooms) == 1 and rooms != {MAIN}:
        return (screened, er.SeatsMoved((one, other), MAIN))
    return (screened,)


def consent_recording(state: Hearing, command: cr.ConsentRecording, me: SeatId, _now: Instant) -> Events:
    """Agree to tape and transcript of the room, or take it back, where only consent allows them (AVR 3, OMR 22)."""
    if not by_consent(state):
        raise Refused(Reason.RECORDING_NOT_BY_CONSENT)
    attendance = state.attendance[me]
    if attendance.presence is not Presence.PRESENT:
        raise Refused(OUTSIDE_BECAUSE[attendance.presence])
    room = attendance.rooms.room
    if room != MAIN and not (r.is_caucus(room) and r.place(state, me) == room):
        raise Refused(Reason.NEVER_RECORDED_HERE)
    if agreed(state, me, room) is command.agrees:
        return ()
    return (er.RecordingAnswered(room, state.rooms.sittings.get(room, 0), me, command.agrees),)


# --- what follows ---


def consequences(before: Hearing, after: Hearing) -> Events:
    """What a change brings with it: caucuses that begin or end, and recording that all agreed to or no longer do.

    Asked for every decision of a mediation, so that whatever emptied a caucus or brought in somebody who has not agreed
    is in the log with what came of it. Elsewhere nothing depends on consent, and there are no caucuses.
    """
    if not by_consent(before):
        return ()
    found: list[e.Event] = []
    for room in (MAIN, *r.caucuses(before)):
        on = duty(after, room).on
        sitting = after.rooms.sittings.get(room, 0)
        if on is not duty(before, room).on:
            found.append(er.RecordingSwitched(room, sitting, on))
        if room == MAIN:
            continue
        was, now = room in before.rooms.since, bool(r.inside(after, room))
        if now and not was:
            found.append(er.CaucusBegan(room, sitting + 1))
        elif was and not now:
            recorded = sitting in after.rooms.caucus.get(room, NO_CAUCUS).recorded
            found += [er.RoomClosed(room, sitting, recorded), er.CaucusEnded(room, sitting)]
    return tuple(found)


_NEVER = Instant(0)

DECIDERS: Mapping[type[c.Command], Callable[[Hearing, Any, SeatId, Instant], Events]] = {
    cr.EnterRoom: enter,
    cr.MoveSeats: move,
    cr.ScreenOff: screen_off,
    cr.ConsentRecording: consent_recording,
    **mediation.DECIDERS,
}


def _movings(state: Hearing, _me: SeatId) -> Iterable[c.SeatCommand]:
    for room in r.rooms(state):
        for seat in state.seats:
            yield cr.MoveSeats((seat,), room)


def _screenings(state: Hearing, _me: SeatId) -> Iterable[c.SeatCommand]:
    seats = [seat for seat in state.seats if not conducts(state, seat)]
    for one, other in itertools.pairwise(seats):
        yield cr.ScreenOff(one, other, on=not r.screened(state, one, other), reason="-")


CANDIDATES: Mapping[type[c.SeatCommand], Callable[[Hearing, SeatId], Iterable[c.SeatCommand]]] = {
    cr.EnterRoom: lambda state, _: [cr.EnterRoom(room) for room in r.rooms(state)],
    cr.MoveSeats: _movings,
    cr.ScreenOff: _screenings,
    cr.ConsentRecording: lambda *_: [cr.ConsentRecording(agrees=True), cr.ConsentRecording(agrees=False)],
    **mediation.CANDIDATES,
}
"""For `may`: commands of a kind that between them show whether any of that kind could be given by the seat now."""

"""Decisions about the doors: asking somebody out, closing them to the public, opening them again. Pure; reached by `decide`.

Each takes (state, command, acting seat, now) and gives events, or raises Refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from server.hearing import commands_doors as cd
from server.hearing import events_doors as ed
from server.hearing.doors import (
    ASKED,
    GROUNDS,
    MEDIATION,
    STAGE,
    may_be_untaped,
    may_return,
    must_go,
    public_now,
    stage_public,
)
from server.hearing.events import SeatAdmitted
from server.hearing.presence import COURTROOM, OUTSIDE_BECAUSE, Presence
from server.hearing.procedure_tables import ALWAYS_PUBLIC, NEVER_PUBLIC
from server.hearing.recording_duty import whole_course
from server.hearing.refusals import Reason, Refused
from server.hearing.seats import Right
from server.hearing.session import SessionState
from server.hearing.state import seat_of
from server.hearing.state_doors import Doors
from server.hearing.texts import given

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from server.hearing import commands as c
    from server.hearing import events as e
    from server.hearing.ids import Instant, SeatId
    from server.hearing.state import Hearing

Events = tuple["e.Event", ...]


def ask_out(state: Hearing, command: cd.AskOut, _me: SeatId, _now: Instant) -> Events:
    """请到候庭室等候, with a reason on record: no measure of the ladder, and no bar to coming in again (CPL 137).

    Not the bench or the court's own people, without whom there is no hearing.
    """
    seat, attendance = seat_of(state, command.seat)
    if seat.may(Right.DELIBERATE) or seat.may(Right.ENTER):
        raise Refused(Reason.COURT_STAYS)
    if attendance.presence is not Presence.PRESENT:
        raise Refused(OUTSIDE_BECAUSE[attendance.presence])
    return (ed.SeatAskedOut(seat.id, ASKED, given(command.reason, needed=True)),)


def close_doors(state: Hearing, command: cd.CloseDoors, _me: SeatId, _now: Instant) -> Events:
    """不公开 for a part, and the public goes out (CPL 137, OLR 27); judgment is always public (CPL 151).

    The tape goes on, unless the bench finds one of the exceptions of AVR 3: then it stands in the log from when to when.
    """
    if command.ground not in GROUNDS:
        raise Refused(Reason.DOORS_GROUND_UNKNOWN)
    if stage_public(state) == ALWAYS_PUBLIC:
        raise Refused(Reason.JUDGMENT_IS_PUBLIC)
    reason = given(command.reason, needed=True)
    doors = state.doors
    if (doors.ground, doors.reason, doors.recorded) == (command.ground, reason, command.recorded):
        return ()
    _check_untaped(state, command)
    if not doors.ground and command.recorded and not public_now(state):
        raise Refused(Reason.DOORS_CLOSED)
    closed = ed.DoorsClosed(command.ground, reason, command.recorded)
    after = replace(state, doors=Doors(command.ground, reason, command.recorded))
    return (closed, *sent_out(after, command.ground))


def _check_untaped(state: Hearing, command: cd.CloseDoors) -> None:
    if command.ground == MEDIATION and (command.recorded or stage_public(state) != NEVER_PUBLIC):
        raise Refused(Reason.DOORS_GROUND_UNKNOWN)  # a stage of mediation is closed by itself
    if command.recorded:
        return
    sits = state.session is SessionState.IN_SESSION
    if not (sits and whole_course(state) and may_be_untaped(state, command.ground)):
        raise Refused(Reason.TAPE_GOES_ON)


def open_doors(state: Hearing, _command: cd.OpenDoors, _me: SeatId, _now: Instant) -> Events:
    """恢复公开; those of the public who had to go come back in by themselves, others are let in one by one."""
    if not state.doors.ground:
        raise Refused(Reason.DOORS_NOT_CLOSED)
    return (ed.DoorsOpened(), *let_back(replace(state, doors=Doors())))


# --- what follows from a new stage ---


def entering(state: Hearing, stage: str) -> Events:
    """What the doors do as a stage is entered: a part ends with the last one; the public goes, or comes back in."""
    opened: Events = ()
    after = replace(state, stage=stage)
    if state.doors.ground and (state.doors.ground == MEDIATION or stage_public(after) == ALWAYS_PUBLIC):
        opened = (ed.DoorsOpened(),)
        after = replace(after, doors=Doors())
    return (*opened, *sent_out(after, STAGE), *let_back(after))


def sent_out(after: Hearing, ground: str) -> Events:
    """The observers who have to go in the state that comes next."""
    return tuple(ed.SeatAskedOut(seat, ground) for seat in must_go(after))


def let_back(after: Hearing) -> Events:
    """The observers who come back in with the state that comes next: nobody has to think of each (CPL 137)."""
    return tuple(SeatAdmitted(seat, COURTROOM) for seat in may_return(after))


DECIDERS: Mapping[type[c.Command], Callable[[Hearing, Any, SeatId, Instant], Events]] = {
    cd.AskOut: ask_out,
    cd.CloseDoors: close_doors,
    cd.OpenDoors: open_doors,
}

_ANY = "-"

CANDIDATES: Mapping[type[c.SeatCommand], Callable[[Hearing, SeatId], Iterable[c.SeatCommand]]] = {
    cd.AskOut: lambda state, _me: [cd.AskOut(seat, _ANY) for seat in state.seats],
    cd.CloseDoors: lambda _state, _me: [
        cd.CloseDoors("privacy", _ANY),
        cd.CloseDoors(MEDIATION, _ANY, recorded=False),
    ],
    cd.OpenDoors: lambda _state, _me: [cd.OpenDoors()],
}
"""For `may`: commands of a kind that between them show whether any of that kind could be given by the seat now."""

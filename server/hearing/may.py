"""Derived rule: which commands could a seat give now, with at least some argument? Pure; asks what `decide` asks.

Exact for all but open_court, which is named as soon as the seat has the right and the court checks in, so that a
screen can show the button beside what is still missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing import commands as c
from server.hearing import decide_care as care
from server.hearing import decide_checkin as checkin
from server.hearing import decide_doors as doors
from server.hearing import decide_exhibits as exhibits
from server.hearing import decide_order as order
from server.hearing import decide_rooms as rooms
from server.hearing.decide import asked, check_right, check_session
from server.hearing.events import Actor
from server.hearing.names import command_names
from server.hearing.presence import CONNECTED, Presence
from server.hearing.procedure import stages_of
from server.hearing.refusals import Refused
from server.hearing.state import seat_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from server.hearing.ids import Instant, SeatId
    from server.hearing.state import Hearing

_REASON = "-"


def may(state: Hearing, seat: SeatId, now: Instant) -> tuple[str, ...]:
    """Names of commands that the seat could give now, in the order of `command_names`. Raises Refused(seat_unknown)."""
    who, attendance = seat_of(state, seat)
    if attendance.presence not in {*CONNECTED, Presence.REMOVED}:
        return ()
    actor = Actor(seat, attendance.connection)
    found = []
    for name, kind in command_names.items():
        try:
            check_session(state, kind)
            check_right(state, who, name)
        except Refused:
            continue
        if name == "open_court" or any(
            _changes(state, command, actor, now) for command in candidates(state, kind, seat)
        ):
            found.append(name)
    return tuple(found)


def _changes(state: Hearing, command: c.SeatCommand, actor: Actor, now: Instant) -> bool:
    try:
        return bool(asked(state, command, actor, now))
    except Refused:
        return False


def candidates(state: Hearing, kind: type[c.SeatCommand], me: SeatId) -> Iterator[c.SeatCommand]:
    """Commands of one kind that between them show whether any of that kind could be given now."""
    mine = state.attendance[me]
    special: dict[type[c.SeatCommand], tuple[c.SeatCommand, ...]] = {
        c.AcknowledgeDiscipline: (c.AcknowledgeDiscipline(state.discipline_version),),
        c.ReportDevice: (c.ReportDevice("ok", "ok", "ok", "good"), c.ReportDevice("ok", "ok", "ok", "fair")),
        c.SetSelf: (c.SetSelf(microphone=not mine.microphone, camera=mine.camera),),
    }
    if kind in special:
        yield from special[kind]
    elif kind is c.GoToStage:
        for stage in stages_of(state.procedure):
            yield c.GoToStage(stage.key, _REASON)
    elif kind in _OF_A_SEAT:
        for seat in state.seats:
            yield _OF_A_SEAT[kind](seat)
    elif kind in _FURTHER:
        yield from _FURTHER[kind](state, me)
    elif kind in _PLAIN:
        yield _PLAIN[kind]


_FURTHER: Mapping[type[c.SeatCommand], Callable[[Hearing, SeatId], Iterable[c.SeatCommand]]] = {
    **checkin.CANDIDATES,
    **doors.CANDIDATES,
    **order.CANDIDATES,
    **rooms.CANDIDATES,
    **exhibits.CANDIDATES,
    **care.CANDIDATES,
}

_OF_A_SEAT: Mapping[type[c.SeatCommand], Callable[[SeatId], c.SeatCommand]] = {
    c.Admit: lambda seat: c.Admit(seat, _REASON),
    c.GrantFloor: c.GrantFloor,
    c.OpenFloor: lambda seat: c.OpenFloor((seat,)),
    c.DeclineRequest: c.DeclineRequest,
    c.MuteAndLock: lambda seat: c.MuteAndLock(seat, _REASON),
    c.ReleaseLock: c.ReleaseLock,
    c.CallWitness: c.CallWitness,
    c.DismissWitness: c.DismissWitness,
}

_PLAIN: Mapping[type[c.SeatCommand], c.SeatCommand] = {
    c.RequestFloor: c.RequestFloor(),
    c.WithdrawRequest: c.WithdrawRequest(),
    c.OpenCourt: c.OpenCourt(),
    c.CloseFloor: c.CloseFloor(),
    c.Recess: c.Recess(_REASON),
    c.Resume: c.Resume(),
    c.Close: c.Close(_REASON),
    c.Adjourn: c.Adjourn(_REASON),
    c.Leave: c.Leave(),
}

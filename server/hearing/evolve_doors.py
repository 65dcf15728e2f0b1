"""(state, event, at) -> the next state, for the events of the doors. Pure; reached by `evolve`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from server.hearing import events_doors as ed
from server.hearing import presence as p
from server.hearing.evolve_order import gone
from server.hearing.evolve_seats import attend, attendance_of
from server.hearing.state_doors import AskedOut, Doors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from server.hearing import events as e
    from server.hearing.ids import Instant
    from server.hearing.state import Hearing


def _asked_out(state: Hearing, event: ed.SeatAskedOut, at: Instant) -> Hearing:
    outside = p.asked_out(attendance_of(state, event.seat))
    outside = replace(outside, asked_out=AskedOut(event.ground, event.reason, at))
    return gone(attend(state, event.seat, outside), event.seat)


def _closed(state: Hearing, event: ed.DoorsClosed, at: Instant) -> Hearing:
    since = state.doors.since or at
    return replace(state, doors=Doors(event.ground, event.reason, event.recorded, since))


def _opened(state: Hearing, _event: ed.DoorsOpened, _at: Instant) -> Hearing:
    return replace(state, doors=Doors())


EVOLVERS: Mapping[type[e.Event], Callable[[Hearing, Any, Instant], Hearing]] = {
    ed.SeatAskedOut: _asked_out,
    ed.DoorsClosed: _closed,
    ed.DoorsOpened: _opened,
}

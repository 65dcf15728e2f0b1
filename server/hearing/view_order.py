"""What a seat's screen may know of order. Pure; part of `view`, never names what `audience` hides.

A witness learns of nothing that was before it was called (OLR 26).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.hearing.audience import together
from server.hearing.ids import Instant
from server.hearing.presence import Presence
from server.hearing.rooms import in_main, screened
from server.hearing.seats import ISOLATED
from server.hearing.state_order import NO_SEAT, OATH_ROLES
from server.hearing.view_shapes import FloorView, LayoutView, ObjectionView, RequestView
from server.hearing.view_shapes_seat import MeasureView

if TYPE_CHECKING:
    from server.hearing.ids import SeatId
    from server.hearing.seats import Seat
    from server.hearing.state import Hearing

_EVER = Instant(0)


def of_hearing(state: Hearing, me: Seat, _now: Instant) -> dict[str, Any]:
    """Fields of HearingView that this area fills for the viewer."""
    if not _inside(state, me):
        return {}
    since = _since(state, me)
    return {
        "objections": _objections(state, me, since) if in_main(state, me.id) else (),
        "gavel_at": state.order.gavel_at if (state.order.gavel_at or _EVER) >= since else None,
        "layout": _layout(state, me),
    }


def of_seat(state: Hearing, me: Seat, seen: Seat, *, oversees: bool) -> dict[str, Any]:
    """Fields of the SeatCard of one seat that this area fills. oversees: own card, or a viewer who oversees.

    A measure of the court is taken before all who are in the room, so all may see it.
    """
    del oversees
    order = state.attendance[seen.id].order
    since = _EVER if me.id == seen.id else _since(state, me)
    return {
        "oath": order.bound if seen.role in OATH_ROLES else None,
        "interprets": order.interprets if _may_know(state, me, order.interprets) else None,
        "measures": tuple(
            MeasureView(one.measure, one.reason, one.at, one.by) for one in order.measures if one.at >= since
        ),
    }


def floor_of(state: Hearing, me: Seat) -> FloorView:
    """The floor, for a viewer in the courtroom; nobody is named whom it must not meet."""
    floor, since = state.floor, _since(state, me)
    before = floor.interrupted
    return FloorView(
        mode=floor.mode.value,
        seats=tuple(seat for seat in floor.seats if _may_know(state, me, seat)),
        until=floor.until,
        queue=tuple(
            RequestView(request.seat, request.reason, request.at)
            for request in floor.queue
            if request.at >= since and _may_know(state, me, request.seat)
        ),
        ends=floor.ends,
        half_duplex=floor.half_duplex,
        turn=floor.turn if _may_know(state, me, floor.turn) else None,
        interrupted=tuple(seat for seat in before.seats if _may_know(state, me, seat)) if before else (),
    )


def _inside(state: Hearing, me: Seat) -> bool:
    return state.attendance[me.id].presence is Presence.PRESENT


def _since(state: Hearing, me: Seat) -> Instant:
    """Since when the viewer follows the hearing."""
    if me.role not in ISOLATED:
        return _EVER
    return state.attendance[me.id].order.called_at or _EVER


def _may_know(state: Hearing, me: Seat, seat: SeatId | None) -> bool:
    return seat is None or (_inside(state, me) and not screened(state, me.id, seat))


def _objections(state: Hearing, me: Seat, since: Instant) -> tuple[ObjectionView, ...]:
    return tuple(
        ObjectionView(one.objection, one.seat, one.ground, one.text, one.at, one.ruling, one.note)
        for one in state.order.objections
        if one.at >= since and _may_know(state, me, one.seat)
    )


def _layout(state: Hearing, me: Seat) -> LayoutView:
    layout = state.order.layout
    shown = layout.spotlight == me.id or together(state, me.id, layout.spotlight)
    return LayoutView(layout.layout, layout.spotlight if shown else NO_SEAT)

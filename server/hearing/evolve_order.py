"""(state, event, at) -> the next state, for the events of order. Pure; reached by `evolve`.

`measured` and `gone` are also what the core's evolvers ask for 禁言 and for a seat that is no longer in the courtroom.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from server.hearing import events_order as eo
from server.hearing import floor as f
from server.hearing import presence as p
from server.hearing import state_order as so
from server.hearing.evolve_seats import attend, attendance_of
from server.hearing.refusals import InvariantBroken
from server.hearing.state import conductor
from server.hearing.state_care import Notice, with_notice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from server.hearing import events as e
    from server.hearing.ids import Instant, SeatId
    from server.hearing.state import Hearing
    from server.hearing.state_order import SeatOrder


def _with(state: Hearing, seat: SeatId, **changes: Any) -> Hearing:
    attendance = attendance_of(state, seat)
    order: SeatOrder = replace(attendance.order, **changes)
    return attend(state, seat, replace(attendance, order=order))


# --- what others ask ---


def measured(state: Hearing, seat: SeatId, measure: str, reason: str, at: Instant) -> Hearing:
    """Keep a step of the ladder on the seat, and give the person notice of it (CR 19)."""
    attendance = attendance_of(state, seat)
    care = attendance.care
    notice = Notice(f"{seat}-{care.noticed + 1}", measure, reason, at)
    order = so.with_measure(attendance.order, so.Measure(measure, reason, at, _by(state, measure)))
    return attend(state, seat, replace(attendance, order=order, care=with_notice(care, notice)))


def _by(state: Hearing, measure: str) -> str:
    presiding = conductor(state)
    # 禁言 may have been the clerk's doing
    return state.seats[presiding].role.value if presiding and measure != so.MUTE else ""


def gone(state: Hearing, seat: SeatId) -> Hearing:
    """Forget a seat that is no longer in the courtroom: no floor, no hand, no turn, not shown large."""
    state = replace(state, floor=f.without_seat(state.floor, seat))
    layout = state.order.layout
    if layout.spotlight != seat:
        return state
    return replace(state, order=replace(state.order, layout=replace(layout, spotlight=so.NO_SEAT)))


def called(state: Hearing, seat: SeatId, at: Instant) -> Hearing:
    """Note since when a witness follows the hearing (OLR 26)."""
    return _with(state, seat, called_at=at)


# --- floor and turns ---


def _interrupted(state: Hearing, event: eo.FloorInterrupted, _at: Instant) -> Hearing:
    return replace(state, floor=f.interrupted(state.floor, event.remaining_ms))


def _given_back(state: Hearing, event: eo.FloorGivenBack, _at: Instant) -> Hearing:
    if state.floor.interrupted is None:
        raise InvariantBroken("no floor was interrupted")
    return replace(state, floor=f.given_back(state.floor, event.until))


def _half_duplex(state: Hearing, event: eo.HalfDuplexSet, _at: Instant) -> Hearing:
    return replace(state, floor=f.set_half_duplex(state.floor, on=event.on))


def _turn(state: Hearing, event: eo.TurnTaken, _at: Instant) -> Hearing:
    return replace(state, floor=f.with_turn(state.floor, event.seat))


def _yielded(state: Hearing, event: eo.TurnYielded, _at: Instant) -> Hearing:
    return replace(state, floor=f.without_turn(state.floor, event.seat))


# --- objections ---


def _raised(state: Hearing, event: eo.ObjectionRaised, at: Instant) -> Hearing:
    objection = so.Objection(event.objection, event.seat, event.ground, event.text, at)
    return replace(state, order=so.with_objection(state.order, objection))


def _ruled(state: Hearing, event: eo.ObjectionRuled, _at: Instant) -> Hearing:
    ruling = "sustained" if event.sustained else "overruled"
    objections = tuple(
        replace(one, ruling=ruling, note=event.note) if one.objection == event.objection else one
        for one in state.order.objections
    )
    return replace(state, order=replace(state.order, objections=objections))


# --- the ladder ---


def _disciplined(state: Hearing, event: eo.SeatDisciplined, at: Instant) -> Hearing:
    return measured(state, event.seat, event.measure, event.reason, at)


def _removed(state: Hearing, event: eo.SeatRemoved, at: Instant) -> Hearing:
    state = measured(state, event.seat, so.REMOVE, event.reason, at)
    return gone(attend(state, event.seat, p.removed(attendance_of(state, event.seat))), event.seat)


def _readmitted(state: Hearing, event: eo.SeatReadmitted, _at: Instant) -> Hearing:
    return attend(state, event.seat, p.readmitted(attendance_of(state, event.seat)))


# --- the rest ---


def _gavel(state: Hearing, _event: eo.GavelStruck, at: Instant) -> Hearing:
    return replace(state, order=replace(state.order, gavel_at=at))


def _oath(state: Hearing, event: eo.OathTaken, _at: Instant) -> Hearing:
    return _with(state, event.seat, oath=event.version)


def _waived(state: Hearing, event: eo.OathWaived, _at: Instant) -> Hearing:
    return _with(state, event.seat, waived=event.reason)


def _paired(state: Hearing, event: eo.InterpreterPaired, _at: Instant) -> Hearing:
    return _with(state, event.interpreter, interprets=event.seat or None)


def _layout(state: Hearing, event: eo.LayoutSet, _at: Instant) -> Hearing:
    return replace(state, order=replace(state.order, layout=so.Layout(event.layout, event.spotlight)))


EVOLVERS: Mapping[type[e.Event], Callable[[Hearing, Any, Instant], Hearing]] = {
    eo.FloorInterrupted: _interrupted,
    eo.FloorGivenBack: _given_back,
    eo.HalfDuplexSet: _half_duplex,
    eo.TurnTaken: _turn,
    eo.TurnYielded: _yielded,
    eo.ObjectionRaised: _raised,
    eo.ObjectionRuled: _ruled,
    eo.SeatDisciplined: _disciplined,
    eo.SeatRemoved: _removed,
    eo.SeatReadmitted: _readmitted,
    eo.GavelStruck: _gavel,
    eo.OathTaken: _oath,
    eo.OathWaived: _waived,
    eo.InterpreterPaired: _paired,
    eo.LayoutSet: _layout,
}

"""Decisions about order: objections, the ladder, removal, gavel, oath, interpreter, layout. Pure; reached by `decide`.

Each takes (state, command, acting seat, now) and gives events, or raises Refused. Interruption and turns are in
`decide_turns`. No measure without a reason, and none against the bench.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.hearing import commands_order as co
from server.hearing import decide_turns as turns
from server.hearing import events_order as eo
from server.hearing import state_order as so
from server.hearing.presence import OUTSIDE_BECAUSE, Presence
from server.hearing.refusals import Reason, Refused
from server.hearing.seats import Right, Role
from server.hearing.state import conducts, seat_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from server.hearing import commands as c
    from server.hearing import events as e
    from server.hearing.ids import Instant, SeatId
    from server.hearing.presence import Attendance
    from server.hearing.seats import Seat
    from server.hearing.state import Hearing

Events = tuple["e.Event", ...]


# --- objections ---


def object_(state: Hearing, command: co.RaiseObjection, me: SeatId, _now: Instant) -> Events:
    """异议: of a party or its agent in the courtroom, without the floor, also while it is muted: it is not speech."""
    seat, attendance = seat_of(state, me)
    if not seat.may(Right.CONSENT):
        raise Refused(Reason.NOT_A_PARTY)
    if attendance.presence is not Presence.PRESENT:
        raise Refused(OUTSIDE_BECAUSE[attendance.presence])
    if command.ground not in so.GROUNDS:
        raise Refused(Reason.OBJECTION_GROUND_UNKNOWN)
    waiting = state.order.waiting
    if len(waiting) >= so.OBJECTIONS_OPEN_MAX:
        raise Refused(Reason.OBJECTIONS_WAITING)
    if sum(one.seat == me for one in waiting) >= so.OBJECTIONS_OF_SEAT_MAX:
        raise Refused(Reason.OBJECTIONS_WAITING)
    objection = f"o{state.order.raised + 1}"
    return (eo.ObjectionRaised(objection, me, command.ground, command.text.strip()),)


def rule_objection(state: Hearing, command: co.RuleObjection, _me: SeatId, _now: Instant) -> Events:
    """Rule on an objection, once: 成立 or 驳回."""
    found = next((one for one in state.order.objections if one.objection == command.objection), None)
    if found is None:
        raise Refused(Reason.OBJECTION_UNKNOWN)
    if found.ruling:
        raise Refused(Reason.OBJECTION_RULED)
    return (eo.ObjectionRuled(found.objection, command.sustained, command.note.strip()),)


# --- the ladder ---


def discipline(state: Hearing, command: co.Discipline, _me: SeatId, _now: Instant) -> Events:
    """提示, 警告, 训诫, by the bench alone; the words go into the minutes (CR 19, OLR 25, CPLI 177)."""
    seat, attendance = _target(state, command.seat, command.reason)
    if command.measure not in so.MEASURES:
        raise Refused(Reason.MEASURE_UNKNOWN)
    if attendance.presence is Presence.EXPECTED:
        raise Refused(Reason.SEAT_NOT_ARRIVED)
    return (eo.SeatDisciplined(seat.id, command.measure, command.reason.strip()),)


def remove(state: Hearing, command: co.Remove, _me: SeatId, _now: Instant) -> Events:
    """责令退出, by the bench alone: whoever it is, and by whatever seat the person may sit here (CR 19, CPLI 177)."""
    seat, _ = _target(state, command.seat, command.reason)
    return tuple(
        eo.SeatRemoved(one.id, command.reason.strip())
        for one in _seats_of(state, seat)
        if state.attendance[one.id].presence is not Presence.REMOVED
    )


def readmit(state: Hearing, command: co.Readmit, _me: SeatId, _now: Instant) -> Events:
    """Lift 责令退出, by the bench alone; the person must be let in again (CR 19)."""
    seat, attendance = seat_of(state, command.seat)
    if attendance.presence is not Presence.REMOVED:
        raise Refused(Reason.NOT_REMOVED)
    _check_reason(command.reason)
    return tuple(
        eo.SeatReadmitted(one.id, command.reason.strip())
        for one in _seats_of(state, seat)
        if state.attendance[one.id].presence is Presence.REMOVED
    )


def _target(state: Hearing, seat: SeatId, reason: str) -> tuple[Seat, Attendance]:
    who, attendance = seat_of(state, seat)
    for one in _seats_of(state, who):
        # the members of a panel decide together on such measures, so none is under them (CPLI 177)
        if conducts(state, one.id) or one.may(Right.DELIBERATE):
            raise Refused(Reason.NOT_AGAINST_BENCH)
    if attendance.presence is Presence.REMOVED:
        raise Refused(Reason.ALREADY_REMOVED)
    _check_reason(reason)
    return who, attendance


def _seats_of(state: Hearing, seat: Seat) -> Iterator[Seat]:
    """All seats of the person who sits in this one."""
    return (one for one in state.seats.values() if one.person == seat.person)


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise Refused(Reason.REASON_REQUIRED)


def strike(_state: Hearing, _command: co.StrikeGavel, _me: SeatId, _now: Instant) -> Events:
    """敲法槌 (CR 18)."""
    return (eo.GavelStruck(),)


# --- oath and interpreter ---


def take_oath(state: Hearing, command: co.TakeOath, me: SeatId, _now: Instant) -> Events:
    """签署保证书, at any time before testifying, also while waiting or isolated (CPLI 119)."""
    seat, attendance = seat_of(state, me)
    if seat.role not in so.OATH_ROLES:
        raise Refused(Reason.NOT_ASKED_FOR_OATH)
    if command.version != so.OATH_VERSION:
        raise Refused(Reason.OATH_VERSION_OLD)
    if attendance.order.oath:
        return ()
    return (eo.OathTaken(me, command.version),)


def waive_oath(state: Hearing, command: co.WaiveOath, _me: SeatId, _now: Instant) -> Events:
    """Ask no undertaking of this seat, e.g. of somebody without full capacity (CPLI 119)."""
    seat, attendance = seat_of(state, command.seat)
    if seat.role not in so.OATH_ROLES:
        raise Refused(Reason.NOT_ASKED_FOR_OATH)
    _check_reason(command.reason)
    if attendance.order.bound:
        return ()
    return (eo.OathWaived(seat.id, command.reason.strip()),)


def pair_interpreter(state: Hearing, command: co.PairInterpreter, _me: SeatId, _now: Instant) -> Events:
    """Let an interpreter speak for a seat that needs the floor, or for nobody in particular."""
    interpreter, attendance = seat_of(state, command.interpreter)
    if interpreter.role is not Role.INTERPRETER:
        raise Refused(Reason.NOT_AN_INTERPRETER)
    if command.seat != so.NO_SEAT:
        seat, _ = seat_of(state, command.seat)
        if seat.role is Role.INTERPRETER or not seat.may(Right.SPEAK) or seat.may(Right.SPEAK_FREELY):
            raise Refused(Reason.NOT_INTERPRETED)
    if (attendance.order.interprets or so.NO_SEAT) == command.seat:
        return ()
    return (eo.InterpreterPaired(interpreter.id, command.seat),)


# --- layout ---


def set_layout(state: Hearing, command: co.SetLayout, _me: SeatId, _now: Instant) -> Events:
    """Set the layout all follow; only who is present and of a role that is seen is shown large."""
    if command.layout not in so.LAYOUTS:
        raise Refused(Reason.LAYOUT_UNKNOWN)
    if command.spotlight != so.NO_SEAT:
        seat, attendance = seat_of(state, command.spotlight)
        if not seat.may(Right.SHOW):
            raise Refused(Reason.NEVER_SHOWN)
        if attendance.presence is not Presence.PRESENT:
            raise Refused(Reason.SEAT_NOT_PRESENT)
    if so.Layout(command.layout, command.spotlight) == state.order.layout:
        return ()
    return (eo.LayoutSet(command.layout, command.spotlight),)


DECIDERS: Mapping[type[c.Command], Callable[[Hearing, Any, SeatId, Instant], Events]] = {
    **turns.DECIDERS,
    co.RaiseObjection: object_,
    co.RuleObjection: rule_objection,
    co.Discipline: discipline,
    co.Remove: remove,
    co.Readmit: readmit,
    co.StrikeGavel: strike,
    co.TakeOath: take_oath,
    co.WaiveOath: waive_oath,
    co.PairInterpreter: pair_interpreter,
    co.SetLayout: set_layout,
}


def _pairings(state: Hearing, _me: SeatId) -> Iterable[c.SeatCommand]:
    interpreters = [seat for seat, who in state.seats.items() if who.role is Role.INTERPRETER]
    return [
        co.PairInterpreter(interpreter, seat)
        for interpreter in interpreters
        for seat in (so.NO_SEAT, *state.seats)
    ]


CANDIDATES: Mapping[type[c.SeatCommand], Callable[[Hearing, SeatId], Iterable[c.SeatCommand]]] = {
    **turns.CANDIDATES,
    co.RaiseObjection: lambda _state, _me: [co.RaiseObjection(so.GROUNDS[0])],
    co.RuleObjection: lambda state, _me: [
        co.RuleObjection(one.objection, sustained=True) for one in state.order.waiting
    ],
    co.Discipline: lambda state, _me: [co.Discipline(seat, so.REMIND, "-") for seat in state.seats],
    co.Remove: lambda state, _me: [co.Remove(seat, "-") for seat in state.seats],
    co.Readmit: lambda state, _me: [co.Readmit(seat, "-") for seat in state.seats],
    co.StrikeGavel: lambda _state, _me: [co.StrikeGavel()],
    co.TakeOath: lambda _state, _me: [co.TakeOath(so.OATH_VERSION)],
    co.WaiveOath: lambda state, _me: [co.WaiveOath(seat, "-") for seat in state.seats],
    co.PairInterpreter: _pairings,
    co.SetLayout: lambda _state, _me: [co.SetLayout(layout, so.NO_SEAT) for layout in so.LAYOUTS],
}
"""For `may`: commands of a kind that between them show whether any of that kind could be given by the seat now."""

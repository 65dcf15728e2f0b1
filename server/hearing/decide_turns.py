"""Decisions about interruption and turns: the bench takes the floor back for a moment, and who speaks next in an open one.

Pure; part of `decide_order`. Each takes (state, command, acting seat, now) and gives events, or raises Refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.hearing import commands_order as co
from server.hearing import events_order as eo
from server.hearing.ids import Instant
from server.hearing.presence import OUTSIDE_BECAUSE, Presence
from server.hearing.refusals import Reason, Refused
from server.hearing.seats import Right
from server.hearing.speech import has_floor, rank
from server.hearing.state import seat_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from server.hearing import commands as c
    from server.hearing import events as e
    from server.hearing.ids import SeatId
    from server.hearing.state import Hearing

Events = tuple["e.Event", ...]


def interrupt(state: Hearing, command: co.Interrupt, _me: SeatId, now: Instant) -> Events:
    """打断发言, of a floor that somebody holds; its time stands still until it is given back."""
    floor = state.floor
    if not floor.seats:
        raise Refused(Reason.NOBODY_TO_INTERRUPT)
    remaining = None if floor.until is None else max(0, floor.until - now)
    return (eo.FloorInterrupted(floor.seats, command.reason.strip(), remaining),)


def give_back(state: Hearing, _command: co.GiveBack, _me: SeatId, now: Instant) -> Events:
    """请继续: the floor as it was, with the time that was left."""
    before = state.floor.interrupted
    if before is None:
        raise Refused(Reason.NOTHING_INTERRUPTED)
    until = None if before.remaining_ms is None else Instant(now + before.remaining_ms)
    return (eo.FloorGivenBack(before.seats, until),)


def set_half_duplex(state: Hearing, command: co.SetHalfDuplex, _me: SeatId, _now: Instant) -> Events:
    """轮流发言, on or off; it holds for every open floor from now on."""
    if state.floor.half_duplex == command.on:
        return ()
    return (eo.HalfDuplexSet(command.on),)


def take_turn(state: Hearing, _command: co.TakeTurn, me: SeatId, _now: Instant) -> Events:
    """Begin to speak, when nobody does; the bench also when somebody else does."""
    seat, attendance = seat_of(state, me)
    if not seat.may(Right.SPEAK):
        raise Refused(Reason.OBSERVER_NEVER_SPEAKS)
    if attendance.presence is not Presence.PRESENT:
        raise Refused(OUTSIDE_BECAUSE[attendance.presence])
    floor = state.floor
    if not floor.by_turns:
        raise Refused(Reason.NO_TURNS)
    if not _speaks(state, me):
        raise Refused(Reason.NO_FLOOR)
    if attendance.locked:
        raise Refused(Reason.MUTED_BY_COURT)
    if floor.turn == me:
        return ()
    if floor.turn is not None and _speaks(state, floor.turn) and rank(state, me) <= rank(state, floor.turn):
        raise Refused(Reason.TURN_TAKEN)
    return (eo.TurnTaken(me),)


def _speaks(state: Hearing, seat: SeatId) -> bool:
    """Whether it may speak but for the turns; an interpreter no longer does when whom it speaks for has gone."""
    return state.seats[seat].may(Right.SPEAK_FREELY) or has_floor(state, seat)


def yield_turn(state: Hearing, _command: co.YieldTurn, me: SeatId, _now: Instant) -> Events:
    """End the own turn."""
    if state.floor.turn != me:
        raise Refused(Reason.NO_TURN)
    return (eo.TurnYielded(me),)


DECIDERS: Mapping[type[c.Command], Callable[[Hearing, Any, SeatId, Instant], Events]] = {
    co.Interrupt: interrupt,
    co.GiveBack: give_back,
    co.SetHalfDuplex: set_half_duplex,
    co.TakeTurn: take_turn,
    co.YieldTurn: yield_turn,
}

CANDIDATES: Mapping[type[c.SeatCommand], Callable[[Hearing, SeatId], Iterable[c.SeatCommand]]] = {
    co.Interrupt: lambda _state, _me: [co.Interrupt()],
    co.GiveBack: lambda _state, _me: [co.GiveBack()],
    co.SetHalfDuplex: lambda state, _me: [co.SetHalfDuplex(not state.floor.half_duplex)],
    co.TakeTurn: lambda _state, _me: [co.TakeTurn()],
    co.YieldTurn: lambda _state, _me: [co.YieldTurn()],
}

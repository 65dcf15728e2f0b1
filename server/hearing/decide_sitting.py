"""Decisions about the sitting: opening, stages, recess, closing, and what the tape says. Pure; reached by `decide`.

Each takes (state, command, acting seat, now) and gives events, or raises Refused. Deliberation 合议: entering its stage
recesses the court at once, and while the court is recessed in that stage the bench alone meets, untaped. Resuming brings
everybody back into the courtroom, still in the stage of deliberation, until the presiding seat goes on to the judgment;
a further recess in that stage is the bench's again. So stages move only while the court sits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing import events as e
from server.hearing.checklists import NEVER_ONLINE
from server.hearing.conditions import NEVER_WAIVED, missing, reason_for, unmet
from server.hearing.decide_doors import entering
from server.hearing.ending import closing
from server.hearing.events_care import TapeSegmentClosed
from server.hearing.presence import Presence
from server.hearing.procedure import (
    DELIBERATION,
    MEDIATION_KIND,
    check_move,
    kind_of,
    opening_of,
    stage_of,
)
from server.hearing.refusals import Reason, Refused
from server.hearing.rooms import in_main
from server.hearing.seats import Right, Side
from server.hearing.texts import given

if TYPE_CHECKING:
    from server.hearing import commands as c
    from server.hearing.ids import Instant, SeatId
    from server.hearing.procedure_tables import Stage
    from server.hearing.state import Hearing

Events = tuple[e.Event, ...]

_SIDES = frozenset({Side.PLAINTIFF, Side.DEFENDANT, Side.THIRD})


def open_court(state: Hearing, command: c.OpenCourt, _me: SeatId, _now: Instant) -> Events:
    """宣布开庭, or the beginning of another kind of sitting.

    The bench may open although something is missing, identities or the discipline not on record among it, with a reason
    that goes into the log (CPL 140, 146, 147; OLR 4, 7, 21, 22); never without its own people, without the tape (AVR 3),
    or online where that must not be (OLR 21).
    """
    opening, reason, lacking = opening_of(state.procedure), given(command.reason), missing(state)
    if opening is None:
        raise Refused(Reason.STAGE_UNKNOWN)
    _check_lacking(lacking, reason)
    opened = e.CourtOpened(reason if lacking else "", lacking)
    entered = e.StageEntered(opening.key, state.stage)
    return (opened, entered, *entering(state, opening.key), *_floor_of(state, opening))


def _check_lacking(lacking: tuple[str, ...], reason: str) -> None:
    """Raise Refused where something is missing that no reason, or the reason that is not given, goes on despite."""
    stop = next((lack for lack in lacking if not reason or lack in NEVER_WAIVED), None)
    if stop is not None:
        raise Refused(reason_for(stop))


def go_to_stage(state: Hearing, command: c.GoToStage, _me: SeatId, _now: Instant) -> Events:
    """Move the procedure; out of order, or without what the stage needs, only with a reason on record (OLR 4, 22)."""
    check_move(state.procedure, state.session, state.stage, command.stage, command.reason)
    stage, reason = stage_of(state.procedure, command.stage), given(command.reason)
    lacking = unmet(state, stage)
    _check_lacking(lacking, reason)
    entered = (e.StageEntered(stage.key, state.stage, reason, lacking), *entering(state, stage.key))
    if stage.key == DELIBERATION:
        return (*entered, e.CourtRecessed(DELIBERATION))
    return (*entered, *_floor_of(state, stage))


def _floor_of(state: Hearing, stage: Stage) -> Events:
    """Give the floor on entry: nobody's, the first speaker's of a side, or open between the sides (CPL 144)."""
    able = [
        seat
        for seat in state.seats.values()
        if seat.side in _SIDES
        and seat.may(Right.SPEAK)
        and state.attendance[seat.id].presence is Presence.PRESENT
        and not state.attendance[seat.id].locked
        and in_main(state, seat.id)
    ]
    if stage.floor == "open" and able:
        return (e.FloorOpened(tuple(seat.id for seat in able)),)
    first = next((seat.id for seat in able if seat.side == stage.floor), None)
    return () if first is None else (e.FloorGranted(first, None),)


def recess(_state: Hearing, command: c.Recess, _me: SeatId, _now: Instant) -> Events:
    """休庭."""
    return (e.CourtRecessed(command.reason),)


def resume(state: Hearing, _command: c.Resume, _me: SeatId, _now: Instant) -> Events:
    """继续开庭; not online where in the meantime a case was found that must not be heard so (OLR 21)."""
    if not NEVER_ONLINE.isdisjoint(state.check.barred):
        raise Refused(Reason.SUITABILITY_FORBIDDEN)
    return (e.CourtResumed(),)


def close(state: Hearing, command: c.Close, _me: SeatId, _now: Instant) -> Events:
    """闭庭. A mediation ends by an ending (OMR 25).

    From any stage, as judgment may be given on another day (CPL 151); but what is skipped by it takes a reason (OLR 22).
    """
    if kind_of(state.procedure) == MEDIATION_KIND:
        raise Refused(Reason.CLOSE_BY_ENDING)
    return closing(state, given(command.reason))


def adjourn(_state: Hearing, command: c.Adjourn, _me: SeatId, _now: Instant) -> Events:
    """延期审理 (CPL 149)."""
    if not command.reason.strip():
        raise Refused(Reason.REASON_REQUIRED)
    return (e.CourtAdjourned(command.reason),)


def report_tape(state: Hearing, command: c.ReportTape, _me: SeatId, _now: Instant) -> Events:
    """Record the tape's own word, a fact: taken in every state, never an end of the hearing by itself (AVR 4)."""
    if (state.tape, state.tape_reason) == (command.state, command.reason):
        return ()
    return (e.TapeReported(command.state.value, command.reason),)


def report_segment(state: Hearing, command: c.ReportSegment, _me: SeatId, _now: Instant) -> Events:
    """Enter the digests of a file of the tape: a fact, also of one that is closed after the court is (AVR 4)."""
    if (command.name, command.sha256) in state.care.segments:
        return ()
    return (
        TapeSegmentClosed(
            command.name,
            command.size,
            command.sha256,
            command.sm3,
            command.label,
            command.from_ms,
            command.to_ms,
        ),
    )

"""Decisions about the sitting: opening, stages, recess, closing, and what the tape says. Pure; reached by `decide`.

Each takes (state, command, acting seat, now) and gives events, or raises Refused. Deliberation 合议: entering its stage
recesses the court at once, and while the court is recessed in that stage the bench alone meets, untaped. Resuming brings
everybody back into the courtroom, still in the stage of deliberation, until the presiding seat goes on to the judgment;
a further recess in that stage is the bench's again. So stages move only while the court sits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing import events as e
from server.hearing.commands import TapeState
from server.hearing.presence import Presence
from server.hearing.procedure import CLOSED, DELIBERATION, OPENING, check_move
from server.hearing.refusals import Reason, Refused
from server.hearing.seats import PARTIES, Right, Role, Side
from server.hearing.session import SessionState

if TYPE_CHECKING:
    from server.hearing import commands as c
    from server.hearing.ids import Instant, SeatId
    from server.hearing.state import Hearing

Events = tuple[e.Event, ...]

_PROVEN = frozenset({TapeState.IDLE, TapeState.ROLLING})
_SIDES = ((Side.PLAINTIFF, Reason.PLAINTIFF_ABSENT), (Side.DEFENDANT, Reason.DEFENDANT_ABSENT))


def missing(state: Hearing) -> tuple[Reason, ...]:
    """List what is still missing before the court may open, in the order of the check (CPL 140, OLR 4, AVR 3); later ().

    The clerk is not among it: a judge alone must be able to hold a hearing when the clerk's line is down.
    """
    if state.session not in {SessionState.SCHEDULED, SessionState.CHECKING_IN}:
        return ()
    found = []
    if not any(state.seats[seat].may(Right.CONDUCT) for seat in _present(state)):
        found.append(Reason.PRESIDING_ABSENT)
    found += [reason for side, reason in _SIDES if not _represented(state, side)]
    if not all(_consents(state, seat) for seat in _present(state)):
        found.append(Reason.CONSENT_MISSING)
    if state.tape not in _PROVEN:
        found.append(Reason.TAPE_NOT_READY)
    return tuple(found)


def _present(state: Hearing) -> tuple[SeatId, ...]:
    return tuple(seat for seat, a in state.attendance.items() if a.presence is Presence.PRESENT)


def _represented(state: Hearing, side: Side) -> bool:
    """Whether the party or an agent of this side is present; true of a side that the hearing does not have."""
    stands = {seat.id for seat in state.seats.values() if seat.side is side and seat.may(Right.CONSENT)}
    return not stands or not stands.isdisjoint(_present(state))


def _consents(state: Hearing, seat: SeatId) -> bool:
    """Say whether nothing stands against the seat: a party must have agreed, an agent not have said no (OLR 4)."""
    role, answer = state.seats[seat].role, state.attendance[seat].consent
    if role in PARTIES:
        return answer is True
    return role is not Role.AGENT or answer is not False


def open_court(state: Hearing, _command: c.OpenCourt, _me: SeatId, _now: Instant) -> Events:
    """宣布开庭. The stage of discipline need not have been shown: each seat has read it before being let in."""
    lacking = missing(state)
    if lacking:
        raise Refused(lacking[0])
    return (e.CourtOpened(), e.StageEntered(OPENING, state.stage))


def go_to_stage(state: Hearing, command: c.GoToStage, _me: SeatId, _now: Instant) -> Events:
    """Move the procedure; out of order only with a reason (OLR 22)."""
    check_move(state.procedure, state.session, state.stage, command.stage, command.reason)
    entered = e.StageEntered(command.stage, state.stage, command.reason.strip())
    if command.stage == DELIBERATION:
        return (entered, e.CourtRecessed(DELIBERATION))
    return (entered,)


def recess(_state: Hearing, command: c.Recess, _me: SeatId, _now: Instant) -> Events:
    """休庭."""
    return (e.CourtRecessed(command.reason),)


def resume(_state: Hearing, _command: c.Resume, _me: SeatId, _now: Instant) -> Events:
    """继续开庭."""
    return (e.CourtResumed(),)


def close(state: Hearing, _command: c.Close, _me: SeatId, _now: Instant) -> Events:
    """闭庭, from any stage: judgment may be given on another day (CPL 151)."""
    return (e.CourtClosed(), e.StageEntered(CLOSED, state.stage))


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

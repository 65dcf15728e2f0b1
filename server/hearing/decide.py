"""The law's one door: (state, command, actor, now) -> events, or Refused and nothing changed.

Pure: dispatch by table and the rules common to all commands; the bodies are in decide_seats (people), decide_floor
(speech) and decide_sitting (court and stages). Never reads a clock, never does what it decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.hearing import commands as c
from server.hearing import commands_care as cc
from server.hearing import decide_absence as absence
from server.hearing import decide_care as care
from server.hearing import decide_checkin as checkin
from server.hearing import decide_doors as doors
from server.hearing import decide_exhibits as exhibits
from server.hearing import decide_floor as floor
from server.hearing import decide_officer as officer
from server.hearing import decide_order as order
from server.hearing import decide_rooms as rooms
from server.hearing import decide_seats as seats
from server.hearing import decide_sitting as sitting
from server.hearing import unattended
from server.hearing.evolve import fold
from server.hearing.ids import HearingId, SeatId
from server.hearing.names import DELEGATED_BY_DEFAULT, name_of
from server.hearing.presence import Presence
from server.hearing.recording_duty import by_consent
from server.hearing.refusals import Reason, Refused
from server.hearing.seats import Right
from server.hearing.session import ALLOWED, WHY_NOT, SessionState
from server.hearing.state import conducts, seat_of
from server.hearing.unattended import presided

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from server.hearing.events import Actor, Event
    from server.hearing.ids import Instant
    from server.hearing.seats import Seat
    from server.hearing.state import Hearing


def _tick(state: Hearing, command: c.Tick, me: SeatId, now: Instant) -> tuple[Event, ...]:
    """What is due by now: a recess of a court that nobody leads, or of the floor, and what is proposed about absences."""
    recess = unattended.due(state, now)
    return recess or (*floor.tick(state, command, me, now), *absence.due(state, now))


DECIDERS: Mapping[type[c.Command], Callable[[Hearing, Any, SeatId, Instant], tuple[Event, ...]]] = {
    c.AcknowledgeDiscipline: seats.acknowledge_discipline,
    c.ReportDevice: seats.report_device,
    c.SetSelf: seats.set_self,
    c.Admit: seats.admit,
    c.MuteAndLock: seats.mute_and_lock,
    c.ReleaseLock: seats.release_lock,
    c.CallWitness: seats.call_witness,
    c.DismissWitness: seats.dismiss_witness,
    c.Leave: seats.leave,
    c.Arrive: seats.arrive,
    c.Depart: seats.depart,
    c.RequestFloor: floor.request,
    c.WithdrawRequest: floor.withdraw,
    c.GrantFloor: floor.grant,
    c.OpenFloor: floor.open_between,
    c.CloseFloor: floor.close,
    c.DeclineRequest: floor.decline,
    c.Tick: _tick,
    c.OpenCourt: sitting.open_court,
    c.GoToStage: sitting.go_to_stage,
    c.Recess: sitting.recess,
    c.Resume: sitting.resume,
    c.Close: sitting.close,
    c.Adjourn: sitting.adjourn,
    c.ReportTape: sitting.report_tape,
    c.ReportSegment: sitting.report_segment,
    **checkin.DECIDERS,
    **doors.DECIDERS,
    **order.DECIDERS,
    **rooms.DECIDERS,
    **exhibits.DECIDERS,
    **care.DECIDERS,
    **officer.DECIDERS,
}

CONDUCT: frozenset[str] = frozenset(
    {
        *DELEGATED_BY_DEFAULT,
        "open_court",
        "go_to_stage",
        "recess",
        "resume",
        "close",
        "adjourn",
        "convert_offline",
        "close_doors",
        "open_doors",
        "interrupt",
        "give_back",
        "rule_objection",
        "discipline",
        "remove",
        "readmit",
        "strike_gavel",
        "waive_oath",
        "move_seats",
        "screen_off",
        "end_mediation",
        "rule_absence",
        "sign_incident",
    }
)
"""What only the presiding seat may do, or the clerk where it is delegated."""

LEFT_TO_REMOVED: frozenset[str] = frozenset({"see_notice"})
"""What somebody whom the court removed may still do: confirm having read so (CR 19)."""

_NOBODY = SeatId("")

_SEATLESS = frozenset(
    {c.ReportTape, c.ReportSegment, c.Tick, cc.NoteIncident, cc.FileSheet, cc.AddTechnician}
)
"""What instruments tell about no seat."""


def decide(state: Hearing, command: c.Command, actor: Actor, now: Instant) -> tuple[Event, ...]:
    """Decide what comes to pass if the actor asks this now; () where it would change nothing. Raises Refused."""
    events = asked(state, command, actor, now)
    if not (events and by_consent(state)):
        return events
    after = fold(state, [(event, now) for event in events])
    return (*events, *rooms.consequences(state, after))


def asked(state: Hearing, command: c.Command, actor: Actor, now: Instant) -> tuple[Event, ...]:
    """Do the same without what follows of itself from who is where: enough to know whether it is refused."""
    if state.hearing == HearingId(""):
        raise Refused(Reason.HEARING_NOT_SCHEDULED)
    kind = type(command)
    me = _NOBODY
    if kind not in _SEATLESS:
        me = actor.seat or _NOBODY
        seat, attendance = seat_of(state, me)
        if kind in name_of:
            check_session(state, kind)
            if attendance.connection is None or attendance.connection != actor.connection:
                raise Refused(Reason.NOT_CONNECTED)
            if attendance.presence is Presence.REMOVED and name_of[kind] not in LEFT_TO_REMOVED:
                raise Refused(Reason.SEAT_REMOVED)
            check_right(state, seat, name_of[kind])
            rooms.check_room(state, me, name_of[kind])
    return DECIDERS[kind](state, command, me, now)


def check_session(state: Hearing, kind: type[c.Command]) -> None:
    """Raise Refused where the command does not fit the state of the session."""
    if state.session not in ALLOWED[kind]:
        raise Refused(WHY_NOT[state.session])


def check_right(state: Hearing, seat: Seat, name: str) -> None:
    """Raise Refused unless the seat may give the command of this name at all (CR 17; domain.md, Rights)."""
    if name not in CONDUCT or conducts(state, seat.id):
        return
    if not seat.may(Right.ASSIST):
        raise Refused(Reason.NOT_PRESIDING)
    if name == "go_to_stage" and state.session is SessionState.CHECKING_IN:
        return  # it is the clerk who checks attendance and reads out the discipline (CPL 140, first paragraph)
    if name == "recess" and not presided(state):
        return  # a court does not sit without its judge: the clerk breaks off until the line is back (AVR 3)
    if name not in DELEGATED_BY_DEFAULT:
        raise Refused(Reason.NOT_PRESIDING)
    if name not in state.delegated:
        raise Refused(Reason.NOT_DELEGATED)

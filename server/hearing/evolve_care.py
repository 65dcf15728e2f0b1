"""(state, event, at) -> the next state, for the events of care. Pure; reached by `evolve`.

FOLLOWERS add to events of others what care keeps of them: an absence begins and ends, the court sits or does not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from server.hearing import events_care as ev
from server.hearing.evolve_seats import attend, attendance_of, known
from server.hearing.leaving import NEVER_CAME, READMITTED
from server.hearing.presence import Attendance, Presence
from server.hearing.refusals import InvariantBroken
from server.hearing.seats import Right, Role, Seat, Side
from server.hearing.state_care import (
    MESSAGES_KEPT,
    PROMPT,
    WARNING,
    Absence,
    Help,
    Incident,
    Message,
    Notice,
    with_absence,
    with_notice,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from server.hearing import events as e
    from server.hearing.ids import ConnectionId, Instant, SeatId
    from server.hearing.state import Hearing
    from server.hearing.state_care import SeatCare

_INSIDE = frozenset({Presence.ISOLATED, Presence.PRESENT})


def _of(state: Hearing, seat: SeatId) -> SeatCare:
    return attendance_of(state, seat).care


def _with(state: Hearing, seat: SeatId, care: SeatCare) -> Hearing:
    return attend(state, seat, replace(attendance_of(state, seat), care=care))


# --- absence ---


def _measured(state: Hearing, event: ev.AbsenceMeasured, _at: Instant) -> Hearing:
    care = _of(state, event.seat)
    absences = tuple(
        replace(one, facts=event.facts) if one.connection == event.connection else one
        for one in care.absences
    )
    return _with(state, event.seat, replace(care, absences=absences))


def _going(state: Hearing, seat: SeatId, at: Instant) -> Absence:
    """The absence that goes on; of who never came it begins at the appointed time."""
    care = _of(state, seat)
    if care.absence is not None:
        return care.absence
    since = min(state.scheduled_at, at)
    return Absence(since, NEVER_CAME, None)


def _proposed(state: Hearing, event: ev.AbsenceProposed, at: Instant) -> Hearing:
    absence = replace(_going(state, event.seat, at), proposal=event.proposal)
    return _with(state, event.seat, with_absence(_of(state, event.seat), absence))


def _prompted(state: Hearing, event: ev.AbsencePrompted, at: Instant) -> Hearing:
    absence = replace(_going(state, event.seat, at), prompt=event.notice, proposal="")
    care = with_notice(_of(state, event.seat), Notice(event.notice, PROMPT, "", at))
    return _with(state, event.seat, with_absence(care, absence))


def _warned(state: Hearing, event: ev.AbsenceWarned, at: Instant) -> Hearing:
    absence = replace(_going(state, event.seat, at), warning=event.notice, proposal="")
    care = with_notice(_of(state, event.seat), Notice(event.notice, WARNING, "", at))
    return _with(state, event.seat, with_absence(care, absence))


def _ruled(state: Hearing, event: ev.AbsenceRuled, at: Instant) -> Hearing:
    care = _of(state, event.seat)
    if care.absence is None and care.absences:  # back already: the finding is about the last one
        last = replace(care.absences[-1], finding=event.finding, reason=event.reason, proposal="")
        care = replace(care, absences=(*care.absences[:-1], last))
    else:
        absence = _going(state, event.seat, at)
        absence = replace(absence, finding=event.finding, reason=event.reason, proposal="")
        care = with_absence(care, absence)
    return _with(state, event.seat, replace(care, finding=event.finding))


def _shown(state: Hearing, event: ev.NoticeShown, at: Instant) -> Hearing:
    return _noticed(state, event.seat, event.notice, shown_at=at)


def _seen(state: Hearing, event: ev.NoticeSeen, at: Instant) -> Hearing:
    return _noticed(state, event.seat, event.notice, seen_at=at)


def _noticed(state: Hearing, seat: SeatId, notice: str, **when: Any) -> Hearing:
    care = _of(state, seat)
    notices = tuple(replace(one, **when) if one.notice == notice else one for one in care.notices)
    return _with(state, seat, replace(care, notices=notices))


# --- hearing and help ---


def _troubled(state: Hearing, event: ev.HearingTroubled, at: Instant) -> Hearing:
    care = _of(state, event.seat)
    return _with(state, event.seat, replace(care, troubled_since=at, troubles=care.troubles + 1))


def _restored(state: Hearing, event: ev.HearingRestored, at: Instant) -> Hearing:
    care = _of(state, event.seat)
    if care.troubled_since is None:
        raise InvariantBroken("it had not said that it can't hear")
    waited = care.waited_ms + max(0, at - care.troubled_since)
    return _with(state, event.seat, replace(care, troubled_since=None, waited_ms=waited))


def _asked(state: Hearing, event: ev.HelpAsked, at: Instant) -> Hearing:
    return _with(state, event.seat, replace(_of(state, event.seat), help=Help(event.kind, event.text, at)))


def _helped(state: Hearing, event: ev.HelpAnswered, _at: Instant) -> Hearing:
    return _with(state, event.seat, replace(_of(state, event.seat), help=None))


def _sent(state: Hearing, event: ev.MessageSent, at: Instant) -> Hearing:
    helps = state.seats[event.by].may(Right.HELP)
    person = known(state, event.to) if helps else event.by
    message = Message(event.message, event.by, event.to, person, event.text, at, event.room)
    said = state.care.messages.get(event.room, ())
    own = [one for one in said if one.person == person]
    dropped = own[0] if len(own) >= MESSAGES_KEPT else None
    kept = tuple(one for one in said if one is not dropped)
    messages = {**state.care.messages, event.room: (*kept, message)}
    talk = (event.room, person)
    sent = {**state.care.sent, talk: state.care.sent.get(talk, 0) + 1}
    return replace(state, care=replace(state.care, messages=messages, sent=sent))


# --- incidents and the sheet ---


def _noted(state: Hearing, event: ev.IncidentNoted, _at: Instant) -> Hearing:
    incident = Incident(event.incident, event.kind, event.subject, event.began, event.ended, event.facts)
    return replace(state, care=replace(state.care, incidents=(*state.care.incidents, incident)))


def _incident(state: Hearing, incident: str, **changes: Any) -> Hearing:
    incidents = tuple(
        replace(one, **changes) if one.incident == incident else one for one in state.care.incidents
    )
    return replace(state, care=replace(state.care, incidents=incidents))


def _incident_ended(state: Hearing, event: ev.IncidentEnded, _at: Instant) -> Hearing:
    return _incident(state, event.incident, ended=event.ended, facts=event.facts)


def _incident_signed(state: Hearing, event: ev.IncidentSigned, at: Instant) -> Hearing:
    return _incident(state, event.incident, signed_at=at, note=event.note)


def _filed(state: Hearing, event: ev.SheetFiled, _at: Instant) -> Hearing:
    return replace(state, care=replace(state.care, sheet=event.rows))


def _technician(state: Hearing, event: ev.TechnicianAdded, _at: Instant) -> Hearing:
    if event.seat in state.seats:
        raise InvariantBroken("the seat is taken")
    seat = Seat(event.seat, Role.TECHNICIAN, Side.COURT, event.person, event.name)
    return replace(
        state,
        seats={**state.seats, event.seat: seat},
        attendance={**state.attendance, event.seat: Attendance()},
    )


def _segment(state: Hearing, event: ev.TapeSegmentClosed, _at: Instant) -> Hearing:
    segments = state.care.segments | {(event.name, event.sha256)}
    return replace(state, care=replace(state.care, segments=segments))


EVOLVERS: Mapping[type[e.Event], Callable[[Hearing, Any, Instant], Hearing]] = {
    ev.AbsenceMeasured: _measured,
    ev.AbsenceProposed: _proposed,
    ev.AbsencePrompted: _prompted,
    ev.AbsenceWarned: _warned,
    ev.AbsenceRuled: _ruled,
    ev.NoticeShown: _shown,
    ev.NoticeSeen: _seen,
    ev.HearingTroubled: _troubled,
    ev.HearingRestored: _restored,
    ev.HelpAsked: _asked,
    ev.HelpAnswered: _helped,
    ev.MessageSent: _sent,
    ev.IncidentNoted: _noted,
    ev.IncidentEnded: _incident_ended,
    ev.IncidentSigned: _incident_signed,
    ev.SheetFiled: _filed,
    ev.TechnicianAdded: _technician,
    ev.TapeSegmentClosed: _segment,
}


# --- what care keeps of the events of others ---


def follow(before: Hearing, after: Hearing, event: e.Event, at: Instant) -> Hearing:
    """Add what care keeps of an event of the sitting or of a seat's presence."""
    follower = FOLLOWERS.get(event.KIND)
    return follower(before, after, event, at) if follower is not None else after


def _gone(before: Hearing, after: Hearing, seat: SeatId, at: Instant, cause: str) -> Hearing:
    """An absence begins where somebody who had been let in is gone, also from the door to which it had come back."""
    attendance = before.attendance[seat]
    here = attendance.presence in _INSIDE or (
        attendance.presence is Presence.WAITING and attendance.care.admitted
    )
    if not here or not before.seats[seat].may(Right.SPEAK):
        return after
    connection: ConnectionId | None = attendance.connection
    return _with(after, seat, with_absence(attendance.care, Absence(at, cause, connection)))


def _ended_connection(before: Hearing, after: Hearing, event: Any, at: Instant) -> Hearing:
    return _gone(before, after, event.seat, at, event.cause)


def _left(before: Hearing, after: Hearing, event: Any, at: Instant) -> Hearing:
    return _gone(before, after, event.seat, at, "left")


def _back(_before: Hearing, after: Hearing, event: Any, at: Instant) -> Hearing:
    """An absence ends with the person's coming back, also if only to the door; entering is being let in."""
    care = _of(after, event.seat)
    admitted = care.admitted or after.attendance[event.seat].presence in _INSIDE
    if admitted == care.admitted and care.absence is None:
        return after
    care = replace(care, admitted=admitted)
    if care.absence is not None:
        care = with_absence(care, replace(care.absence, until=at, proposal=""))
    return _with(after, event.seat, care)


def _admitted(_before: Hearing, after: Hearing, event: Any, _at: Instant) -> Hearing:
    return _with(after, event.seat, replace(_of(after, event.seat), admitted=True))


def _sits(_before: Hearing, after: Hearing, _event: Any, at: Instant) -> Hearing:
    return replace(after, care=replace(after.care, sitting_since=at))


def _sits_not(_before: Hearing, after: Hearing, _event: Any, _at: Instant) -> Hearing:
    return replace(after, care=replace(after.care, sitting_since=None))


def _removed(_before: Hearing, after: Hearing, event: Any, at: Instant) -> Hearing:
    """Whom the court ordered out is not absent any more (CR 19)."""
    care = _of(after, event.seat)
    if care.absence is None:
        return after
    return _with(after, event.seat, with_absence(care, replace(care.absence, until=at, proposal="")))


def _readmitted(_before: Hearing, after: Hearing, event: Any, at: Instant) -> Hearing:
    """Who may come back and is not at the door is away from now on (OLR 25)."""
    attendance = after.attendance[event.seat]
    if attendance.connection is not None or not after.seats[event.seat].may(Right.SPEAK):
        return after
    return _with(after, event.seat, with_absence(attendance.care, Absence(at, READMITTED, None)))


FOLLOWERS: Mapping[str, Callable[[Hearing, Hearing, Any, Instant], Hearing]] = {
    "seat_arrived": _back,
    "connection_ended": _ended_connection,
    "seat_left": _left,
    "seat_admitted": _admitted,
    "court_opened": _sits,
    "court_resumed": _sits,
    "court_recessed": _sits_not,
    "court_closed": _sits_not,
    "court_adjourned": _sits_not,
    "court_moved_offline": _sits_not,
    "seat_removed": _removed,
    "seat_readmitted": _readmitted,
}
"""By the event's KIND: its class may be another area's."""

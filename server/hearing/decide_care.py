"""Decisions about care: help, messages, incidents, notices, and what the house observes. Pure; reached by `decide`.

Each takes (state, command, acting seat, now) and gives events, or raises Refused. Absences are in decide_absence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.hearing import commands_care as cc
from server.hearing import decide_absence as absence
from server.hearing import events_care as ev
from server.hearing.ids import Instant, PersonId, SeatId
from server.hearing.incidents import FACTS_MAX, KINDS, NOTES_MAX
from server.hearing.presence import OUTSIDE_BECAUSE, Presence
from server.hearing.refusals import InvariantBroken, Reason, Refused
from server.hearing.rooms import is_caucus, room_of, screened
from server.hearing.seats import Right, Role
from server.hearing.session import ENDED
from server.hearing.sheet import ROWS_MAX
from server.hearing.state import seat_of
from server.hearing.state_rooms import MAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from server.hearing import commands as c
    from server.hearing import events as e
    from server.hearing.state import Hearing

HELP_KINDS: tuple[str, ...] = ("technician", "interpreter", "assistance", "other")
HELP_EVERY_MS = 5_000
"""A call for help is changed no more often than this."""

MESSAGES_A_MINUTE = 10
"""Messages of one person, or of one helper to one person, in a minute."""

TECHNICIANS_MAX = 4
"""Technicians of one hearing."""

_MINUTE_MS = 60_000

Events = tuple["e.Event", ...]


# --- notices ---


def see_notice(state: Hearing, command: cc.SeeNotice, me: SeatId, _now: Instant) -> Events:
    """Record that the person has read a notice of the court: the proof that OLR 25 asks for."""
    notice = seat_of(state, me)[1].care.notice(command.notice)
    if notice is None:
        raise Refused(Reason.NOTICE_UNKNOWN)
    if notice.seen_at is not None:
        return ()
    return (ev.NoticeSeen(me, notice.notice),)


def show_notice(state: Hearing, command: cc.ShowNotice, me: SeatId, _now: Instant) -> Events:
    """Record that a notice reached the seat's screen, once (OLR 25)."""
    notice = seat_of(state, me)[1].care.notice(command.notice)
    if notice is None or notice.shown_at is not None:
        return ()
    return (ev.NoticeShown(me, notice.notice),)


# --- hearing and help ---


def cannot_hear(state: Hearing, _command: cc.CannotHear, me: SeatId, _now: Instant) -> Events:
    """我听不清: whoever is in the courtroom may say so without the floor."""
    _, attendance = seat_of(state, me)
    if attendance.presence is not Presence.PRESENT:
        raise Refused(OUTSIDE_BECAUSE[attendance.presence])
    if attendance.care.troubled_since is not None:
        return ()
    return (ev.HearingTroubled(me),)


def hear_again(state: Hearing, _command: cc.HearAgain, me: SeatId, _now: Instant) -> Events:
    """The person takes it back."""
    if seat_of(state, me)[1].care.troubled_since is None:
        return ()
    return (ev.HearingRestored(me, answered=False),)


def answer_cannot_hear(state: Hearing, command: cc.AnswerCannotHear, me: SeatId, _now: Instant) -> Events:
    """The court has seen to it; by the court's helpers only."""
    _check_helps(state, me)
    if seat_of(state, command.seat)[1].care.troubled_since is None:
        raise Refused(Reason.NOTHING_ASKED)
    return (ev.HearingRestored(command.seat, answered=True),)


def ask_help(state: Hearing, command: cc.AskHelp, me: SeatId, now: Instant) -> Events:
    """Ask the court's helpers, also from the waiting room and the witness room; a new call replaces the last one."""
    if command.kind not in HELP_KINDS:
        raise Refused(Reason.HELP_UNKNOWN)
    asked = seat_of(state, me)[1].care.help
    # a word said in a caucus stays there; that help is needed may be known
    text = "" if is_caucus(room_of(state, me)) else command.text.strip()
    if asked is not None:
        if (asked.kind, asked.text) == (command.kind, text):
            return ()
        if asked.at <= now < asked.at + HELP_EVERY_MS:
            raise Refused(Reason.TOO_OFTEN)
    return (ev.HelpAsked(me, command.kind, text),)


def answer_help(state: Hearing, command: cc.AnswerHelp, me: SeatId, _now: Instant) -> Events:
    """The help was given; said by the court's helpers, or taken back by who asked."""
    if command.seat != me:
        _check_helps(state, me)
    if seat_of(state, command.seat)[1].care.help is None:
        raise Refused(Reason.NOTHING_ASKED)
    return (ev.HelpAnswered(command.seat),)


def _check_helps(state: Hearing, me: SeatId) -> None:
    if not state.seats[me].may(Right.HELP):
        raise Refused(Reason.HELPERS_ONLY)


def send_message(state: Hearing, command: cc.SendMessage, me: SeatId, now: Instant) -> Events:
    """A written word: of a person to the court, or of a helper to a person; people never write to one another."""
    if not command.text.strip():
        raise Refused(Reason.MESSAGE_EMPTY)
    helps = state.seats[me].may(Right.HELP)
    if not helps and command.to:
        raise Refused(Reason.MESSAGE_TO_COURT_ONLY)
    person = command.to if helps else me
    who, _ = seat_of(state, person)
    if helps and (person == me or who.may(Right.HELP)):
        raise Refused(Reason.MESSAGE_TO_PERSON_ONLY)
    if screened(state, me, person):
        raise Refused(Reason.SCREENED_APART)
    room = room_of(state, person)
    if not is_caucus(room):
        room = MAIN
    elif helps and room_of(state, me) != room:
        raise Refused(Reason.MESSAGE_INTO_CAUCUS)  # OMR 16: it is entered by the mediator, not written into
    said = state.care.messages.get(room, ())
    if (
        sum(m.by == me and m.person == person and now - _MINUTE_MS < m.at <= now for m in said)
        >= MESSAGES_A_MINUTE
    ):
        raise Refused(Reason.TOO_OFTEN)
    # numbered within the one conversation: a number of the whole room would count other people's words
    message = f"{room}-{person}-{state.care.sent.get((room, who.id), 0) + 1}"
    return (ev.MessageSent(message, me, command.to, command.text.strip(), room),)


# --- incidents and the sheet ---


def sign_incident(state: Hearing, command: cc.SignIncident, _me: SeatId, _now: Instant) -> Events:
    """The presiding seat signs 异常情况说明, once the fault is over or the hearing is (AVR 4)."""
    found = next((one for one in state.care.incidents if one.incident == command.incident), None)
    if found is None:
        raise Refused(Reason.INCIDENT_UNKNOWN)
    if found.signed_at is not None:
        raise Refused(Reason.INCIDENT_SIGNED)
    if found.ended is None and state.session not in ENDED:
        raise Refused(Reason.INCIDENT_GOES_ON)
    return (ev.IncidentSigned(found.incident, command.note.strip()),)


def note_incident(state: Hearing, command: cc.NoteIncident, _me: SeatId, _now: Instant) -> Events:
    """Open a note of a fault, or end the one that goes on; the same fault is never noted twice (AVR 4)."""
    if command.kind not in KINDS:
        raise InvariantBroken(f"no such kind of incident: {command.kind}")
    facts = command.facts[:FACTS_MAX]
    ended = Instant(max(command.began_ms, command.ended_ms)) if command.ended_ms else None
    same = [one for one in state.care.incidents if (one.kind, one.subject) == (command.kind, command.subject)]
    going = next((one for one in same if one.ended is None), None)
    if going is not None:
        return (ev.IncidentEnded(going.incident, ended, facts),) if ended is not None else ()
    known = any(one.began == command.began_ms for one in same)
    if known or len(same) >= NOTES_MAX[command.kind]:
        return ()
    incident = f"i{len(state.care.incidents) + 1}"
    began = Instant(command.began_ms)
    return (ev.IncidentNoted(incident, command.kind, command.subject, began, ended, facts),)


def file_sheet(state: Hearing, command: cc.FileSheet, _me: SeatId, _now: Instant) -> Events:
    """File the sheet as it stands; the same one is filed once."""
    rows = command.rows[:ROWS_MAX]
    return () if rows == state.care.sheet else (ev.SheetFiled(rows),)


def add_technician(state: Hearing, command: cc.AddTechnician, _me: SeatId, _now: Instant) -> Events:
    """Give the court's officer a seat as a technician: it helps, and is never heard."""
    known = state.seats.get(command.seat)
    if known is not None:
        if known.role is Role.TECHNICIAN and known.person == command.person:
            return ()
        raise Refused(Reason.SEAT_TAKEN)
    if any(seat.person == command.person for seat in state.seats.values()):
        raise Refused(Reason.SEAT_TAKEN)
    if sum(seat.role is Role.TECHNICIAN for seat in state.seats.values()) >= TECHNICIANS_MAX:
        raise Refused(Reason.TECHNICIANS_ENOUGH)
    return (ev.TechnicianAdded(command.seat, PersonId(command.person), command.name),)


DECIDERS: Mapping[type[c.Command], Callable[[Hearing, Any, SeatId, Instant], Events]] = {
    **absence.DECIDERS,
    cc.SeeNotice: see_notice,
    cc.ShowNotice: show_notice,
    cc.CannotHear: cannot_hear,
    cc.HearAgain: hear_again,
    cc.AnswerCannotHear: answer_cannot_hear,
    cc.AskHelp: ask_help,
    cc.AnswerHelp: answer_help,
    cc.SendMessage: send_message,
    cc.SignIncident: sign_incident,
    cc.NoteIncident: note_incident,
    cc.FileSheet: file_sheet,
    cc.AddTechnician: add_technician,
}


def _messages(state: Hearing, me: SeatId) -> Iterator[cc.SendMessage]:
    if state.seats[me].may(Right.HELP):
        yield from (cc.SendMessage(seat, "-") for seat in state.seats)
    else:
        yield cc.SendMessage(SeatId(""), "-")


CANDIDATES: Mapping[type[c.SeatCommand], Callable[[Hearing, SeatId], Iterable[c.SeatCommand]]] = {
    **absence.CANDIDATES,
    cc.SeeNotice: lambda state, me: [cc.SeeNotice(n.notice) for n in state.attendance[me].care.notices],
    cc.CannotHear: lambda _state, _me: [cc.CannotHear()],
    cc.HearAgain: lambda _state, _me: [cc.HearAgain()],
    cc.AnswerCannotHear: lambda state, _me: [cc.AnswerCannotHear(seat) for seat in state.seats],
    cc.AskHelp: lambda _state, _me: [cc.AskHelp("technician"), cc.AskHelp("other")],
    cc.AnswerHelp: lambda state, _me: [cc.AnswerHelp(seat) for seat in state.seats],
    cc.SendMessage: _messages,
    cc.SignIncident: lambda state, _me: [cc.SignIncident(one.incident) for one in state.care.incidents],
}
"""For `may`: commands of a kind that between them show whether any of that kind could be given by the seat now."""

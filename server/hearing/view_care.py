"""What a seat's screen may know of care. Pure; part of `view`, never names what `audience` hides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.hearing.ids import SeatId
from server.hearing.presence import CONNECTED, Presence
from server.hearing.rooms import is_caucus, room_of, screened
from server.hearing.seats import Right, Role
from server.hearing.session import SessionState
from server.hearing.view_shapes import IncidentView, MessageView, NoticeView
from server.hearing.view_shapes_seat import AbsenceView, HelpView

if TYPE_CHECKING:
    from server.hearing.ids import Instant
    from server.hearing.seats import Seat
    from server.hearing.state import Hearing
    from server.hearing.state_care import Absence, Message, SeatCare

_THE_COURT = SeatId("")


def of_hearing(state: Hearing, me: Seat, _now: Instant) -> dict[str, Any]:
    """Fields of HearingView that this area fills for the viewer."""
    return {
        "notices": _notices(state, me),
        "incidents": _incidents(state) if _inside(state, me) and me.may(Right.OVERSEE) else (),
        "messages": _messages(state, me),
    }


def of_seat(state: Hearing, me: Seat, seen: Seat, *, oversees: bool) -> dict[str, Any]:
    """Fields of the SeatCard of one seat that this area fills. oversees: own card, or a viewer who oversees.

    The finding is public in the room: it decides how the hearing goes on (OLR 25). How it came to it is the bench's.
    """
    care = state.attendance[seen.id].care
    helps = oversees or (_inside(state, me) and me.may(Right.HELP))
    bench = me.may(Right.OVERSEE) and _inside(state, me)
    return {
        "finding": care.finding,
        "cannot_hear_since": care.troubled_since if helps else None,
        "help": HelpView(care.help.kind, care.help.text, care.help.at) if care.help and helps else None,
        "absences": tuple(_absence(state, care, one) for one in care.absences) if bench else (),
    }


def _inside(state: Hearing, me: Seat) -> bool:
    return state.attendance[me.id].presence is Presence.PRESENT


def _absence(state: Hearing, care: SeatCare, absence: Absence) -> AbsenceView:
    prompt, warning = care.notice(absence.prompt), care.notice(absence.warning)
    sits = state.session is SessionState.IN_SESSION
    return AbsenceView(
        since=absence.since,
        until=absence.until,
        verdict=absence.verdict.value,
        facts=absence.facts,
        proposal=absence.proposal if sits else "",
        prompted_at=prompt.at if prompt else None,
        prompt_shown_at=prompt.shown_at if prompt else None,
        prompt_seen_at=prompt.seen_at if prompt else None,
        warned_at=warning.at if warning else None,
        warn_shown_at=warning.shown_at if warning else None,
        warn_seen_at=warning.seen_at if warning else None,
        finding=absence.finding,
        reason=absence.reason,
    )


def _notices(state: Hearing, me: Seat) -> tuple[NoticeView, ...]:
    """The own notices that the person has not confirmed yet; of nobody else."""
    notices = state.attendance[me.id].care.notices
    return tuple(
        NoticeView(one.notice, me.id, one.kind, one.text, one.at, one.seen_at)
        for one in notices
        if one.seen_at is None
    )


def _incidents(state: Hearing) -> tuple[IncidentView, ...]:
    return tuple(
        IncidentView(
            one.incident, one.kind, one.subject, one.began, one.ended, one.facts, one.signed_at, one.note
        )
        for one in state.care.incidents
    )


def _messages(state: Hearing, me: Seat) -> tuple[MessageView, ...]:
    """The own conversation with the court; for a helper all of them, but of whom it must not meet.

    A caucus's words are seen in the caucus alone.
    """
    connected = state.attendance[me.id].presence in CONNECTED
    helps = me.may(Right.HELP) and (_inside(state, me) or (me.role is Role.TECHNICIAN and connected))
    here = room_of(state, me.id)
    said = [
        one
        for room, messages in state.care.messages.items()
        if room == here or not is_caucus(room)
        for one in messages
        if (helps or one.person == me.id)
        and not any(screened(state, me.id, other) for other in (one.by, one.person))
    ]
    return tuple(_message(state, me, one) for one in sorted(said, key=lambda one: one.at))


def _message(state: Hearing, me: Seat, message: Message) -> MessageView:
    """Who does not follow the hearing learns of nobody in it: the answer comes from the court (OLR 26)."""
    named = message.by == me.id or _inside(state, me) or me.role is Role.TECHNICIAN
    return MessageView(
        message.message, message.by if named else _THE_COURT, message.to, message.text, message.at
    )

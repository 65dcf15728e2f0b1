"""Derived rule: every way in which anything of a hearing reaches anybody, and who receives it. Deny by default; pure.

The list of channels is closed. Whatever conduct sends asks `receives`, or for sound, picture and words `audience` itself,
which is their rule here. Every output of conduct, field of a view and message of the wire is assigned to a channel
(`tests/hearing/test_channels.py` fails where one is not), and the whole table is checked cell by cell against the law as
read by hand (`tests/hearing/test_matrix.py`, `docs/visibility.md`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from server.hearing.audience import audience, heard, together
from server.hearing.presence import CONNECTED, Presence
from server.hearing.rooms import is_mediation, place, screened
from server.hearing.seats import PARTIES, Right, Role
from server.hearing.session import ENDED
from server.hearing.state_rooms import MAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from server.hearing.ids import SeatId
    from server.hearing.state import Hearing


class Channel(StrEnum):
    """A way in which something of the hearing reaches a seat.

    OWN: what concerns the seat itself and the bare frame of the case. LINK: keeps the connection alive, says nothing.
    """

    OWN = "own"
    LINK = "link"
    AUDIO = "audio"
    VIDEO = "video"
    SCREEN = "screen"
    CAPTIONS = "captions"
    SPEAKING = "speaking"
    CHAT = "chat"
    ROSTER = "roster"
    STAGES = "stages"
    FLOOR = "floor"
    ORDER = "order"
    EXHIBITS = "exhibits"
    POINTER = "pointer"
    ROOMS = "rooms"
    MEDIATION = "mediation"
    NOTICES = "notices"
    COURT_CHECK = "court_check"
    INCIDENTS = "incidents"
    SHEET = "sheet"
    HEALTH = "health"
    TAPE_LIGHT = "tape_light"
    EVENT_LIST = "event_list"
    TRANSCRIPT = "transcript"
    LINE_SERIES = "line_series"


def receives(state: Hearing, channel: Channel, receiver: SeatId, publisher: SeatId | None = None) -> bool:
    """Whether the receiver gets this channel now; publisher: of whom, where it comes from somebody; None: at all."""
    if receiver not in state.seats or (publisher is not None and publisher not in state.seats):
        return False
    return _RULES[channel](state, receiver, publisher)


def _inside(state: Hearing, receiver: SeatId, _publisher: SeatId | None) -> bool:
    """In the hearing: let in, not isolated, not gone, not removed (OLR 26, CR 19)."""
    return state.attendance[receiver].presence is Presence.PRESENT


def _connected(state: Hearing, receiver: SeatId, _publisher: SeatId | None) -> bool:
    return state.attendance[receiver].presence in CONNECTED


def _of_someone(rule: Callable[[Hearing, SeatId, SeatId], bool]) -> _Rule:
    """A channel that comes from a person: without one, whether it comes from anybody."""

    def asked(state: Hearing, receiver: SeatId, publisher: SeatId | None) -> bool:
        if publisher is not None:
            return rule(state, publisher, receiver)
        return any(rule(state, seat, receiver) for seat in state.seats)

    return asked


def _speaking(state: Hearing, publisher: SeatId, receiver: SeatId) -> bool:
    if publisher == receiver:
        return heard(state, publisher)
    return audience(state, publisher, receiver).hear


def _screen(state: Hearing, publisher: SeatId, receiver: SeatId) -> bool:
    """A shared screen or an object before a camera, shown large: like the person's own picture."""
    return (
        publisher != receiver
        and together(state, publisher, receiver)
        and state.seats[publisher].may(Right.SHOW)
    )


def _chat(state: Hearing, receiver: SeatId, publisher: SeatId | None) -> bool:
    """Written words go between a person and the court's helpers, never between people; not across a screening."""
    if not _connected(state, receiver, None):
        return False
    helps = state.seats[receiver].may(Right.HELP)
    if publisher is None or publisher == receiver:
        return True
    return state.seats[publisher].may(Right.HELP) is not helps and not screened(state, publisher, receiver)


def _roster(state: Hearing, receiver: SeatId, publisher: SeatId | None) -> bool:
    """Cards of the others with what they are doing; of one screened off there is but the bare seat.

    The technician outside has them too: who is here, and with what devices, and nothing of what they are doing.
    """
    if publisher == receiver:
        return True
    helps = state.seats[receiver].role is Role.TECHNICIAN and _connected(state, receiver, None)
    return (helps or _inside(state, receiver, None)) and (
        publisher is None or not screened(state, publisher, receiver)
    )


def _mediation(state: Hearing, receiver: SeatId, _publisher: SeatId | None) -> bool:
    return is_mediation(state) and _inside(state, receiver, None)


def _overseen(state: Hearing, receiver: SeatId, _publisher: SeatId | None) -> bool:
    """For the bench and the clerk in the courtroom."""
    return state.seats[receiver].may(Right.OVERSEE) and _inside(state, receiver, None)


def _sheet(state: Hearing, receiver: SeatId, publisher: SeatId | None) -> bool:
    """The whole of it for the bench and the clerk; its own row for whoever is inside and may speak (OLR 6)."""
    if publisher is not None and publisher == receiver:
        return state.seats[receiver].may(Right.SPEAK) and _inside(state, receiver, None)
    return _overseen(state, receiver, None)


def _health(state: Hearing, receiver: SeatId, publisher: SeatId | None) -> bool:
    """One's own line; everybody's for who oversees the hearing, and for the technician."""
    if publisher is None or publisher == receiver:
        return _connected(state, receiver, None)
    if state.seats[receiver].role is Role.TECHNICIAN:
        return _connected(state, receiver, None)
    return _overseen(state, receiver, None)


def _record(state: Hearing, receiver: SeatId, _publisher: SeatId | None) -> bool:
    """The record: the bench and the clerk while the hearing is on, the parties and their agents after it (AVR 10)."""
    who = state.seats[receiver]
    if who.may(Right.OVERSEE):
        return True
    return state.session in ENDED and (who.role in PARTIES or who.role is Role.AGENT)


def _always(_state: Hearing, _receiver: SeatId, _publisher: SeatId | None) -> bool:
    return True


if TYPE_CHECKING:
    _Rule = Callable[[Hearing, SeatId, SeatId | None], bool]

_RULES: Mapping[Channel, _Rule] = {
    Channel.OWN: lambda _state, receiver, publisher: publisher is None or publisher == receiver,
    Channel.LINK: _always,
    Channel.AUDIO: _of_someone(lambda state, publisher, receiver: audience(state, publisher, receiver).hear),
    Channel.VIDEO: _of_someone(lambda state, publisher, receiver: audience(state, publisher, receiver).see),
    Channel.SCREEN: _of_someone(_screen),
    Channel.CAPTIONS: _of_someone(
        lambda state, publisher, receiver: audience(state, publisher, receiver).read
    ),
    Channel.SPEAKING: _of_someone(_speaking),
    Channel.CHAT: _chat,
    Channel.ROSTER: _roster,
    Channel.STAGES: _inside,
    Channel.FLOOR: _inside,
    Channel.ORDER: _inside,
    Channel.EXHIBITS: _inside,
    # what is shown is shown in the court's room
    Channel.POINTER: lambda state, receiver, _publisher: place(state, receiver) == MAIN,
    Channel.ROOMS: _inside,
    Channel.MEDIATION: _mediation,
    Channel.NOTICES: lambda _state, receiver, publisher: publisher is None or publisher == receiver,
    Channel.COURT_CHECK: _overseen,
    Channel.INCIDENTS: _overseen,
    Channel.SHEET: _sheet,
    Channel.HEALTH: _health,
    Channel.TAPE_LIGHT: _inside,
    Channel.EVENT_LIST: _record,
    Channel.TRANSCRIPT: _record,
    # how everybody's line was, kept with the record: never for a party, not even its own
    Channel.LINE_SERIES: lambda state, receiver, _publisher: state.seats[receiver].may(Right.OVERSEE),
}

OF_VIEW: Mapping[str, Channel] = {
    **dict.fromkeys(
        (
            "hearing",
            "case_no",
            "cause",
            "court",
            "procedure",
            "public",
            "scheduled_at",
            "session",
            "opened_at",
            "closed_at",
            "me",
            "in_room",
            "discipline_version",
            "may",
            "silent_because",
            "consent_steps",
            "room",
            "asked_out",
        ),
        Channel.OWN,
    ),
    "session_reason": Channel.STAGES,
    "stages": Channel.STAGES,
    "doors": Channel.STAGES,
    "presides": Channel.ROSTER,
    "presiding_away": Channel.ROSTER,
    "recess_at": Channel.ROSTER,
    "seats": Channel.ROSTER,
    "floor": Channel.FLOOR,
    "objections": Channel.ORDER,
    "gavel_at": Channel.ORDER,
    "layout": Channel.ORDER,
    "showing": Channel.POINTER,
    "exhibits": Channel.EXHIBITS,
    "rooms": Channel.ROOMS,
    "may_enter": Channel.ROOMS,
    "mediation": Channel.MEDIATION,
    "notices": Channel.NOTICES,
    "messages": Channel.CHAT,
    "missing": Channel.COURT_CHECK,
    "next": Channel.COURT_CHECK,
    "closing": Channel.COURT_CHECK,
    "points": Channel.COURT_CHECK,
    "check": Channel.COURT_CHECK,
    "incidents": Channel.INCIDENTS,
}
"""The channel of each field of a view: where it is not received, the field is empty."""

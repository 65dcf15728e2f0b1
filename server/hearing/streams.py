"""Derived rule: in which stream of the log an event stands. Pure.

A hearing has its main stream, named by its id, and one more for the caucus with each side: what was proposed, answered,
agreed and recorded there. The main stream says only that a caucus began and ended, and who moved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing.rooms import caucuses, is_caucus
from server.hearing.state_rooms import MAIN

if TYPE_CHECKING:
    from server.hearing.events import Event
    from server.hearing.ids import HearingId
    from server.hearing.state import Hearing


def room_stream(hearing: HearingId, room: str) -> str:
    """Name of the stream of a room: a caucus has its own, every other room that of the hearing."""
    return f"{hearing}#{room.replace(':', '.')}" if is_caucus(room) else str(hearing)


def stream_of(hearing: HearingId, event: Event) -> str:
    """Name of the stream that the event belongs to: that of the caucus its field `room` names, else the hearing's."""
    return room_stream(hearing, getattr(event, "room", MAIN))


def side_streams(state: Hearing) -> tuple[str, ...]:
    """Names of the streams that this hearing can have beside the main one."""
    return tuple(room_stream(state.hearing, room) for room in caucuses(state))

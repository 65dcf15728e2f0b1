"""What a seat's screen may know of the doors, and of a court without its judge. Pure; part of `view`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.hearing.doors import public_now
from server.hearing.presence import Presence
from server.hearing.unattended import next_due
from server.hearing.view_shapes import AskedOutView, DoorsView

if TYPE_CHECKING:
    from server.hearing.ids import Instant
    from server.hearing.seats import Seat
    from server.hearing.state import Hearing


def of_hearing(state: Hearing, me: Seat, _now: Instant) -> dict[str, Any]:
    """Fields of HearingView that this area fills for the viewer.

    Outside, whether the hearing is public now is not told: a witness would learn from it which stage it is in (OLR 26).
    """
    attendance = state.attendance[me.id]
    if attendance.presence is Presence.PRESENT:
        doors = state.doors
        return {
            "doors": DoorsView(public_now(state), doors.ground, doors.reason, doors.recorded, doors.since),
            "presiding_away": state.presiding_away,
            "recess_at": next_due(state),
        }
    asked = attendance.asked_out
    if asked is None or attendance.presence is not Presence.WAITING:
        return {}
    return {"asked_out": AskedOutView(asked.ground, asked.reason, asked.at)}

"""What a seat's screen may know of exhibits. Pure; part of `view`, never names what `audience` hides.

The list of materials is for who may read the file; everybody else gets the one that is shown, while it is, and of it no more
than what is on the screen (`showing`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.hearing.ids import SeatId
from server.hearing.presence import Presence
from server.hearing.rooms import screened
from server.hearing.showing import reads_file, sees_showing
from server.hearing.view_shapes_exhibits import ExhibitView, OpinionView, ShowingView

if TYPE_CHECKING:
    from server.hearing.ids import Instant
    from server.hearing.seats import Seat
    from server.hearing.state import Hearing
    from server.hearing.state_exhibits import Exhibit

_NOBODY = SeatId("")


def of_hearing(state: Hearing, me: Seat, _now: Instant) -> dict[str, Any]:
    """Fields of HearingView that this area fills for the viewer."""
    if state.attendance[me.id].presence is not Presence.PRESENT:
        return {}
    showing = sees_showing(state, me.id)
    if reads_file(state, me.id):
        exhibits = tuple(_exhibit(state, me, one) for one in state.exhibits.items.values())
    else:
        shown = state.exhibits.items.get(showing.exhibit) if showing is not None else None
        exhibits = (_bare(state, me, shown),) if shown is not None else ()
    return {"showing": _showing(state, me), "exhibits": exhibits}


def of_seat(state: Hearing, _me: Seat, seen: Seat, *, oversees: bool) -> dict[str, Any]:
    """Fields of the SeatCard of one seat that this area fills. oversees: own card, or a viewer who oversees."""
    del oversees  # whom the court lets present, all in the courtroom may know
    return {"may_present": state.attendance[seen.id].exhibits.may_present}


def _named(state: Hearing, me: Seat, seat: SeatId) -> SeatId:
    return _NOBODY if screened(state, me.id, seat) else seat


def _showing(state: Hearing, me: Seat) -> ShowingView | None:
    showing = sees_showing(state, me.id)
    if showing is None:
        return None
    return ShowingView(
        source=showing.source,
        seat=_named(state, me, showing.seat),
        exhibit=showing.exhibit,
        page=showing.page,
        zoom=showing.zoom,
        x=showing.x,
        y=showing.y,
        playing=showing.playing,
        position_ms=showing.position_ms,
        at=showing.at,
        marks=tuple(
            f"{mark.shape} {mark.page} {mark.points}" for mark in showing.marks if mark.page == showing.page
        ),
    )


def _exhibit(state: Hearing, me: Seat, one: Exhibit) -> ExhibitView:
    return ExhibitView(
        exhibit=one.exhibit,
        number=one.number,
        title=one.title,
        kind=one.kind,
        pages=one.pages,
        offered_by=_named(state, me, one.offered_by),
        sha256=one.sha256,
        shown_at=one.shown_at,
        original_asked=bool(one.original),
        opinions=tuple(
            OpinionView(seat, given.authenticity, given.legality, given.relevance, given.text)
            for seat, given in one.opinions.items()
            if not screened(state, me.id, seat)
        ),
    )


def _bare(state: Hearing, me: Seat, one: Exhibit) -> ExhibitView:
    """The material that is before everybody, without what was said of it when a witness was not there (OLR 26)."""
    return ExhibitView(
        exhibit=one.exhibit,
        number=one.number,
        title=one.title,
        kind=one.kind,
        pages=one.pages,
        offered_by=_named(state, me, one.offered_by),
        sha256="",
        shown_at=None,
        original_asked=False,
        opinions=(),
    )

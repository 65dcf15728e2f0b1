"""Decisions about exhibits and other sources: offering, presenting, page, marks, opinions. Pure; reached by `decide`.

Each takes (state, command, acting seat, now) and gives events, or raises Refused. Evidence is put before everybody and
examined by the parties (CPL 71, 141); who may see what of it is in `showing`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from server.hearing import commands_exhibits as cx
from server.hearing import decide_opinions as opinions
from server.hearing import events_exhibits as ex
from server.hearing import state_exhibits as sx
from server.hearing.evolve_exhibits import window
from server.hearing.presence import OUTSIDE_BECAUSE, Presence
from server.hearing.refusals import Reason, Refused
from server.hearing.rooms import in_main, place
from server.hearing.seats import PARTIES, Right, Role
from server.hearing.session import ENDED, WHY_NOT
from server.hearing.showing import controls, presents
from server.hearing.speech import has_floor
from server.hearing.state import seat_of
from server.hearing.state_rooms import MAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from server.hearing import commands as c
    from server.hearing import events as e
    from server.hearing.ids import Instant, SeatId
    from server.hearing.seats import Seat
    from server.hearing.state import Hearing

Events = tuple["e.Event", ...]

_SHAPES = {"box": 2, "line": 2, "free": sx.POINTS_MAX}
"""The most points of each shape; a box and a line have just that many."""
_POINT = re.compile(r"(\d{1,5}),(\d{1,5})")
_DIGEST = re.compile(r"[0-9a-f]{64}")


# --- materials ---


def may_offer(state: Hearing, seat: Seat) -> bool:
    """Whether materials come from this seat: parties, their agents, the bench that collected it, the clerk (CPL 68)."""
    removed = state.attendance[seat.id].presence is Presence.REMOVED
    return not removed and (seat.role in PARTIES or seat.role is Role.AGENT or seat.may(Right.OVERSEE))


def offer(state: Hearing, command: cx.OfferExhibit, me: SeatId, _now: Instant) -> Events:
    """Enter a material that came into the file; the same one again changes nothing."""
    seat, _ = seat_of(state, me)
    if command.exhibit in state.exhibits.items:
        return ()
    check_offer(state, seat)
    title = command.title.strip()
    pages_max = sx.PAGES_MAX if command.kind == sx.PDF else 1
    if (
        command.kind not in sx.PAGED | sx.PLAYED
        or not 1 <= command.pages <= pages_max
        or not (title and len(title) <= sx.TITLE_MAX)
        or not (command.exhibit and _DIGEST.fullmatch(command.sha256))
        or command.size <= 0
    ):
        raise Refused(Reason.EXHIBIT_INVALID)
    return (
        ex.ExhibitOffered(
            command.exhibit, me, title, command.kind, command.pages, command.sha256, command.size
        ),
    )


def check_offer(state: Hearing, seat: Seat) -> None:
    """Raise Refused unless the seat may hand in one more material now."""
    if state.session in ENDED:
        raise Refused(WHY_NOT[state.session])
    if not may_offer(state, seat):
        raise Refused(Reason.NO_MATERIALS_FROM_SEAT)
    if not in_main(state, seat.id):
        raise Refused(
            Reason.IN_ANOTHER_ROOM
        )  # everybody would see what is handed in behind a closed door (OMR 16)
    mine = sum(one.offered_by == seat.id for one in state.exhibits.items.values())
    if len(state.exhibits.items) >= sx.EXHIBITS_MAX or mine >= sx.EXHIBITS_OF_SEAT_MAX:
        raise Refused(Reason.EXHIBITS_ENOUGH)


def permit(state: Hearing, command: cx.PermitPresenting, _me: SeatId, _now: Instant) -> Events:
    """Let somebody who is in the courtroom present and share its screen, or no longer (CPL 141, CR 17)."""
    seat, attendance = seat_of(state, command.seat)
    if attendance.exhibits.may_present == command.on or seat.may(Right.OVERSEE):
        return ()
    if command.on:
        if not seat.may(Right.SHOW):
            raise Refused(Reason.NEVER_SHOWN)
        if attendance.presence is not Presence.PRESENT:
            raise Refused(OUTSIDE_BECAUSE[attendance.presence])
        return (ex.PresentingPermitted(seat.id, on=True),)
    return (*_taken_from(state, seat.id), ex.PresentingPermitted(seat.id, on=False))


def _taken_from(state: Hearing, seat: SeatId) -> Events:
    """Take away what the seat shows by the permission that ends; its own material it may still show."""
    showing = state.exhibits.showing
    if showing is None or showing.seat != seat:
        return ()
    own = state.exhibits.items.get(showing.exhibit)
    if own is not None and own.offered_by == seat:
        return ()
    return (ex.ShowingStopped(showing.source, showing.seat, showing.exhibit),)


# --- showing ---


def present(state: Hearing, command: cx.PresentExhibit, me: SeatId, now: Instant) -> Events:
    """出示证据, with the first page: who has the floor its own, with leave any, the bench or the clerk (CPL 71, 141)."""
    exhibit = state.exhibits.items.get(command.exhibit)
    if exhibit is None:
        raise Refused(Reason.EXHIBIT_UNKNOWN)
    if not presents(state, me) and not (exhibit.offered_by == me and has_floor(state, me)):
        raise Refused(Reason.PRESENTING_NOT_PERMITTED)
    _check_shows(state, me, me)
    showing = state.exhibits.showing
    if showing is not None and (showing.exhibit, showing.seat) == (command.exhibit, me):
        return ()
    _check_pace(state, me, now)
    return (ex.ExhibitPresented(command.exhibit, me),)


def show_source(state: Hearing, command: cx.ShowSource, me: SeatId, now: Instant) -> Events:
    """Show a screen or an object before a camera: one's own with leave, anybody's for the bench and the clerk."""
    if command.source not in sx.SOURCES:
        raise Refused(Reason.SOURCE_UNKNOWN)
    seat, _ = seat_of(state, command.seat)
    if not presents(state, me) or (seat.id != me and not state.seats[me].may(Right.OVERSEE)):
        raise Refused(Reason.PRESENTING_NOT_PERMITTED)
    if not seat.may(Right.SHOW):
        raise Refused(Reason.NEVER_SHOWN)
    _check_shows(state, me, seat.id)
    showing = state.exhibits.showing
    if showing is not None and (showing.source, showing.seat) == (command.source, seat.id):
        return ()
    _check_pace(state, me, now)
    return (ex.SourceShown(command.source, seat.id),)


def _check_shows(state: Hearing, me: SeatId, shown: SeatId) -> None:
    """Raise Refused unless both are in the court's room, free to show, and nobody else's showing is in the way."""
    for seat in (me, shown):
        attendance = state.attendance[seat]
        if attendance.presence is not Presence.PRESENT:
            raise Refused(OUTSIDE_BECAUSE[attendance.presence])
        if place(state, seat) != MAIN:
            raise Refused(Reason.SEAT_ASIDE)
        if attendance.locked:
            raise Refused(Reason.SEAT_LOCKED)
    showing = state.exhibits.showing
    if showing is not None and showing.seat != me and not state.seats[me].may(Right.OVERSEE):
        raise Refused(Reason.ANOTHER_PRESENTS)


def _check_pace(state: Hearing, me: SeatId, now: Instant) -> None:
    """Raise Refused if too much moved of late; the bench and the clerk are never kept waiting by a party's pages."""
    if not state.seats[me].may(Right.OVERSEE) and window(state, now)[1] >= sx.MOVES_PER_MINUTE:
        raise Refused(Reason.SHOWING_TOO_OFTEN)


def _check_inside(state: Hearing, me: SeatId) -> None:
    """Raise Refused for who is outside, before anything that would tell it whether something is shown (OLR 26)."""
    presence = state.attendance[me].presence
    if presence is not Presence.PRESENT:
        raise Refused(OUTSIDE_BECAUSE[presence])


def _in_hand(state: Hearing, me: SeatId) -> tuple[sx.Showing, sx.Exhibit]:
    """What is shown, for one who may turn its pages. Raises Refused."""
    _check_inside(state, me)
    showing = state.exhibits.showing
    if showing is None:
        raise Refused(Reason.NOTHING_SHOWN)
    if not controls(state, me):
        raise Refused(Reason.NOT_PRESENTER)
    exhibit = state.exhibits.items.get(showing.exhibit)
    if exhibit is None:
        raise Refused(Reason.EXHIBIT_WITHOUT_PAGES)
    return showing, exhibit


def _paged(state: Hearing, me: SeatId) -> tuple[sx.Showing, sx.Exhibit]:
    showing, exhibit = _in_hand(state, me)
    if exhibit.kind not in sx.PAGED:
        raise Refused(Reason.EXHIBIT_WITHOUT_PAGES)
    return showing, exhibit


def turn(state: Hearing, command: cx.TurnPage, me: SeatId, now: Instant) -> Events:
    """Page, zoom and place, for everybody the same."""
    showing, exhibit = _paged(state, me)
    within = 0 <= command.x <= sx.SCALE and 0 <= command.y <= sx.SCALE
    if not (1 <= command.page <= exhibit.pages and sx.ZOOM_MIN <= command.zoom <= sx.ZOOM_MAX and within):
        raise Refused(Reason.PAGE_OUT_OF_RANGE)
    asked = (command.page, command.zoom, command.x, command.y)
    if asked == (showing.page, showing.zoom, showing.x, showing.y):
        return ()
    _check_pace(state, me, now)
    return (ex.PageTurned(exhibit.exhibit, *asked),)


def play(state: Hearing, command: cx.PlayExhibit, me: SeatId, now: Instant) -> Events:
    """Run or stop a video or sound, for everybody at the same position."""
    showing, exhibit = _in_hand(state, me)
    if exhibit.kind not in sx.PLAYED:
        raise Refused(Reason.EXHIBIT_NOT_PLAYED)
    if not 0 <= command.position_ms <= sx.POSITION_MAX_MS:
        raise Refused(Reason.PAGE_OUT_OF_RANGE)
    stands = not (showing.playing or command.playing)
    if stands and command.position_ms == showing.position_ms:
        return ()
    _check_pace(state, me, now)
    return (ex.ExhibitPlayed(exhibit.exhibit, command.playing, command.position_ms),)


def mark(state: Hearing, command: cx.MarkExhibit, me: SeatId, now: Instant) -> Events:
    """Draw on the page that is shown; the log keeps what was drawn, the material stays untouched."""
    showing, exhibit = _paged(state, me)
    points = _points(command)
    here = sum(one.page == showing.page for one in showing.marks)
    if here >= sx.MARKS_OF_PAGE_MAX or len(showing.marks) >= sx.MARKS_MAX:
        raise Refused(Reason.MARKS_ENOUGH)
    _check_pace(state, me, now)
    return (ex.ExhibitMarked(exhibit.exhibit, showing.page, command.shape, points),)


def _points(command: cx.MarkExhibit) -> str:
    """The points in their one form. Raises Refused."""
    most = _SHAPES.get(command.shape, 0)
    found = [_POINT.fullmatch(word) for word in command.points.split(maxsplit=sx.POINTS_MAX)]
    numbers = [(int(one[1]), int(one[2])) for one in found if one is not None]
    least = most if command.shape != "free" else 2
    outside = any(x > sx.SCALE or y > sx.SCALE for x, y in numbers)
    if len(numbers) != len(found) or not least <= len(numbers) <= most or outside:
        raise Refused(Reason.MARK_INVALID)
    return " ".join(f"{x},{y}" for x, y in numbers)


def clear(state: Hearing, _command: cx.ClearMarks, me: SeatId, now: Instant) -> Events:
    """Wipe the page that is shown."""
    showing, exhibit = _paged(state, me)
    if not any(one.page == showing.page for one in showing.marks):
        return ()
    _check_pace(state, me, now)
    return (ex.MarksCleared(exhibit.exhibit, showing.page),)


def stop(state: Hearing, _command: cx.StopShowing, me: SeatId, _now: Instant) -> Events:
    """Take away what is shown; at any pace, and also for a presenter who is muted and locked."""
    _check_inside(state, me)
    oversees = state.seats[me].may(Right.OVERSEE)
    if not oversees and not in_main(state, me):
        raise Refused(Reason.IN_ANOTHER_ROOM)
    showing = state.exhibits.showing
    if showing is None:
        raise Refused(Reason.NOTHING_SHOWN)
    if showing.seat != me and not oversees:
        raise Refused(Reason.NOT_PRESENTER)
    return (ex.ShowingStopped(showing.source, showing.seat, showing.exhibit),)


DECIDERS: Mapping[type[c.Command], Callable[[Hearing, Any, SeatId, Instant], Events]] = {
    cx.OfferExhibit: offer,
    cx.PermitPresenting: permit,
    cx.PresentExhibit: present,
    cx.ShowSource: show_source,
    cx.TurnPage: turn,
    cx.PlayExhibit: play,
    cx.MarkExhibit: mark,
    cx.ClearMarks: clear,
    cx.StopShowing: stop,
    **opinions.DECIDERS,
}


def _own_or_all(state: Hearing, me: SeatId) -> Iterable[c.SeatCommand]:
    """Two are enough where any can be presented: one of them may be shown already."""
    all_of_them = presents(state, me)
    found = [key for key, one in state.exhibits.items.items() if all_of_them or one.offered_by == me]
    return (cx.PresentExhibit(one) for one in found[:2])


def _sources(state: Hearing, me: SeatId) -> Iterable[c.SeatCommand]:
    if not presents(state, me):
        return ()
    seats = state.seats if state.seats[me].may(Right.OVERSEE) else (me,)
    return (cx.ShowSource(source, seat) for seat in seats for source in sorted(sx.SOURCES))


def _turns(state: Hearing, _me: SeatId) -> Iterable[c.SeatCommand]:
    showing = state.exhibits.showing
    if showing is None:
        return ()
    zoom = sx.ZOOM_MAX if showing.zoom < sx.ZOOM_MAX else sx.ZOOM_MIN
    return (cx.TurnPage(showing.page, zoom, showing.x, showing.y),)


CANDIDATES: Mapping[type[c.SeatCommand], Callable[[Hearing, SeatId], Iterable[c.SeatCommand]]] = {
    cx.PermitPresenting: lambda state, _: [
        cx.PermitPresenting(seat, on) for seat in state.seats for on in (True, False)
    ],
    cx.PresentExhibit: _own_or_all,
    cx.ShowSource: _sources,
    cx.TurnPage: _turns,
    cx.PlayExhibit: lambda _state, _me: (cx.PlayExhibit(playing=True, position_ms=0),),
    cx.MarkExhibit: lambda _state, _me: (cx.MarkExhibit("box", "0,0 1,1"),),
    cx.ClearMarks: lambda _state, _me: (cx.ClearMarks(),),
    cx.StopShowing: lambda _state, _me: (cx.StopShowing(),),
    **opinions.CANDIDATES,
}
"""For `may`: commands of a kind that between them show whether any of that kind could be given by the seat now."""

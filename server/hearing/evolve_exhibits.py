"""(state, event, at) -> the next state, for the events of exhibits and other sources. Pure; reached by `evolve`.

`settled` is also asked after every event of any kind: what is shown ends with the sitting, the stage and the presenter.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from server.hearing import events_exhibits as ex
from server.hearing import state_exhibits as sx
from server.hearing.evolve_seats import attend, attendance_of
from server.hearing.presence import Presence
from server.hearing.refusals import InvariantBroken
from server.hearing.rooms import is_open, place
from server.hearing.state_rooms import MAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from server.hearing import events as e
    from server.hearing.ids import Instant, SeatId
    from server.hearing.state import Hearing

_STAYS = frozenset({Presence.PRESENT, Presence.LOST})


def _with(state: Hearing, **changes: Any) -> Hearing:
    return replace(state, exhibits=replace(state.exhibits, **changes))


def _of(state: Hearing, exhibit: str) -> sx.Exhibit:
    try:
        return state.exhibits.items[exhibit]
    except KeyError:
        raise InvariantBroken("no such exhibit") from None


def _put(state: Hearing, exhibit: sx.Exhibit) -> Hearing:
    return _with(state, items={**state.exhibits.items, exhibit.exhibit: exhibit})


def _permit(state: Hearing, seat: SeatId, on: bool) -> Hearing:
    attendance = attendance_of(state, seat)
    return attend(state, seat, replace(attendance, exhibits=sx.SeatExhibits(may_present=on)))


# --- what others ask ---


def settled(before: Hearing, after: Hearing) -> Hearing:
    """Take away what can be shown no longer, and a permission whose holder is no longer in the courtroom.

    A page stays while its presenter's line is down, so that the court can go on with it; a screen or a camera does not.
    """
    if after.exhibits.showing is not None and not _goes_on(before, after, after.exhibits.showing):
        after = _with(after, showing=None)
    if after.attendance is not before.attendance:
        for seat, attendance in after.attendance.items():
            if attendance.exhibits.may_present and attendance.presence not in _STAYS:
                after = _permit(after, seat, on=False)
    return after


def _goes_on(before: Hearing, after: Hearing, showing: sx.Showing) -> bool:
    if not is_open(after, MAIN) or after.stage != before.stage:
        return False
    attendance = after.attendance[showing.seat]
    if attendance.locked or attendance.rooms.room != MAIN:
        return False
    if attendance.presence is Presence.LOST:
        return showing.source == sx.EXHIBIT
    return place(after, showing.seat) == MAIN


def window(state: Hearing, at: Instant) -> tuple[Instant, int]:
    """Beginning of the minute that counts now, and what was moved in it."""
    exhibits = state.exhibits
    if 0 <= at - exhibits.minute < sx.MINUTE_MS:
        return exhibits.minute, exhibits.moves
    return at, 0


# --- materials and permission ---


def _offered(state: Hearing, event: ex.ExhibitOffered, _at: Instant) -> Hearing:
    number = len(state.exhibits.items) + 1
    return _put(
        state,
        sx.Exhibit(event.exhibit, number, event.title, event.kind, event.pages, event.seat, event.sha256),
    )


def _permitted(state: Hearing, event: ex.PresentingPermitted, _at: Instant) -> Hearing:
    return _permit(state, event.seat, event.on)


# --- showing ---


def _shown(state: Hearing, showing: sx.Showing, at: Instant) -> Hearing:
    """Begin to show something; each beginning counts like a move."""
    minute, moves = window(state, at)
    return _with(state, showing=replace(showing, at=at), minute=minute, moves=moves + 1)


def _presented(state: Hearing, event: ex.ExhibitPresented, at: Instant) -> Hearing:
    exhibit = _of(state, event.exhibit)
    if exhibit.shown_at is None:
        state = _put(state, replace(exhibit, shown_at=at))
    return _shown(state, sx.Showing(sx.EXHIBIT, event.seat, event.exhibit), at)


def _source(state: Hearing, event: ex.SourceShown, at: Instant) -> Hearing:
    return _shown(state, sx.Showing(event.source, event.seat), at)


def _moved(state: Hearing, at: Instant, **changes: Any) -> Hearing:
    showing = state.exhibits.showing
    if showing is None:
        raise InvariantBroken("nothing is shown")
    return _shown(state, replace(showing, **changes), at)


def _turned(state: Hearing, event: ex.PageTurned, at: Instant) -> Hearing:
    return _moved(state, at, page=event.page, zoom=event.zoom, x=event.x, y=event.y)


def _played(state: Hearing, event: ex.ExhibitPlayed, at: Instant) -> Hearing:
    return _moved(state, at, playing=event.playing, position_ms=event.position_ms)


def _marked(state: Hearing, event: ex.ExhibitMarked, at: Instant) -> Hearing:
    marks = state.exhibits.showing.marks if state.exhibits.showing else ()
    return _moved(state, at, marks=(*marks, sx.Mark(event.shape, event.page, event.points)))


def _cleared(state: Hearing, event: ex.MarksCleared, at: Instant) -> Hearing:
    marks = state.exhibits.showing.marks if state.exhibits.showing else ()
    return _moved(state, at, marks=tuple(mark for mark in marks if mark.page != event.page))


def _stopped(state: Hearing, _event: ex.ShowingStopped, _at: Instant) -> Hearing:
    return _with(state, showing=None)


# --- opinions ---


def _opinion(state: Hearing, event: ex.OpinionGiven, _at: Instant) -> Hearing:
    exhibit = _of(state, event.exhibit)
    opinion = sx.Opinion(event.authenticity, event.legality, event.relevance, event.text, event.by)
    return _put(state, replace(exhibit, opinions={**exhibit.opinions, event.seat: opinion}))


def _original(state: Hearing, event: ex.OriginalAsked, _at: Instant) -> Hearing:
    exhibit = _of(state, event.exhibit)
    return _put(state, replace(exhibit, original={**exhibit.original, event.seat: event.reason}))


EVOLVERS: Mapping[type[e.Event], Callable[[Hearing, Any, Instant], Hearing]] = {
    ex.ExhibitOffered: _offered,
    ex.PresentingPermitted: _permitted,
    ex.ExhibitPresented: _presented,
    ex.PageTurned: _turned,
    ex.ExhibitPlayed: _played,
    ex.ExhibitMarked: _marked,
    ex.MarksCleared: _cleared,
    ex.SourceShown: _source,
    ex.ShowingStopped: _stopped,
    ex.OpinionGiven: _opinion,
    ex.OriginalAsked: _original,
}

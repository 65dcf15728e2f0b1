"""Derived rule: who sees what is shown now, and who may read which material at all. Deny by default; pure.

What is shown is shown in the main room: who is waiting, isolated (OLR 26), aside, lost or in recess sees nothing of it. The
file itself 阅卷 is for the parties, their agents, the bench and the clerk (CPL 52); a witness, an expert, the public and the
court's helpers get the page that is before everybody, while it is, and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing.audience import together
from server.hearing.presence import Presence
from server.hearing.refusals import Reason, Refused
from server.hearing.rooms import place, screened
from server.hearing.seats import Right
from server.hearing.state_exhibits import EXHIBIT, PAGED, PLAYED, SOURCES, Showing
from server.hearing.state_rooms import MAIN

if TYPE_CHECKING:
    from server.hearing.ids import SeatId
    from server.hearing.state import Hearing


def sees_showing(state: Hearing, seat: SeatId) -> Showing | None:
    """What is shown to the seat now, or None.

    A page is nobody's person, so it is shown across a screening 隔离 too; a screen or a camera is not.
    """
    showing = state.exhibits.showing
    if showing is None or place(state, seat) != MAIN:
        return None
    if showing.source != EXHIBIT and seat != showing.seat and not together(state, showing.seat, seat):
        return None
    return showing


def sees_pointer(state: Hearing, publisher: SeatId, receiver: SeatId) -> bool:
    """Whether the receiver sees where the publisher points; the publisher must be one who controls what is shown."""
    if not controls(state, publisher) or receiver == publisher or screened(state, publisher, receiver):
        return False
    return sees_showing(state, receiver) is not None


def controls(state: Hearing, seat: SeatId) -> bool:
    """Whether the seat turns pages, marks and points: the presenter, and the bench and the clerk; not while locked."""
    showing = state.exhibits.showing
    if showing is None or place(state, seat) != MAIN or state.attendance[seat].locked:
        return False
    return showing.seat == seat or state.seats[seat].may(Right.OVERSEE)


def presents(state: Hearing, seat: SeatId) -> bool:
    """Whether the seat may show anything of its own choice: the bench, the clerk, and whom they permitted."""
    return state.seats[seat].may(Right.OVERSEE) or state.attendance[seat].exhibits.may_present


def shares_screen(state: Hearing, seat: SeatId) -> bool:
    """Whether the seat's screen, or the object before its other camera, is what is shown now."""
    showing = state.exhibits.showing
    return (
        showing is not None
        and showing.source in SOURCES
        and showing.seat == seat
        and sees_showing(state, seat) is not None
    )


def may_share(state: Hearing, seat: SeatId) -> bool:
    """Whether the seat may have its screen or object ready to be shown: while it may present, or is asked for it."""
    who = state.seats[seat]
    if place(state, seat) != MAIN or not who.may(Right.SHOW) or state.attendance[seat].locked:
        return False
    return presents(state, seat) or shares_screen(state, seat)


def check_shares(state: Hearing, seat: SeatId) -> None:
    """Raise Refused unless the seat may have its screen or object ready to be shown."""
    if not may_share(state, seat):
        raise Refused(Reason.PRESENTING_NOT_PERMITTED)


def reads_file(state: Hearing, seat: SeatId) -> bool:
    """Whether the seat may read every material of the hearing 阅卷 (CPL 52), shown or not."""
    who = state.seats.get(seat)
    if who is None or state.attendance[seat].presence is Presence.REMOVED:
        return False
    return who.may(Right.CONSENT) or who.may(Right.OVERSEE)


def may_see_page(state: Hearing, seat: SeatId, exhibit: str, page: int) -> bool:
    """Whether the seat may get the picture of this page now."""
    found = state.exhibits.items.get(exhibit)
    if found is None or found.kind not in PAGED or not 1 <= page <= found.pages:
        return False
    if reads_file(state, seat):
        return True
    showing = sees_showing(state, seat)
    return showing is not None and (showing.exhibit, showing.page) == (exhibit, page)


def may_play(state: Hearing, seat: SeatId, exhibit: str) -> bool:
    """Whether the seat may get the video or sound now."""
    found = state.exhibits.items.get(exhibit)
    if found is None or found.kind not in PLAYED:
        return False
    if reads_file(state, seat):
        return True
    showing = sees_showing(state, seat)
    return showing is not None and showing.exhibit == exhibit

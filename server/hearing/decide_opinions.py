"""Decisions about 质证: each party's opinion on a material, and asking for the original. Pure; reached by `decide_exhibits`.

Each takes (state, command, acting seat, now) and gives events, or raises Refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.hearing import commands_exhibits as cx
from server.hearing import events_exhibits as ex
from server.hearing import state_exhibits as sx
from server.hearing.presence import OUTSIDE_BECAUSE, Presence
from server.hearing.refusals import Reason, Refused
from server.hearing.seats import Right
from server.hearing.state import seat_of
from server.hearing.texts import given

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from server.hearing import commands as c
    from server.hearing import events as e
    from server.hearing.ids import Instant, SeatId
    from server.hearing.seats import Seat
    from server.hearing.state import Hearing

Events = tuple["e.Event", ...]


def give(state: Hearing, command: cx.GiveOpinion, me: SeatId, _now: Instant) -> Events:
    """质证意见 on authenticity, legality, relevance (CPL 71, CPLI 104), of the seat itself or as somebody spoke it.

    An agent gives it for its client or for itself; the bench and the clerk take down a spoken one for the record.
    """
    exhibit = _exhibit(state, command.exhibit, me)
    seat = _of_whom(state, command.about or me, me)
    if _own(state, seat, exhibit):
        raise Refused(Reason.OWN_EXHIBIT)
    qualities = (command.authenticity, command.legality, command.relevance)
    if not sx.OPINIONS.issuperset(qualities):
        raise Refused(Reason.OPINION_UNKNOWN)
    text = given(command.text)
    before = exhibit.opinions.get(seat.id)
    if before is None and not (any(qualities) or text):
        raise Refused(Reason.OPINION_EMPTY)
    if before is not None and (
        (before.authenticity, before.legality, before.relevance) == qualities and before.text == text
    ):
        return ()
    return (ex.OpinionGiven(exhibit.exhibit, seat.id, *qualities, text, me),)


def ask_original(state: Hearing, command: cx.AskOriginal, me: SeatId, _now: Instant) -> Events:
    """要求核对原件: by the other side with its grounds, or by the bench (OLR 12)."""
    exhibit = _exhibit(state, command.exhibit, me)
    seat = state.seats[me]
    if not seat.may(Right.OVERSEE):
        seat = _of_whom(state, me, me)
        if _own(state, seat, exhibit):
            raise Refused(Reason.OWN_EXHIBIT)
    reason = given(command.reason, needed=True)
    if me in exhibit.original:
        return ()
    return (ex.OriginalAsked(exhibit.exhibit, me, reason),)


def _exhibit(state: Hearing, exhibit: str, me: SeatId) -> sx.Exhibit:
    presence = state.attendance[me].presence
    if presence is not Presence.PRESENT:
        raise Refused(OUTSIDE_BECAUSE[presence])
    found = state.exhibits.items.get(exhibit)
    if found is None:
        raise Refused(Reason.EXHIBIT_UNKNOWN)
    return found


def _of_whom(state: Hearing, about: SeatId, me: SeatId) -> Seat:
    """Whose opinion it is. Raises Refused."""
    seat, _ = seat_of(state, about)
    actor = state.seats[me]
    if not seat.may(Right.CONSENT):
        raise Refused(Reason.NOT_A_PARTY)
    if about not in {me, actor.represents} and not actor.may(Right.OVERSEE):
        raise Refused(Reason.NOT_YOUR_OPINION)
    return seat


def _own(state: Hearing, seat: Seat, exhibit: sx.Exhibit) -> bool:
    """Whether it came from the seat itself, its client or its agent: nobody examines its own evidence."""
    offerer = state.seats[exhibit.offered_by]
    return (seat.represents or seat.id) == (offerer.represents or offerer.id)


DECIDERS: Mapping[type[c.Command], Callable[[Hearing, Any, SeatId, Instant], Events]] = {
    cx.GiveOpinion: give,
    cx.AskOriginal: ask_original,
}


def _opinions(state: Hearing, me: SeatId) -> Iterable[c.SeatCommand]:
    actor = state.seats[me]
    if not (actor.may(Right.CONSENT) or actor.may(Right.OVERSEE)):
        return
    for exhibit in state.exhibits.items:
        for seat in state.seats.values():
            # of the two, one changes something whatever was said before
            if seat.may(Right.CONSENT) and (actor.may(Right.OVERSEE) or seat.id in {me, actor.represents}):
                yield cx.GiveOpinion(exhibit, "accepted", "", "", about=seat.id)
                yield cx.GiveOpinion(exhibit, "disputed", "", "", about=seat.id)


def _originals(state: Hearing, me: SeatId) -> Iterable[c.SeatCommand]:
    if state.seats[me].may(Right.CONSENT) or state.seats[me].may(Right.OVERSEE):
        for exhibit in state.exhibits.items.values():
            if me not in exhibit.original:
                yield cx.AskOriginal(exhibit.exhibit, "-")


CANDIDATES: Mapping[type[c.SeatCommand], Callable[[Hearing, SeatId], Iterable[c.SeatCommand]]] = {
    cx.GiveOpinion: _opinions,
    cx.AskOriginal: _originals,
}
"""For `may`: see `decide_exhibits`."""

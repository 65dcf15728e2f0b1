"""OMR art. 16: with each party at a separate time; what is said to the mediator alone stays with that side."""

from __future__ import annotations

import pytest

from server.hearing import commands_exhibits as cx
from server.hearing.audience import NOTHING, audience
from server.hearing.commands_rooms import MoveSeats, Propose
from server.hearing.refusals import Reason
from server.hearing.streams import stream_of
from server.hearing.view import view
from tests.cast import CLERK, DEFENDANT, DEFENDANT_AGENT, INTERPRETER, MEDIATOR, PLAINTIFF
from tests.hearing.mediations import OURS, PLAINTIFFS, THEIRS, accepted, in_caucus
from tests.playbook import by

pytestmark = pytest.mark.pure

WORD = "we would take a third"
OTHERS = (CLERK, DEFENDANT, DEFENDANT_AGENT, INTERPRETER)


def test_the_other_side_hears_sees_and_reads_nothing_of_a_caucus() -> None:
    state = in_caucus().state
    for one in (MEDIATOR, *PLAINTIFFS):
        for other in OTHERS:
            assert audience(state, one, other) == audience(state, other, one) == NOTHING
        assert audience(state, one, PLAINTIFF if one != PLAINTIFF else MEDIATOR).hear


def test_no_screen_of_another_shows_who_is_in_it_or_a_word_of_it() -> None:
    hearing = in_caucus()
    hearing.script >> by(PLAINTIFF, Propose(WORD, "plaintiff"))
    for seat in OTHERS:
        seen = view(hearing.state, seat)
        assert WORD not in repr(seen)
        room = next(room for room in seen.rooms if room.key == OURS)
        assert (room.seats, room.agreed, room.recorded, room.closed) == ((), (), False, True)
    assert WORD in repr(view(hearing.state, MEDIATOR))


def test_what_was_proposed_there_is_in_the_log_of_that_caucus_alone() -> None:
    hearing = in_caucus()
    hearing.script >> by(PLAINTIFF, Propose(WORD, "plaintiff"))
    streams = {stream_of(hearing.state.hearing, event) for event in hearing.script.came}
    assert streams == {"h-1#caucus.plaintiff"}


def test_the_mediator_meets_each_side_in_turn_and_no_one_meets_both_sides_words() -> None:
    script = in_caucus().script
    script >> by(PLAINTIFF, Propose(WORD, "plaintiff"))
    script >> by(MEDIATOR, MoveSeats((MEDIATOR, DEFENDANT), THEIRS))
    assert WORD not in repr(view(script.state, DEFENDANT))
    assert audience(script.state, MEDIATOR, DEFENDANT).hear
    assert audience(script.state, MEDIATOR, PLAINTIFF) == NOTHING


def test_people_go_into_a_caucus_by_the_mediator_alone() -> None:
    accepted().script >> by(DEFENDANT, MoveSeats((DEFENDANT,), THEIRS)) << Reason.NOT_PRESIDING


def test_nothing_is_put_before_everybody_out_of_a_caucus() -> None:
    """What is handed in, or said of a material, is read by both sides; so it waits until one is back."""
    hearing = in_caucus()
    offer = cx.OfferExhibit("x1", WORD, "pdf", 3, "a" * 64, 9000)
    hearing.script >> by(PLAINTIFF, offer) << Reason.IN_ANOTHER_ROOM
    hearing.script >> by(DEFENDANT, cx.OfferExhibit("x2", "收据", "image", 1, "b" * 64, 900))
    opinion = cx.GiveOpinion("x2", "accepted", "accepted", "disputed", WORD)
    hearing.script >> by(PLAINTIFF, opinion) << Reason.IN_ANOTHER_ROOM
    hearing.script >> by(PLAINTIFF, cx.AskOriginal("x2", WORD)) << Reason.IN_ANOTHER_ROOM
    assert WORD not in repr(view(hearing.state, DEFENDANT))

"""A screen has the list of who may read the file, and for the others what is before everybody, no more."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_exhibits as cx
from server.hearing import commands_rooms as cr
from server.hearing.ids import SeatId
from server.hearing.view import view
from server.hearing.view_shapes_exhibits import ExhibitView, OpinionView
from tests.builders import AHearing, a_hearing
from tests.cast import CLERK, DEFENDANT, OBSERVER, PLAINTIFF, PRESIDING, WITNESS
from tests.playbook import by

pytestmark = pytest.mark.pure

SHA = "a" * 64


def shown() -> AHearing:
    hearing = a_hearing().opened().in_stage("investigation")
    script = hearing.script
    script >> by(PLAINTIFF, cx.OfferExhibit("x1", "合同", "pdf", 3, SHA, 9000))
    script >> by(DEFENDANT, cx.OfferExhibit("x2", "照片", "image", 1, SHA, 9000))
    script >> by(DEFENDANT, cx.GiveOpinion("x1", "accepted", "", "disputed", "the price"))
    script >> by(CLERK, cx.AskOriginal("x1", "to compare"))
    (
        script
        >> by(PRESIDING, c.GrantFloor(PLAINTIFF))
        >> by(PLAINTIFF, cx.PresentExhibit("x1"))
        >> by(PLAINTIFF, cx.MarkExhibit("box", "1,1 9,9"))
    )
    script >> by(PLAINTIFF, cx.TurnPage(2, 150, 10, 20)) >> by(PLAINTIFF, cx.MarkExhibit("line", "2,2 3,3"))
    return hearing


def test_who_reads_the_file_has_it_all_with_the_opinions():
    hearing = shown()
    first, second = view(hearing.state, DEFENDANT).exhibits
    assert first == ExhibitView(
        "x1", 1, "合同", "pdf", 3, PLAINTIFF, SHA, first.shown_at, True,
        (OpinionView(DEFENDANT, "accepted", "", "disputed", "the price"),),
    )  # fmt: skip
    assert first.shown_at is not None
    assert (second.number, second.shown_at, second.original_asked) == (2, None, False)


def test_what_is_shown_has_the_page_its_place_and_the_marks_of_this_page_only():
    showing = view(shown().state, OBSERVER).showing
    assert showing is not None
    assert (showing.source, showing.seat, showing.exhibit) == ("exhibit", PLAINTIFF, "x1")
    assert (showing.page, showing.zoom, showing.x, showing.y) == (2, 150, 10, 20)
    assert showing.marks == ("line 2 2,2 3,3",)


def test_the_public_and_a_called_witness_have_the_one_that_is_shown_without_what_was_said_of_it():
    state = shown().with_witness().state
    for seat in (OBSERVER, WITNESS):
        (only,) = view(state, seat).exhibits
        assert (only.exhibit, only.sha256, only.opinions, only.original_asked, only.shown_at) == (
            "x1",
            "",
            (),
            False,
            None,
        )


def test_an_isolated_witness_has_nothing_and_after_the_showing_the_public_has_nothing():
    hearing = shown()
    seen = view(hearing.state, WITNESS)
    assert (seen.showing, seen.exhibits) == (None, ())
    hearing.script >> by(PRESIDING, cx.StopShowing())
    seen = view(hearing.state, OBSERVER)
    assert (seen.showing, seen.exhibits) == (None, ())
    assert len(view(hearing.state, PLAINTIFF).exhibits) == 2


def test_who_may_present_is_known_to_all_who_are_there():
    hearing = shown()
    hearing.script >> by(PRESIDING, cx.PermitPresenting(DEFENDANT, on=True))
    cards = {card.seat: card.may_present for card in view(hearing.state, OBSERVER).seats}
    assert [seat for seat, may in cards.items() if may] == [DEFENDANT]


def test_across_a_screening_nobody_is_named():
    hearing = shown()
    hearing.script >> by(PRESIDING, cr.ScreenOff(PLAINTIFF, DEFENDANT, on=True, reason="fear"))
    seen, other = view(hearing.state, DEFENDANT), view(hearing.state, PLAINTIFF)
    assert seen.showing is not None
    assert seen.showing.seat == SeatId("")
    assert seen.exhibits[0].offered_by == SeatId("")
    assert other.exhibits[0].opinions == ()


def test_what_may_be_done_is_named():
    hearing = shown()
    mine = set(view(hearing.state, PLAINTIFF).may)
    assert {"turn_page", "mark_exhibit", "clear_marks", "stop_showing", "give_opinion"} <= mine
    assert not {"play_exhibit", "show_source", "permit_presenting"} & mine
    assert not {"turn_page", "stop_showing", "present_exhibit"} & set(view(hearing.state, DEFENDANT).may)
    assert {"permit_presenting", "show_source", "present_exhibit"} <= set(view(hearing.state, PRESIDING).may)

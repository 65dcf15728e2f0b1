"""Who sees what is shown, who points, who may have its screen ready, and who reads the file."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_exhibits as cx
from server.hearing import commands_order as co
from server.hearing import commands_rooms as cr
from server.hearing.refusals import Reason, Refused
from server.hearing.showing import (
    check_shares,
    controls,
    may_play,
    may_see_page,
    may_share,
    reads_file,
    sees_pointer,
    sees_showing,
    shares_screen,
)
from tests.builders import AHearing, a_hearing
from tests.cast import CAST, CLERK, DEFENDANT, OBSERVER, PLAINTIFF, PRESIDING, WITNESS
from tests.playbook import by

pytestmark = pytest.mark.pure

READERS = set(CAST) - {WITNESS, OBSERVER}


def shown() -> AHearing:
    hearing = a_hearing().opened().in_stage("investigation")
    hearing.script >> by(PLAINTIFF, cx.OfferExhibit("x1", "合同", "pdf", 3, "a" * 64, 9000))
    hearing.script >> by(PLAINTIFF, cx.OfferExhibit("x2", "录音", "audio", 1, "a" * 64, 9000))
    (
        hearing.script
        >> by(PRESIDING, c.GrantFloor(PLAINTIFF))
        >> by(PLAINTIFF, cx.PresentExhibit("x1"))
        >> by(PLAINTIFF, cx.TurnPage(2, 100, 1, 1))
    )
    return hearing


def test_all_in_the_courtroom_see_it_and_an_isolated_witness_does_not():
    state = shown().state
    assert {seat for seat in CAST if sees_showing(state, seat)} == set(CAST) - {WITNESS}
    called = shown().with_witness().state
    assert sees_showing(called, WITNESS) is not None


def test_the_file_is_for_the_parties_and_the_court_shown_or_not():
    state = shown().recessed().state
    assert {seat for seat in CAST if reads_file(state, seat)} == READERS
    for seat in CAST:
        assert all(may_see_page(state, seat, "x1", page) is (seat in READERS) for page in (1, 2, 3))
        assert may_play(state, seat, "x2") is (seat in READERS)


def test_others_see_the_page_that_is_shown_and_no_other():
    state = shown().state
    assert [may_see_page(state, OBSERVER, "x1", page) for page in (1, 2, 3)] == [False, True, False]
    assert not may_play(state, OBSERVER, "x2")
    assert not any(may_see_page(state, WITNESS, "x1", page) for page in (1, 2, 3))


@pytest.mark.parametrize(("exhibit", "page"), [("x1", 0), ("x1", 4), ("x2", 1), ("x9", 1)])
def test_what_is_not_a_page_is_seen_by_nobody(exhibit, page):
    state = shown().state
    assert not any(may_see_page(state, seat, exhibit, page) for seat in CAST)
    assert not may_play(state, PRESIDING, "x1")


def test_who_was_ordered_out_reads_nothing():
    hearing = shown()
    hearing.script >> by(PRESIDING, co.Remove(DEFENDANT, "shouting"))
    assert not reads_file(hearing.state, DEFENDANT)
    assert not may_see_page(hearing.state, DEFENDANT, "x1", 2)


def test_the_presenter_and_the_court_control_and_point_to_those_who_see():
    hearing = shown()
    assert {seat for seat in CAST if controls(hearing.state, seat)} == {PLAINTIFF, PRESIDING, CLERK}
    assert sees_pointer(hearing.state, PLAINTIFF, DEFENDANT)
    assert not sees_pointer(hearing.state, DEFENDANT, PLAINTIFF)
    assert not sees_pointer(hearing.state, PLAINTIFF, PLAINTIFF)
    assert not sees_pointer(hearing.state, PLAINTIFF, WITNESS)
    hearing.script >> by(PLAINTIFF, cx.StopShowing())
    assert not any(sees_pointer(hearing.state, PRESIDING, seat) for seat in CAST)


def test_a_page_is_shown_across_a_screening_but_no_pointer_and_no_picture():
    hearing = shown()
    hearing.script >> by(PRESIDING, cr.ScreenOff(PLAINTIFF, DEFENDANT, on=True, reason="fear"))
    assert sees_showing(hearing.state, DEFENDANT) is not None
    assert not sees_pointer(hearing.state, PLAINTIFF, DEFENDANT)
    hearing.script >> by(PRESIDING, cx.ShowSource("camera", PLAINTIFF))
    assert sees_showing(hearing.state, DEFENDANT) is None
    assert sees_showing(hearing.state, PLAINTIFF) is not None


def test_a_screen_may_be_ready_while_its_seat_may_present_or_is_asked_for_it():
    hearing = shown()
    assert may_share(hearing.state, PRESIDING)
    assert not may_share(hearing.state, DEFENDANT)
    with pytest.raises(Refused) as caught:
        check_shares(hearing.state, DEFENDANT)
    assert caught.value.reason is Reason.PRESENTING_NOT_PERMITTED
    hearing.script >> by(PRESIDING, cx.ShowSource("screen", DEFENDANT))
    assert may_share(hearing.state, DEFENDANT)
    assert shares_screen(hearing.state, DEFENDANT)
    hearing.script >> by(PRESIDING, cx.ShowSource("camera", DEFENDANT))
    assert shares_screen(hearing.state, DEFENDANT), "an object before its other camera goes the same way"
    hearing.script >> by(PRESIDING, cx.PermitPresenting(PLAINTIFF, on=True))
    assert may_share(hearing.state, PLAINTIFF)
    assert not shares_screen(hearing.state, PLAINTIFF)
    hearing.script >> by(PRESIDING, c.MuteAndLock(DEFENDANT, "shouting"))
    assert not may_share(hearing.state, DEFENDANT)

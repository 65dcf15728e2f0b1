"""Handing in, presenting, pages, marks, other sources: who may, when, and how much."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_exhibits as cx
from server.hearing import commands_rooms as cr
from server.hearing import events_exhibits as ex
from server.hearing import state_exhibits as sx
from server.hearing.ids import SeatId
from server.hearing.refusals import Reason
from tests.builders import AHearing, a_hearing
from tests.cast import CLERK, DEFENDANT, OBSERVER, PLAINTIFF, PLAINTIFF_AGENT, PRESIDING, WITNESS
from tests.playbook import by, depart

pytestmark = pytest.mark.pure

SHA = "a" * 64
CONTRACT = cx.OfferExhibit("x1", " 合同 ", "pdf", 3, SHA, 9000)
FILM = cx.OfferExhibit("x2", "监控录像", "video", 1, SHA, 9000)


def with_materials() -> AHearing:
    hearing = a_hearing().opened().in_stage("investigation")
    hearing.script >> by(PLAINTIFF, CONTRACT) >> by(DEFENDANT, FILM)
    return hearing


def presenting() -> AHearing:
    hearing = with_materials().with_floor(PLAINTIFF)
    hearing.script >> by(PLAINTIFF, cx.PresentExhibit("x1"))
    return hearing


def test_a_material_is_entered_once_with_its_number_and_digest():
    script = a_hearing().arrived().script
    script >> by(PLAINTIFF, CONTRACT)
    script << ex.ExhibitOffered("x1", PLAINTIFF, "合同", "pdf", 3, SHA, 9000)
    script >> by(PLAINTIFF, CONTRACT) << ()
    script >> by(DEFENDANT, FILM)
    assert [one.number for one in script.state.exhibits.items.values()] == [1, 2]


@pytest.mark.parametrize("seat", [WITNESS, OBSERVER])
def test_materials_come_from_the_parties_and_the_court(seat):
    a_hearing().opened().script >> by(seat, CONTRACT) << Reason.NO_MATERIALS_FROM_SEAT


@pytest.mark.parametrize(
    "bad",
    [
        cx.OfferExhibit("x1", " ", "pdf", 3, SHA, 9),
        cx.OfferExhibit("x1", "长" * 121, "pdf", 3, SHA, 9),
        cx.OfferExhibit("x1", "t", "html", 1, SHA, 9),
        cx.OfferExhibit("x1", "t", "pdf", 0, SHA, 9),
        cx.OfferExhibit("x1", "t", "pdf", sx.PAGES_MAX + 1, SHA, 9),
        cx.OfferExhibit("x1", "t", "image", 2, SHA, 9),
        cx.OfferExhibit("x1", "t", "pdf", 3, "A" * 64, 9),
        cx.OfferExhibit("x1", "t", "pdf", 3, SHA, 0),
        cx.OfferExhibit("", "t", "pdf", 3, SHA, 9),
    ],
)
def test_what_is_not_as_required_is_not_entered(bad):
    a_hearing().opened().script >> by(PLAINTIFF, bad) << Reason.EXHIBIT_INVALID


def test_nothing_is_handed_in_after_the_close():
    a_hearing().opened().closed().script >> by(PLAINTIFF, CONTRACT) << Reason.HEARING_CLOSED


def test_a_seat_hands_in_so_many_and_no_more():
    script = a_hearing().opened().script
    for number in range(sx.EXHIBITS_OF_SEAT_MAX):
        script >> by(PLAINTIFF, cx.OfferExhibit(f"p{number}", "t", "image", 1, SHA, 9))
    script >> by(PLAINTIFF, CONTRACT) << Reason.EXHIBITS_ENOUGH
    script >> by(DEFENDANT, FILM)
    assert len(script.state.exhibits.items) == sx.EXHIBITS_OF_SEAT_MAX + 1


def test_who_has_the_floor_presents_its_own_and_with_leave_what_others_handed_in():
    """Nobody shows anything out of turn: a party speaks and presents with leave (CR 17)."""
    script = with_materials().script
    script >> by(PLAINTIFF, cx.PresentExhibit("x1")) << Reason.PRESENTING_NOT_PERMITTED
    script >> by(PRESIDING, c.GrantFloor(PLAINTIFF))
    script >> by(DEFENDANT, cx.PresentExhibit("x2")) << Reason.PRESENTING_NOT_PERMITTED
    script >> by(PLAINTIFF, cx.PresentExhibit("x2")) << Reason.PRESENTING_NOT_PERMITTED
    script >> by(PLAINTIFF, cx.PresentExhibit("x1")) << ex.ExhibitPresented("x1", PLAINTIFF)
    script >> by(PLAINTIFF, cx.PresentExhibit("x1")) << ()
    script >> by(PLAINTIFF, cx.PresentExhibit("x9")) << Reason.EXHIBIT_UNKNOWN
    script >> by(CLERK, cx.PermitPresenting(PLAINTIFF, on=True)) << ex.PresentingPermitted(PLAINTIFF, on=True)
    script >> by(PLAINTIFF, cx.PresentExhibit("x2")) << ex.ExhibitPresented("x2", PLAINTIFF)


@pytest.mark.parametrize("command", [cx.StopShowing(), cx.TurnPage(1, 100, 1, 1), cx.ClearMarks()])
def test_who_is_outside_cannot_ask_whether_something_is_shown(command):
    """The refusal is the same before and while it is shown (OLR 26)."""
    for hearing in (with_materials(), presenting()):
        hearing.script >> by(WITNESS, command) << Reason.WITNESS_ISOLATED


def test_nobody_shoves_away_what_another_shows_but_the_court_does():
    script = presenting().script
    script >> by(PRESIDING, c.GrantFloor(DEFENDANT))
    script >> by(DEFENDANT, cx.PresentExhibit("x2")) << Reason.ANOTHER_PRESENTS
    script >> by(DEFENDANT, cx.StopShowing()) << Reason.NOT_PRESENTER
    script >> by(CLERK, cx.PresentExhibit("x2")) << ex.ExhibitPresented("x2", CLERK)
    script >> by(PRESIDING, cx.StopShowing()) << ex.ShowingStopped("exhibit", CLERK, "x2")
    script >> by(PRESIDING, cx.StopShowing()) << Reason.NOTHING_SHOWN


def test_only_the_presenter_and_the_court_turn_pages_within_the_document():
    script = presenting().script
    script >> by(PLAINTIFF, cx.TurnPage(3, 200, 0, 10_000)) << ex.PageTurned("x1", 3, 200, 0, 10_000)
    script >> by(PRESIDING, cx.TurnPage(2, 100, 5000, 5000)) << ex.PageTurned("x1", 2, 100, 5000, 5000)
    script >> by(PRESIDING, cx.TurnPage(2, 100, 5000, 5000)) << ()
    script >> by(DEFENDANT, cx.TurnPage(1, 100, 5000, 5000)) << Reason.NOT_PRESENTER
    script >> by(PLAINTIFF_AGENT, cx.MarkExhibit("box", "1,1 2,2")) << Reason.NOT_PRESENTER
    for page, zoom, x, y in (
        (0, 100, 1, 1),
        (4, 100, 1, 1),
        (1, 99, 1, 1),
        (1, 801, 1, 1),
        (1, 100, -1, 1),
        (1, 100, 1, 10_001),
    ):
        script >> by(PLAINTIFF, cx.TurnPage(page, zoom, x, y)) << Reason.PAGE_OUT_OF_RANGE
    script >> by(PLAINTIFF, cx.PlayExhibit(playing=True, position_ms=0)) << Reason.EXHIBIT_NOT_PLAYED


def test_a_film_runs_by_one_clock():
    script = with_materials().with_floor(DEFENDANT).script
    script >> by(DEFENDANT, cx.PresentExhibit("x2"))
    (
        script
        >> by(DEFENDANT, cx.PlayExhibit(playing=True, position_ms=500))
        << ex.ExhibitPlayed("x2", True, 500)
    )
    showing = script.state.exhibits.showing
    assert showing is not None
    assert (showing.playing, showing.position_ms, showing.at) == (True, 500, script.now)
    (
        script
        >> by(DEFENDANT, cx.PlayExhibit(playing=False, position_ms=900))
        << ex.ExhibitPlayed("x2", False, 900)
    )
    script >> by(DEFENDANT, cx.PlayExhibit(playing=False, position_ms=900)) << ()
    script >> by(DEFENDANT, cx.PlayExhibit(playing=True, position_ms=-1)) << Reason.PAGE_OUT_OF_RANGE
    script >> by(DEFENDANT, cx.TurnPage(1, 200, 1, 1)) << Reason.EXHIBIT_WITHOUT_PAGES
    script >> by(DEFENDANT, cx.MarkExhibit("box", "1,1 2,2")) << Reason.EXHIBIT_WITHOUT_PAGES


def test_marks_are_drawn_on_the_page_that_is_shown_and_wiped_with_it():
    script = presenting().script
    (
        script
        >> by(PLAINTIFF, cx.MarkExhibit("free", " 1,2   3,4 5,6"))
        << ex.ExhibitMarked("x1", 1, "free", "1,2 3,4 5,6")
    )
    script >> by(PLAINTIFF, cx.TurnPage(2, 100, 5000, 5000)) >> by(PLAINTIFF, cx.ClearMarks()) << ()
    script >> by(PRESIDING, cx.MarkExhibit("line", "0,0 10000,10000")) >> by(PRESIDING, cx.ClearMarks())
    script << ex.MarksCleared("x1", 2)
    showing = script.state.exhibits.showing
    assert showing is not None
    assert [mark.page for mark in showing.marks] == [1]


@pytest.mark.parametrize(
    ("shape", "points"),
    [
        ("star", "1,1 2,2"),
        ("box", "1,1"),
        ("box", "1,1 2,2 3,3"),
        ("line", "1,1 2,10001"),
        ("free", "1,1"),
        ("free", " ".join(["1,1"] * (sx.POINTS_MAX + 1))),
        ("box", "1,1 2;2"),
        ("box", "1,1 -2,2"),
        ("box", ""),
    ],
)
def test_a_mark_that_is_none_is_not_drawn(shape, points):
    presenting().script >> by(PLAINTIFF, cx.MarkExhibit(shape, points)) << Reason.MARK_INVALID


def test_a_page_holds_so_many_marks():
    script = presenting().script
    for _ in range(sx.MARKS_OF_PAGE_MAX):
        script.after(2000)
        script >> by(PLAINTIFF, cx.MarkExhibit("box", "1,1 2,2"))
    script >> by(PLAINTIFF, cx.MarkExhibit("box", "1,1 2,2")) << Reason.MARKS_ENOUGH


def test_pages_are_turned_so_often_a_minute_and_stopping_is_always_possible():
    script = presenting().script
    script.after(sx.MINUTE_MS)
    for number in range(sx.MOVES_PER_MINUTE):
        script.after(-999)
        script >> by(PLAINTIFF, cx.TurnPage(1 + number % 2, 150, 1, 1))
    script.after(-999)
    script >> by(PLAINTIFF, cx.TurnPage(3, 150, 1, 1)) << Reason.SHOWING_TOO_OFTEN
    script >> by(PRESIDING, cx.TurnPage(3, 150, 1, 1)) << ex.PageTurned("x1", 3, 150, 1, 1)
    script >> by(PLAINTIFF, cx.ShowSource("camera", PLAINTIFF)) << Reason.PRESENTING_NOT_PERMITTED
    script.after(sx.MINUTE_MS)
    script >> by(PLAINTIFF, cx.TurnPage(2, 150, 1, 1)) << ex.PageTurned("x1", 2, 150, 1, 1)
    script >> by(PLAINTIFF, cx.StopShowing()) << ex.ShowingStopped("exhibit", PLAINTIFF, "x1")


def test_a_screen_is_shown_with_leave_only_and_anybodys_by_the_court():
    script = with_materials().script
    screen = cx.ShowSource("screen", DEFENDANT)
    script >> by(DEFENDANT, screen) << Reason.PRESENTING_NOT_PERMITTED
    script >> by(CLERK, cx.PermitPresenting(DEFENDANT, on=True))
    script >> by(DEFENDANT, cx.ShowSource("screen", PLAINTIFF)) << Reason.PRESENTING_NOT_PERMITTED
    script >> by(DEFENDANT, cx.ShowSource("sky", DEFENDANT)) << Reason.SOURCE_UNKNOWN
    script >> by(DEFENDANT, screen) << ex.SourceShown("screen", DEFENDANT)
    script >> by(DEFENDANT, screen) << ()
    script >> by(DEFENDANT, cx.TurnPage(1, 100, 1, 1)) << Reason.EXHIBIT_WITHOUT_PAGES
    script >> by(PRESIDING, cx.ShowSource("camera", PLAINTIFF)) << ex.SourceShown("camera", PLAINTIFF)
    script >> by(PRESIDING, cx.ShowSource("camera", OBSERVER)) << Reason.NEVER_SHOWN
    script >> by(PRESIDING, cx.ShowSource("camera", WITNESS)) << Reason.WITNESS_ISOLATED


def test_leave_is_given_to_who_is_here_and_can_be_seen_and_taken_back_with_what_is_shown_by_it():
    script = with_materials().script
    script >> by(PRESIDING, cx.PermitPresenting(OBSERVER, on=True)) << Reason.NEVER_SHOWN
    script >> by(PRESIDING, cx.PermitPresenting(WITNESS, on=True)) << Reason.WITNESS_ISOLATED
    script >> by(PRESIDING, cx.PermitPresenting(CLERK, on=True)) << ()
    script >> by(PLAINTIFF, cx.PermitPresenting(PLAINTIFF, on=True)) << Reason.NOT_PRESIDING
    script >> by(PRESIDING, cx.PermitPresenting(DEFENDANT, on=True))
    script >> by(DEFENDANT, cx.ShowSource("screen", DEFENDANT))
    script >> by(PRESIDING, cx.PermitPresenting(DEFENDANT, on=False))
    script << (ex.ShowingStopped("screen", DEFENDANT, ""), ex.PresentingPermitted(DEFENDANT, on=False))
    script >> by(PRESIDING, cx.PermitPresenting(DEFENDANT, on=True)) >> by(DEFENDANT, cx.PresentExhibit("x2"))
    script >> by(PRESIDING, cx.PermitPresenting(DEFENDANT, on=False))
    script << ex.PresentingPermitted(DEFENDANT, on=False)


def test_who_is_locked_aside_or_away_shows_nothing():
    script = with_materials().with_floor(PLAINTIFF).script
    script >> by(PRESIDING, c.MuteAndLock(PLAINTIFF, "shouting"))
    script >> by(PLAINTIFF, cx.PresentExhibit("x1")) << Reason.SEAT_LOCKED
    script >> by(PRESIDING, cx.ShowSource("camera", PLAINTIFF)) << Reason.SEAT_LOCKED
    script >> depart(DEFENDANT)
    script >> by(PRESIDING, cx.ShowSource("camera", DEFENDANT)) << Reason.CONNECTION_LOST


def test_nothing_is_shown_from_another_room():
    hearing = a_hearing().checked_in()
    hearing.script >> by(PLAINTIFF, CONTRACT) >> by(PLAINTIFF, cr.EnterRoom("consultation:plaintiff"))
    hearing.script >> by(PLAINTIFF, cx.PresentExhibit("x1")) << Reason.IN_ANOTHER_ROOM
    hearing.script >> by(PRESIDING, cx.ShowSource("camera", PLAINTIFF)) << Reason.SEAT_ASIDE


def test_nothing_is_shown_in_a_recess():
    hearing = with_materials().recessed()
    hearing.script >> by(PRESIDING, cx.PresentExhibit("x1")) << Reason.COURT_IN_RECESS
    hearing.script >> by(PRESIDING, cx.ShowSource("screen", SeatId("ghost"))) << Reason.COURT_IN_RECESS

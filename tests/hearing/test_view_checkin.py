"""What screens see of check-in and the stages."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_checkin as ci
from server.hearing.view import view
from server.hearing.view_shapes import CheckView, NextStageView, PointView
from server.hearing.view_shapes_seat import ConsentView, PlaceView
from tests.builders import a_hearing
from tests.cast import CAST, CLERK, DEFENDANT, OBSERVER, PLAINTIFF, PLAINTIFF_AGENT, PRESIDING, WITNESS
from tests.playbook import arrive, by

pytestmark = pytest.mark.pure

STAFF = (PRESIDING, CLERK)


@pytest.mark.parametrize("seat", STAFF)
def test_the_navigator_says_what_is_next_and_what_it_lacks(seat):
    hearing = a_hearing().opened()
    hearing.script >> by(CLERK, ci.RecordPoint("rights_told"))
    first, *rest = view(hearing.state, seat).next
    assert first == NextStageView(
        "investigation", free=True, missing=("point:recusal_asked", "point:cause_announced")
    )
    assert (
        NextStageView(
            "mediation",
            free=False,
            missing=("step_not_agreed", "point:cause_announced", "point:recusal_asked"),
        )
        in rest
    )
    assert {stage.key for stage in rest}.isdisjoint({"opening", "check_in", "closed"})


def test_in_check_in_the_stages_of_check_in_are_next_and_in_a_recess_none():
    assert [stage.key for stage in view(a_hearing().arrived().state, PRESIDING).next] == ["discipline"]
    assert view(a_hearing().opened().recessed().state, PRESIDING).next == ()


@pytest.mark.parametrize("seat", STAFF)
def test_the_points_of_the_stage_show_what_was_dealt_with(seat):
    hearing = a_hearing().opened()
    hearing.script >> by(CLERK, ci.RecordPoint("recusal_asked", "nobody"))
    assert view(hearing.state, seat).points == (
        PointView("cause_announced", "", None),
        PointView("rights_told", "", None),
        PointView("recusal_asked", "nobody", hearing.script.now),
    )


def test_the_check_of_the_court_shows_its_findings():
    hearing = a_hearing().checked_in()
    rolled_at = hearing.state.check.rolled_at
    hearing.script >> by(CLERK, ci.CheckSuitability(("secret",), "file 3"))
    assert view(hearing.state, PRESIDING).check == CheckView(False, ("secret",), "file 3", rolled_at)


@pytest.mark.parametrize("seat", [seat for seat in CAST if seat not in STAFF])
def test_nobody_else_sees_the_navigator_the_points_or_the_check(seat):
    hearing = a_hearing().opened()
    hearing.script >> by(CLERK, ci.RecordPoint("recusal_asked", "nobody"))
    seen = view(hearing.state, seat)
    assert (seen.next, seen.points, seen.check) == ((), (), None)


@pytest.mark.parametrize("seat", [PLAINTIFF, PLAINTIFF_AGENT])
def test_a_party_and_its_agent_see_the_steps_also_while_they_wait(seat):
    script = a_hearing().script
    script >> arrive(seat)
    assert view(script.state, seat).consent_steps == ("hearing", "mediation")


@pytest.mark.parametrize("seat", [*STAFF, WITNESS, OBSERVER])
def test_nobody_else_is_asked(seat):
    assert view(a_hearing().opened().state, seat).consent_steps == ()


def test_the_answers_to_each_step_are_for_the_court_and_oneself():
    hearing = a_hearing().opened()
    hearing.script >> by(PLAINTIFF, c.Consent(agrees=False, step="mediation"))
    cards = {
        v: next(x for x in view(hearing.state, v).seats if x.seat == PLAINTIFF) for v in CAST if v != WITNESS
    }
    told = (ConsentView("hearing", agrees=True), ConsentView("mediation", agrees=False))
    for viewer, card in cards.items():
        knows = viewer in {*STAFF, PLAINTIFF}
        assert card.consents == (told if knows else ())
        assert card.place == (PlaceView("home", quiet=True) if knows else None)
    agent = next(x for x in view(hearing.state, CLERK).seats if x.seat == PLAINTIFF_AGENT)
    assert agent.consents == (ConsentView("hearing", agrees=None), ConsentView("mediation", agrees=None))
    clerk = next(x for x in view(hearing.state, PRESIDING).seats if x.seat == CLERK)
    assert (clerk.consents, clerk.place) == ((), None)


def test_who_is_in_the_courthouse_is_seen_by_all():
    hearing = a_hearing(absent=(DEFENDANT,)).opened()
    hearing.script >> by(CLERK, ci.SetOnSite(DEFENDANT, on_site=True, reason="came"))
    for viewer in (PRESIDING, PLAINTIFF, OBSERVER):
        assert [x.seat for x in view(hearing.state, viewer).seats if x.on_site] == [DEFENDANT]

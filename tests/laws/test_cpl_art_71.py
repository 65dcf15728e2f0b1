"""CPL 71: evidence is shown in court and examined by the parties; CPLI 104: on authenticity, legality and relevance."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_exhibits as cx
from server.hearing import events_exhibits as ex
from server.hearing.refusals import Reason
from server.hearing.view import view
from tests.builders import AHearing, a_hearing
from tests.cast import CLERK, DEFENDANT, PLAINTIFF, PRESIDING
from tests.playbook import by

pytestmark = pytest.mark.pure


def investigated() -> AHearing:
    hearing = a_hearing().opened().in_stage("investigation")
    hearing.script >> by(PLAINTIFF, cx.OfferExhibit("x1", "合同", "pdf", 3, "a" * 64, 9000))
    return hearing


def test_evidence_is_shown_to_all_in_court_the_same_page_at_the_same_time():
    hearing = investigated()
    (
        hearing.script
        >> by(PRESIDING, c.GrantFloor(PLAINTIFF))
        >> by(PLAINTIFF, cx.PresentExhibit("x1"))
        >> by(PLAINTIFF, cx.TurnPage(2, 200, 1, 1))
    )
    shown = {view(hearing.state, seat).showing for seat in (PRESIDING, CLERK, PLAINTIFF, DEFENDANT)}
    assert len(shown) == 1
    assert None not in shown


def test_the_other_party_gives_its_opinion_on_each_of_the_three():
    script = investigated().script
    script >> by(DEFENDANT, cx.GiveOpinion("x1", "accepted", "accepted", "disputed", "与本案无关"))
    opinion = view(script.state, PRESIDING).exhibits[0].opinions[0]
    assert (opinion.authenticity, opinion.legality, opinion.relevance) == ("accepted", "accepted", "disputed")


def test_an_opinion_that_was_spoken_is_taken_down_with_who_did_so():
    script = investigated().script
    script >> by(CLERK, cx.GiveOpinion("x1", "accepted", "", "", about=DEFENDANT))
    script << ex.OpinionGiven("x1", DEFENDANT, "accepted", "", "", "", CLERK)


def test_nobody_examines_the_evidence_that_it_handed_in():
    investigated().script >> by(PLAINTIFF, cx.GiveOpinion("x1", "accepted", "", "")) << Reason.OWN_EXHIBIT


def test_what_was_shown_when_is_in_the_log():
    hearing = investigated()
    (
        hearing.script
        >> by(PRESIDING, c.GrantFloor(PLAINTIFF))
        >> by(PLAINTIFF, cx.PresentExhibit("x1"))
        >> by(PLAINTIFF, cx.TurnPage(3, 100, 1, 1))
    )
    hearing.script >> by(PRESIDING, cx.StopShowing())
    told = [
        (event.KIND, at)
        for event, at in hearing.log
        if event.KIND in {"exhibit_presented", "page_turned", "showing_stopped"}
    ]
    assert [kind for kind, _ in told] == ["exhibit_presented", "page_turned", "showing_stopped"]
    assert [at for _, at in told] == sorted({at for _, at in told})

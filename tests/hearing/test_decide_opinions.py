"""质证: whose opinion counts as whose, of what, and what an opinion is."""

from __future__ import annotations

import pytest

from server.hearing import commands_exhibits as cx
from server.hearing import events_exhibits as ex
from server.hearing.refusals import Reason
from tests.builders import AHearing, a_hearing
from tests.cast import CLERK, DEFENDANT, DEFENDANT_AGENT, PLAINTIFF, PLAINTIFF_AGENT, WITNESS
from tests.playbook import by

pytestmark = pytest.mark.pure


def with_contract() -> AHearing:
    hearing = a_hearing().opened().in_stage("investigation")
    hearing.script >> by(PLAINTIFF, cx.OfferExhibit("x1", "合同", "pdf", 3, "a" * 64, 9000))
    return hearing


def test_an_opinion_says_what_it_is_of_and_takes_the_place_of_the_one_before():
    script = with_contract().script
    script >> by(DEFENDANT, cx.GiveOpinion("x1", "accepted", "accepted", "disputed", " not our price "))
    script << ex.OpinionGiven("x1", DEFENDANT, "accepted", "accepted", "disputed", "not our price", DEFENDANT)
    script >> by(DEFENDANT, cx.GiveOpinion("x1", "accepted", "accepted", "disputed", "not our price")) << ()
    script >> by(DEFENDANT, cx.GiveOpinion("x1", "disputed", "", ""))
    assert script.state.exhibits.items["x1"].opinions[DEFENDANT].authenticity == "disputed"


def test_an_agent_speaks_for_its_client_or_itself_and_the_clerk_takes_down_what_was_said():
    script = with_contract().script
    script >> by(DEFENDANT_AGENT, cx.GiveOpinion("x1", "accepted", "", "", about=DEFENDANT))
    script << ex.OpinionGiven("x1", DEFENDANT, "accepted", "", "", "", DEFENDANT_AGENT)
    script >> by(CLERK, cx.GiveOpinion("x1", "disputed", "", "", about=DEFENDANT_AGENT))
    script << ex.OpinionGiven("x1", DEFENDANT_AGENT, "disputed", "", "", "", CLERK)
    (
        script
        >> by(DEFENDANT, cx.GiveOpinion("x1", "disputed", "", "", about=DEFENDANT_AGENT))
        << Reason.NOT_YOUR_OPINION
    )
    (
        script
        >> by(PLAINTIFF, cx.GiveOpinion("x1", "accepted", "", "", about=DEFENDANT))
        << Reason.NOT_YOUR_OPINION
    )


@pytest.mark.parametrize("seat", [PLAINTIFF, PLAINTIFF_AGENT])
def test_nobody_examines_its_own_evidence(seat):
    script = with_contract().script
    script >> by(seat, cx.GiveOpinion("x1", "accepted", "", "")) << Reason.OWN_EXHIBIT
    script >> by(seat, cx.AskOriginal("x1", "mine")) << Reason.OWN_EXHIBIT


def test_an_opinion_is_accepted_disputed_or_none_yet_and_never_empty():
    script = with_contract().script
    script >> by(DEFENDANT, cx.GiveOpinion("x1", "perhaps", "", "")) << Reason.OPINION_UNKNOWN
    script >> by(DEFENDANT, cx.GiveOpinion("x1", "", "", "", "  ")) << Reason.OPINION_EMPTY
    script >> by(DEFENDANT, cx.GiveOpinion("x9", "accepted", "", "")) << Reason.EXHIBIT_UNKNOWN
    script >> by(DEFENDANT, cx.GiveOpinion("x1", "", "", "", "x" * 501)) << Reason.TEXT_TOO_LONG


def test_only_parties_have_an_opinion_and_only_those_who_are_here():
    hearing = with_contract()
    hearing.script >> by(WITNESS, cx.GiveOpinion("x1", "accepted", "", "")) << Reason.WITNESS_ISOLATED
    hearing.with_witness()
    hearing.script >> by(WITNESS, cx.GiveOpinion("x1", "accepted", "", "")) << Reason.NOT_A_PARTY
    hearing.script >> by(CLERK, cx.GiveOpinion("x1", "accepted", "", "", about=WITNESS)) << Reason.NOT_A_PARTY
    hearing.script >> by(CLERK, cx.GiveOpinion("x1", "accepted", "", "")) << Reason.NOT_A_PARTY
    hearing.script >> by(WITNESS, cx.AskOriginal("x1", "why")) << Reason.NOT_A_PARTY


def test_the_original_is_asked_for_with_grounds_and_once_each():
    script = with_contract().script
    script >> by(DEFENDANT, cx.AskOriginal("x1", " ")) << Reason.REASON_REQUIRED
    script >> by(DEFENDANT, cx.AskOriginal("x1", "the seal is blurred"))
    script << ex.OriginalAsked("x1", DEFENDANT, "the seal is blurred")
    script >> by(DEFENDANT, cx.AskOriginal("x1", "again")) << ()
    script >> by(CLERK, cx.AskOriginal("x1", "the court wants to see it"))
    assert list(script.state.exhibits.items["x1"].original) == [DEFENDANT, CLERK]

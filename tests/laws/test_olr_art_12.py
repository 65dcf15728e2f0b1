"""OLR 12: electronic material has the force of the original, unless the other side doubts it with grounds or the court asks."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_exhibits as cx
from server.hearing import events_exhibits as ex
from server.hearing.refusals import Reason
from server.hearing.view import view
from tests.builders import AHearing, a_hearing
from tests.cast import DEFENDANT, PLAINTIFF, PRESIDING
from tests.playbook import by

pytestmark = pytest.mark.pure


def offered() -> AHearing:
    hearing = a_hearing().opened().in_stage("investigation")
    hearing.script >> by(PLAINTIFF, cx.OfferExhibit("x1", "合同", "pdf", 3, "a" * 64, 9000))
    return hearing


def test_the_other_side_asks_for_the_original_with_its_grounds():
    script = offered().script
    script >> by(DEFENDANT, cx.AskOriginal("x1", "")) << Reason.REASON_REQUIRED
    script >> by(DEFENDANT, cx.AskOriginal("x1", "印章模糊")) << ex.OriginalAsked("x1", DEFENDANT, "印章模糊")
    assert view(script.state, PRESIDING).exhibits[0].original_asked


def test_the_court_asks_for_it_of_its_own_motion():
    script = offered().script
    script >> by(PRESIDING, cx.AskOriginal("x1", "需要核对"))
    assert view(script.state, PLAINTIFF).exhibits[0].original_asked


def test_without_being_asked_for_it_is_shown_and_examined_as_it_is():
    script = offered().script
    script >> by(PRESIDING, c.GrantFloor(PLAINTIFF)) >> by(PLAINTIFF, cx.PresentExhibit("x1"))
    script >> by(DEFENDANT, cx.GiveOpinion("x1", "accepted", "accepted", "accepted"))
    assert not view(script.state, PRESIDING).exhibits[0].original_asked

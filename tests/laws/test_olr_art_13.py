"""OLR 13: that what is shown is what was handed in can be checked: the digest of the original stands in the log for ever."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_exhibits as cx
from server.hearing import events_exhibits as ex
from server.hearing.refusals import Reason
from server.hearing.view import view
from tests.builders import a_hearing
from tests.cast import DEFENDANT, PLAINTIFF, PRESIDING
from tests.playbook import by

pytestmark = pytest.mark.pure

SHA = "0123456789abcdef" * 4


def test_the_digest_is_entered_with_who_handed_it_in_and_shown_to_the_other_side():
    script = a_hearing().opened().script
    script >> by(PLAINTIFF, cx.OfferExhibit("x1", "合同", "pdf", 3, SHA, 9000))
    script << ex.ExhibitOffered("x1", PLAINTIFF, "合同", "pdf", 3, SHA, 9000)
    assert view(script.state, DEFENDANT).exhibits[0].sha256 == SHA


def test_a_material_is_never_replaced_under_its_name():
    script = a_hearing().opened().script
    script >> by(PLAINTIFF, cx.OfferExhibit("x1", "合同", "pdf", 3, SHA, 9000))
    script >> by(DEFENDANT, cx.OfferExhibit("x1", "另一份", "pdf", 9, "f" * 64, 9)) << ()
    assert script.state.exhibits.items["x1"].sha256 == SHA


def test_a_material_without_a_digest_is_none():
    script = a_hearing().opened().script
    script >> by(PLAINTIFF, cx.OfferExhibit("x1", "合同", "pdf", 3, "", 9)) << Reason.EXHIBIT_INVALID


def test_marks_never_touch_the_material():
    script = a_hearing().opened().script
    script >> by(PLAINTIFF, cx.OfferExhibit("x1", "合同", "pdf", 3, SHA, 9000))
    before = script.state.exhibits.items["x1"]
    (
        script
        >> by(PRESIDING, c.GrantFloor(PLAINTIFF))
        >> by(PLAINTIFF, cx.PresentExhibit("x1"))
        >> by(PLAINTIFF, cx.MarkExhibit("box", "1,1 2,2"))
    )
    after = script.state.exhibits.items["x1"]
    assert (before.sha256, before.pages, before.title) == (after.sha256, after.pages, after.title)

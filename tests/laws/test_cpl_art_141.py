"""CPL 141: the court investigates in order: documents, things and recordings are shown as the presiding judge leads."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_exhibits as cx
from server.hearing import events_exhibits as ex
from server.hearing.refusals import Reason
from tests.builders import AHearing, a_hearing
from tests.cast import DEFENDANT, PLAINTIFF, PRESIDING
from tests.playbook import by

pytestmark = pytest.mark.pure


def investigated() -> AHearing:
    hearing = a_hearing().opened().in_stage("investigation")
    script = hearing.script
    script >> by(PLAINTIFF, cx.OfferExhibit("x1", "合同", "pdf", 3, "a" * 64, 9000))
    script >> by(DEFENDANT, cx.OfferExhibit("x2", "监控录像", "video", 1, "b" * 64, 9000))
    return hearing


def test_one_thing_is_shown_at_a_time_and_the_bench_decides_which():
    script = investigated().script
    script >> by(PRESIDING, c.GrantFloor(PLAINTIFF)) >> by(PLAINTIFF, cx.PresentExhibit("x1"))
    script >> by(PRESIDING, c.GrantFloor(DEFENDANT))
    script >> by(DEFENDANT, cx.PresentExhibit("x2")) << Reason.ANOTHER_PRESENTS
    script >> by(PRESIDING, cx.PresentExhibit("x2")) << ex.ExhibitPresented("x2", PRESIDING)


def test_a_physical_object_is_shown_by_camera_and_a_recording_by_one_clock():
    script = investigated().script
    script >> by(PRESIDING, cx.ShowSource("camera", PLAINTIFF)) << ex.SourceShown("camera", PLAINTIFF)
    script >> by(PRESIDING, cx.PresentExhibit("x2"))
    script >> by(PRESIDING, cx.PlayExhibit(playing=True, position_ms=0)) << ex.ExhibitPlayed("x2", True, 0)


def test_what_is_shown_does_not_go_over_into_the_next_stage():
    hearing = investigated()
    (
        hearing.script
        >> by(PRESIDING, c.GrantFloor(PLAINTIFF))
        >> by(PLAINTIFF, cx.PresentExhibit("x1"))
        >> by(PRESIDING, c.GoToStage("debate", "done"))
    )
    assert hearing.state.exhibits.showing is None

"""What is shown ends with the sitting, the stage and the presenter; leave to present ends with being there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from server.hearing import commands as c
from server.hearing import commands_exhibits as cx
from server.hearing import commands_order as co
from server.hearing import events_exhibits as ex
from server.hearing.evolve import evolve
from server.hearing.refusals import InvariantBroken
from tests.builders import AHearing, a_hearing
from tests.cast import DEFENDANT, PLAINTIFF, PRESIDING, WITNESS
from tests.playbook import arrive, by, depart

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.playbook import Script

pytestmark = pytest.mark.pure


def shown(source: str = "exhibit") -> AHearing:
    hearing = a_hearing().opened().in_stage("investigation")
    hearing.script >> by(PLAINTIFF, cx.OfferExhibit("x1", "合同", "pdf", 3, "a" * 64, 9000))
    hearing.script >> by(PRESIDING, cx.PermitPresenting(PLAINTIFF, on=True))
    hearing.script >> by(
        PLAINTIFF, cx.PresentExhibit("x1") if source == "exhibit" else cx.ShowSource(source, PLAINTIFF)
    )
    assert hearing.state.exhibits.showing is not None
    return hearing


ENDS: dict[str, Callable[[Script], Script]] = {
    "recess": lambda script: script >> by(PRESIDING, c.Recess("noon")),
    "close": lambda script: script >> by(PRESIDING, c.Close("over")),
    "adjourn": lambda script: script >> by(PRESIDING, c.Adjourn("ill")),
    "stage": lambda script: script >> by(PRESIDING, c.GoToStage("debate", "on we go")),
    "leave": lambda script: script >> by(PLAINTIFF, c.Leave()),
    "lock": lambda script: script >> by(PRESIDING, c.MuteAndLock(PLAINTIFF, "shouting")),
    "removal": lambda script: script >> by(PRESIDING, co.Remove(PLAINTIFF, "shouting")),
}


@pytest.mark.parametrize("source", ["exhibit", "screen", "camera"])
@pytest.mark.parametrize("end", ENDS)
def test_what_is_shown_ends(end, source):
    assert ENDS[end](shown(source).script).state.exhibits.showing is None


@pytest.mark.parametrize(("source", "stays"), [("exhibit", True), ("screen", False), ("camera", False)])
def test_a_page_outlives_a_lost_line_and_a_picture_does_not(source, stays):
    script = shown(source).script
    script >> depart(PLAINTIFF)
    assert (script.state.exhibits.showing is not None) is stays
    script >> arrive(PLAINTIFF, 2)
    assert (script.state.exhibits.showing is not None) is stays
    assert script.state.attendance[PLAINTIFF].exhibits.may_present, "it comes back with what it was permitted"


@pytest.mark.parametrize("end", ["leave", "removal"])
def test_leave_to_present_ends_with_being_there(end):
    assert not ENDS[end](shown().script).state.attendance[PLAINTIFF].exhibits.may_present


def test_a_witness_sent_out_takes_its_leave_to_present_with_it():
    hearing = a_hearing().opened().in_stage("investigation").with_witness()
    script = hearing.script
    script >> by(PRESIDING, cx.PermitPresenting(WITNESS, on=True))
    script >> by(PRESIDING, cx.ShowSource("camera", WITNESS)) >> by(PRESIDING, c.DismissWitness(WITNESS))
    assert script.state.exhibits.showing is None
    assert not script.state.attendance[WITNESS].exhibits.may_present


def test_somebody_elses_leaving_changes_nothing_and_the_first_showing_is_remembered():
    script = shown().script
    first = script.state.exhibits.items["x1"].shown_at
    assert first == script.now
    script >> by(DEFENDANT, c.Leave())
    assert script.state.exhibits.showing is not None
    script >> by(PLAINTIFF, cx.StopShowing()) >> by(PLAINTIFF, cx.PresentExhibit("x1"))
    assert script.state.exhibits.items["x1"].shown_at == first


def test_an_event_of_nothing_is_our_own_bug():
    state = a_hearing().opened().state
    for event in (ex.ExhibitPresented("x9", PLAINTIFF), ex.PageTurned("x9", 1, 100, 1, 1)):
        with pytest.raises(InvariantBroken):
            evolve(state, event, a_hearing().script.now)

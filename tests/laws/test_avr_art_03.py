"""AVR 3: the whole course is recorded, from opening to close. Three exceptions: recess, evidence not heard in public, mediation."""

from __future__ import annotations

import pytest

from server.courtroom.plans import plans, screen_peer, tape_peer
from server.courtroom.settings import CourtroomSettings
from server.hearing import commands as c
from server.hearing import commands_doors as cd
from server.hearing import commands_exhibits as cx
from server.hearing.audience import tape_hears, tape_sees
from server.hearing.commands_rooms import ConsentRecording, EnterRoom
from server.hearing.events import CourtClosed, CourtOpened, CourtRecessed, CourtResumed
from server.hearing.events_doors import DoorsClosed, DoorsOpened
from server.hearing.evolve import evolve
from server.hearing.names import command_names
from server.hearing.recording_duty import Duty, duty
from server.hearing.refusals import Reason
from server.hearing.rooms import occupants
from server.hearing.state import initial
from tests.builders import a_hearing
from tests.cast import PLAINTIFF, PRESIDING, connection
from tests.hearing.mediations import a_mediation, agreed, in_caucus
from tests.playbook import by, tape

pytestmark = pytest.mark.pure


def test_the_duty_turns_only_with_opening_recess_resumption_and_close():
    hearing = a_hearing().opened().with_floor(PLAINTIFF).with_witness().in_stage("debate").recessed()
    hearing.script >> by(PRESIDING, c.Resume()) >> by(PRESIDING, c.MuteAndLock(PLAINTIFF, "shouting"))
    hearing.closed()
    state, turns = initial(), []
    for event, at in hearing.log:
        after = evolve(state, event, at)
        if duty(after) != duty(state):
            turns.append((type(event), duty(after).on, duty(after).ground))
        state = after
    assert turns == [
        (CourtOpened, True, None),
        (CourtRecessed, False, "recess"),
        (CourtResumed, True, None),
        (CourtClosed, False, None),
    ]


def test_nobody_can_stop_the_tape():
    """What has "record" in its name notes a point, or agrees to the tape where nothing may be taped without (OMR 22)."""
    names = {name for name in command_names if "tape" in name or "record" in name}
    assert names == {"record_point", "consent_recording"}
    hearing = a_hearing().opened()
    hearing.script >> by(PLAINTIFF, ConsentRecording(agrees=False)) << Reason.RECORDING_NOT_BY_CONSENT
    assert duty(hearing.state).on


@pytest.mark.parametrize("state", [None, c.TapeState.FAULTED, c.TapeState.PAUSED, c.TapeState.SEALED])
def test_the_court_does_not_open_before_the_tape_is_proven(state):
    script = a_hearing().checked_in().script
    if state:
        script >> tape(state)
    script >> by(PRESIDING, c.OpenCourt()) << Reason.TAPE_NOT_READY


def test_the_tape_keeps_what_the_court_hears_from_the_opening_on():
    hearing = a_hearing().checked_in()
    assert not tape_hears(hearing.state, PRESIDING)
    hearing.opened()
    assert tape_hears(hearing.state, PRESIDING)
    assert tape_sees(hearing.state, PLAINTIFF)
    assert not tape_hears(hearing.state, PLAINTIFF)
    assert tape_hears(hearing.with_floor(PLAINTIFF).state, PLAINTIFF)
    assert not tape_sees(hearing.recessed().state, PRESIDING)


def test_the_secret_deliberation_is_a_recess_and_not_taped():
    state = a_hearing().opened().in_stage("deliberation").state
    assert duty(state).ground == "recess"
    assert not tape_hears(state, PRESIDING)


@pytest.mark.parametrize("room", ["main", "caucus:plaintiff"])
def test_third_exception_a_mediation_is_not_taped_unless_all_there_agree(room: str) -> None:
    hearing = a_mediation() if room == "main" else in_caucus()
    assert not any(tape_hears(hearing.state, seat, room) for seat in hearing.state.seats)
    agreed(hearing, *occupants(hearing.state, room))
    assert any(tape_hears(hearing.state, seat, room) for seat in hearing.state.seats)


def test_a_consultation_and_the_deliberation_are_never_taped() -> None:
    hearing = a_hearing().opened().recessed()
    hearing.script >> by(PLAINTIFF, EnterRoom("consultation:plaintiff"))
    for room in ("consultation:plaintiff", "deliberation"):
        assert not duty(hearing.state, room).on
        assert not any(tape_hears(hearing.state, seat, room) for seat in hearing.state.seats)


def test_what_everybody_sees_of_a_screen_is_taped_while_it_is_shown():
    hearing = a_hearing().opened().in_stage("investigation")
    screen = screen_peer(connection(PLAINTIFF))
    machine = tape_peer(hearing.state.hearing)

    def taped() -> bool:
        now = plans(hearing.state.hearing, hearing.state, {}, CourtroomSettings())
        return any(one.publisher == screen and one.video for one in now.routes.receive[machine])

    assert not taped()
    hearing.script >> by(PRESIDING, cx.ShowSource("screen", PLAINTIFF))
    assert taped()
    hearing.script >> by(PRESIDING, c.Recess("noon"))
    assert not taped()


def test_second_exception_evidence_not_heard_in_public_may_go_untaped_from_the_order_to_the_reopening():
    hearing = a_hearing().opened().in_stage("investigation")
    hearing.script >> by(PRESIDING, cd.CloseDoors("trade_secret", "the recipe", recorded=False))
    assert hearing.script.came[0] == DoorsClosed("trade_secret", "the recipe", recorded=False)
    assert duty(hearing.state) == Duty(on=False, ground="not_public")
    assert not any(tape_hears(hearing.state, seat) for seat in hearing.state.seats)
    hearing.script >> by(PRESIDING, cd.OpenDoors())
    assert duty(hearing.state).on


def test_a_trial_that_is_not_public_is_taped_whole():
    hearing = a_hearing(public=False).opened()
    hearing.script >> by(PRESIDING, cd.CloseDoors("privacy", "x", recorded=False)) << Reason.TAPE_GOES_ON


def test_third_exception_mediation_in_court_is_taped_unless_the_bench_finds_it_unfit():
    hearing = a_hearing().opened()
    unfit = cd.CloseDoors("mediation", "they speak of the family", recorded=False)
    hearing.script >> by(PRESIDING, unfit) << Reason.DOORS_GROUND_UNKNOWN
    hearing.in_stage("mediation")
    assert duty(hearing.state).on
    hearing.script >> by(PLAINTIFF, unfit) << Reason.NOT_PRESIDING
    hearing.script >> by(PRESIDING, unfit)
    assert duty(hearing.state) == Duty(on=False, ground="not_public")
    hearing.script >> by(PRESIDING, c.GoToStage("deliberation", "no settlement"))
    assert DoorsOpened() in hearing.script.came, "it ends with the stage"
    assert duty(hearing.resumed().state).on


def test_no_judgment_is_untaped_whatever_was_before():
    hearing = a_hearing().opened()
    hearing.script >> by(PRESIDING, cd.CloseDoors("privacy", "the file", recorded=False))
    assert duty(hearing.in_stage("judgment").state).on

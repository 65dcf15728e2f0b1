"""CPL 137: hearings are public by rule; a part is closed for secrets, privacy, minors, or on application, and opened again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from server.hearing import commands as c
from server.hearing import commands_doors as cd
from server.hearing import commands_order as co
from server.hearing import events as e
from server.hearing import events_doors as ed
from server.hearing.audience import NOTHING, audience
from server.hearing.doors import GROUNDS
from server.hearing.presence import Presence
from server.hearing.procedure import stages_of
from server.hearing.recording_duty import duty
from server.hearing.refusals import Reason
from server.hearing.view import view
from tests.builders import a_hearing
from tests.cast import (
    CAST,
    CLERK,
    JUDGE,
    MEDIATION,
    OBSERVER,
    PLAINTIFF,
    PRESIDING,
    WITNESS,
    connection,
)
from tests.playbook import arrive, by, depart

if TYPE_CHECKING:
    from tests.builders import AHearing

pytestmark = pytest.mark.pure


def test_an_observer_is_let_into_a_public_hearing_also_when_it_has_begun():
    script = a_hearing(absent=(OBSERVER,)).opened().script
    assert script.state.public
    hearing = a_hearing().arrived()
    hearing.script >> by(CLERK, c.Admit(OBSERVER)) << e.SeatAdmitted(OBSERVER, "courtroom")


def test_no_observer_is_let_into_a_mediation_whatever_the_schedule_says():
    hearing = a_hearing((*MEDIATION, OBSERVER), procedure="mediation", public=True).arrived()
    hearing.script >> by(CLERK, c.Admit(OBSERVER)) << Reason.OBSERVERS_NOT_ALLOWED


def test_whether_the_hearing_is_public_is_announced_at_the_opening():
    opening = next(stage for stage in stages_of("civil_ordinary") if stage.key == "opening")
    assert any("公开" in line.zh and "public" in line.en for line in opening.script)


OF_A_PART = sorted(set(GROUNDS) - {"mediation"})


@pytest.mark.parametrize("ground", OF_A_PART)
def test_the_doors_are_closed_for_a_part_on_a_ground_and_a_reason_and_the_public_goes_out(ground):
    hearing = a_hearing().opened().in_stage("investigation")
    hearing.script >> by(PRESIDING, cd.CloseDoors(ground, " ")) << Reason.REASON_REQUIRED
    hearing.script >> by(PRESIDING, cd.CloseDoors("weather", "rain")) << Reason.DOORS_GROUND_UNKNOWN
    hearing.script >> by(PRESIDING, cd.CloseDoors(ground, "the file of a patient"))
    hearing.script << (
        ed.DoorsClosed(ground, "the file of a patient", recorded=True),
        ed.SeatAskedOut(OBSERVER, ground),
    )
    state = hearing.state
    assert all(audience(state, seat, OBSERVER) == NOTHING for seat in CAST)
    assert duty(state).on, "the whole course is taped all the same"
    outside = view(state, OBSERVER).asked_out
    assert outside is not None
    assert (outside.ground, outside.reason) == (ground, ""), "why in words is for those inside"
    hearing.script >> by(CLERK, c.Admit(OBSERVER)) << Reason.OBSERVERS_NOT_ALLOWED


def test_the_doors_are_opened_again_and_who_was_put_out_by_them_comes_back_in():
    hearing = a_hearing().opened()
    before = {seat: audience(hearing.state, seat, OBSERVER) for seat in CAST}
    hearing.script >> by(PRESIDING, cd.OpenDoors()) << Reason.DOORS_NOT_CLOSED
    hearing.script >> by(PRESIDING, cd.CloseDoors("minor", "a child is heard"))
    hearing.script >> by(CLERK, c.Admit(OBSERVER)) << Reason.OBSERVERS_NOT_ALLOWED
    assert {audience(hearing.state, seat, OBSERVER) for seat in CAST} == {NOTHING}
    assert not view(hearing.state, OBSERVER).in_room
    hearing.script >> by(PRESIDING, cd.OpenDoors())
    hearing.script << (ed.DoorsOpened(), e.SeatAdmitted(OBSERVER, "courtroom"))
    assert {seat: audience(hearing.state, seat, OBSERVER) for seat in CAST} == before
    inside = view(hearing.state, OBSERVER)
    assert (inside.in_room, inside.asked_out) == (True, None)


def put_out() -> AHearing:
    """A public hearing whose doors were closed for a part, the observer outside."""
    hearing = a_hearing().opened()
    hearing.script >> by(PRESIDING, cd.CloseDoors("minor", "a child is heard"))
    return hearing


def test_whom_the_court_removed_meanwhile_stays_out():
    hearing = put_out()
    hearing.script >> by(PRESIDING, co.Remove(OBSERVER, "shouting outside"))
    hearing.script >> by(PRESIDING, co.Readmit(OBSERVER, "has calmed down"))
    hearing.script >> by(PRESIDING, cd.OpenDoors()) << ed.DoorsOpened()
    assert hearing.state.attendance[OBSERVER].presence is Presence.WAITING
    hearing.script >> by(CLERK, c.Admit(OBSERVER)) << e.SeatAdmitted(OBSERVER, "courtroom")


def test_whom_the_court_asked_out_by_name_stays_out():
    hearing = a_hearing().opened()
    hearing.script >> by(PRESIDING, cd.AskOut(OBSERVER, "please wait"))
    hearing.script >> by(PRESIDING, cd.CloseDoors("minor", "a child is heard"))
    hearing.script >> by(PRESIDING, cd.OpenDoors()) << ed.DoorsOpened()
    assert hearing.state.attendance[OBSERVER].presence is Presence.WAITING


def test_who_went_by_its_own_choice_meanwhile_is_let_in_by_somebody():
    hearing = put_out()
    hearing.script >> by(OBSERVER, c.Leave())
    hearing.script >> by(PRESIDING, cd.OpenDoors()) << ed.DoorsOpened()
    hearing.script >> arrive(OBSERVER, 2) << e.SeatArrived(OBSERVER, connection(OBSERVER, 2), None)
    assert hearing.state.attendance[OBSERVER].presence is Presence.WAITING


def test_who_never_was_in_is_not_brought_in_by_the_doors():
    hearing = a_hearing(absent=(OBSERVER,)).opened()
    hearing.script >> by(PRESIDING, cd.CloseDoors("minor", "a child is heard")) >> arrive(OBSERVER)
    hearing.script >> by(PRESIDING, cd.OpenDoors()) << ed.DoorsOpened()
    assert hearing.state.attendance[OBSERVER].presence is Presence.WAITING


def test_whose_line_broke_outside_waits_while_they_are_closed_and_comes_in_once_they_are_open():
    hearing = put_out()
    hearing.script >> depart(OBSERVER) >> arrive(OBSERVER, 2)
    assert hearing.state.attendance[OBSERVER].presence is Presence.WAITING
    hearing.script >> depart(OBSERVER, 2) >> by(PRESIDING, cd.OpenDoors()) << ed.DoorsOpened()
    hearing.script >> arrive(OBSERVER, 3)
    hearing.script << (
        e.SeatArrived(OBSERVER, connection(OBSERVER, 3), None),
        e.SeatAdmitted(OBSERVER, "courtroom"),
    )


@pytest.mark.parametrize("command", [cd.CloseDoors("minor", "x"), cd.OpenDoors()])
@pytest.mark.parametrize("seat", [CLERK, PLAINTIFF, OBSERVER])
def test_nobody_but_the_presiding_seat_closes_or_opens_the_doors(command, seat):
    a_hearing().opened().script >> by(seat, command) << Reason.NOT_PRESIDING


def test_doors_that_are_closed_anyway_are_not_closed_again():
    hearing = a_hearing(public=False).opened()
    hearing.script >> by(PRESIDING, cd.CloseDoors("privacy", "x")) << Reason.DOORS_CLOSED


@pytest.mark.parametrize("seat", [OBSERVER, PLAINTIFF])
@pytest.mark.parametrize("host", [PRESIDING, CLERK])
def test_who_is_in_may_be_asked_back_to_the_waiting_room_with_a_reason_and_come_in_again(seat, host):
    hearing = a_hearing().opened().with_floor(PLAINTIFF)
    hearing.script >> by(host, cd.AskOut(seat, " ")) << Reason.REASON_REQUIRED
    hearing.script >> by(host, cd.AskOut(seat, "please wait for your turn"))
    hearing.script << ed.SeatAskedOut(seat, "asked", "please wait for your turn")
    state = hearing.state
    assert state.attendance[seat].presence is Presence.WAITING
    assert all(audience(state, other, seat) == NOTHING for other in CAST)
    assert not state.floor.held_by(seat)
    assert state.attendance[seat].order.measures == (), "no measure of the court"
    outside = view(state, seat)
    assert outside.asked_out is not None
    assert outside.asked_out.reason == "please wait for your turn"
    assert (outside.in_room, outside.stages) == (False, ())
    hearing.script >> by(CLERK, c.Admit(seat)) << e.SeatAdmitted(seat, "courtroom")
    assert view(hearing.state, seat).asked_out is None


@pytest.mark.parametrize("seat", [PRESIDING, CLERK, JUDGE])
def test_the_bench_and_the_courts_own_people_are_not_asked_out(seat):
    hearing = a_hearing((*CAST, JUDGE)).opened()
    hearing.script >> by(PRESIDING, cd.AskOut(seat, "x")) << Reason.COURT_STAYS


def test_who_waits_outside_is_not_asked_out_and_learns_nothing_of_the_doors():
    hearing = a_hearing().opened()
    hearing.script >> by(PRESIDING, cd.AskOut(WITNESS, "x")) << Reason.WITNESS_ISOLATED
    hearing.script >> by(PRESIDING, cd.CloseDoors("minor", "a child is heard"))
    outside = view(hearing.state, WITNESS)
    assert (outside.public, outside.doors, outside.asked_out) == (True, None, None)

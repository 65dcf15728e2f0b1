"""CPLI art. 146: a mediation is not public; who did not take part in it learns nothing of it, the trial bench included."""

from __future__ import annotations

import pytest

from server.gateway.access import may_open, may_read_room
from server.hearing import commands as c
from server.hearing import events as e
from server.hearing import events_doors as ed
from server.hearing.audience import NOTHING, audience
from server.hearing.presence import Presence
from server.hearing.procedure import PROCEDURES
from server.hearing.procedure_tables import NEVER_PUBLIC
from server.hearing.refusals import Reason
from server.hearing.rooms import belongs, caucuses
from server.hearing.view import view
from tests.builders import AHearing, a_hearing
from tests.cast import CAST, CLERK, JUDGE, MEDIATION, OBSERVER, PARTIES, PLAINTIFF, PRESIDING
from tests.playbook import arrive, by, depart

pytestmark = pytest.mark.pure


def test_no_judge_of_the_case_is_ever_in_a_caucus() -> None:
    state = a_hearing((PRESIDING, JUDGE, *MEDIATION), procedure="mediation", public=False).state
    for room in caucuses(state):
        assert not belongs(state, PRESIDING, room)
        assert not belongs(state, JUDGE, room)


@pytest.mark.parametrize("role", ["presiding", "judge", "assessor", "clerk"])
def test_the_bench_of_the_trial_opens_neither_the_record_nor_a_caucus(role: str) -> None:
    assert not may_open(role, took_part=False, kind="mediation")
    assert not may_read_room(role, "bench", "caucus:plaintiff")


def before_mediation() -> AHearing:
    """A public hearing at its final statements, all consented to mediate online."""
    hearing = a_hearing().opened().in_stage("final_statements").recorded()
    for party in PARTIES:
        hearing.script >> by(party, c.Consent(agrees=True, step="mediation"))
    assert audience(hearing.state, PRESIDING, OBSERVER).hear
    return hearing


def test_every_stage_of_mediation_within_a_hearing_is_closed_to_the_public() -> None:
    stages = [s for p in PROCEDURES.values() for s in p.stages if s.key == "mediation"]
    assert stages
    assert all(stage.public == NEVER_PUBLIC for stage in stages)


def test_the_public_goes_out_as_the_court_begins_to_mediate_and_hears_sees_and_reads_nothing() -> None:
    hearing = before_mediation()
    hearing.script >> by(PRESIDING, c.GoToStage("mediation"))
    hearing.script << (
        e.StageEntered("mediation", "final_statements"),
        ed.SeatAskedOut(OBSERVER, "stage"),
    )
    assert hearing.state.attendance[OBSERVER].presence is Presence.WAITING
    assert all(audience(hearing.state, seat, OBSERVER) == NOTHING for seat in CAST)
    outside = view(hearing.state, OBSERVER).asked_out
    assert outside is not None
    assert outside.ground == "stage"
    doors = view(hearing.state, PLAINTIFF).doors
    assert doors is not None
    assert (doors.public, doors.ground) == (False, "")


def test_nobody_of_the_public_is_let_in_while_the_court_mediates_and_comes_back_in_afterwards() -> None:
    hearing = before_mediation().in_stage("mediation")
    hearing.script >> by(CLERK, c.Admit(OBSERVER)) << Reason.OBSERVERS_NOT_ALLOWED
    hearing.in_stage("judgment")
    assert e.SeatAdmitted(OBSERVER, "courtroom") in hearing.script.came
    assert audience(hearing.state, PRESIDING, OBSERVER).hear
    assert hearing.state.attendance[OBSERVER].asked_out is None


def test_an_observer_whose_line_was_down_comes_back_to_the_waiting_room() -> None:
    hearing = before_mediation()
    hearing.script >> depart(OBSERVER)
    hearing.in_stage("mediation").script >> arrive(OBSERVER, 2)
    assert hearing.state.attendance[OBSERVER].presence is Presence.WAITING
    assert not view(hearing.state, OBSERVER).in_room

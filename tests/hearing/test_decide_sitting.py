"""Decisions about the sitting."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import events as e
from server.hearing.conditions import missing
from server.hearing.refusals import Reason
from server.hearing.session import SessionState
from tests.builders import a_hearing
from tests.cast import (
    CLERK,
    DEFENDANT,
    DEFENDANT_AGENT,
    OBSERVER,
    PLAINTIFF,
    PLAINTIFF_AGENT,
    PRESIDING,
)
from tests.playbook import by, depart, tape

pytestmark = pytest.mark.pure


def test_nobody_there_and_everything_is_missing():
    assert missing(a_hearing().state) == (
        Reason.PRESIDING_ABSENT,
        Reason.PLAINTIFF_ABSENT,
        Reason.DEFENDANT_ABSENT,
        Reason.TAPE_NOT_READY,
        Reason.ROLL_NOT_CALLED,
        Reason.SUITABILITY_UNCHECKED,
        "point:identity_checked",
        "point:discipline_read",
    )


def test_opening_enters_the_stage_of_opening():
    hearing = a_hearing().checked_in()
    script = hearing.script
    script >> by(PRESIDING, c.OpenCourt()) << Reason.TAPE_NOT_READY
    script >> tape(c.TapeState.IDLE) >> by(PRESIDING, c.OpenCourt())
    script << (e.CourtOpened(), e.StageEntered("opening", "discipline"))
    assert missing(hearing.state) == ()
    assert hearing.state.opened_at == script.now
    script >> by(PRESIDING, c.OpenCourt()) << Reason.COURT_IN_SESSION


@pytest.mark.parametrize("absent", [(PLAINTIFF,), (DEFENDANT_AGENT,), (PLAINTIFF_AGENT, DEFENDANT), (CLERK,)])
def test_a_side_is_represented_by_the_party_or_its_agent_and_the_clerk_is_not_required(absent):
    assert a_hearing(absent=absent).opened().state.session is SessionState.IN_SESSION


@pytest.mark.parametrize(
    "absent, reason",
    [
        ((PLAINTIFF, PLAINTIFF_AGENT), Reason.PLAINTIFF_ABSENT),
        ((DEFENDANT, DEFENDANT_AGENT), Reason.DEFENDANT_ABSENT),
    ],
)
def test_a_side_without_anybody_stops_the_opening(absent, reason):
    script = a_hearing(absent=absent).checked_in().script
    script >> tape(c.TapeState.IDLE) >> by(PRESIDING, c.OpenCourt()) << reason


def test_a_side_whose_line_is_down_is_not_represented():
    script = a_hearing(absent=(PLAINTIFF_AGENT,)).checked_in().script
    (
        script
        >> tape(c.TapeState.IDLE)
        >> depart(PLAINTIFF)
        >> by(PRESIDING, c.OpenCourt())
        << Reason.PLAINTIFF_ABSENT
    )


def test_a_side_that_the_hearing_does_not_have_is_not_awaited():
    only = (PRESIDING, PLAINTIFF)
    assert a_hearing(only).opened().state.session is SessionState.IN_SESSION


@pytest.mark.parametrize("seat", [PLAINTIFF, DEFENDANT_AGENT])
def test_consent_taken_back_stops_the_opening(seat):
    script = a_hearing().checked_in().script
    script >> tape(c.TapeState.IDLE) >> by(seat, c.Consent(agrees=False))
    script >> by(PRESIDING, c.OpenCourt()) << Reason.CONSENT_MISSING


def test_a_recess_and_back():
    hearing = a_hearing().opened()
    script = hearing.script
    script >> by(PRESIDING, c.Recess("noon")) << e.CourtRecessed("noon")
    assert (hearing.state.session, hearing.state.session_reason) == (SessionState.RECESSED, "noon")
    script >> by(PRESIDING, c.GoToStage("debate", "x")) << Reason.COURT_IN_RECESS
    script >> by(PRESIDING, c.Close()) << Reason.COURT_IN_RECESS
    script >> by(PRESIDING, c.Resume()) << e.CourtResumed()
    assert (hearing.state.session, hearing.state.session_reason) == (SessionState.IN_SESSION, "")
    script >> by(PRESIDING, c.Resume()) << Reason.COURT_IN_SESSION


def test_deliberation_recesses_and_resuming_stays_in_it_until_the_judgment():
    hearing = a_hearing().opened().in_stage("mediation").recorded()
    script = hearing.script
    script >> by(PRESIDING, c.GoToStage("deliberation"))
    back = e.SeatAdmitted(OBSERVER, "courtroom")  # who was asked out for the mediation
    script << (e.StageEntered("deliberation", "mediation"), back, e.CourtRecessed("deliberation"))
    script >> by(PRESIDING, c.Resume()) >> by(PRESIDING, c.GoToStage("judgment"))
    script << e.StageEntered("judgment", "deliberation", "")
    assert hearing.state.session is SessionState.IN_SESSION


def test_the_summary_procedure_has_no_deliberation():
    script = a_hearing(procedure="civil_summary").opened().in_stage("mediation").recorded().script
    script >> by(PRESIDING, c.GoToStage("deliberation", "x")) << Reason.STAGE_UNKNOWN
    script >> by(PRESIDING, c.GoToStage("judgment"))
    script << (e.StageEntered("judgment", "mediation"), e.SeatAdmitted(OBSERVER, "courtroom"))


def test_closing_from_any_stage_with_a_reason():
    hearing = a_hearing().opened()
    script = hearing.script
    lacking = tuple(f"point:{item}" for item in ("cause_announced", "rights_told", "recusal_asked"))
    (
        script
        >> by(PRESIDING, c.Close("withdrawn"))
        << (
            e.CourtClosed(),
            e.StageEntered("closed", "opening", "withdrawn", lacking),
        )
    )
    assert (hearing.state.session, hearing.state.stage) == (SessionState.CLOSED, "closed")
    assert hearing.state.closed_at == script.now


@pytest.mark.parametrize("until", ["checked_in", "opened"])
def test_adjourning_needs_a_reason_and_ends_the_hearing(until):
    hearing = getattr(a_hearing(), until)()
    script = hearing.script
    script >> by(PRESIDING, c.Adjourn(" ")) << Reason.REASON_REQUIRED
    script >> by(PRESIDING, c.Adjourn("ill")) << e.CourtAdjourned("ill")
    assert (hearing.state.session, hearing.state.session_reason) == (SessionState.ADJOURNED, "ill")
    assert hearing.state.closed_at == script.now


def test_the_tape_is_heard_once_for_each_thing_it_says():
    script = a_hearing().script
    script >> tape(c.TapeState.IDLE) << e.TapeReported("idle")
    script >> tape(c.TapeState.IDLE) << ()
    script >> tape(c.TapeState.FAULTED, "disk_full") << e.TapeReported("faulted", "disk_full")
    script >> tape(c.TapeState.FAULTED, "disk_lost") << e.TapeReported("faulted", "disk_lost")


@pytest.mark.parametrize("state", c.TapeState)
def test_only_an_idle_or_rolling_tape_is_proven(state):
    hearing = a_hearing().checked_in()
    hearing.script >> tape(state)
    proven = state in {c.TapeState.IDLE, c.TapeState.ROLLING}
    assert missing(hearing.state) == (() if proven else (Reason.TAPE_NOT_READY,))

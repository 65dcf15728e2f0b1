"""CPL 40: a court does not sit without its judge; the clerk breaks off, and where nobody may, the court recesses of itself."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import events as e
from server.hearing.commands import LeaveCause
from server.hearing.deadlines import next_deadline
from server.hearing.recording_duty import duty
from server.hearing.refusals import Reason
from server.hearing.session import SessionState
from server.hearing.unattended import RECESS_AFTER_S, UNATTENDED
from server.hearing.view import view
from tests.builders import a_hearing
from tests.cast import CAST, CLERK, MEDIATOR, PLAINTIFF, PRESIDING
from tests.hearing.mediations import accepted
from tests.playbook import TICK, arrive, by, depart

pytestmark = pytest.mark.pure

RECESS_MS = RECESS_AFTER_S * 1000


@pytest.mark.parametrize("first, second", [(PRESIDING, CLERK), (CLERK, PRESIDING)])
@pytest.mark.parametrize("cause", [LeaveCause.CONNECTION_LOST, LeaveCause.PAGE_CLOSED])
def test_judge_and_clerk_both_gone_the_court_recesses_of_itself_and_waits(first, second, cause):
    hearing = a_hearing().opened().with_floor(PLAINTIFF)
    script = hearing.script >> depart(first, cause=cause) >> depart(second, cause=cause)
    due = next_deadline(hearing.state)
    assert due == script.now + RECESS_MS
    assert view(hearing.state, PLAINTIFF).recess_at == due
    script.after(RECESS_MS - 2000) >> TICK << ()
    assert duty(hearing.state).on
    script >> TICK << e.CourtRecessed(UNATTENDED)
    state = hearing.state
    assert (state.session, state.session_reason) == (SessionState.RECESSED, UNATTENDED)
    assert not duty(state).on
    assert all(view(state, seat).session == "recessed" for seat in CAST)
    assert view(state, PLAINTIFF).session_reason == UNATTENDED
    assert (state.unattended_since, state.presiding_away) == (None, None)


def test_it_waits_for_whoever_presides_and_nobody_else_resumes_it():
    hearing = a_hearing().opened()
    script = hearing.script >> depart(PRESIDING) >> depart(CLERK)
    script.after(RECESS_MS) >> TICK >> arrive(CLERK, 2) >> by(CLERK, c.Resume()) << Reason.NOT_PRESIDING
    script >> arrive(PRESIDING, 2) >> by(PRESIDING, c.Resume()) << e.CourtResumed()


@pytest.mark.parametrize("who", [PRESIDING, CLERK])
def test_either_of_them_back_in_time_and_nothing_happens(who):
    hearing = a_hearing().opened()
    script = hearing.script >> depart(PRESIDING) >> depart(CLERK)
    script.after(RECESS_MS - 5000) >> arrive(who, 2)
    assert hearing.state.unattended_since is None
    script.after(RECESS_MS) >> TICK
    assert hearing.state.session is SessionState.IN_SESSION


def test_who_left_by_their_own_choice_is_not_there_either():
    hearing = a_hearing().opened()
    script = hearing.script >> by(CLERK, c.Leave()) >> by(PRESIDING, c.Leave())
    script.after(RECESS_MS) >> TICK << e.CourtRecessed(UNATTENDED)


def test_a_mediation_without_mediator_and_clerk_recesses_too():
    script = accepted().script >> depart(MEDIATOR) >> depart(CLERK)
    script.after(RECESS_MS) >> TICK
    assert script.came[0] == e.CourtRecessed(UNATTENDED)


@pytest.mark.parametrize("until", ["checked_in", "recessed", "closed"])
def test_only_a_court_that_sits_is_recessed(until):
    hearing = a_hearing() if until == "checked_in" else a_hearing().opened()
    hearing = getattr(hearing, until)()
    hearing.script >> depart(PRESIDING) >> depart(CLERK)
    assert hearing.state.unattended_since is None


def test_the_judge_alone_gone_the_clerk_is_proposed_a_recess_and_may_give_it():
    hearing = a_hearing().opened()
    hearing.script >> depart(PRESIDING)
    seen = view(hearing.state, CLERK)
    assert seen.presiding_away == hearing.script.now
    assert seen.recess_at is None, "the clerk is there to do it"
    assert "recess" in seen.may
    hearing.script >> by(CLERK, c.Recess("the judge's line is down"))
    assert view(hearing.state, CLERK).presiding_away is None

"""Decisions about people."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from server.hearing import commands as c
from server.hearing import commands_checkin as ci
from server.hearing import commands_order as co
from server.hearing import events as e
from server.hearing.presence import Presence
from server.hearing.refusals import Reason
from server.hearing.state_order import OATH_VERSION
from tests.builders import DISCIPLINE, AHearing, a_hearing
from tests.cast import (
    CAST,
    CLERK,
    DEFENDANT,
    FULL_BENCH,
    JUDGE,
    OBSERVER,
    PLAINTIFF,
    PLAINTIFF_AGENT,
    PRESIDING,
    WITNESS,
    connection,
)
from tests.playbook import arrive, by, depart, tape

if TYPE_CHECKING:
    from server.hearing.ids import SeatId

pytestmark = pytest.mark.pure


def presence(hearing: AHearing, seat: SeatId) -> Presence:
    return hearing.state.attendance[seat].presence


@pytest.mark.parametrize("seat", [PRESIDING, CLERK])
def test_the_courts_own_people_begin_the_check_in_by_arriving(seat):
    hearing = a_hearing()
    hearing.script >> arrive(seat) << (e.SeatArrived(seat, connection(seat)), e.CheckInBegan())
    assert presence(hearing, seat) is Presence.PRESENT
    other = CLERK if seat == PRESIDING else PRESIDING
    hearing.script >> arrive(other) << e.SeatArrived(other, connection(other))


@pytest.mark.parametrize("seat", [s for s in CAST if s not in {PRESIDING, CLERK}])
def test_everybody_else_waits(seat):
    hearing = a_hearing()
    hearing.script >> arrive(seat) << e.SeatArrived(seat, connection(seat))
    assert presence(hearing, seat) is Presence.WAITING


def test_a_newer_connection_supersedes_the_older_one():
    hearing = a_hearing().opened().with_floor(PLAINTIFF)
    before = hearing.state
    script = hearing.script
    (
        script
        >> arrive(PLAINTIFF, 2)
        << e.SeatArrived(PLAINTIFF, connection(PLAINTIFF, 2), connection(PLAINTIFF))
    )
    script >> depart(PLAINTIFF, 1, c.LeaveCause.SUPERSEDED) << ()
    assert hearing.state.floor == before.floor
    assert presence(hearing, PLAINTIFF) is Presence.PRESENT


def test_the_same_connection_arriving_again_changes_nothing():
    a_hearing().opened().script >> arrive(PLAINTIFF) << ()


@pytest.mark.parametrize("cause", c.LeaveCause)
def test_a_connection_that_ends_for_whatever_cause_is_lost_and_not_left(cause):
    hearing = a_hearing().opened()
    hearing.script >> depart(PLAINTIFF, 1, cause)
    hearing.script << e.ConnectionEnded(PLAINTIFF, connection(PLAINTIFF), cause.value)
    assert presence(hearing, PLAINTIFF) is Presence.LOST
    assert hearing.state.attendance[PLAINTIFF].lost_since == hearing.script.now


def test_coming_back_restores_everything():
    hearing = a_hearing().opened().with_floor(PLAINTIFF, 600)
    script = hearing.script
    script >> by(PLAINTIFF, c.SetSelf(microphone=False, camera=True))
    script >> by(PRESIDING, c.MuteAndLock(PLAINTIFF, "shouting"))
    before = hearing.state.attendance[PLAINTIFF]
    script >> depart(PLAINTIFF, 1, c.LeaveCause.SERVER_RESTART) >> arrive(PLAINTIFF)
    after = hearing.state.attendance[PLAINTIFF]
    assert replace(after, care=before.care) == before
    assert [one.cause for one in after.care.absences] == ["server_restart"]  # this is remembered


def test_leaving_loses_floor_and_hand_and_needs_a_new_admission():
    hearing = a_hearing().opened().with_floor(PLAINTIFF)
    script = hearing.script
    script >> by(DEFENDANT, c.RequestFloor()) >> by(DEFENDANT, c.Leave()) << e.SeatLeft(DEFENDANT)
    script >> by(PLAINTIFF, c.Leave())
    assert not hearing.state.floor.seats
    assert not hearing.state.floor.queue
    script >> depart(PLAINTIFF, 1, c.LeaveCause.LEFT) << ()
    script >> arrive(PLAINTIFF, 2)
    assert presence(hearing, PLAINTIFF) is Presence.WAITING
    script >> by(CLERK, c.Admit(PLAINTIFF)) << e.SeatAdmitted(PLAINTIFF, "courtroom")


def test_a_lock_outlives_leaving():
    hearing = a_hearing().opened()
    script = hearing.script
    script >> by(PRESIDING, c.MuteAndLock(PLAINTIFF, "shouting")) >> by(PLAINTIFF, c.Leave())
    script >> arrive(PLAINTIFF) >> by(CLERK, c.Admit(PLAINTIFF))
    assert hearing.state.attendance[PLAINTIFF].locked


def test_discipline_is_acknowledged_once_in_the_version_in_force():
    script = a_hearing().script
    script >> arrive(OBSERVER)
    script >> by(OBSERVER, c.AcknowledgeDiscipline("2019")) << Reason.DISCIPLINE_VERSION_OLD
    (
        script
        >> by(OBSERVER, c.AcknowledgeDiscipline(DISCIPLINE))
        << e.DisciplineAcknowledged(OBSERVER, DISCIPLINE)
    )
    script >> by(OBSERVER, c.AcknowledgeDiscipline(DISCIPLINE)) << ()


def test_parties_and_agents_answer_for_consent_and_may_take_it_back():
    script = a_hearing().opened().script
    script >> by(PLAINTIFF, c.Consent(agrees=True)) << ()
    script >> by(PLAINTIFF, c.Consent(agrees=False))
    script << e.ConsentAnswered(PLAINTIFF, agrees=False, step="hearing", version="2026-1")
    script >> by(PLAINTIFF_AGENT, c.Consent(agrees=True))
    script << e.ConsentAnswered(PLAINTIFF_AGENT, agrees=True, step="hearing", version="2026-1")
    for seat in (WITNESS, OBSERVER, CLERK, PRESIDING):
        script >> by(seat, c.Consent(agrees=True)) << Reason.NOT_A_PARTY


def test_the_device_test_is_reported_once_per_result():
    script = a_hearing().script
    report = c.ReportDevice("ok", "failed", "skipped", "poor")
    script >> arrive(PLAINTIFF) >> by(PLAINTIFF, report)
    script << e.DeviceReported(PLAINTIFF, "ok", "failed", "skipped", "poor")
    script >> by(PLAINTIFF, report) << ()


@pytest.mark.parametrize(
    "report",
    [
        c.ReportDevice("great", "ok", "ok", "good"),
        c.ReportDevice("ok", "", "ok", "good"),
        c.ReportDevice("ok", "ok", "no", "good"),
        c.ReportDevice("ok", "ok", "ok", "ok"),
    ],
)
def test_an_unreadable_device_test_is_refused(report):
    a_hearing().arrived().script >> by(PLAINTIFF, report) << Reason.DEVICE_REPORT_INVALID


def test_own_switches_change_only_when_they_change():
    script = a_hearing().opened().script
    script >> by(PLAINTIFF, c.SetSelf(microphone=True, camera=True)) << ()
    script >> by(PLAINTIFF, c.SetSelf(microphone=False, camera=True))
    script << e.SelfSwitched(PLAINTIFF, microphone=False, camera=True)
    script >> by(OBSERVER, c.SetSelf(microphone=True, camera=True)) << Reason.OBSERVER_NEVER_SPEAKS


def test_admission_asks_for_arrival_discipline_consent_and_place_in_turn():
    hearing = a_hearing()
    script = hearing.script
    script >> arrive(CLERK) >> by(CLERK, c.Admit(PLAINTIFF)) << Reason.SEAT_NOT_ARRIVED
    script >> arrive(PLAINTIFF) >> by(CLERK, c.Admit(PLAINTIFF)) << Reason.DISCIPLINE_NOT_READ
    script >> by(PLAINTIFF, c.AcknowledgeDiscipline(DISCIPLINE))
    script >> by(CLERK, c.Admit(PLAINTIFF)) << Reason.CONSENT_MISSING
    (
        script
        >> by(PLAINTIFF, c.Consent(agrees=False))
        >> by(CLERK, c.Admit(PLAINTIFF))
        << Reason.CONSENT_MISSING
    )
    script >> by(PLAINTIFF, c.Consent(agrees=True))
    script >> by(CLERK, c.Admit(PLAINTIFF)) << Reason.PLACE_NOT_DECLARED
    script >> by(PLAINTIFF, ci.DeclarePlace("other", quiet=False))
    script >> by(CLERK, c.Admit(PLAINTIFF)) << Reason.PLACE_NOT_QUIET
    script >> by(PLAINTIFF, ci.DeclarePlace("office", quiet=True)) >> by(CLERK, c.Admit(PLAINTIFF))
    script << e.SeatAdmitted(PLAINTIFF, "courtroom")
    script >> by(CLERK, c.Admit(PLAINTIFF)) << Reason.ALREADY_ADMITTED
    script >> depart(PLAINTIFF) >> by(CLERK, c.Admit(PLAINTIFF)) << Reason.ALREADY_ADMITTED


def test_an_agent_is_admitted_without_an_answer_of_its_own():
    script = a_hearing().arrived().script
    script >> by(CLERK, c.Admit(PLAINTIFF_AGENT)) << e.SeatAdmitted(PLAINTIFF_AGENT, "courtroom")


def test_people_may_come_late_also_in_a_recess():
    hearing = a_hearing(absent=(OBSERVER,)).opened().recessed()
    script = hearing.script
    script >> arrive(OBSERVER) >> by(OBSERVER, c.AcknowledgeDiscipline(DISCIPLINE))
    script >> by(PRESIDING, c.Admit(OBSERVER)) << e.SeatAdmitted(OBSERVER, "courtroom")


def test_locking_and_releasing():
    script = a_hearing().opened().script
    script >> by(CLERK, c.MuteAndLock(PLAINTIFF, "  ")) << Reason.REASON_REQUIRED
    script >> by(CLERK, c.MuteAndLock(PLAINTIFF, "shouting")) << e.SeatLocked(PLAINTIFF, "shouting")
    script >> by(CLERK, c.MuteAndLock(PLAINTIFF, "again")) << Reason.ALREADY_LOCKED
    script >> by(PRESIDING, c.ReleaseLock(PLAINTIFF)) << e.SeatReleased(PLAINTIFF)
    script >> by(PRESIDING, c.ReleaseLock(PLAINTIFF)) << Reason.NOT_LOCKED
    script >> by(CLERK, c.MuteAndLock(PRESIDING, "x")) << Reason.PRESIDING_NOT_LOCKABLE
    script >> by(PRESIDING, c.MuteAndLock(OBSERVER, "x")) << Reason.OBSERVER_NEVER_SPEAKS
    script >> by(PRESIDING, c.MuteAndLock(CLERK, "x")) << e.SeatLocked(CLERK, "x")


def test_calling_and_dismissing_a_witness():
    hearing = a_hearing().opened()
    script = hearing.script
    script >> by(CLERK, c.CallWitness(PLAINTIFF)) << Reason.NOT_A_WITNESS
    script >> by(CLERK, c.DismissWitness(WITNESS)) << Reason.WITNESS_NOT_CALLED
    script >> by(CLERK, c.CallWitness(WITNESS)) << e.WitnessCalled(WITNESS)
    script >> by(CLERK, c.CallWitness(WITNESS)) << Reason.WITNESS_ALREADY_CALLED
    script >> by(WITNESS, co.TakeOath(OATH_VERSION))
    hearing.with_floor(WITNESS)
    script >> by(CLERK, c.DismissWitness(WITNESS)) << e.WitnessDismissed(WITNESS)
    assert not hearing.state.floor.seats
    assert presence(hearing, WITNESS) is Presence.ISOLATED
    script >> depart(WITNESS) >> by(CLERK, c.CallWitness(WITNESS)) << Reason.WITNESS_NOT_READY


def test_a_witness_whose_line_is_down_may_be_dismissed():
    hearing = a_hearing().opened().with_witness()
    script = hearing.script
    script >> depart(WITNESS) >> by(PRESIDING, c.DismissWitness(WITNESS)) << e.WitnessDismissed(WITNESS)
    script >> arrive(WITNESS)
    assert presence(hearing, WITNESS) is Presence.ISOLATED


@pytest.mark.parametrize("seat", CAST)
def test_after_the_close_seats_may_still_come_and_go(seat):
    hearing = a_hearing().opened().closed()
    script = hearing.script
    script >> depart(seat) >> arrive(seat, 2) >> tape(c.TapeState.SEALED)
    assert hearing.state.attendance[seat].connection == connection(seat, 2)


def test_no_member_of_the_panel_is_muted_and_locked():
    """As with every measure of the ladder, none against the bench (CPLI 177)."""
    script = a_hearing(FULL_BENCH).opened().script
    for by_whom in (CLERK, PRESIDING):
        script >> by(by_whom, c.MuteAndLock(JUDGE, "x")) << Reason.NOT_AGAINST_BENCH

"""Decisions about speech."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_order as co
from server.hearing import commands_rooms as cr
from server.hearing import events as e
from server.hearing.audience import heard
from server.hearing.floor import GRACE_S, LIMIT_MAX_S, QUEUE_LIMIT, Floor, Request
from server.hearing.ids import Instant, PersonId, SeatId
from server.hearing.refusals import Reason
from server.hearing.seats import Role, Side
from tests.builders import a_hearing
from tests.cast import (
    CAST,
    CLERK,
    DEFENDANT,
    JUDGE,
    OBSERVER,
    PARTIES,
    PLAINTIFF,
    PLAINTIFF_AGENT,
    PRESIDING,
    WITNESS,
    plan,
)
from tests.playbook import TICK, by, depart

pytestmark = pytest.mark.pure


def test_a_hand_goes_up_once():
    hearing = a_hearing().opened()
    script = hearing.script
    script >> by(PLAINTIFF, c.RequestFloor("objection")) << e.FloorRequested(PLAINTIFF, "objection")
    assert hearing.state.floor.queue == (Request(PLAINTIFF, "objection", script.now),)
    script >> by(PLAINTIFF, c.RequestFloor()) << Reason.ALREADY_REQUESTED
    script >> by(PLAINTIFF, c.WithdrawRequest()) << e.RequestWithdrawn(PLAINTIFF)
    script >> by(PLAINTIFF, c.WithdrawRequest()) << Reason.NO_REQUEST


@pytest.mark.parametrize(
    "seat, reason",
    [
        (PRESIDING, Reason.SPEAKS_WITHOUT_FLOOR),
        (CLERK, Reason.SPEAKS_WITHOUT_FLOOR),
        (OBSERVER, Reason.OBSERVER_NEVER_SPEAKS),
        (WITNESS, Reason.WITNESS_ISOLATED),
    ],
)
def test_some_have_no_hand_to_raise(seat, reason):
    a_hearing().opened().script >> by(seat, c.RequestFloor()) << reason


def test_who_has_the_floor_need_not_ask():
    a_hearing().opened().with_floor(PLAINTIFF).script >> by(PLAINTIFF, c.RequestFloor()) << Reason.HAS_FLOOR


def test_who_waits_cannot_ask():
    a_hearing().arrived().script >> by(PLAINTIFF, c.RequestFloor()) << Reason.NOT_ADMITTED


def test_a_locked_seat_may_ask_but_not_be_given():
    script = a_hearing().opened().script
    script >> by(PRESIDING, c.MuteAndLock(PLAINTIFF, "shouting"))
    script >> by(PLAINTIFF, c.RequestFloor()) << e.FloorRequested(PLAINTIFF, "")
    script >> by(PRESIDING, c.GrantFloor(PLAINTIFF)) << Reason.SEAT_LOCKED
    script >> by(PRESIDING, c.OpenFloor((DEFENDANT, PLAINTIFF))) << Reason.SEAT_LOCKED


def test_the_queue_is_bounded():
    many = tuple(SeatId(f"third-{n}") for n in range(QUEUE_LIMIT + 1))
    more = tuple(
        e.SeatPlan(seat, Role.THIRD_PARTY, Side.THIRD, PersonId(seat), f"第三人{seat}") for seat in many
    )
    hearing = a_hearing(seats=(*(plan(seat) for seat in CAST), *more)).opened()
    for seat in many[:QUEUE_LIMIT]:
        hearing.script >> by(seat, c.RequestFloor())
    hearing.script >> by(many[-1], c.RequestFloor()) << Reason.QUEUE_FULL
    assert len(hearing.state.floor.queue) == QUEUE_LIMIT


def test_a_grant_lowers_the_hand_and_a_decline_too():
    hearing = a_hearing().opened()
    script = hearing.script
    script >> by(PLAINTIFF, c.RequestFloor()) >> by(DEFENDANT, c.RequestFloor())
    script >> by(CLERK, c.GrantFloor(PLAINTIFF)) << e.FloorGranted(PLAINTIFF, None)
    assert [r.seat for r in hearing.state.floor.queue] == [DEFENDANT]
    script >> by(CLERK, c.DeclineRequest(DEFENDANT)) << e.RequestDeclined(DEFENDANT)
    script >> by(CLERK, c.DeclineRequest(DEFENDANT)) << Reason.NO_REQUEST
    script >> by(CLERK, c.DeclineRequest(SeatId("ghost"))) << Reason.SEAT_UNKNOWN


@pytest.mark.parametrize(
    "seat, reason",
    [
        (PRESIDING, Reason.SPEAKS_WITHOUT_FLOOR),
        (JUDGE, Reason.SPEAKS_WITHOUT_FLOOR),
        (CLERK, Reason.SPEAKS_WITHOUT_FLOOR),
        (OBSERVER, Reason.OBSERVER_NEVER_SPEAKS),
        (WITNESS, Reason.WITNESS_ISOLATED),
        (PLAINTIFF_AGENT, Reason.SEAT_NOT_PRESENT),
        (SeatId("ghost"), Reason.SEAT_UNKNOWN),
    ],
)
def test_some_cannot_be_given_the_floor(seat, reason):
    script = a_hearing((*CAST, JUDGE), absent=(PLAINTIFF_AGENT,)).opened().script
    script >> by(PRESIDING, c.GrantFloor(seat)) << reason
    script >> by(PRESIDING, c.OpenFloor((PLAINTIFF, seat))) << reason


def test_a_lost_seat_keeps_the_floor_but_is_not_given_it():
    hearing = a_hearing().opened().with_floor(PLAINTIFF)
    script = hearing.script
    script >> depart(PLAINTIFF)
    assert hearing.state.floor.seats == (PLAINTIFF,)
    script >> by(PRESIDING, c.GrantFloor(PLAINTIFF)) << Reason.SEAT_NOT_PRESENT


@pytest.mark.parametrize("limit_s", [-1, LIMIT_MAX_S + 1])
def test_a_limit_has_bounds(limit_s):
    (
        a_hearing().opened().script
        >> by(PRESIDING, c.GrantFloor(PLAINTIFF, limit_s))
        << Reason.LIMIT_OUT_OF_RANGE
    )


def test_a_limited_floor_is_taken_back_a_moment_after_its_time_and_not_before():
    hearing = a_hearing().opened()
    script = hearing.script
    script >> by(PRESIDING, c.GrantFloor(PLAINTIFF, 60))
    script << e.FloorGranted(PLAINTIFF, Instant(script.now + 60_000))
    script.after(58_000 + GRACE_S * 1000) >> TICK << ()
    assert heard(hearing.state, PLAINTIFF), "the sentence may be finished"
    script >> TICK << e.FloorExpired(PLAINTIFF)
    script >> TICK << ()
    assert not hearing.state.floor.seats


def test_a_new_grant_replaces_the_limit():
    hearing = a_hearing().opened().with_floor(PLAINTIFF, 60).with_floor(PLAINTIFF, 0)
    hearing.script.after(120_000) >> TICK << ()


def test_the_floor_opens_between_seats_once_each():
    script = a_hearing().opened().script
    script >> by(PRESIDING, c.OpenFloor((DEFENDANT, PLAINTIFF, DEFENDANT)))
    script << e.FloorOpened((DEFENDANT, PLAINTIFF))
    script >> by(PRESIDING, c.OpenFloor(())) << Reason.FLOOR_WITHOUT_SEATS
    script >> by(CLERK, c.CloseFloor()) << e.FloorClosed()
    script >> by(CLERK, c.CloseFloor()) << Reason.FLOOR_ALREADY_CLOSED


@pytest.mark.parametrize("command", [c.RequestFloor(), c.WithdrawRequest()])
def test_in_a_recess_nobody_asks(command):
    a_hearing().opened().recessed().script >> by(PLAINTIFF, command) << Reason.COURT_IN_RECESS


@pytest.mark.parametrize("end", ["closed", "adjourned"])
def test_the_end_takes_floor_and_queue(end):
    hearing = a_hearing().opened().with_floor(PLAINTIFF, 60)
    hearing.script >> by(DEFENDANT, c.RequestFloor())
    assert getattr(hearing, end)().state.floor == Floor()


def test_a_recess_takes_floor_and_queue_and_a_new_stage_the_floor_alone():
    hearing = a_hearing().opened().with_floor(PLAINTIFF)
    hearing.script >> by(DEFENDANT, c.RequestFloor())
    hearing.in_stage("investigation")
    assert not hearing.state.floor.seats
    assert hearing.state.floor.requested_by(DEFENDANT)
    hearing.with_floor(PLAINTIFF).recessed()
    assert not hearing.state.floor.seats
    assert not hearing.state.floor.queue


def test_the_end_and_a_recess_leave_it_spoken_by_turns():
    hearing = a_hearing().opened()
    hearing.script >> by(CLERK, co.SetHalfDuplex(on=True)) >> by(PRESIDING, c.OpenFloor(PARTIES))
    assert hearing.recessed().state.floor == Floor(half_duplex=True)


def test_a_witness_without_the_undertaking_is_given_no_floor():
    script = a_hearing().opened().script
    script >> by(PRESIDING, c.CallWitness(WITNESS))
    script >> by(PRESIDING, c.GrantFloor(WITNESS)) << Reason.OATH_MISSING
    script >> by(PRESIDING, c.OpenFloor((PLAINTIFF, WITNESS))) << Reason.OATH_MISSING
    script >> by(PRESIDING, co.WaiveOath(WITNESS, "a minor"))
    script >> by(PRESIDING, c.GrantFloor(WITNESS)) << e.FloorGranted(WITNESS, None)


def test_who_was_removed_or_is_aside_is_given_no_floor():
    hearing = a_hearing().checked_in()
    script = hearing.script
    script >> by(PLAINTIFF, cr.EnterRoom("consultation:plaintiff"))
    script >> by(PRESIDING, c.GrantFloor(PLAINTIFF)) << Reason.SEAT_ASIDE
    script >> by(PRESIDING, co.Remove(DEFENDANT, "shouting"))
    script >> by(PRESIDING, c.GrantFloor(DEFENDANT)) << Reason.SEAT_REMOVED


def test_closing_ends_an_interruption_for_good():
    script = a_hearing().opened().with_floor(PLAINTIFF).script
    script >> by(PRESIDING, co.Interrupt()) >> by(PRESIDING, c.CloseFloor()) << e.FloorClosed()
    script >> by(PRESIDING, co.GiveBack()) << Reason.NOTHING_INTERRUPTED
    script >> by(PRESIDING, c.CloseFloor()) << Reason.FLOOR_ALREADY_CLOSED

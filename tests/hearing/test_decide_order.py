"""Decisions about order."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_order as co
from server.hearing import commands_rooms as cr
from server.hearing import events_order as eo
from server.hearing import state_order as so
from server.hearing.events import SeatPlan
from server.hearing.ids import PersonId, SeatId
from server.hearing.presence import Presence
from server.hearing.refusals import Reason
from tests.builders import a_hearing
from tests.cast import (
    CAST,
    CLERK,
    DEFENDANT,
    DEFENDANT_AGENT,
    EXPERT,
    FULL_BENCH,
    INTERPRETER,
    JUDGE,
    OBSERVER,
    PLAINTIFF,
    PLAINTIFF_AGENT,
    PRESIDING,
    WITH_HELPERS,
    WITNESS,
    plan,
)
from tests.playbook import arrive, by, depart

pytestmark = pytest.mark.pure

GHOST = SeatId("ghost")


def a_seat(seat: SeatId, role: str, side: str, person: str = "") -> SeatPlan:
    return SeatPlan(seat, role, side, PersonId(person or f"person-{seat}"), f"某{seat}")


# --- objections ---


def test_a_party_and_its_agent_object_without_the_floor_and_while_muted():
    hearing = a_hearing().opened().with_floor(PLAINTIFF)
    script = hearing.script
    script >> by(PRESIDING, c.MuteAndLock(DEFENDANT, "shouting"))
    script >> by(DEFENDANT, co.RaiseObjection("leading", " he was told what to say "))
    script << eo.ObjectionRaised("o1", DEFENDANT, "leading", "he was told what to say")
    script >> by(DEFENDANT_AGENT, co.RaiseObjection("other"))
    script << eo.ObjectionRaised("o2", DEFENDANT_AGENT, "other", "")


@pytest.mark.parametrize("seat", [PRESIDING, CLERK, WITNESS, OBSERVER])
def test_nobody_else_objects(seat):
    a_hearing().opened().script >> by(seat, co.RaiseObjection("leading")) << Reason.NOT_A_PARTY


def test_an_objection_needs_a_ground_a_sitting_court_and_a_place_in_it():
    script = a_hearing().opened().script
    script >> by(PLAINTIFF, co.RaiseObjection("boring")) << Reason.OBJECTION_GROUND_UNKNOWN
    a_hearing().checked_in().script >> by(PLAINTIFF, co.RaiseObjection("leading")) << Reason.COURT_NOT_OPEN
    outside = a_hearing(absent=(PLAINTIFF,)).opened().script
    outside >> arrive(PLAINTIFF) >> by(PLAINTIFF, co.RaiseObjection("leading")) << Reason.NOT_ADMITTED


def test_objections_that_wait_are_bounded_for_a_seat_and_in_all():
    script = a_hearing().opened().script
    for _ in range(so.OBJECTIONS_OF_SEAT_MAX):
        script >> by(PLAINTIFF, co.RaiseObjection("leading"))
    script >> by(PLAINTIFF, co.RaiseObjection("leading")) << Reason.OBJECTIONS_WAITING
    script >> by(PRESIDING, co.RuleObjection("o1", sustained=False))
    script >> by(PLAINTIFF, co.RaiseObjection("leading"))
    for seat in (DEFENDANT, PLAINTIFF_AGENT, DEFENDANT_AGENT):
        for _ in range(so.OBJECTIONS_OF_SEAT_MAX):
            script >> by(seat, co.RaiseObjection("leading"))
    assert len(script.state.order.waiting) == so.OBJECTIONS_OPEN_MAX


def test_the_eighth_that_waits_is_the_last():
    thirds = [SeatId(f"third-{n}") for n in range(5)]
    more = [a_seat(seat, "third_party", "third") for seat in thirds]
    script = a_hearing(seats=(*(plan(seat) for seat in CAST), *more)).opened().script
    for seat in thirds[:4]:
        script >> by(seat, co.RaiseObjection("leading")) >> by(seat, co.RaiseObjection("privacy"))
    script >> by(thirds[4], co.RaiseObjection("leading")) << Reason.OBJECTIONS_WAITING


def test_an_objection_is_ruled_on_once_by_the_presiding_seat():
    script = a_hearing(FULL_BENCH).opened().script
    script >> by(PLAINTIFF, co.RaiseObjection("leading"))
    for seat in (CLERK, JUDGE, DEFENDANT):
        script >> by(seat, co.RuleObjection("o1", sustained=True)) << Reason.NOT_PRESIDING
    script >> by(PRESIDING, co.RuleObjection("o1", sustained=True, note=" rephrase "))
    script << eo.ObjectionRuled("o1", sustained=True, note="rephrase")
    script >> by(PRESIDING, co.RuleObjection("o1", sustained=False)) << Reason.OBJECTION_RULED
    script >> by(PRESIDING, co.RuleObjection("o9", sustained=False)) << Reason.OBJECTION_UNKNOWN


# --- the ladder ---


@pytest.mark.parametrize("measure", so.MEASURES)
def test_a_step_of_the_ladder_has_its_words(measure):
    script = a_hearing().opened().script
    script >> by(PRESIDING, co.Discipline(OBSERVER, measure, " applause "))
    script << eo.SeatDisciplined(OBSERVER, measure, "applause")
    script >> by(PRESIDING, co.Discipline(OBSERVER, measure, " ")) << Reason.REASON_REQUIRED


def test_what_is_no_measure_and_whom_none_reaches():
    script = a_hearing(FULL_BENCH, absent=(PLAINTIFF,)).checked_in().script
    script >> by(PRESIDING, co.Discipline(DEFENDANT, "mute", "x")) << Reason.MEASURE_UNKNOWN
    script >> by(PRESIDING, co.Discipline(PLAINTIFF, "warn", "x")) << Reason.SEAT_NOT_ARRIVED
    script >> by(PRESIDING, co.Discipline(GHOST, "warn", "x")) << Reason.SEAT_UNKNOWN
    for seat in (PRESIDING, JUDGE):
        script >> by(PRESIDING, co.Discipline(seat, "warn", "x")) << Reason.NOT_AGAINST_BENCH
        script >> by(PRESIDING, co.Remove(seat, "x")) << Reason.NOT_AGAINST_BENCH


@pytest.mark.parametrize("seat", [CLERK, JUDGE, PLAINTIFF])
@pytest.mark.parametrize(
    "command",
    [
        co.Discipline(DEFENDANT, "warn", "x"),
        co.Remove(DEFENDANT, "x"),
        co.Readmit(DEFENDANT, "x"),
        co.StrikeGavel(),
        co.WaiveOath(WITNESS, "x"),
    ],
)
def test_they_are_the_presiding_seats_alone(seat, command):
    a_hearing(FULL_BENCH).opened().script >> by(seat, command) << Reason.NOT_PRESIDING


def test_a_removal_needs_a_reason_and_is_made_once():
    script = a_hearing().opened().script
    script >> by(PRESIDING, co.Remove(PLAINTIFF, "")) << Reason.REASON_REQUIRED
    script >> by(PRESIDING, co.Remove(PLAINTIFF, "shouting")) << eo.SeatRemoved(PLAINTIFF, "shouting")
    script >> by(PRESIDING, co.Remove(PLAINTIFF, "shouting")) << Reason.ALREADY_REMOVED
    script >> by(PRESIDING, co.Discipline(PLAINTIFF, "warn", "x")) << Reason.ALREADY_REMOVED


@pytest.mark.parametrize("seat", [PLAINTIFF, WITNESS, OBSERVER, CLERK])
def test_whoever_it_is_and_wherever_can_be_removed(seat):
    for hearing in (a_hearing(absent=(seat,)).arrived, a_hearing().arrived, a_hearing().opened):
        script = hearing().script
        script >> by(PRESIDING, co.Remove(seat, "noise")) << eo.SeatRemoved(seat, "noise")
        assert script.state.attendance[seat].presence is Presence.REMOVED


def test_a_removal_reaches_every_seat_of_the_person_and_so_does_its_lifting():
    seats = tuple(
        a_seat(p.seat, p.role, p.side, "person-plaintiff") if p.seat == OBSERVER else p
        for p in (plan(seat) for seat in CAST)
    )
    script = a_hearing(seats=seats).opened().script
    script >> by(PRESIDING, co.Remove(OBSERVER, "filming"))
    script << (eo.SeatRemoved(PLAINTIFF, "filming"), eo.SeatRemoved(OBSERVER, "filming"))
    script >> by(PRESIDING, co.Readmit(PLAINTIFF, "deleted it"))
    script << (eo.SeatReadmitted(PLAINTIFF, "deleted it"), eo.SeatReadmitted(OBSERVER, "deleted it"))


def test_who_also_sits_on_the_bench_is_not_reached_by_another_seat():
    seats = tuple(
        a_seat(p.seat, p.role, p.side, f"person-{PRESIDING}") if p.seat == OBSERVER else p
        for p in (plan(seat) for seat in CAST)
    )
    script = a_hearing(seats=seats).opened().script
    script >> by(PRESIDING, co.Remove(OBSERVER, "x")) << Reason.NOT_AGAINST_BENCH


def test_only_a_removal_is_lifted_and_only_with_a_reason():
    script = a_hearing().opened().script
    script >> by(PRESIDING, co.Readmit(PLAINTIFF, "x")) << Reason.NOT_REMOVED
    script >> by(PRESIDING, co.Remove(PLAINTIFF, "shouting"))
    script >> by(PRESIDING, co.Readmit(PLAINTIFF, " ")) << Reason.REASON_REQUIRED


def test_who_was_removed_does_nothing_but_confirm_having_read_so():
    script = a_hearing().opened().script
    script >> by(PRESIDING, co.Remove(PLAINTIFF, "shouting"))
    for command in (c.RequestFloor(), c.SetSelf(microphone=True, camera=True), c.Leave(), co.TakeTurn()):
        script >> by(PLAINTIFF, command) << Reason.SEAT_REMOVED
    script >> depart(PLAINTIFF) >> by(PLAINTIFF, c.RequestFloor()) << Reason.NOT_CONNECTED


def test_the_gavel_is_struck():
    script = a_hearing().opened().script
    script >> by(PRESIDING, co.StrikeGavel()) << eo.GavelStruck()
    script >> by(PRESIDING, co.StrikeGavel()) << eo.GavelStruck()


# --- oath and interpreter ---


@pytest.mark.parametrize("seat", [WITNESS, EXPERT, INTERPRETER])
def test_the_undertaking_is_signed_once_at_any_time(seat):
    for hearing in (a_hearing(WITH_HELPERS).arrived(), a_hearing(WITH_HELPERS).opened()):
        script = hearing.script
        script >> by(seat, co.TakeOath("old")) << Reason.OATH_VERSION_OLD
        script >> by(seat, co.TakeOath(so.OATH_VERSION)) << eo.OathTaken(seat, so.OATH_VERSION)
        script >> by(seat, co.TakeOath(so.OATH_VERSION)) << ()
        script >> by(PRESIDING, co.WaiveOath(seat, "a minor")) << ()


def test_nobody_else_signs_one():
    script = a_hearing().opened().script
    script >> by(PLAINTIFF, co.TakeOath(so.OATH_VERSION)) << Reason.NOT_ASKED_FOR_OATH
    script >> by(PRESIDING, co.WaiveOath(PLAINTIFF, "x")) << Reason.NOT_ASKED_FOR_OATH
    script >> by(PRESIDING, co.WaiveOath(GHOST, "x")) << Reason.SEAT_UNKNOWN
    script >> by(PRESIDING, co.WaiveOath(WITNESS, "")) << Reason.REASON_REQUIRED
    script >> by(PRESIDING, co.WaiveOath(WITNESS, " a minor ")) << eo.OathWaived(WITNESS, "a minor")


def test_an_interpreter_is_paired_with_who_speaks_by_leave():
    script = a_hearing(WITH_HELPERS).opened().script
    script >> by(CLERK, co.PairInterpreter(INTERPRETER, SeatId(""))) << ()
    script >> by(CLERK, co.PairInterpreter(INTERPRETER, WITNESS))
    script << eo.InterpreterPaired(INTERPRETER, WITNESS)
    script >> by(CLERK, co.PairInterpreter(INTERPRETER, WITNESS)) << ()
    for seat in (PRESIDING, CLERK, OBSERVER, INTERPRETER):
        script >> by(CLERK, co.PairInterpreter(INTERPRETER, seat)) << Reason.NOT_INTERPRETED
    script >> by(CLERK, co.PairInterpreter(PLAINTIFF, WITNESS)) << Reason.NOT_AN_INTERPRETER
    script >> by(CLERK, co.PairInterpreter(INTERPRETER, GHOST)) << Reason.SEAT_UNKNOWN
    script >> by(CLERK, co.PairInterpreter(INTERPRETER, SeatId("")))
    script << eo.InterpreterPaired(INTERPRETER, SeatId(""))


# --- layout ---


def test_the_layout_is_one_of_three_and_shows_large_whom_all_may_see():
    script = a_hearing().opened().script
    script >> by(CLERK, co.SetLayout("circle", SeatId(""))) << Reason.LAYOUT_UNKNOWN
    script >> by(CLERK, co.SetLayout("speaker", SeatId(""))) << ()
    script >> by(CLERK, co.SetLayout("grid", PLAINTIFF)) << eo.LayoutSet("grid", PLAINTIFF)
    script >> by(CLERK, co.SetLayout("grid", OBSERVER)) << Reason.NEVER_SHOWN
    script >> by(CLERK, co.SetLayout("grid", WITNESS)) << Reason.SEAT_NOT_PRESENT
    script >> by(CLERK, co.SetLayout("grid", GHOST)) << Reason.SEAT_UNKNOWN
    script >> by(DEFENDANT, co.SetLayout("grid", DEFENDANT)) << Reason.NOT_PRESIDING


def test_who_is_aside_reaches_nobody_in_the_courtroom():
    script = a_hearing().checked_in().script
    script >> by(PLAINTIFF, cr.EnterRoom("consultation:plaintiff"))
    script >> by(PLAINTIFF, co.TakeTurn()) << Reason.IN_ANOTHER_ROOM

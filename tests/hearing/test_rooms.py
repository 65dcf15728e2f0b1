"""Who may be in which room, when it is open, and where a seat is."""

from __future__ import annotations

import pytest

from server.hearing.commands import Leave
from server.hearing.commands_rooms import EnterRoom, MoveSeats
from server.hearing.ids import SeatId
from server.hearing.rooms import admits, belongs, inside, is_open, occupants, place, room_of, rooms
from server.hearing.state_rooms import MAIN
from tests.builders import a_hearing
from tests.cast import (
    ASSESSOR,
    CLERK,
    DEFENDANT,
    DEFENDANT_AGENT,
    FULL_BENCH,
    INTERPRETER,
    JUDGE,
    MEDIATION,
    MEDIATOR,
    OBSERVER,
    PLAINTIFF,
    PLAINTIFF_AGENT,
    PRESIDING,
    WITNESS,
)
from tests.hearing.mediations import DEFENDANTS, OURS, PLAINTIFFS, THEIRS, a_mediation, in_caucus
from tests.hearing.samples import HEARINGS
from tests.playbook import arrive, by, depart

pytestmark = pytest.mark.pure

BENCH = {PRESIDING, JUDGE, ASSESSOR}
ALL = set(FULL_BENCH)


@pytest.mark.parametrize(
    "room, expected",
    [
        ("main", ALL),
        ("deliberation", BENCH),
        ("consultation:plaintiff", {PLAINTIFF, PLAINTIFF_AGENT}),
        ("consultation:defendant", {DEFENDANT, DEFENDANT_AGENT}),
        ("witness:witness", {WITNESS}),
        ("caucus:plaintiff", set()),
        ("consultation:third", set()),
        ("consultation:court", set()),
        ("nonsense", set()),
        ("", set()),
    ],
)
def test_who_belongs_in_the_rooms_of_a_trial(room, expected):
    state = a_hearing(FULL_BENCH).opened().state
    assert {seat for seat in state.seats if belongs(state, seat, room)} == expected


@pytest.mark.parametrize(
    "room, expected",
    [
        ("main", set(MEDIATION)),
        ("deliberation", set()),
        (OURS, {MEDIATOR, *PLAINTIFFS}),
        (THEIRS, {MEDIATOR, *DEFENDANTS}),
        ("consultation:plaintiff", set(PLAINTIFFS)),
        ("consultation:defendant", set(DEFENDANTS)),
    ],
)
def test_who_belongs_in_the_rooms_of_a_mediation(room, expected):
    state = a_mediation().state
    assert {seat for seat in state.seats if belongs(state, seat, room)} == expected


def test_the_trial_bench_never_belongs_in_a_caucus():
    state = a_hearing((PRESIDING, JUDGE, *MEDIATION), procedure="mediation", public=False).state
    for seat in (PRESIDING, JUDGE, CLERK):
        assert not belongs(state, seat, OURS)
        assert not belongs(state, seat, THEIRS)


def test_an_interpreter_who_is_paired_with_nobody_belongs_to_no_side():
    state = a_hearing(MEDIATION, procedure="mediation", public=False).opened().state
    assert not any(belongs(state, INTERPRETER, room) for room in rooms(state) if room != MAIN)


def test_every_room_of_the_hearing_is_listed_once():
    state = a_hearing(FULL_BENCH).state
    assert rooms(state) == (
        "main",
        "deliberation",
        "consultation:plaintiff",
        "consultation:defendant",
        "witness:witness",
    )


@pytest.mark.parametrize("name", HEARINGS)
def test_which_rooms_are_open_in_which_state_of_a_trial(name):
    state = HEARINGS[name]().state
    open_now = {room.partition(":")[0] for room in rooms(state) if is_open(state, room)}
    expected = {
        "checking_in": {"main", "consultation"},
        "in_session": {"main"},
        "recessed": {"deliberation", "consultation"},
    }
    assert open_now == expected.get(state.session.value, set())


def test_nobody_is_admitted_where_it_is_not_open():
    state = a_hearing(FULL_BENCH).opened().state
    assert not admits(state, PLAINTIFF, "consultation:plaintiff")
    assert admits(a_hearing().opened().recessed().state, PLAINTIFF, "consultation:plaintiff")


def test_in_the_stage_of_deliberation_the_bench_is_in_its_room_by_itself():
    state = HEARINGS["deliberating"]().state
    assert {seat for seat in state.seats if room_of(state, seat) == "deliberation"} == BENCH
    assert set(occupants(state, "deliberation")) == BENCH


def test_in_another_recess_a_judge_goes_there_alone_and_others_do_not():
    hearing = a_hearing(FULL_BENCH).opened().recessed()
    hearing.script >> by(JUDGE, EnterRoom("deliberation"))
    assert occupants(hearing.state, "deliberation") == (JUDGE,)
    assert place(hearing.state, PRESIDING) is None


def test_an_isolated_witness_is_in_a_room_of_its_own_and_meets_nobody_there():
    state = a_hearing().opened().state
    assert room_of(state, WITNESS) == "witness:witness"
    assert place(state, WITNESS) is None


def test_unknown_and_absent_seats_are_nowhere():
    state = a_hearing(absent=(OBSERVER,)).opened().state
    assert room_of(state, SeatId("ghost")) == room_of(state, OBSERVER) == ""
    assert place(state, SeatId("ghost")) is place(state, OBSERVER) is None


@pytest.mark.parametrize("how", ["resumed", "closed", "adjourned"])
def test_the_sitting_brings_everybody_back(how):
    hearing = a_hearing().opened().recessed()
    hearing.script >> by(PLAINTIFF, EnterRoom("consultation:plaintiff"))
    assert inside(hearing.state, "consultation:plaintiff") == (PLAINTIFF,)
    if how == "adjourned":
        hearing.adjourned()
    else:
        hearing.resumed()
        if how == "closed":
            hearing.closed()
    assert inside(hearing.state, "consultation:plaintiff") == ()
    assert hearing.state.attendance[PLAINTIFF].rooms.room == MAIN


def test_who_was_lost_in_a_room_comes_back_into_that_room():
    hearing = in_caucus()
    hearing.script >> depart(PLAINTIFF)
    assert PLAINTIFF in inside(hearing.state, OURS)
    assert PLAINTIFF not in occupants(hearing.state, OURS)
    hearing.script >> arrive(PLAINTIFF, 2)
    assert place(hearing.state, PLAINTIFF) == OURS


def test_who_leaves_is_in_no_side_room_any_more():
    hearing = in_caucus()
    hearing.script >> by(PLAINTIFF, Leave())
    assert PLAINTIFF not in inside(hearing.state, OURS)


def test_a_recess_ends_a_caucus_and_leaves_a_consultation():
    hearing = in_caucus()
    hearing.script >> by(DEFENDANT, EnterRoom("consultation:defendant"))
    hearing.script >> by(MEDIATOR, MoveSeats((DEFENDANT_AGENT,), "consultation:defendant"))
    hearing.recessed()
    assert inside(hearing.state, OURS) == ()
    assert set(inside(hearing.state, "consultation:defendant")) == set(DEFENDANTS)

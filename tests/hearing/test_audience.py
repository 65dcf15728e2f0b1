"""Who hears, sees and reads whom: tables over the whole cast."""

from __future__ import annotations

import pytest

from server.hearing.audience import (
    NOTHING,
    Audience,
    audience,
    heard,
    shown,
    silent_because,
    tape_hears,
    tape_sees,
)
from server.hearing.commands import MuteAndLock, OpenFloor, SetSelf
from server.hearing.ids import SeatId
from server.hearing.refusals import Reason
from server.hearing.rooms import DELIBERATION, place
from server.hearing.session import SessionState
from tests.builders import a_hearing
from tests.cast import (
    ASSESSOR,
    CLERK,
    DEFENDANT,
    FULL_BENCH,
    JUDGE,
    OBSERVER,
    PLAINTIFF,
    PLAINTIFF_AGENT,
    PRESIDING,
    WITNESS,
)
from tests.hearing.samples import HEARINGS
from tests.playbook import by, depart

pytestmark = pytest.mark.pure

BENCH = {PRESIDING, JUDGE, ASSESSOR}
GHOST = SeatId("ghost")


def speakers(state) -> set[SeatId]:
    return {seat for seat in state.seats if heard(state, seat)}


def pairs(state) -> set[tuple[SeatId, SeatId]]:
    return {(p, r) for p in state.seats for r in state.seats if audience(state, p, r) != NOTHING}


@pytest.mark.parametrize(
    "name, expected",
    [
        ("scheduled", set()),
        ("arrived", {PRESIDING, CLERK}),
        ("checked_in", BENCH | {CLERK}),
        ("opened", BENCH | {CLERK}),
        ("witness_called", BENCH | {CLERK}),
        ("interrupted", BENCH | {CLERK}),
        ("recessed", set()),
        ("deliberating", BENCH),
        ("closed", set()),
        ("adjourned", set()),
    ],
)
def test_who_is_heard_while_the_floor_is_closed(name, expected):
    assert speakers(HEARINGS[name]().state) == expected


@pytest.mark.parametrize("name", ["recessed", "closed", "adjourned", "scheduled"])
def test_nobody_receives_anything_when_there_is_no_sitting(name):
    assert pairs(HEARINGS[name]().state) == set()


def test_in_deliberation_the_bench_alone_receives_and_only_of_the_bench():
    state = HEARINGS["deliberating"]().state
    assert {r for _, r in pairs(state)} | {p for p, _ in pairs(state)} == BENCH
    assert audience(state, PRESIDING, JUDGE) == Audience(hear=True, see=True, read=True)
    assert {place(state, seat) for seat in BENCH} == {DELIBERATION}


def test_an_end_out_of_the_deliberation_ends_it_for_the_bench_too():
    assert pairs(a_hearing(FULL_BENCH).opened().in_stage("deliberation").adjourned().state) == set()


def test_in_session_all_present_see_all_who_may_be_seen_and_hear_who_is_heard():
    state = a_hearing(FULL_BENCH).opened().with_floor(PLAINTIFF).state
    inside = set(FULL_BENCH) - {WITNESS}
    for publisher in FULL_BENCH:
        for receiver in FULL_BENCH:
            got = audience(state, publisher, receiver)
            both = publisher != receiver and {publisher, receiver} <= inside and publisher != OBSERVER
            assert got.see == both
            assert got.hear == (both and publisher in BENCH | {CLERK, PLAINTIFF})
            assert got.read == ({publisher, receiver} <= inside and publisher != OBSERVER)


def test_a_granted_floor_adds_one_voice_and_an_open_floor_several():
    hearing = a_hearing().opened().with_floor(PLAINTIFF)
    assert speakers(hearing.state) == {PRESIDING, CLERK, PLAINTIFF}
    hearing.script >> by(PRESIDING, OpenFloor((PLAINTIFF, DEFENDANT)))
    assert speakers(hearing.state) == {PRESIDING, CLERK, PLAINTIFF, DEFENDANT}


def test_in_roll_call_a_present_seat_with_the_floor_is_heard_but_not_taped():
    state = a_hearing().checked_in().with_floor(PLAINTIFF).state
    assert audience(state, PLAINTIFF, DEFENDANT).hear
    assert not tape_hears(state, PLAINTIFF)
    assert not tape_sees(state, PLAINTIFF)


@pytest.mark.parametrize(
    "seat, reason",
    [
        (PRESIDING, None),
        (CLERK, None),
        (PLAINTIFF, Reason.NO_FLOOR),
        (WITNESS, Reason.WITNESS_ISOLATED),
        (OBSERVER, Reason.OBSERVER_NEVER_SPEAKS),
        (GHOST, Reason.SEAT_UNKNOWN),
    ],
)
def test_silence_has_a_reason(seat, reason):
    assert silent_because(a_hearing().opened().state, seat) is reason


def test_the_gravest_reason_of_silence_comes_first():
    hearing = a_hearing().opened()
    script = hearing.script
    script >> by(PLAINTIFF, SetSelf(microphone=False, camera=True))
    assert silent_because(hearing.state, PLAINTIFF) is Reason.NO_FLOOR
    hearing.with_floor(PLAINTIFF)
    assert silent_because(hearing.state, PLAINTIFF) is Reason.MUTED_BY_SELF
    script >> by(PRESIDING, MuteAndLock(PLAINTIFF, "shouting"))
    assert silent_because(hearing.state, PLAINTIFF) is Reason.MUTED_BY_COURT
    script >> depart(PLAINTIFF)
    assert silent_because(hearing.state, PLAINTIFF) is Reason.CONNECTION_LOST


@pytest.mark.parametrize(
    "name, reason",
    [
        ("recessed", Reason.COURT_IN_RECESS),
        ("closed", Reason.HEARING_CLOSED),
        ("adjourned", Reason.HEARING_ADJOURNED),
    ],
)
def test_without_a_sitting_even_the_presiding_seat_is_silent(name, reason):
    assert silent_because(HEARINGS[name]().state, PRESIDING) is reason


def test_seats_outside_are_told_why():
    hearing = a_hearing(absent=(PLAINTIFF_AGENT,)).arrived()
    assert silent_because(hearing.state, PLAINTIFF) is Reason.NOT_ADMITTED
    assert silent_because(hearing.state, PLAINTIFF_AGENT) is Reason.NOT_ADMITTED


def test_the_camera_switch_hides_the_picture_and_not_the_voice():
    hearing = a_hearing().opened().with_floor(PLAINTIFF)
    hearing.script >> by(PLAINTIFF, SetSelf(microphone=True, camera=False))
    assert audience(hearing.state, PLAINTIFF, DEFENDANT) == Audience(hear=True, see=False, read=True)


def test_a_lock_hides_the_voice_and_not_the_picture():
    hearing = a_hearing().opened().with_floor(PLAINTIFF)
    hearing.script >> by(PRESIDING, MuteAndLock(PLAINTIFF, "shouting"))
    assert audience(hearing.state, PLAINTIFF, DEFENDANT) == Audience(hear=False, see=True, read=True)
    assert not tape_hears(hearing.state, PLAINTIFF)
    assert tape_sees(hearing.state, PLAINTIFF)


def test_nobody_gets_its_own_sound_back_but_reads_its_own_captions():
    state = a_hearing().opened().with_floor(PLAINTIFF).state
    assert audience(state, PLAINTIFF, PLAINTIFF) == Audience(read=True)
    assert audience(state, OBSERVER, OBSERVER) == NOTHING


def test_unknown_seats_get_and_give_nothing():
    state = a_hearing().opened().state
    assert audience(state, PRESIDING, GHOST) == audience(state, GHOST, PRESIDING) == NOTHING
    assert not heard(state, GHOST)
    assert not shown(state, GHOST)
    assert not tape_hears(state, GHOST)


@pytest.mark.parametrize("name", HEARINGS)
def test_the_tape_hears_and_sees_exactly_what_the_court_does_while_it_must_run(name):
    state = HEARINGS[name]().state
    running = state.session is SessionState.IN_SESSION and name != "closed_doors"  # untaped by order (AVR 3)
    for seat in state.seats:
        others = [audience(state, seat, r) for r in state.seats if r != seat]
        assert tape_hears(state, seat) == (running and any(a.hear for a in others))
        assert tape_sees(state, seat) == (running and any(a.see for a in others))

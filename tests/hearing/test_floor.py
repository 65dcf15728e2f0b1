"""The floor: closed, granted, open, and the queue."""

from __future__ import annotations

import pytest

from server.hearing.floor import (
    Floor,
    FloorMode,
    Interrupted,
    Request,
    cleared,
    closed,
    given_back,
    granted,
    interrupted,
    opened,
    set_half_duplex,
    with_request,
    with_turn,
    without_request,
    without_seat,
    without_turn,
)
from server.hearing.ids import Instant
from tests.cast import DEFENDANT, PLAINTIFF, WITNESS

pytestmark = pytest.mark.pure

QUEUE = (
    Request(PLAINTIFF, "a", Instant(1)),
    Request(DEFENDANT, "b", Instant(2)),
    Request(WITNESS, "", Instant(3)),
)
MODES = {
    FloorMode.CLOSED: Floor(queue=QUEUE),
    FloorMode.GRANTED: Floor(FloorMode.GRANTED, (PLAINTIFF,), Instant(9), QUEUE[1:]),
    FloorMode.OPEN: Floor(FloorMode.OPEN, (PLAINTIFF, DEFENDANT), None, QUEUE[2:]),
}


def test_every_mode_has_a_sample():
    assert set(MODES) == set(FloorMode)


@pytest.mark.parametrize("floor", MODES.values())
def test_every_mode_is_reachable_from_every_other_and_can_end(floor):
    assert granted(floor, WITNESS, None).mode is FloorMode.GRANTED
    assert opened(floor, (PLAINTIFF, WITNESS)).mode is FloorMode.OPEN
    assert closed(floor) == Floor(queue=floor.queue)


@pytest.mark.parametrize("floor", MODES.values())
def test_a_grant_takes_it_from_all_others_and_lowers_the_hand(floor):
    after = granted(floor, DEFENDANT, Instant(7))
    assert after.seats == (DEFENDANT,)
    assert after.until == 7
    assert not after.requested_by(DEFENDANT)
    assert after.requested_by(PLAINTIFF) == floor.requested_by(PLAINTIFF)


def test_opening_lowers_the_hands_of_those_named_and_has_no_limit():
    after = opened(MODES[FloorMode.GRANTED], (DEFENDANT, WITNESS))
    assert after == Floor(FloorMode.OPEN, (DEFENDANT, WITNESS), None, ())


def test_the_queue_keeps_its_order():
    floor = with_request(without_request(Floor(queue=QUEUE), DEFENDANT), QUEUE[1])
    assert [r.seat for r in floor.queue] == [PLAINTIFF, WITNESS, DEFENDANT]


@pytest.mark.parametrize("floor", MODES.values())
@pytest.mark.parametrize("seat", [PLAINTIFF, DEFENDANT, WITNESS])
def test_a_seat_that_goes_has_neither_floor_nor_hand(floor, seat):
    after = without_seat(floor, seat)
    assert not after.held_by(seat)
    assert not after.requested_by(seat)
    assert bool(after.seats) == (after.mode is not FloorMode.CLOSED)


def test_the_floor_closes_with_its_last_holder():
    assert without_seat(MODES[FloorMode.GRANTED], PLAINTIFF) == Floor(queue=QUEUE[1:])
    assert without_seat(MODES[FloorMode.OPEN], PLAINTIFF).seats == (DEFENDANT,)


def test_a_limited_floor_ends_a_moment_after_its_time_is_up():
    assert MODES[FloorMode.GRANTED].ends == 9 + 10_000
    assert MODES[FloorMode.OPEN].ends is None


@pytest.mark.parametrize("mode", [FloorMode.GRANTED, FloorMode.OPEN])
def test_an_interrupted_floor_is_remembered_and_comes_back(mode):
    floor = MODES[mode]
    held = interrupted(floor, 5)
    assert (held.mode, held.seats, held.until) == (FloorMode.CLOSED, (), None)
    assert held.interrupted == Interrupted(mode, floor.seats, 5)
    assert given_back(held, floor.until) == floor


@pytest.mark.parametrize(
    "change", [closed, cleared, lambda f: granted(f, WITNESS, None), lambda f: opened(f, (WITNESS,))]
)
def test_whatever_else_the_bench_does_with_the_floor_ends_the_interruption(change):
    assert change(interrupted(MODES[FloorMode.OPEN], None)).interrupted is None


def test_who_goes_meanwhile_gets_nothing_back():
    held = interrupted(MODES[FloorMode.OPEN], None)
    assert given_back(without_seat(held, PLAINTIFF), None).seats == (DEFENDANT,)
    nobody = without_seat(without_seat(held, PLAINTIFF), DEFENDANT)
    assert nobody.interrupted is None
    assert given_back(nobody, None) == nobody


def test_turns_are_of_an_open_floor_and_end_with_it():
    floor = with_turn(set_half_duplex(MODES[FloorMode.OPEN], on=True), PLAINTIFF)
    assert floor.by_turns
    for change in (closed, cleared, lambda f: interrupted(f, None), lambda f: granted(f, PLAINTIFF, None)):
        assert change(floor).half_duplex
        assert not change(floor).by_turns
        assert change(floor).turn is None
    assert opened(floor, (PLAINTIFF, WITNESS)).turn is None
    assert set_half_duplex(floor, on=False).turn is None


def test_a_turn_ends_with_yielding_or_going():
    floor = with_turn(set_half_duplex(MODES[FloorMode.OPEN], on=True), PLAINTIFF)
    assert without_turn(floor, DEFENDANT) == floor
    assert without_turn(floor, PLAINTIFF).turn is None
    assert without_seat(floor, PLAINTIFF).turn is None
    assert without_seat(floor, DEFENDANT).turn == PLAINTIFF

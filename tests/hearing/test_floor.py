"""The floor: closed, granted, open, and the queue."""

from __future__ import annotations

import pytest

from server.hearing.floor import (
    Floor,
    FloorMode,
    Request,
    closed,
    granted,
    opened,
    with_request,
    without_request,
    without_seat,
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

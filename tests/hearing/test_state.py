"""The empty hearing and the look-ups."""

from __future__ import annotations

import pytest

from server.hearing.ids import SeatId
from server.hearing.refusals import Reason, Refused
from server.hearing.state import EMPTY, connection_of, initial, seat_of
from tests.builders import a_hearing
from tests.cast import CLERK, PLAINTIFF, connection

pytestmark = pytest.mark.pure


def test_before_the_first_event_there_is_no_hearing():
    assert initial() is EMPTY
    assert not EMPTY.hearing
    assert not EMPTY.seats


def test_a_seat_is_found_with_its_attendance():
    state = a_hearing().state
    seat, attendance = seat_of(state, PLAINTIFF)
    assert (seat.id, attendance.connection) == (PLAINTIFF, None)


def test_an_unknown_seat_is_refused():
    with pytest.raises(Refused) as no:
        seat_of(EMPTY, SeatId("ghost"))
    assert no.value.reason is Reason.SEAT_UNKNOWN


def test_the_connection_of_a_seat():
    state = a_hearing().checked_in().state
    assert connection_of(state, CLERK) == connection(CLERK)
    assert connection_of(state, SeatId("ghost")) is None

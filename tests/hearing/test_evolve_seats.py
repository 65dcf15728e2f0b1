"""What evolvers do with a seat; one that is not there is our bug, whatever area the event is of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from server.hearing import events as e
from server.hearing import events_care as ev
from server.hearing import events_checkin as ei
from server.hearing import events_exhibits as ex
from server.hearing import events_order as eo
from server.hearing import events_rooms as er
from server.hearing.evolve import evolve
from server.hearing.evolve_seats import attend, attendance_of, known
from server.hearing.ids import Instant, SeatId
from server.hearing.refusals import InvariantBroken
from tests.builders import a_hearing
from tests.cast import CLERK, PLAINTIFF

if TYPE_CHECKING:
    from server.hearing.events import Event

pytestmark = pytest.mark.pure

NOBODY = SeatId("nobody")


def test_one_attendance_is_replaced_and_nothing_else():
    before = a_hearing().opened().state
    other = replace(attendance_of(before, PLAINTIFF), microphone=False)
    after = attend(before, PLAINTIFF, other)
    assert attendance_of(after, PLAINTIFF) is other
    assert attendance_of(after, CLERK) is attendance_of(before, CLERK)
    assert replace(after, attendance=before.attendance) == before
    assert list(after.attendance) == list(before.attendance), "in the order of the schedule"


def test_a_seat_is_found_by_its_name():
    assert known(a_hearing().state, "clerk") == CLERK


@pytest.mark.parametrize(
    "event",
    [
        e.DisciplineAcknowledged(NOBODY, "1"),
        e.ConsentAnswered(NOBODY, True, "online", "1"),
        ei.PlaceDeclared(NOBODY, "home", True),
        eo.SeatDisciplined(NOBODY, "warn", "x"),
        eo.OathWaived(NOBODY, "x"),
        er.SeatsMoved((CLERK, NOBODY), "main"),
        er.RecordingAnswered("main", 0, NOBODY, agrees=True),
        ex.PresentingPermitted(NOBODY, True),
        ev.HearingTroubled(NOBODY),
        ev.MessageSent("main-nobody-1", CLERK, "nobody", "x", "main"),
    ],
    ids=lambda event: event.KIND,
)
def test_an_event_of_a_seat_that_is_not_there_is_our_bug(event: Event):
    with pytest.raises(InvariantBroken, match="no such seat"):
        evolve(a_hearing().opened().state, event, Instant(1))

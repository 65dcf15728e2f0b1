"""What each screen may know."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from server.hearing import commands as c
from server.hearing.ids import SeatId
from server.hearing.refusals import Reason, Refused
from server.hearing.view import view
from server.hearing.view_shapes import FloorView, RequestView, StageView
from server.hearing.view_shapes_seat import DeviceView, SeatCard
from tests.builders import a_hearing
from tests.cast import (
    CAST,
    CLERK,
    DEFENDANT,
    FULL_BENCH,
    JUDGE,
    NAMES,
    OBSERVER,
    PLAINTIFF,
    PRESIDING,
    WITNESS,
)
from tests.hearing.samples import HEARINGS
from tests.playbook import arrive, by, depart

if TYPE_CHECKING:
    from server.hearing.state import Hearing

pytestmark = pytest.mark.pure


def card(state: Hearing, viewer: SeatId, seat: SeatId) -> SeatCard:
    return next(x for x in view(state, viewer).seats if x.seat == seat)


def test_an_unknown_seat_has_no_view():
    with pytest.raises(Refused) as no:
        view(a_hearing().state, SeatId("ghost"))
    assert no.value.reason is Reason.SEAT_UNKNOWN


def test_inside_everybody_sees_the_case_the_stage_the_floor_and_all_seats():
    hearing = a_hearing().opened().with_floor(PLAINTIFF, 60)
    hearing.script >> by(DEFENDANT, c.RequestFloor("objection"))
    state = hearing.state
    for seat in set(CAST) - {WITNESS}:
        seen = view(state, seat)
        assert seen.in_room
        assert seen.me == seat
        assert (seen.case_no, seen.cause, seen.court) == (state.case_no, state.cause, state.court)
        assert seen.session == "in_session"
        assert StageView("opening", "now") in seen.stages
        assert seen.floor == FloorView(
            "granted",
            (PLAINTIFF,),
            state.floor.until,
            (RequestView(DEFENDANT, "objection", state.floor.queue[0].at),),
            ends=state.floor.ends,
        )
        assert tuple(x.seat for x in seen.seats) == CAST


@pytest.mark.parametrize("name", HEARINGS)
def test_outside_a_seat_sees_itself_and_the_session_and_nothing_else(name):
    state = HEARINGS[name]().state
    for seat in state.seats:
        seen = view(state, seat)
        if seen.in_room:
            continue
        assert [x.seat for x in seen.seats] == [seat]
        assert (seen.stages, seen.floor, seen.missing) == ((), FloorView("closed", (), None, ()), ())
        assert seen.session_reason == ""
        assert seen.session == state.session.value
        text = repr(seen)
        assert all(NAMES[other] not in text for other in state.seats if other != seat)


def test_a_called_witness_sees_the_courtroom_and_a_dismissed_one_no_longer():
    hearing = a_hearing().opened().with_witness()
    assert len(view(hearing.state, WITNESS).seats) == len(CAST)
    hearing.script >> by(PRESIDING, c.DismissWitness(WITNESS))
    assert len(view(hearing.state, WITNESS).seats) == 1


@pytest.mark.parametrize("viewer", [PRESIDING, JUDGE, CLERK])
def test_the_court_sees_devices_consents_and_who_has_read(viewer):
    hearing = a_hearing(FULL_BENCH).checked_in()
    hearing.script >> by(PLAINTIFF, c.ReportDevice("ok", "failed", "ok", "fair"))
    seen = card(hearing.state, viewer, PLAINTIFF)
    assert seen.device == DeviceView("ok", "failed", "ok", "fair")
    assert (seen.consent, seen.discipline_read) == (True, True)
    assert view(hearing.state, viewer).missing == ("tape_not_ready",)


@pytest.mark.parametrize("viewer", [DEFENDANT, OBSERVER])
def test_others_do_not(viewer):
    hearing = a_hearing().checked_in()
    hearing.script >> by(PLAINTIFF, c.ReportDevice("ok", "failed", "ok", "fair"))
    seen = card(hearing.state, viewer, PLAINTIFF)
    assert (seen.device, seen.consent, seen.discipline_read) == (None, None, None)
    assert view(hearing.state, viewer).missing == ()


def test_everybody_sees_its_own():
    hearing = a_hearing()
    hearing.script >> arrive(PLAINTIFF) >> by(PLAINTIFF, c.ReportDevice("ok", "ok", "ok", "good"))
    own = card(hearing.state, PLAINTIFF, PLAINTIFF)
    assert own.name == NAMES[PLAINTIFF]
    assert own.device == DeviceView("ok", "ok", "ok", "good")
    assert (own.consent, own.discipline_read) == (None, False)


def test_observers_are_named_to_the_court_alone():
    state = a_hearing().opened().state
    assert card(state, CLERK, OBSERVER).name == NAMES[OBSERVER]
    assert card(state, PLAINTIFF, OBSERVER).name is None
    assert card(state, OBSERVER, OBSERVER).name == NAMES[OBSERVER]


def test_a_witness_in_the_witness_room_is_named_to_the_parties_and_not_to_observers():
    hearing = a_hearing().opened()
    assert card(hearing.state, PLAINTIFF, WITNESS).name == NAMES[WITNESS]
    assert card(hearing.state, OBSERVER, WITNESS).name is None
    hearing.with_witness()
    assert card(hearing.state, OBSERVER, WITNESS).name == NAMES[WITNESS]


def test_a_card_tells_floor_voice_switches_lock_and_loss():
    hearing = a_hearing().opened().with_floor(PLAINTIFF)
    assert card(hearing.state, DEFENDANT, PLAINTIFF).heard
    hearing.script >> by(PLAINTIFF, c.SetSelf(microphone=False, camera=False))
    hearing.script >> by(PRESIDING, c.MuteAndLock(PLAINTIFF, "shouting"))
    hearing.script >> depart(PLAINTIFF)
    seen = card(hearing.state, DEFENDANT, PLAINTIFF)
    assert dataclasses.asdict(seen) | {
        "presence": "lost",
        "lost_since": hearing.script.now,
        "has_floor": True,
        "heard": False,
        "microphone_on": False,
        "camera_on": False,
        "locked": True,
    } == dataclasses.asdict(seen)


def test_the_viewer_is_told_why_it_is_silent():
    state = a_hearing().opened().state
    assert view(state, PLAINTIFF).silent_because == "no_floor"
    assert view(state, WITNESS).silent_because == "witness_isolated"
    assert view(state, PRESIDING).silent_because is None


def test_why_the_court_recessed_is_known_inside():
    state = a_hearing().opened().recessed("noon").state
    assert view(state, PLAINTIFF).session_reason == "noon"
    assert view(state, WITNESS).session_reason == ""

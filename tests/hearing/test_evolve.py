"""Events fold into states; impossible ones are our bug."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, get_args, get_type_hints

import pytest

from server.hearing import events as e
from server.hearing.evolve import _EVOLVERS, evolve, fold
from server.hearing.ids import ConnectionId, Instant, SeatId
from server.hearing.refusals import InvariantBroken
from server.hearing.state import initial
from tests.builders import a_hearing, scheduled
from tests.cast import CAST, OBSERVER, PLAINTIFF
from tests.hearing.samples import HEARINGS

pytestmark = pytest.mark.pure

AT = Instant(7)
GHOST = SeatId("ghost")


def test_every_event_has_a_rule():
    assert set(_EVOLVERS) == set(get_args(e.Event))


@pytest.mark.parametrize("name", HEARINGS)
def test_replay_equals_live(name):
    hearing = HEARINGS[name]()
    assert fold(initial(), hearing.log) == hearing.state


@pytest.mark.parametrize("name", HEARINGS)
def test_replay_through_json_equals_live(name):
    hearing = HEARINGS[name]()

    def again(event: e.Event) -> e.Event:
        kind: Any = e.by_kind[event.KIND]
        body: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(event)))
        hints = get_type_hints(kind)
        if "delegated" in body:
            body["seats"] = [e.SeatPlan(**plan) for plan in body["seats"]]
        made: e.Event = kind(**{k: tuple(v) if "tuple" in str(hints[k]) else v for k, v in body.items()})
        return made

    assert fold(initial(), [(again(event), at) for event, at in hearing.log]) == hearing.state


def test_scheduling_sets_the_seats_in_order_with_switches_on_for_those_who_may_be_heard():
    state = evolve(initial(), scheduled(), AT)
    assert tuple(state.seats) == tuple(state.attendance) == CAST
    assert state.attendance[PLAINTIFF].microphone
    assert state.attendance[PLAINTIFF].camera
    assert not state.attendance[OBSERVER].microphone
    assert not state.attendance[OBSERVER].camera


def test_a_hearing_is_scheduled_once():
    with pytest.raises(InvariantBroken):
        evolve(a_hearing().state, scheduled(), AT)


@pytest.mark.parametrize(
    "event",
    [
        e.SeatArrived(GHOST, ConnectionId("c")),
        e.SeatAdmitted(PLAINTIFF, "courtroom"),
        e.WitnessCalled(PLAINTIFF),
        e.SeatLeft(PLAINTIFF),
        e.CourtOpened(),
        e.CourtResumed(),
        e.CourtClosed(),
    ],
)
def test_an_event_that_cannot_follow_is_our_bug(event):
    with pytest.raises(InvariantBroken):
        evolve(a_hearing().state, event, AT)


def test_something_that_is_no_event_is_our_bug():
    with pytest.raises(InvariantBroken):
        evolve(a_hearing().state, "court_opened", AT)  # type: ignore[arg-type]


def test_a_state_is_never_changed_in_place():
    hearing = a_hearing().opened()
    before = hearing.state
    shown = repr(before)
    hearing.with_floor(PLAINTIFF).recessed().adjourned()
    assert repr(before) == shown

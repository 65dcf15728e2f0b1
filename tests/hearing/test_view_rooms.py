"""What a screen shows of rooms and of a mediation, by who looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from server.hearing.commands_rooms import Disclose, EnterRoom, Propose, ScreenOff
from server.hearing.view import view
from tests.builders import a_hearing
from tests.cast import (
    CLERK,
    DEFENDANT,
    FULL_BENCH,
    JUDGE,
    MEDIATOR,
    NAMES,
    PLAINTIFF,
    PLAINTIFF_AGENT,
    PRESIDING,
    WITNESS,
)
from tests.hearing.mediations import OURS, PLAINTIFFS, THEIRS, a_mediation, agreed, in_caucus
from tests.hearing.samples import HEARINGS
from tests.playbook import by

if TYPE_CHECKING:
    from server.hearing.ids import SeatId
    from server.hearing.state import Hearing
    from server.hearing.view_shapes_rooms import MediationView
    from server.hearing.view_shapes_seat import SeatCard

pytestmark = pytest.mark.pure


def room(state: Hearing, seat: SeatId, key: str) -> Any:
    return next((room for room in view(state, seat).rooms if room.key == key), None)


def card(state: Hearing, me: SeatId, seen: SeatId) -> SeatCard:
    return next(card for card in view(state, me).seats if card.seat == seen)


def test_in_a_trial_everybody_inside_is_in_the_main_room() -> None:
    state = a_hearing().opened().state
    assert view(state, PLAINTIFF).room == "main"
    assert WITNESS not in room(state, PLAINTIFF, "main").seats
    assert room(state, PLAINTIFF, "main").recorded
    assert view(state, PLAINTIFF).mediation is None


def test_who_is_not_inside_sees_no_room_but_an_isolated_witness_its_own_key() -> None:
    state = a_hearing().opened().state
    seen = view(state, WITNESS)
    assert (seen.room, seen.rooms, seen.may_enter) == ("witness:witness", (), ())


def test_those_in_a_caucus_see_it_whole() -> None:
    state = agreed(in_caucus(), PLAINTIFF).state
    for seat in (MEDIATOR, *PLAINTIFFS):
        seen = room(state, seat, OURS)
        assert set(seen.seats) == {MEDIATOR, *PLAINTIFFS}
        assert (seen.agreed, seen.recorded, seen.closed) == ((PLAINTIFF,), False, False)
        assert seen.since is not None


@pytest.mark.parametrize("seat", [DEFENDANT, CLERK])
def test_others_see_that_it_is_on_and_no_more(seat: SeatId) -> None:
    state = agreed(in_caucus(), MEDIATOR, *PLAINTIFFS).state
    seen = room(state, seat, OURS)
    assert (seen.seats, seen.agreed, seen.recorded, seen.closed) == ((), (), False, True)
    assert room(in_caucus().state, seat, "consultation:plaintiff") is None


def test_who_is_in_a_caucus_is_not_told_to_those_outside_not_even_to_the_clerk() -> None:
    state = in_caucus().state
    for outside in (CLERK, DEFENDANT):
        assert [card(state, outside, seat).room for seat in PLAINTIFFS] == [None] * len(PLAINTIFFS)
    assert card(state, MEDIATOR, PLAINTIFF).room == card(state, PLAINTIFF, PLAINTIFF).room == OURS


def test_a_caucus_that_is_not_on_is_shown_to_those_who_may_be_in_it() -> None:
    state = in_caucus().state
    assert room(state, MEDIATOR, THEIRS).seats == ()
    assert room(state, DEFENDANT, THEIRS) is not None
    assert room(state, PLAINTIFF, THEIRS) is None


def test_who_leads_sees_who_is_in_a_consultation_and_the_other_side_does_not() -> None:
    hearing = a_hearing().opened().recessed()
    hearing.script >> by(PLAINTIFF, EnterRoom("consultation:plaintiff"))
    assert room(hearing.state, PRESIDING, "consultation:plaintiff").seats == (PLAINTIFF,)
    assert room(hearing.state, PRESIDING, "consultation:plaintiff").closed
    assert room(hearing.state, DEFENDANT, "consultation:plaintiff") is None
    assert card(hearing.state, DEFENDANT, PLAINTIFF).room is None
    assert card(hearing.state, PRESIDING, PLAINTIFF).room == "consultation:plaintiff"


def test_whether_somebody_in_another_room_talks_or_has_its_camera_on_is_not_shown() -> None:
    state = in_caucus().state
    seen = card(state, DEFENDANT, PLAINTIFF)
    assert (seen.heard, seen.microphone_on, seen.camera_on) == (False, False, False)
    assert card(state, MEDIATOR, PLAINTIFF).heard
    bench = HEARINGS["deliberating"]().state
    assert not card(bench, PLAINTIFF, JUDGE).microphone_on
    assert card(bench, PRESIDING, JUDGE).microphone_on


def test_of_one_who_is_screened_off_there_is_the_bare_seat() -> None:
    hearing = a_hearing(FULL_BENCH).opened().with_floor(PLAINTIFF)
    hearing.script >> by(PRESIDING, ScreenOff(PLAINTIFF, DEFENDANT, on=True, reason="fear"))
    seen = view(hearing.state, DEFENDANT)
    shown = card(hearing.state, DEFENDANT, PLAINTIFF)
    assert (shown.role, shown.name, shown.presence) == ("plaintiff", None, "expected")
    assert not (shown.has_floor or shown.heard or shown.microphone_on or shown.camera_on)
    assert NAMES[PLAINTIFF] not in repr(seen)
    assert PLAINTIFF not in room(hearing.state, DEFENDANT, "main").seats
    assert PLAINTIFF not in seen.floor.seats
    assert card(hearing.state, PRESIDING, PLAINTIFF).heard


def talks(state: Hearing, seat: SeatId) -> MediationView:
    shown = view(state, seat).mediation
    assert shown is not None
    return shown


def test_whether_one_who_is_screened_off_agreed_to_the_tape_is_not_shown() -> None:
    hearing = agreed(a_mediation(), PLAINTIFF, DEFENDANT)
    hearing.script >> by(MEDIATOR, ScreenOff(PLAINTIFF, DEFENDANT, on=True, reason="fear"))
    assert room(hearing.state, PLAINTIFF, "main").agreed == (PLAINTIFF,)
    assert room(hearing.state, MEDIATOR, "main").agreed == (PLAINTIFF, DEFENDANT)


def test_a_mediation_is_shown_to_those_in_it_with_the_proposals_that_are_theirs() -> None:
    hearing = in_caucus()
    hearing.script >> by(PLAINTIFF_AGENT, Propose("a third", "plaintiff"))
    assert [p.text for p in talks(hearing.state, PLAINTIFF).proposals] == ["a third"]
    assert talks(hearing.state, DEFENDANT).proposals == ()
    assert talks(a_mediation().state, PLAINTIFF).disclosure is None
    assert talks(hearing.state, PLAINTIFF).disclosure == ""


def test_what_was_disclosed_is_shown_to_the_parties() -> None:
    hearing = a_mediation()
    hearing.script >> by(MEDIATOR, Disclose("a cousin"))
    assert talks(hearing.state, DEFENDANT).disclosure == "a cousin"

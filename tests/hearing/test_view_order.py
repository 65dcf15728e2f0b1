"""What each screen may know of order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from server.hearing import commands as c
from server.hearing import commands_order as co
from server.hearing import commands_rooms as cr
from server.hearing.state_order import OATH_VERSION
from server.hearing.view import view
from server.hearing.view_shapes import LayoutView, ObjectionView
from server.hearing.view_shapes_seat import MeasureView, SeatCard
from tests.builders import AHearing, a_hearing
from tests.cast import (
    CAST,
    CLERK,
    DEFENDANT,
    EXPERT,
    INTERPRETER,
    OBSERVER,
    PARTIES,
    PLAINTIFF,
    PRESIDING,
    WITH_HELPERS,
    WITNESS,
)
from tests.playbook import arrive, by, depart

if TYPE_CHECKING:
    from server.hearing.ids import SeatId

pytestmark = pytest.mark.pure

INSIDE = [seat for seat in CAST if seat != WITNESS]


def card(hearing: AHearing, viewer: SeatId, seat: SeatId) -> SeatCard:
    return next(x for x in view(hearing.state, viewer).seats if x.seat == seat)


def test_all_in_the_courtroom_see_the_objection_and_its_ruling():
    hearing = a_hearing().opened()
    script = hearing.script
    script >> by(PLAINTIFF, co.RaiseObjection("leading", "a"))
    at = script.now
    for seat in INSIDE:
        seen = view(hearing.state, seat).objections
        assert seen == (ObjectionView("o1", PLAINTIFF, "leading", "a", at, "", ""),)
    script >> by(PRESIDING, co.RuleObjection("o1", sustained=False, note="b"))
    assert view(hearing.state, OBSERVER).objections[0].ruling == "overruled"
    assert view(hearing.state, WITNESS).objections == ()


def test_a_witness_learns_of_nothing_that_was_before_it_was_called():
    hearing = a_hearing().opened()
    script = hearing.script
    script >> by(PLAINTIFF, co.RaiseObjection("leading", "before"))
    script >> by(PRESIDING, co.Discipline(DEFENDANT, "warn", "before"))
    script >> by(PLAINTIFF, c.RequestFloor("before"))
    script >> by(PRESIDING, co.StrikeGavel())
    hearing.with_witness()
    assert view(hearing.state, WITNESS).objections == ()
    assert view(hearing.state, WITNESS).floor.queue == ()
    assert view(hearing.state, WITNESS).gavel_at is None
    assert card(hearing, WITNESS, DEFENDANT).measures == ()
    script >> by(PLAINTIFF, co.RaiseObjection("leading", "after"))
    assert [one.text for one in view(hearing.state, WITNESS).objections] == ["after"]
    script >> by(PRESIDING, co.Discipline(DEFENDANT, "warn", "after"))
    assert [one.reason for one in card(hearing, WITNESS, DEFENDANT).measures] == ["after"]
    script >> by(PRESIDING, co.StrikeGavel())
    assert view(hearing.state, WITNESS).gavel_at == script.now


def test_who_is_screened_from_somebody_learns_nothing_of_what_it_does():
    hearing = a_hearing().opened()
    script = hearing.script
    script >> by(PRESIDING, cr.ScreenOff(PLAINTIFF, DEFENDANT, on=True, reason="violence"))
    script >> by(PLAINTIFF, co.RaiseObjection("privacy", "a")) >> by(PLAINTIFF, c.RequestFloor("b"))
    script >> by(PRESIDING, co.SetHalfDuplex(on=True)) >> by(PRESIDING, c.OpenFloor(PARTIES))
    script >> by(PLAINTIFF, co.TakeTurn()) >> by(PRESIDING, co.SetLayout("grid", PLAINTIFF))
    seen = view(hearing.state, DEFENDANT)
    assert seen.objections == ()
    assert (seen.floor.seats, seen.floor.turn, seen.floor.queue) == ((DEFENDANT,), None, ())
    assert seen.layout == LayoutView("grid", "")
    assert view(hearing.state, CLERK).layout == LayoutView("grid", PLAINTIFF)
    script >> by(PRESIDING, co.Interrupt())
    assert view(hearing.state, DEFENDANT).floor.interrupted == (DEFENDANT,)


def test_the_floor_tells_time_end_turns_and_interruption():
    hearing = a_hearing().opened().with_floor(PLAINTIFF, 60)
    script = hearing.script
    floor = view(hearing.state, DEFENDANT).floor
    assert floor.ends is not None
    assert floor.until is not None
    assert floor.ends - floor.until == 10_000
    script >> by(PRESIDING, co.Interrupt())
    floor = view(hearing.state, DEFENDANT).floor
    assert (floor.mode, floor.until, floor.ends, floor.interrupted) == ("closed", None, None, (PLAINTIFF,))
    script >> by(PRESIDING, co.SetHalfDuplex(on=True)) >> by(PRESIDING, c.OpenFloor(PARTIES))
    script >> by(DEFENDANT, co.TakeTurn())
    floor = view(hearing.state, PLAINTIFF).floor
    assert (floor.half_duplex, floor.turn, floor.interrupted) == (True, DEFENDANT, ())
    assert view(hearing.state, PLAINTIFF).silent_because == "no_turn"


def test_all_in_the_room_see_a_measure():
    hearing = a_hearing().opened()
    script = hearing.script
    script >> by(PRESIDING, co.Discipline(OBSERVER, "reprimand", "applause"))
    for seat in INSIDE:
        assert card(hearing, seat, OBSERVER).measures == (
            MeasureView("reprimand", "applause", script.now, "presiding"),
        )


@pytest.mark.parametrize("again", [False, True])
def test_who_was_removed_is_told_so_by_whom_and_why_and_nothing_else(again):
    hearing = a_hearing().opened()
    script = hearing.script
    script >> by(PRESIDING, co.Remove(PLAINTIFF, "shouting"))
    at = script.now
    if again:
        script >> depart(PLAINTIFF) >> arrive(PLAINTIFF, 2)
    seen = view(hearing.state, PLAINTIFF)
    assert [x.seat for x in seen.seats] == [PLAINTIFF]
    assert seen.seats[0].presence == "removed"
    assert seen.seats[0].measures == (MeasureView("remove", "shouting", at, "presiding"),)
    assert [(one.kind, one.text) for one in seen.notices] == [("remove", "shouting")]
    assert (seen.in_room, seen.silent_because, seen.may) == (False, "seat_removed", ("see_notice",))
    assert card(hearing, DEFENDANT, PLAINTIFF).presence == "removed"


def test_the_undertaking_is_shown_of_whom_it_is_asked():
    hearing = a_hearing(WITH_HELPERS).opened()
    hearing.script >> by(WITNESS, co.TakeOath(OATH_VERSION)) >> by(PRESIDING, co.WaiveOath(EXPERT, "x"))
    oaths = {seat: card(hearing, CLERK, seat).oath for seat in WITH_HELPERS}
    assert {seat: oath for seat, oath in oaths.items() if oath is not None} == {
        WITNESS: True,
        EXPERT: True,
        INTERPRETER: False,
    }
    assert card(hearing, WITNESS, WITNESS).oath is True


def test_an_interpreter_and_its_person_are_shown_inside_only():
    hearing = a_hearing(WITH_HELPERS).opened()
    script = hearing.script
    script >> by(CLERK, co.PairInterpreter(INTERPRETER, PLAINTIFF)) >> by(PRESIDING, c.GrantFloor(PLAINTIFF))
    seen = card(hearing, DEFENDANT, INTERPRETER)
    assert (seen.interprets, seen.has_floor, seen.heard) == (PLAINTIFF, True, True)
    script >> by(INTERPRETER, c.Leave()) >> arrive(INTERPRETER)
    assert card(hearing, INTERPRETER, INTERPRETER).interprets is None
    assert card(hearing, DEFENDANT, INTERPRETER).has_floor
    assert not card(hearing, INTERPRETER, INTERPRETER).has_floor  # nor whether the other has the floor now


def test_who_may_not_see_the_one_in_the_light_is_not_told_who_it_is():
    hearing = a_hearing().opened()
    hearing.script >> by(PRESIDING, co.SetLayout("exhibit", PLAINTIFF))
    assert view(hearing.state, PLAINTIFF).layout == LayoutView("exhibit", PLAINTIFF)
    assert view(hearing.state, WITNESS).layout == LayoutView("speaker", "")

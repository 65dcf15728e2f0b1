"""What the events of order change, and what they must not."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_order as co
from server.hearing import events_order as eo
from server.hearing.evolve import evolve
from server.hearing.floor import Floor
from server.hearing.ids import Instant, SeatId
from server.hearing.presence import Presence
from server.hearing.refusals import InvariantBroken
from server.hearing.state_order import OATH_VERSION, Layout, Measure, Objection
from tests.builders import a_hearing
from tests.cast import CLERK, DEFENDANT, INTERPRETER, PLAINTIFF, PRESIDING, WITH_HELPERS, WITNESS
from tests.playbook import arrive, by, depart

pytestmark = pytest.mark.pure

AT = Instant(5)


def test_every_step_of_the_ladder_is_kept_on_the_seat_with_who_took_it():
    hearing = a_hearing().opened()
    script, times = hearing.script, []
    for command in (
        co.Discipline(PLAINTIFF, "remind", "one"),
        co.Discipline(PLAINTIFF, "warn", "two"),
        co.Discipline(PLAINTIFF, "reprimand", "three"),
        c.MuteAndLock(PLAINTIFF, "four"),
        co.Remove(PLAINTIFF, "five"),
    ):
        script >> by(PRESIDING, command)
        times.append(script.now)
    assert hearing.state.attendance[PLAINTIFF].order.measures == (
        Measure("remind", "one", times[0], "presiding"),
        Measure("warn", "two", times[1], "presiding"),
        Measure("reprimand", "three", times[2], "presiding"),
        Measure("mute", "four", times[3]),
        Measure("remove", "five", times[4], "presiding"),
    )
    notices = hearing.state.attendance[PLAINTIFF].care.notices
    assert [(one.notice, one.kind, one.text) for one in notices] == [
        ("plaintiff-1", "remind", "one"),
        ("plaintiff-2", "warn", "two"),
        ("plaintiff-3", "reprimand", "three"),
        ("plaintiff-4", "mute", "four"),
        ("plaintiff-5", "remove", "five"),
    ]


def test_a_removed_seat_has_neither_floor_nor_hand_nor_picture_and_keeps_its_lock():
    hearing = a_hearing().opened().with_floor(PLAINTIFF)
    script = hearing.script
    script >> by(PRESIDING, co.SetLayout("speaker", PLAINTIFF))
    script >> by(PRESIDING, c.MuteAndLock(PLAINTIFF, "shouting")) >> by(PRESIDING, co.Remove(PLAINTIFF, "x"))
    state = hearing.state
    assert state.floor == Floor()
    assert state.order.layout == Layout()
    assert state.attendance[PLAINTIFF].locked
    assert state.attendance[PLAINTIFF].connection is not None, "to be told so"


def test_who_leaves_or_is_dismissed_is_not_shown_large_any_more():
    hearing = a_hearing().opened().with_witness()
    for seat, line in (
        (WITNESS, by(PRESIDING, c.DismissWitness(WITNESS))),
        (PLAINTIFF, by(PLAINTIFF, c.Leave())),
    ):
        hearing.script >> by(PRESIDING, co.SetLayout("grid", seat)) >> line
        assert hearing.state.order.layout == Layout("grid")


def test_a_removal_and_its_lifting_survive_connections():
    hearing = a_hearing().opened()
    script = hearing.script
    script >> depart(PLAINTIFF) >> by(PRESIDING, co.Remove(PLAINTIFF, "x")) >> arrive(PLAINTIFF, 2)
    assert hearing.state.attendance[PLAINTIFF].presence is Presence.REMOVED
    script >> by(PRESIDING, co.Readmit(PLAINTIFF, "y"))
    assert hearing.state.attendance[PLAINTIFF].presence is Presence.WAITING
    script >> by(CLERK, c.Admit(PLAINTIFF))
    assert hearing.state.attendance[PLAINTIFF].presence is Presence.PRESENT


def test_objections_are_kept_with_their_ruling():
    hearing = a_hearing().opened()
    script = hearing.script
    script >> by(PLAINTIFF, co.RaiseObjection("leading", "a"))
    first = Objection("o1", PLAINTIFF, "leading", "a", script.now)
    script >> by(DEFENDANT, co.RaiseObjection("other"))
    second = Objection("o2", DEFENDANT, "other", "", script.now)
    script >> by(PRESIDING, co.RuleObjection("o1", sustained=True, note="b"))
    ruled = Objection("o1", PLAINTIFF, "leading", "a", first.at, "sustained", "b")
    assert hearing.state.order.objections == (ruled, second)
    script >> by(PRESIDING, co.RuleObjection("o2", sustained=False))
    assert hearing.state.order.objections[1].ruling == "overruled"
    assert hearing.state.order.waiting == ()


def test_gavel_oath_and_pair_are_kept():
    hearing = a_hearing(WITH_HELPERS).opened()
    script = hearing.script
    script >> by(PRESIDING, co.StrikeGavel())
    assert hearing.state.order.gavel_at == script.now
    script >> by(WITNESS, co.TakeOath(OATH_VERSION)) >> by(CLERK, co.PairInterpreter(INTERPRETER, WITNESS))
    script >> by(PRESIDING, co.WaiveOath(INTERPRETER, "sworn in already"))
    orders = {seat: a.order for seat, a in hearing.state.attendance.items()}
    assert orders[WITNESS].oath == OATH_VERSION
    assert orders[INTERPRETER].interprets == WITNESS
    assert orders[INTERPRETER].waived == "sworn in already"
    script >> by(CLERK, co.PairInterpreter(INTERPRETER, SeatId("")))
    assert hearing.state.attendance[INTERPRETER].order.interprets is None


def test_a_called_witness_follows_since_it_was_called_last():
    hearing = a_hearing().opened().with_witness()
    first = hearing.state.attendance[WITNESS].order.called_at
    assert first == hearing.script.now
    hearing.script >> by(PRESIDING, c.DismissWitness(WITNESS)) >> by(PRESIDING, c.CallWitness(WITNESS))
    assert hearing.state.attendance[WITNESS].order.called_at == hearing.script.now


@pytest.mark.parametrize(
    "event",
    [
        eo.SeatDisciplined(SeatId("ghost"), "warn", "x"),
        eo.SeatRemoved(SeatId("ghost"), "x"),
        eo.OathTaken(SeatId("ghost"), "x"),
        eo.SeatReadmitted(PLAINTIFF, "x"),
        eo.FloorGivenBack((PLAINTIFF,), None),
    ],
)
def test_what_cannot_have_been_is_our_bug(event):
    with pytest.raises(InvariantBroken):
        evolve(a_hearing().opened().state, event, AT)

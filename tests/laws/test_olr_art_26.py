"""OLR 26: a witness does not follow the hearing before being called, and is not disturbed."""

from __future__ import annotations

import dataclasses

import pytest

from server.hearing import commands as c
from server.hearing import commands_checkin as ci
from server.hearing import commands_exhibits as cx
from server.hearing import commands_order as co
from server.hearing import events as e
from server.hearing.audience import NOTHING, Audience, audience
from server.hearing.commands_rooms import EnterRoom, MoveSeats
from server.hearing.ids import PersonId, SeatId
from server.hearing.presence import Presence
from server.hearing.refusals import Reason
from server.hearing.rooms import belongs, is_open, room_of
from server.hearing.seats import Role, Side
from server.hearing.showing import may_see_page
from server.hearing.state_order import OATH_VERSION
from server.hearing.view import view
from tests.builders import DISCIPLINE, a_hearing
from tests.cast import CAST, CLERK, NAMES, PLAINTIFF, PRESIDING, WITNESS, plan
from tests.playbook import arrive, by, depart

pytestmark = pytest.mark.pure

OTHERS = [seat for seat in CAST if seat != WITNESS]
LIVES = {
    "waiting": lambda: a_hearing().arrived(),
    "checking_in": lambda: a_hearing().checked_in(),
    "in_session": lambda: a_hearing().opened().with_floor(PLAINTIFF),
    "recessed": lambda: a_hearing().opened().recessed(),
    "deliberating": lambda: a_hearing().opened().in_stage("deliberation"),
    "closed": lambda: a_hearing().opened().closed(),
}


@pytest.mark.parametrize("life", LIVES)
def test_the_witness_receives_nothing_before_being_called(life):
    state = LIVES[life]().state
    assert [audience(state, seat, WITNESS) for seat in OTHERS] == [NOTHING] * len(OTHERS)


@pytest.mark.parametrize("life", LIVES)
def test_nobody_disturbs_the_witness_nor_is_disturbed(life):
    state = LIVES[life]().state
    assert [audience(state, WITNESS, seat) for seat in OTHERS] == [NOTHING] * len(OTHERS)


@pytest.mark.parametrize("life", LIVES)
def test_the_witness_learns_no_name_no_stage_and_no_floor(life):
    state = LIVES[life]().state
    seen = view(state, WITNESS)
    text = str(dataclasses.asdict(seen))
    assert not any(NAMES[seat] in text for seat in OTHERS)
    assert (seen.stages, seen.floor.seats, seen.floor.queue) == ((), (), ())


def test_being_admitted_leads_into_the_witness_room_and_not_into_the_courtroom():
    hearing = a_hearing().arrived()
    hearing.script >> by(CLERK, c.Admit(WITNESS)) << e.SeatAdmitted(WITNESS, "witness_room")
    assert hearing.state.attendance[WITNESS].presence is Presence.ISOLATED


def test_once_called_the_witness_hears_and_with_the_floor_is_heard():
    state = a_hearing().opened().with_floor(PLAINTIFF).with_witness().state
    assert audience(state, PLAINTIFF, WITNESS) == Audience(hear=True, see=True, read=True)
    state = a_hearing().opened().with_witness().with_floor(WITNESS).state
    assert audience(state, WITNESS, PLAINTIFF) == Audience(hear=True, see=True, read=True)


def test_once_dismissed_the_witness_receives_nothing_again():
    hearing = a_hearing().opened().with_witness().with_floor(WITNESS)
    hearing.script >> by(CLERK, c.DismissWitness(WITNESS))
    assert all(audience(hearing.state, seat, WITNESS) == NOTHING for seat in OTHERS)
    assert not hearing.state.floor.seats


def test_an_isolated_witness_is_given_no_floor():
    a_hearing().opened().script >> by(PRESIDING, c.GrantFloor(WITNESS)) << Reason.WITNESS_ISOLATED


@pytest.mark.parametrize("n", [1, 2])
def test_reconnecting_does_not_lead_out_of_isolation(n):
    hearing = a_hearing().opened()
    hearing.script >> depart(WITNESS) >> arrive(WITNESS, n)
    assert hearing.state.attendance[WITNESS].presence is Presence.ISOLATED


def test_leaving_and_being_admitted_again_does_not_lead_out_of_isolation():
    hearing = a_hearing().opened().with_witness()
    hearing.script >> by(WITNESS, c.Leave()) >> arrive(WITNESS) >> by(CLERK, c.Admit(WITNESS))
    assert hearing.state.attendance[WITNESS].presence is Presence.ISOLATED


def test_the_court_must_be_in_session_to_call():
    a_hearing().checked_in().script >> by(PRESIDING, c.CallWitness(WITNESS)) << Reason.COURT_NOT_OPEN
    a_hearing().opened().recessed().script >> by(PRESIDING, c.CallWitness(WITNESS)) << Reason.COURT_IN_RECESS


def test_experts_likewise():
    expert = e.SeatPlan(SeatId("expert"), Role.EXPERT, Side.COURT, PersonId("p"), "钱博")
    hearing = a_hearing(seats=(*(plan(seat) for seat in CAST), expert)).opened()
    assert hearing.state.attendance[expert.seat].presence is Presence.ISOLATED
    hearing.script >> by(PRESIDING, c.CallWitness(expert.seat)) << e.WitnessCalled(expert.seat)


def test_a_witness_too_reads_the_discipline_first():
    script = a_hearing().script
    script >> arrive(CLERK) >> arrive(WITNESS) >> by(CLERK, c.Admit(WITNESS)) << Reason.DISCIPLINE_NOT_READ
    script >> by(WITNESS, c.AcknowledgeDiscipline(DISCIPLINE))
    script >> by(CLERK, c.Admit(WITNESS)) << Reason.PLACE_NOT_DECLARED
    script >> by(WITNESS, ci.DeclarePlace("court", quiet=True)) >> by(CLERK, c.Admit(WITNESS))
    script << e.SeatAdmitted(WITNESS, "witness_room")


@pytest.mark.parametrize("role", [Role.WITNESS, Role.EXPERT])
def test_signing_the_undertaking_does_not_lead_out_of_isolation(role):
    seat = SeatId("one-more")
    hearing = a_hearing(
        seats=(*(plan(s) for s in CAST), e.SeatPlan(seat, role, Side.COURT, PersonId("p"), "钱博"))
    ).opened()
    before = view(hearing.state, seat)
    hearing.script >> by(seat, co.TakeOath(OATH_VERSION))
    assert hearing.state.attendance[seat].presence is Presence.ISOLATED
    after = view(hearing.state, seat)
    assert (len(after.seats), after.stages, after.floor) == (1, (), before.floor)


def test_nothing_of_order_reaches_the_isolated_witness():
    hearing = a_hearing().opened()
    before = view(hearing.state, WITNESS)
    hearing.script >> by(PLAINTIFF, c.RequestFloor()) >> by(PLAINTIFF, co.RaiseObjection("leading", "x"))
    hearing.script >> by(PRESIDING, co.StrikeGavel()) >> by(PRESIDING, co.SetLayout("grid", PLAINTIFF))
    (
        hearing.script
        >> by(PRESIDING, co.Discipline(PLAINTIFF, "warn", "x"))
        >> by(PRESIDING, co.Remove(PLAINTIFF, "x"))
    )
    assert view(hearing.state, WITNESS) == before


def test_each_witness_waits_in_a_room_of_its_own_that_nobody_else_may_enter() -> None:
    state = a_hearing().opened().state
    assert room_of(state, WITNESS) == "witness:witness"
    assert [seat for seat in state.seats if belongs(state, seat, "witness:witness")] == [WITNESS]
    assert not is_open(state, "witness:witness")


@pytest.mark.parametrize("room", ["main", "consultation:plaintiff", "deliberation", "witness:witness"])
def test_a_witness_moves_nowhere_by_itself_and_nobody_moves_it(room: str) -> None:
    script = a_hearing().opened().script
    script >> by(WITNESS, EnterRoom(room)) << Reason.WITNESS_ISOLATED
    script >> by(PRESIDING, MoveSeats((WITNESS,), room)) << Reason.WITNESS_ISOLATED


def test_a_witness_outside_gets_no_material_and_one_that_was_called_the_page_before_everybody_only():
    hearing = a_hearing().opened().in_stage("investigation")
    script = hearing.script
    script >> by(PLAINTIFF, cx.OfferExhibit("x1", "合同", "pdf", 3, "a" * 64, 9000))
    script >> by(PRESIDING, c.GrantFloor(PLAINTIFF)) >> by(PLAINTIFF, cx.PresentExhibit("x1"))
    seen = view(hearing.state, WITNESS)
    assert (seen.exhibits, seen.showing) == ((), None)
    assert not any(may_see_page(hearing.state, WITNESS, "x1", page) for page in (1, 2, 3))
    hearing.with_witness()
    assert [may_see_page(hearing.state, WITNESS, "x1", page) for page in (1, 2, 3)] == [True, False, False]
    script >> by(PLAINTIFF, cx.StopShowing())
    assert not any(may_see_page(hearing.state, WITNESS, "x1", page) for page in (1, 2, 3))

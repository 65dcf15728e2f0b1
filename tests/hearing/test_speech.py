"""Effective speech: has the audience, the floor and the turn, is not muted by itself nor silenced; in no order otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.hearing import commands as c
from server.hearing import commands_order as co
from server.hearing.audience import heard, silent_because
from server.hearing.decide import decide
from server.hearing.events import Actor
from server.hearing.evolve import evolve
from server.hearing.floor import Floor, FloorMode
from server.hearing.ids import Instant, SeatId
from server.hearing.presence import Presence
from server.hearing.refusals import Reason, Refused
from server.hearing.seats import Role
from server.hearing.session import SessionState
from server.hearing.speech import has_floor, has_turn, muted_because, rank, speaks_for
from server.hearing.state import connection_of
from tests.builders import a_hearing
from tests.cast import (
    CLERK,
    DEFENDANT,
    EXPERT,
    FULL_BENCH,
    INTERPRETER,
    JUDGE,
    OBSERVER,
    PLAINTIFF,
    PRESIDING,
    WITH_HELPERS,
    WITNESS,
    connection,
)
from tests.hearing.samples import order_commands, order_commands_about
from tests.playbook import by

if TYPE_CHECKING:
    from server.hearing.state import Hearing

pytestmark = pytest.mark.pure

EVERYBODY = (*FULL_BENCH, EXPERT, INTERPRETER)
OPENED = a_hearing(EVERYBODY).opened().state
FREE = {Role.PRESIDING, Role.JUDGE, Role.ASSESSOR, Role.CLERK}

floors = st.builds(
    Floor,
    mode=st.sampled_from(FloorMode),
    seats=st.lists(st.sampled_from(EVERYBODY), max_size=3, unique=True).map(tuple),
    half_duplex=st.booleans(),
    turn=st.sampled_from((None, *EVERYBODY)),
)
ways = st.fixed_dictionaries(
    {
        "seat": st.sampled_from(EVERYBODY),
        "presence": st.sampled_from(Presence),
        "session": st.sampled_from(SessionState),
        "lock": st.sampled_from((None, "shouting")),
        "microphone": st.booleans(),
        "floor": floors,
        "interprets": st.sampled_from((None, PLAINTIFF, WITNESS)),
    }
)


def put(way: dict[str, Any]) -> Hearing:
    seat = way["seat"]
    before = OPENED.attendance[seat]
    attendance = replace(
        before,
        presence=way["presence"],
        lock=way["lock"],
        microphone=way["microphone"],
        order=replace(before.order, interprets=way["interprets"]),
    )
    return replace(
        OPENED,
        session=way["session"],
        floor=way["floor"],
        attendance={**OPENED.attendance, seat: attendance},
    )


@settings(max_examples=800, deadline=None)
@given(ways)
def test_heard_is_audience_and_floor_and_turn_and_neither_self_muted_nor_silenced(way):
    state, seat, floor = put(way), way["seat"], way["floor"]
    role = state.seats[seat].role
    voices = {seat, way["interprets"]}
    audience = way["presence"] == "present" and way["session"] in {"in_session", "checking_in"}
    has = role in FREE or bool(voices & set(floor.seats))
    turn = not (floor.half_duplex and floor.mode == "open") or floor.turn in voices - {None}
    formula = (
        role is not Role.OBSERVER and audience and has and turn and way["microphone"] and way["lock"] is None
    )
    assert heard(state, seat) is formula
    assert (silent_because(state, seat) is None) is formula


def test_the_gravest_reason_comes_first():
    def because(**changes: Any) -> Reason | None:
        way = {
            "seat": PLAINTIFF,
            "presence": Presence.PRESENT,
            "session": SessionState.IN_SESSION,
            "lock": None,
            "microphone": True,
            "floor": Floor(FloorMode.OPEN, (PLAINTIFF,), half_duplex=True, turn=PLAINTIFF),
            "interprets": None,
        }
        return muted_because(put({**way, **changes}), PLAINTIFF, aside=False)

    assert because() is None
    assert because(microphone=False) is Reason.MUTED_BY_SELF
    turnless = Floor(FloorMode.OPEN, (PLAINTIFF,), half_duplex=True, turn=DEFENDANT)
    assert because(microphone=False, floor=turnless) is Reason.NO_TURN
    assert because(microphone=False, floor=Floor(half_duplex=True)) is Reason.NO_FLOOR
    assert because(lock="shouting", floor=Floor()) is Reason.MUTED_BY_COURT


def test_aside_people_talk_as_they_like_but_not_who_is_muted():
    assert muted_because(OPENED, PLAINTIFF, aside=False) is Reason.NO_FLOOR
    assert muted_because(OPENED, PLAINTIFF, aside=True) is None
    locked = put(
        {
            "seat": PLAINTIFF, "presence": Presence.PRESENT, "session": SessionState.IN_SESSION,
            "lock": "shouting", "microphone": True, "floor": Floor(), "interprets": None,
        }
    )  # fmt: skip
    assert muted_because(locked, PLAINTIFF, aside=True) is Reason.MUTED_BY_COURT


def test_the_interpreter_has_the_floor_and_the_turn_of_whom_it_speaks_for():
    hearing = a_hearing(WITH_HELPERS).opened()
    script = hearing.script
    script >> by(CLERK, co.PairInterpreter(INTERPRETER, PLAINTIFF))
    assert speaks_for(hearing.state, INTERPRETER) == PLAINTIFF
    assert not has_floor(hearing.state, INTERPRETER)
    script >> by(PRESIDING, co.SetHalfDuplex(on=True))
    script >> by(PRESIDING, c.OpenFloor((PLAINTIFF, DEFENDANT)))
    assert has_floor(hearing.state, INTERPRETER)
    script >> by(DEFENDANT, co.TakeTurn())
    assert not has_turn(hearing.state, INTERPRETER)
    script >> by(PRESIDING, co.TakeTurn()) >> by(PRESIDING, co.YieldTurn())
    script >> by(PLAINTIFF, co.TakeTurn())
    assert {s for s in WITH_HELPERS if heard(hearing.state, s)} == {PLAINTIFF, INTERPRETER}


def test_the_presiding_seat_before_the_bench_before_all_others():
    order = [rank(OPENED, seat) for seat in (PRESIDING, JUDGE, CLERK, PLAINTIFF)]
    assert order == [2, 1, 0, 0]


# --- whatever is asked, in whatever order ---

asks = st.sampled_from(
    (
        *order_commands(),
        *(x for seat in EVERYBODY for x in order_commands_about(seat)),
        *(c.GrantFloor(seat) for seat in EVERYBODY),
        c.OpenFloor((PLAINTIFF, DEFENDANT)),
        c.OpenFloor((WITNESS, PLAINTIFF)),
        c.OpenFloor((EXPERT, INTERPRETER)),
        c.CloseFloor(),
        *(c.MuteAndLock(seat, "noise") for seat in EVERYBODY),
        *(c.Admit(seat) for seat in EVERYBODY),
        c.CallWitness(WITNESS),
        c.CallWitness(EXPERT),
        c.DismissWitness(WITNESS),
        c.SetSelf(microphone=False, camera=True),
        c.SetSelf(microphone=True, camera=True),
        c.Recess("noon"),
        c.Resume(),
        c.Leave(),
    )
)
comings = st.sampled_from(EVERYBODY).map(lambda seat: (seat, c.Arrive(connection(seat, 2))))
goings = st.sampled_from(EVERYBODY).map(
    lambda seat: (seat, c.Depart(connection(seat, 2), c.LeaveCause.CONNECTION_LOST))
)
tales = st.lists(
    st.tuples(st.just(PRESIDING), asks) | st.tuples(st.sampled_from(EVERYBODY), asks) | comings | goings,
    max_size=60,
)


def check_speech(state: Hearing, out: dict[SeatId, bool]) -> None:
    for seat, who in state.seats.items():
        attendance, floor = state.attendance[seat], state.floor
        voices = {seat, attendance.order.interprets}
        if not heard(state, seat):
            continue
        assert not out[seat], "removed"
        assert attendance.presence is Presence.PRESENT
        assert attendance.lock is None
        assert attendance.microphone
        assert who.role is not Role.OBSERVER
        if floor.half_duplex and floor.mode is FloorMode.OPEN:
            assert floor.turn in voices
        if who.role not in FREE:
            assert voices & set(floor.seats)
        if who.role in {Role.WITNESS, Role.EXPERT}:
            assert attendance.order.oath or attendance.order.waived


@settings(max_examples=200, deadline=None)
@given(tales)
def test_no_sequence_lets_a_removed_locked_turnless_or_oathless_seat_be_heard(tale):
    """out is kept beside the law: removed by the bench and not readmitted and let in since."""
    state, now = OPENED, Instant(OPENED.scheduled_at + 3_600_000)
    out = dict.fromkeys(EVERYBODY, False)
    for seat, command in tale:
        now = Instant(now + 1000)
        try:
            events = decide(state, command, Actor(seat, connection_of(state, seat)), now)
        except Refused:
            continue
        for event in events:
            state = evolve(state, event, now)
        if isinstance(command, co.Remove) and events:
            out[command.seat] = True
        if isinstance(command, co.Readmit) and events:
            out[command.seat] = False
            assert state.attendance[command.seat].presence in {Presence.WAITING, Presence.EXPECTED}
        for one, gone in out.items():
            assert (state.attendance[one].presence is Presence.REMOVED) is gone
        check_speech(state, out)


def test_observers_have_no_speech_to_begin_with():
    assert silent_because(OPENED, OBSERVER) is Reason.OBSERVER_NEVER_SPEAKS

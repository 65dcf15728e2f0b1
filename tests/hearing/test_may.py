"""What a seat could do now is what the law would decide."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing.decide import decide
from server.hearing.events import Actor
from server.hearing.ids import Instant
from server.hearing.may import may
from server.hearing.names import command_names, name_of
from server.hearing.refusals import Refused
from server.hearing.state import connection_of
from tests.builders import a_hearing
from tests.cast import CLERK, OBSERVER, PLAINTIFF, PRESIDING, WITNESS
from tests.hearing.samples import HEARINGS, commands_about, plain_commands
from tests.playbook import arrive, by, depart

pytestmark = pytest.mark.pure

NOW = Instant(1)


@pytest.mark.parametrize("name", HEARINGS)
def test_whatever_would_change_something_is_named_and_nothing_else(name):
    state = HEARINGS[name]().state
    commands = plain_commands() + tuple(x for seat in state.seats for x in commands_about(seat))
    for seat in state.seats:
        found = set()
        for command in commands:
            try:
                events = decide(state, command, Actor(seat, connection_of(state, seat)), NOW)
            except Refused:
                continue
            if events and type(command) in name_of:
                found.add(name_of[type(command)])
        assert set(may(state, seat, NOW)) - {"open_court"} == found - {"open_court"}, seat
        assert found <= set(may(state, seat, NOW))


def test_names_come_in_a_fixed_order():
    names = may(a_hearing().opened().state, PRESIDING, NOW)
    assert list(names) == [name for name in command_names if name in names]


def test_opening_is_named_while_something_is_missing_and_only_for_the_presiding_seat():
    state = a_hearing().checked_in().state
    assert "open_court" in may(state, PRESIDING, NOW)
    assert "open_court" not in may(state, CLERK, NOW)
    assert "open_court" not in may(a_hearing().opened().state, PRESIDING, NOW)


def test_a_waiting_party_may_prepare_and_nothing_more():
    hearing = a_hearing()
    hearing.script >> arrive(PLAINTIFF)
    assert may(hearing.state, PLAINTIFF, NOW) == (
        "acknowledge_discipline",
        "consent",
        "report_device",
        "set_self",
        "leave",
        "declare_place",
        "ask_help",
        "send_message",
    )


def test_hands_come_and_go():
    hearing = a_hearing().opened()
    assert "request_floor" in may(hearing.state, PLAINTIFF, NOW)
    hearing.script >> by(PLAINTIFF, c.RequestFloor())
    assert "request_floor" not in may(hearing.state, PLAINTIFF, NOW)
    assert "withdraw_request" in may(hearing.state, PLAINTIFF, NOW)
    assert "decline_request" in may(hearing.state, CLERK, NOW)


@pytest.mark.parametrize("seat", [PLAINTIFF, WITNESS, OBSERVER, PRESIDING])
@pytest.mark.parametrize("until", ["checked_in", "opened"])
def test_without_a_connection_nothing_may_be_done(seat, until):
    hearing = getattr(a_hearing(), until)()
    hearing.script >> depart(seat)
    assert may(hearing.state, seat, NOW) == ()

"""The session table: its four tests."""

from __future__ import annotations

from copy import deepcopy

import pytest

from server.hearing import commands_care as cc
from server.hearing.commands import Command, SeatCommand
from server.hearing.decide import decide
from server.hearing.events import Actor
from server.hearing.evolve import fold
from server.hearing.refusals import InvariantBroken, Refused
from server.hearing.session import ALLOWED, ENDED, LIVE, MOVES, WHY_NOT, SessionState, Step, step
from server.hearing.state import connection_of
from tests.hearing.samples import BY_SESSION, HEARINGS, commands_about, plain_commands

pytestmark = pytest.mark.pure


def reachable(start: SessionState) -> set[SessionState]:
    found = {start}
    while True:
        more = found | {to for state in found for to in MOVES[state].values()}
        if more == found:
            return found
        found = more


def test_every_state_has_a_row():
    assert set(MOVES) == set(SessionState) == set(WHY_NOT)


def test_every_state_is_reachable():
    assert reachable(SessionState.SCHEDULED) == set(SessionState)


@pytest.mark.parametrize("state", SessionState)
def test_every_state_can_end(state):
    assert reachable(state) & ENDED


def test_closed_adjourned_and_moved_offline_end_and_nothing_else():
    assert {SessionState.CLOSED, SessionState.ADJOURNED, SessionState.MOVED_OFFLINE} == ENDED
    assert set(SessionState) == LIVE | ENDED


@pytest.mark.parametrize("state", SessionState)
@pytest.mark.parametrize("move", Step)
def test_a_step_moves_as_the_table_says_or_is_our_bug(state, move):
    if move in MOVES[state]:
        assert step(state, move) is MOVES[state][move]
    else:
        with pytest.raises(InvariantBroken):
            step(state, move)


def test_every_command_has_a_row():
    assert set(ALLOWED) == set(Command.__args__)


def test_an_ended_hearing_takes_nothing_from_a_seat_but_a_note_seen_or_signed():
    taken = {kind for kind in SeatCommand.__args__ if ALLOWED[kind] & ENDED}
    assert taken == {cc.SeeNotice, cc.SignIncident}


@pytest.mark.parametrize("session", SessionState)
def test_the_whole_grid_moves_as_the_table_says_or_is_refused_with_nothing_changed(session):
    state = HEARINGS[BY_SESSION[session]]().state
    before, shown = deepcopy(state), repr(state)
    commands = plain_commands() + tuple(x for seat in state.seats for x in commands_about(seat))
    for seat in state.seats:
        actor = Actor(seat, connection_of(state, seat))
        for command in commands:
            try:
                events = decide(state, command, actor, state.scheduled_at)
            except Refused as no:
                fits = session in ALLOWED[type(command)]
                assert fits or no.reason is WHY_NOT[session], command
            else:
                assert session in ALLOWED[type(command)], command
                after = fold(state, [(event, state.scheduled_at) for event in events])
                assert after.session in {session, *MOVES[session].values()}
                assert (after != state) == bool(events), command
            assert state == before, command
    assert repr(state) == shown

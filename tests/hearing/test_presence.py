"""The presence table: its four tests, and the small functions on it."""

from __future__ import annotations

import pytest

from server.hearing.ids import ConnectionId, Instant
from server.hearing.presence import (
    CONNECTED,
    MOVES,
    OUTSIDE_BECAUSE,
    Attendance,
    Presence,
    Way,
    arrived,
    departed,
    dismissed,
    left,
    move,
    moved,
    readmitted,
    removed,
)
from server.hearing.refusals import InvariantBroken

pytestmark = pytest.mark.pure

ONE, TWO = ConnectionId("one"), ConnectionId("two")


def reachable(start: Presence) -> set[Presence]:
    found = {start}
    while True:
        more = found | {to for state in found for to in MOVES[state].values()}
        if more == found:
            return found
        found = more


def test_every_state_has_a_row():
    assert set(MOVES) == set(Presence)
    assert set(OUTSIDE_BECAUSE) == set(Presence) - {Presence.PRESENT}


def test_every_state_is_reachable():
    assert reachable(Presence.EXPECTED) == set(Presence)


@pytest.mark.parametrize("state", Presence)
def test_every_state_can_end_in_the_seat_having_left(state):
    assert Presence.LEFT in reachable(state)


@pytest.mark.parametrize("state", Presence)
@pytest.mark.parametrize("way", Way)
def test_a_move_goes_as_the_table_says_or_is_our_bug(state, way):
    if way in MOVES[state]:
        assert move(state, way) is MOVES[state][way]
    else:
        with pytest.raises(InvariantBroken):
            move(state, way)


def test_only_being_let_in_or_called_or_coming_back_leads_into_the_courtroom():
    into = {(state, way) for state, row in MOVES.items() for way, to in row.items() if to is Presence.PRESENT}
    assert into == {
        (Presence.EXPECTED, Way.ENTER),
        (Presence.LEFT, Way.ENTER),
        (Presence.WAITING, Way.ADMIT),
        (Presence.ISOLATED, Way.CALL),
        (Presence.LOST, Way.RETURN),
    }


@pytest.mark.parametrize("enters, place", [(True, Presence.PRESENT), (False, Presence.WAITING)])
def test_arriving_enters_or_waits(enters, place):
    seat = arrived(Attendance(), ONE, enters=enters)
    assert (seat.presence, seat.connection) == (place, ONE)


@pytest.mark.parametrize("state", sorted(CONNECTED))
def test_a_second_connection_changes_the_connection_and_nothing_else(state):
    seat = Attendance(presence=state, connection=ONE, lock="shouting", consent=True)
    assert arrived(seat, TWO, enters=False) == Attendance(state, TWO, lock="shouting", consent=True)


def test_a_waiting_seat_that_disconnects_is_expected_again():
    seat = departed(arrived(Attendance(), ONE, enters=False), Instant(5))
    assert seat == Attendance()


@pytest.mark.parametrize("state", [Presence.PRESENT, Presence.ISOLATED])
def test_a_lost_seat_comes_back_to_where_it_was(state):
    seat = Attendance(state, ONE, lock="shouting", discipline="1", camera=True)
    lost = departed(seat, Instant(5))
    assert (lost.presence, lost.connection, lost.lost_since) == (Presence.LOST, None, 5)
    assert arrived(lost, ONE, enters=False) == seat


def test_a_seat_that_left_waits_again():
    seat = left(Attendance(Presence.PRESENT, ONE))
    assert (seat.presence, seat.connection) == (Presence.LEFT, None)
    assert arrived(seat, ONE, enters=False).presence is Presence.WAITING


def test_a_lost_witness_that_is_dismissed_returns_into_isolation():
    lost = departed(moved(Attendance(Presence.ISOLATED, ONE), Way.CALL), Instant(5))
    assert arrived(dismissed(lost), TWO, enters=False).presence is Presence.ISOLATED


def test_a_present_witness_is_dismissed_into_isolation():
    assert dismissed(Attendance(Presence.PRESENT, ONE)).presence is Presence.ISOLATED


def test_everybody_can_be_removed_and_only_readmission_leads_out_of_it():
    assert {state for state in Presence if Way.REMOVE in MOVES[state]} == set(Presence) - {Presence.REMOVED}
    out = {way: to for way, to in MOVES[Presence.REMOVED].items() if to is not Presence.REMOVED}
    assert out == {Way.READMIT: Presence.WAITING, Way.READMIT_AWAY: Presence.EXPECTED}


@pytest.mark.parametrize("enters", [True, False])
def test_no_connection_ends_a_removal(enters):
    seat = removed(departed(Attendance(Presence.PRESENT, ONE), Instant(5)))
    assert seat == Attendance(Presence.REMOVED)
    back = arrived(seat, TWO, enters=enters)
    assert back == Attendance(Presence.REMOVED, TWO)
    assert departed(back, Instant(9)) == seat


def test_who_is_readmitted_waits_at_the_door_or_is_expected_there():
    assert readmitted(Attendance(Presence.REMOVED, ONE)) == Attendance(Presence.WAITING, ONE)
    assert readmitted(Attendance(Presence.REMOVED)) == Attendance(Presence.EXPECTED)

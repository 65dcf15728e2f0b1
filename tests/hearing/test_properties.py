"""Whatever anybody asks in whatever order, the law holds."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.hearing import commands as c
from server.hearing.audience import NOTHING, audience, heard, shown, tape_hears, tape_sees, together
from server.hearing.decide import decide
from server.hearing.events import INSTRUMENT, Actor
from server.hearing.evolve import evolve, fold
from server.hearing.ids import Instant
from server.hearing.may import may
from server.hearing.names import name_of
from server.hearing.presence import Presence
from server.hearing.recording_duty import duty
from server.hearing.refusals import Refused
from server.hearing.rooms import CONSULTATION, kind_of, room_of
from server.hearing.seats import Right, Role
from server.hearing.session import ENDED, SessionState
from server.hearing.showing import may_see_page, sees_showing
from server.hearing.state import Hearing, connection_of, initial
from server.hearing.state_order import oath_missing
from server.hearing.view import view
from tests.cast import FULL_BENCH, connection
from tests.hearing.samples import HEARINGS, commands_about, plain_commands

pytestmark = pytest.mark.pure

BENCH = {Role.PRESIDING, Role.JUDGE, Role.ASSESSOR}
ENDING = (c.Close, c.Adjourn)

commands = st.sampled_from(plain_commands()) | st.sampled_from(
    tuple(x for seat in FULL_BENCH for x in commands_about(seat) if not isinstance(x, c.Arrive | c.Depart))
)
comings = st.sampled_from(FULL_BENCH).flatmap(
    lambda seat: st.tuples(
        st.just(seat),
        st.sampled_from([1, 2]).flatmap(
            lambda n: st.sampled_from(
                [c.Arrive(connection(seat, n)), c.Depart(connection(seat, n), c.LeaveCause.CONNECTION_LOST)]
            )
        ),
    )
)
actions = (
    st.tuples(st.sampled_from(FULL_BENCH), commands)
    | st.tuples(st.sampled_from(FULL_BENCH[:1]), commands)  # the presiding seat, or little would happen
    | comings
)
stories = st.tuples(st.sampled_from(sorted(HEARINGS)), st.lists(actions, max_size=40))


def strings(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {s for item in value.values() for s in strings(item)}
    if isinstance(value, list | tuple):
        return {s for item in value for s in strings(item)}
    return {value} if isinstance(value, str) else set()


def check_outsider(state: Hearing, seat: Any) -> None:
    """Waiting, isolated, lost, left, removed: gets nothing, gives nothing, learns of nobody."""
    for other in state.seats:
        assert audience(state, other, seat) == audience(state, seat, other) == NOTHING
    assert not state.floor.requested_by(seat) or state.attendance[seat].presence is Presence.LOST
    seen = view(state, seat)
    measures = tuple(dataclasses.replace(one, by="") for one in seen.seats[0].measures)
    own = dataclasses.replace(seen.seats[0], role="", side="", measures=measures)
    words = strings(dataclasses.asdict(dataclasses.replace(seen, seats=(own,))))
    for who in state.seats.values():
        if who.id != seat:
            assert who.id not in words
            assert not any(who.name in word for word in words)
    assert len(seen.seats) == 1


def check_showing(state: Hearing) -> None:
    """What is shown is shown by one who is there and free to, to those who are there; a file is read by right."""
    showing = state.exhibits.showing
    if showing is not None:
        attendance = state.attendance[showing.seat]
        assert state.session in {SessionState.CHECKING_IN, SessionState.IN_SESSION}
        assert not attendance.locked
        assert attendance.presence is Presence.PRESENT or showing.source == "exhibit"
        assert len(showing.marks) <= 200
    for seat, who in state.seats.items():
        if sees_showing(state, seat):
            assert state.attendance[seat].presence is Presence.PRESENT
            assert state.session is not SessionState.RECESSED
        for exhibit in state.exhibits.items.values():
            if not (who.may(Right.CONSENT) or who.may(Right.OVERSEE)):
                pages = [
                    page
                    for page in range(1, exhibit.pages + 1)
                    if may_see_page(state, seat, exhibit.exhibit, page)
                ]
                assert len(pages) <= 1
                assert not pages or sees_showing(state, seat)


def check_order(state: Hearing, seat: Any) -> None:
    """Who has the floor is here or comes back, and is bound; who takes part has a connection."""
    who, attendance = state.seats[seat], state.attendance[seat]
    if state.floor.held_by(seat):
        assert attendance.presence in {Presence.PRESENT, Presence.LOST}
        assert not oath_missing(who, attendance.order)
    if attendance.presence is not Presence.REMOVED:
        assert (attendance.connection is None) == (
            attendance.presence in {Presence.EXPECTED, Presence.LOST, Presence.LEFT}
        )


def in_consultation(state: Hearing, seat: Any) -> bool:
    return kind_of(room_of(state, seat)) == CONSULTATION


def check(state: Hearing) -> None:
    """What must hold in every state."""
    if state.session in {*ENDED, SessionState.SCHEDULED}:
        assert all(audience(state, p, r) == NOTHING for p in state.seats for r in state.seats)
    check_showing(state)
    for seat, who in state.seats.items():
        attendance = state.attendance[seat]
        if attendance.presence is not Presence.PRESENT:
            check_outsider(state, seat)
            assert not heard(state, seat)
            assert not shown(state, seat)
        if attendance.locked or who.role is Role.OBSERVER:
            assert not heard(state, seat)
            assert not tape_hears(state, seat)
        if who.role is Role.OBSERVER:
            assert not shown(state, seat)
        if not duty(state).on:
            assert not tape_hears(state, seat)
            assert not tape_sees(state, seat)
        if tape_hears(state, seat):
            assert heard(state, seat)
        if state.session is SessionState.RECESSED and who.role not in BENCH:
            # a party may talk to its own lawyer meanwhile
            apart = [
                p for p in state.seats if not (in_consultation(state, seat) and together(state, seat, p))
            ]
            assert all(audience(state, p, seat) == audience(state, seat, p) == NOTHING for p in apart)
        check_order(state, seat)


def actor_of(state: Hearing, seat: Any, command: c.Command) -> Actor:
    if isinstance(command, c.ReportTape | c.Tick):
        return INSTRUMENT
    return Actor(seat, connection_of(state, seat))


@settings(max_examples=250, deadline=None)
@given(stories)
def test_no_sequence_of_commands_breaks_the_law_and_replay_equals_live(story):
    name, told = story
    hearing = HEARINGS[name]()
    state, log, now = hearing.state, hearing.log, hearing.script.now
    check(state)
    for seat, command in told:
        now = Instant(now + 1000)
        before = repr(state)
        try:
            events = decide(state, command, actor_of(state, seat, command), now)
        except Refused:
            assert repr(state) == before
            continue
        for event in events:
            state = evolve(state, event, now)
            log.append((event, now))
        check(state)
    assert fold(initial(), log) == state


@settings(max_examples=80, deadline=None)
@given(stories)
def test_a_seat_can_do_nothing_that_its_view_does_not_name(story):
    name, told = story
    hearing = HEARINGS[name]()
    state, now = hearing.state, hearing.script.now
    for seat, command in told:
        now = Instant(now + 1000)
        try:
            events = decide(state, command, actor_of(state, seat, command), now)
        except Refused:
            continue
        if events and type(command) in name_of:
            assert name_of[type(command)] in may(state, seat, now)
        if not isinstance(command, ENDING):
            state = fold(state, [(event, now) for event in events])

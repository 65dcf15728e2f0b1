"""Hearings of every kind, told at random by all their people: whatever comes, what must never happen does not.

A few dozen hearings in `make test`; `make soak` plays at least 10,000 (YUNTING_STORIES).
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from server.courtroom.plans import peers, plans, room_tape, screen_peer, tape_peer, words_peer
from server.courtroom.settings import CourtroomSettings
from server.hearing import commands as c
from server.hearing.audience import NOTHING, audience, heard
from server.hearing.channels import Channel, receives
from server.hearing.commands_checkin import ConvertOffline
from server.hearing.commands_order import PairInterpreter
from server.hearing.commands_rooms import ConsentRecording, EndMediation, MoveSeats, Propose, ScreenOff
from server.hearing.decide import decide
from server.hearing.events import INSTRUMENT, Actor
from server.hearing.events_order import SeatReadmitted, SeatRemoved
from server.hearing.events_rooms import ProposalMade
from server.hearing.evolve import evolve, fold
from server.hearing.ids import Instant, SeatId
from server.hearing.may import candidates
from server.hearing.names import command_names
from server.hearing.presence import Presence
from server.hearing.procedure import PROCEDURES
from server.hearing.recording_duty import agreed, by_consent, duty
from server.hearing.refusals import Refused
from server.hearing.rooms import belongs, caucuses, is_caucus, occupants, place, rooms
from server.hearing.seats import ISOLATED, Right
from server.hearing.session import SessionState
from server.hearing.state import conductor, connection_of, initial
from server.hearing.streams import stream_of
from server.hearing.view import view
from tests.builders import a_hearing
from tests.cast import (
    ASSESSOR,
    CLERK,
    DEFENDANT,
    DEFENDANT_AGENT,
    INTERPRETER,
    JUDGE,
    MEDIATOR,
    OBSERVER,
    PLAINTIFF,
    PLAINTIFF_AGENT,
    PRESIDING,
    WITNESS,
    connection,
)
from tests.hearing.mediations import a_mediation, accepted

if TYPE_CHECKING:
    from server.hearing.events import Event
    from server.hearing.state import Hearing
    from server.hearing.view_shapes import HearingView

pytestmark = pytest.mark.pure

STORIES = int(os.environ.get("YUNTING_STORIES", "12"))
STEPS = 30
WORD = "planted"
SETTINGS = CourtroomSettings()

TRIAL = (
    PRESIDING, JUDGE, ASSESSOR, CLERK, PLAINTIFF, DEFENDANT, PLAINTIFF_AGENT, DEFENDANT_AGENT, INTERPRETER, WITNESS, OBSERVER,
)  # fmt: skip
WITH_MEDIATOR = (MEDIATOR, CLERK, PLAINTIFF, DEFENDANT, PLAINTIFF_AGENT, DEFENDANT_AGENT, INTERPRETER)
CONDUCTORS = 3  # of four: who leads does most of what happens


class AnyHearing(RuleBasedStateMachine):
    """One hearing. log: its streams, each event with its time."""

    @initialize(
        procedure=st.sampled_from(sorted(PROCEDURES)),
        often=st.booleans(),
        begun=st.booleans(),
        seed=st.integers(0, 2**32),
    )
    def begin(self, procedure: str, often: bool, begun: bool, seed: int) -> None:
        """Schedule it, and bring it to where most happens."""
        procedure = "mediation" if often else procedure
        if procedure == "mediation" and begun:
            told = accepted(a_mediation())
        elif procedure == "civil_ordinary" and begun:
            told = a_hearing(TRIAL).opened()
        else:
            cast = WITH_MEDIATOR if procedure == "mediation" else TRIAL
            told = a_hearing(cast, procedure=procedure, public=procedure != "mediation")
            told.arrived()
        self.dice = random.Random(seed)  # not drawn one by one: a story that fails must shrink in seconds
        self.state: Hearing = told.state
        self.now = told.script.now
        self.log: dict[str, list[tuple[Event, Instant]]] = {}
        self.removed: set[SeatId] = set()
        for event, at in told.log:
            self._enter(event, at)

    def _enter(self, event: Event, at: Instant) -> None:
        self.log.setdefault(stream_of(self.state.hearing, event), []).append((event, at))

    def _ask(self, seat: SeatId | None, command: c.Command) -> bool:
        self.now = Instant(self.now + self.dice.choice((1, 900, 20_000)))
        actor = Actor(seat, connection_of(self.state, seat)) if seat else INSTRUMENT
        before = self.state
        try:
            events = decide(before, command, actor, self.now)
        except Refused:
            assert self.state is before
            return False
        outside = self._outside(before, seat)
        seen = view(before, outside) if outside else None
        for event in events:
            self.state = evolve(self.state, event, self.now)
            self._enter(event, self.now)
            if isinstance(event, SeatRemoved):
                self.removed.add(event.seat)
            elif isinstance(event, SeatReadmitted):
                self.removed.discard(event.seat)
        if outside and seen:
            self._no_pulse(before, outside, seen)
        return bool(events)

    def _outside(self, state: Hearing, acts: SeatId | None) -> SeatId | None:
        """Somebody who is not in the courtroom and does nothing now."""
        found = [
            seat
            for seat, attendance in state.attendance.items()
            if attendance.presence is not Presence.PRESENT and seat != acts
        ]
        return self.dice.choice(found) if found else None

    def _no_pulse(self, before: Hearing, seat: SeatId, seen: HearingView) -> None:
        """Its screen changes with the sitting, with itself and with its own letters, and with nothing else (OLR 26)."""
        if view(self.state, seat) == seen:
            return
        frame = [(one.session, one.opened_at, one.closed_at) for one in (before, self.state)]
        letters = [
            [m for said in one.care.messages.values() for m in said if m.person == seat]
            for one in (before, self.state)
        ]
        own = [one.attendance[seat] for one in (before, self.state)]
        after = view(self.state, seat)
        changed = {
            name: (getattr(seen, name), getattr(after, name))
            for name in seen.__dataclass_fields__
            if getattr(seen, name) != getattr(after, name)
        }
        if self.state.seats[seat].may(Right.OVERSEE):
            changed.pop("may", None)  # the clerk acts for a conductor who went, also from outside
        assert not changed or any(a != b for a, b in (frame, letters, own)), (
            f"a pulse of the hearing: {changed}"
        )

    # --- what happens ---

    def _someone(self) -> SeatId:
        lead = conductor(self.state)
        return (
            lead if lead and self.dice.randrange(4) < CONDUCTORS else self.dice.choice(list(self.state.seats))
        )

    @rule(names=st.lists(st.sampled_from(sorted(command_names)), min_size=1, max_size=8))
    def ask(self, names: list[str]) -> None:
        """People give commands that could be lawful."""
        for name in names:
            seat = self._someone()
            several = list(candidates(self.state, command_names[name], seat))
            for command in self.dice.sample(several, min(3, len(several))):
                ends = isinstance(command, c.Close | c.Adjourn | ConvertOffline | EndMediation)
                if ends and self.dice.randrange(8):
                    continue  # else every story is short
                if self._ask(seat, command):
                    break

    @rule()
    def comes_or_goes(self) -> None:
        """A line is cut, or comes again."""
        seat = self.dice.choice(list(self.state.seats))
        held = connection_of(self.state, seat)
        if held is None:
            self._ask_as(seat, c.Arrive(connection(seat, self.dice.choice((1, 2, 3)))))
        else:
            self._ask_as(seat, c.Depart(held, self.dice.choice(list(c.LeaveCause))))

    def _ask_as(self, seat: SeatId, command: c.Command) -> None:
        self._ask(seat, command)

    @rule()
    def time_passes(self) -> None:
        """A deadline may be due."""
        self.now = Instant(self.now + 30_000)
        self._ask(None, c.Tick())

    @rule()
    def people_move(self) -> None:
        """The one who leads moves people somewhere, lawful or not."""
        lead = conductor(self.state)
        seats = self.dice.sample(list(self.state.seats), 2)
        if lead is not None:
            room = self.dice.choice(rooms(self.state))
            self._ask(lead, MoveSeats((*seats, lead) if is_caucus(room) else tuple(seats), room))

    @precondition(lambda self: by_consent(self.state))
    @rule()
    def goes_into_caucus(self) -> None:
        """The mediator takes a side aside, and somebody says a word there that others must never see."""
        lead, side = conductor(self.state), self.dice.choice(("plaintiff", "defendant"))
        own = [seat for seat, who in self.state.seats.items() if who.side.value == side]
        if lead is not None:
            self._ask(lead, MoveSeats((lead, *own), f"caucus:{side}"))
        self._ask(self.dice.choice(own), Propose(f"{WORD} for {side}", side))
        if self.dice.randrange(2):
            for seat in occupants(self.state, f"caucus:{side}"):
                self._ask(seat, ConsentRecording(agrees=self.dice.randrange(6) > 0))

    @rule()
    def screens(self) -> None:
        """Two are screened from one another."""
        lead = conductor(self.state)
        if lead is not None:
            one, other = self.dice.sample(list(self.state.seats), 2)
            self._ask(lead, ScreenOff(one, other, on=self.dice.randrange(3) > 0, reason="x"))

    @precondition(lambda self: INTERPRETER in self.state.seats)
    @rule()
    def pairs(self) -> None:
        """The interpreter speaks for another."""
        lead = conductor(self.state)
        if lead is not None:
            self._ask(
                lead, PairInterpreter(INTERPRETER, self.dice.choice((PLAINTIFF, DEFENDANT, SeatId(""))))
            )

    # --- what must hold ---

    @invariant()
    def who_is_not_inside_gets_nothing_and_gives_nothing(self) -> None:
        """Waiting, isolated, lost, left, removed (OLR 26, CR 19)."""
        for seat, attendance in self.state.attendance.items():
            if attendance.presence is not Presence.PRESENT:
                assert not heard(self.state, seat)
                for other in self.state.seats:
                    assert audience(self.state, other, seat) == audience(self.state, seat, other) == NOTHING

    @invariant()
    def removed_stays_removed(self) -> None:
        """Only the bench lifts it (CR 19)."""
        for seat in self.removed:
            assert self.state.attendance[seat].presence is Presence.REMOVED

    @invariant()
    def nobody_is_where_it_may_not_be(self) -> None:
        """Rooms hold who belongs there; two who are screened reach one another nowhere (OMR 16)."""
        for room in rooms(self.state):
            for seat in occupants(self.state, room):
                assert belongs(self.state, seat, room)
        for one, other in self.state.rooms.screened:
            assert audience(self.state, one, other) == audience(self.state, other, one) == NOTHING
            here = place(self.state, one)
            assert here is None or here == "main" or here != place(self.state, other)

    @invariant()
    def the_tape_runs_exactly_when_it_must(self) -> None:
        """AVR 3; in a mediation only while all who are there agreed (OMR 22)."""
        sits = self.state.session is SessionState.IN_SESSION
        recording = PROCEDURES[self.state.procedure].recording
        for room in rooms(self.state):
            there = occupants(self.state, room)
            if recording == "by_consent" and (room == "main" or is_caucus(room)):
                every = bool(there) and all(agreed(self.state, seat, room) for seat in there)
                assert duty(self.state, room).on is (sits and every)
            else:
                assert duty(self.state, room).on is (sits and room == "main" and recording == "whole_course")

    @invariant()
    def no_route_goes_where_the_law_does_not(self) -> None:
        """The plan of the wire: people, tape and ears of every room."""
        now = plans(self.state.hearing, self.state, {}, SETTINGS)
        seat_of = {peer: seat for seat, peer in peers(self.state).items()}
        screens = {screen_peer(str(peer)): seat for peer, seat in seat_of.items()}
        machines = {tape_peer(self.state.hearing): "main", words_peer(self.state.hearing): "main"}
        for room in caucuses(self.state):
            tape = room_tape(self.state.hearing, room, self.state.rooms.sittings.get(room, 0))
            machines |= {tape_peer(tape): room, words_peer(tape): room}
        assert now.rooms.keys() == {room for room in caucuses(self.state) if duty(self.state, room).on}
        for receiver, wanted in now.routes.receive.items():
            for subscription in wanted:
                publisher = screens.get(subscription.publisher) or seat_of[subscription.publisher]
                if receiver in seat_of and subscription.publisher in screens:
                    assert receives(self.state, Channel.SCREEN, seat_of[receiver], publisher)
                elif receiver in seat_of:
                    right = audience(self.state, publisher, seat_of[receiver])
                    assert right.hear >= subscription.audio
                    assert right.see >= subscription.video
                else:
                    room = machines[receiver]
                    assert place(self.state, publisher) == room
                    assert duty(self.state, room).on

    @invariant()
    def no_screen_shows_what_is_not_for_it(self) -> None:
        """One seat's view a step: no word of a caucus that is not its own, no name of one it must not know."""
        seat = self.dice.choice(list(self.state.seats))
        shown = repr(view(self.state, seat, self.now))
        for room in caucuses(self.state):
            secret = f"{WORD} for {room.partition(':')[2]}"
            shared = any(proposal.text == secret for proposal in self.state.rooms.proposals.values())
            assert belongs(self.state, seat, room) or shared or secret not in shown
        for one, other in self.state.rooms.screened:
            if seat in {one, other}:
                assert self.state.seats[other if seat == one else one].name not in shown
        if self.state.attendance[seat].presence is Presence.ISOLATED:
            assert self.state.seats[seat].role in ISOLATED
            assert not [who.name for who in self.state.seats.values() if who.id != seat and who.name in shown]

    def teardown(self) -> None:
        """Replay, stream after stream in either order, is the hearing as it was lived; the main one tells no secret."""
        if not hasattr(self, "log"):
            return
        main, *sides = self.log.values()
        for order in (sides, sides[::-1]):
            state = fold(initial(), main)
            for stream in order:
                state = fold(state, stream)
            assert state == self.state
        told = [event for event, _ in main if WORD in repr(event)]
        assert all(isinstance(event, ProposalMade) and event.to == "both" for event in told)


TestAnyHearing = AnyHearing.TestCase
TestAnyHearing.settings = settings(
    max_examples=STORIES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

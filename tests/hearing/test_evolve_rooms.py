"""What the events of rooms change, and that a caucus's own change nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.hearing import events_rooms as er
from server.hearing.commands_rooms import MoveSeats
from server.hearing.evolve import evolve
from server.hearing.ids import Instant, SeatId
from server.hearing.refusals import InvariantBroken
from server.hearing.state_rooms import NO_CAUCUS
from tests.cast import MEDIATOR, PLAINTIFF
from tests.hearing.mediations import OURS, PLAINTIFFS, in_caucus
from tests.playbook import by

pytestmark = pytest.mark.pure

AT = Instant(7)
OF_THE_CAUCUS = (
    er.ProposalMade(OURS, "plaintiff-1", PLAINTIFF, "plaintiff", "a third"),
    er.ProposalAnswered(OURS, "plaintiff-1", PLAINTIFF, accepts=True),
    er.ProposalShared(OURS, "plaintiff-1"),
    er.RecordingAnswered(OURS, 1, PLAINTIFF, agrees=True),
    er.RecordingSwitched(OURS, 1, on=True),
    er.RecordingSwitched(OURS, 1, on=False),
    er.RecordingAnswered(OURS, 1, PLAINTIFF, agrees=False),
    er.RoomClosed(OURS, 1, recorded=True),
)


def test_an_event_of_a_caucus_changes_what_belongs_to_it_and_nothing_else() -> None:
    before = state = in_caucus().state
    for event in OF_THE_CAUCUS:
        state = evolve(state, event, AT)
    kept = state.rooms.caucus[OURS]
    assert (kept.recorded, kept.agreed) == (frozenset({1}), {})
    proposal = kept.proposals["plaintiff-1"]
    assert (proposal.answers, proposal.shared, proposal.at) == ({PLAINTIFF: True}, True, AT)
    assert replace(state, rooms=replace(state.rooms, caucus={})) == before


def test_it_reads_the_same_after_all_that_came_later_in_the_main_stream() -> None:
    hearing = in_caucus()
    early = hearing.state
    for event in OF_THE_CAUCUS:
        early = evolve(early, event, AT)
    hearing.script >> by(MEDIATOR, MoveSeats((MEDIATOR, *PLAINTIFFS), "main"))
    late = hearing.state
    for event in OF_THE_CAUCUS:
        late = evolve(late, event, AT)
    assert late.rooms.caucus == early.rooms.caucus


@pytest.mark.parametrize(
    "event",
    [
        er.SeatsMoved((SeatId("ghost"),), "main"),
        er.ProposalAnswered("main", "p9", PLAINTIFF, accepts=True),
        er.ProposalShared(OURS, "p9"),
        er.ClauseAnswered("c9", 1, PLAINTIFF, agrees=True, by=PLAINTIFF),
        er.UndisputedAnswered("f9", PLAINTIFF, agrees=True),
    ],
)
def test_what_cannot_follow_is_our_own_bug(event) -> None:
    with pytest.raises(InvariantBroken):
        evolve(in_caucus().state, event, AT)


def test_a_caucus_of_which_nothing_is_known_is_empty() -> None:
    assert in_caucus().state.rooms.caucus.get(OURS, NO_CAUCUS) == NO_CAUCUS

"""In which stream an event stands."""

from __future__ import annotations

import pytest

from server.hearing import events_rooms as er
from server.hearing.events import SeatAdmitted
from server.hearing.ids import HearingId
from server.hearing.streams import room_stream, side_streams, stream_of
from tests.builders import a_hearing
from tests.cast import PLAINTIFF
from tests.hearing.mediations import a_mediation

pytestmark = pytest.mark.pure

H = HearingId("h-1")


@pytest.mark.parametrize(
    "event, stream",
    [
        (er.ProposalMade("main", "p1", PLAINTIFF, "both", "x"), "h-1"),
        (er.ProposalMade("caucus:plaintiff", "p", PLAINTIFF, "plaintiff", "x"), "h-1#caucus.plaintiff"),
        (er.RoomClosed("caucus:third", 1, recorded=False), "h-1#caucus.third"),
        (er.CaucusBegan("caucus:plaintiff", 1), "h-1"),
        (er.SeatsMoved((PLAINTIFF,), "caucus:plaintiff"), "h-1"),
        (SeatAdmitted(PLAINTIFF, "witness_room"), "h-1"),
    ],
)
def test_only_what_is_of_a_caucus_is_in_its_stream(event, stream) -> None:
    assert stream_of(H, event) == stream


def test_no_other_room_has_a_stream_of_its_own() -> None:
    assert room_stream(H, "consultation:plaintiff") == room_stream(H, "deliberation") == "h-1"


def test_only_a_mediation_has_side_streams() -> None:
    assert side_streams(a_hearing().state) == ()
    assert side_streams(a_mediation().state) == ("h-1#caucus.plaintiff", "h-1#caucus.defendant")

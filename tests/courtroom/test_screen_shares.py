"""A shared screen: only the one that is shown flows, only to who sees it, and its transport ends with the right to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from media.facts import PeerConnected, PeerLost
from media.ids import Kind, PeerId
from server.courtroom.outputs import MediaLostOut, PointerOut
from server.courtroom.plans import connection_of_peer, screen_peer, seat_of_label, tape_peer
from server.hearing import commands as c
from server.hearing import commands_exhibits as cx
from server.hearing import commands_rooms as cr
from server.hearing.refusals import Reason, Refused
from tests.cast import CAST, CLERK, DEFENDANT, OBSERVER, PLAINTIFF, PRESIDING, WITNESS

if TYPE_CHECKING:
    from server.hearing.ids import SeatId
    from tests.courtroom.rig import Rig

pytestmark = pytest.mark.service


def screen_of(rig: Rig, seat: SeatId) -> PeerId:
    return screen_peer(rig.tabs[seat].connection)


def viewers(rig: Rig, seat: SeatId) -> set[SeatId]:
    """Seats that get the seat's screen by the plan in force."""
    screen = screen_of(rig, seat)
    return {
        viewer
        for viewer, tab in rig.tabs.items()
        if any(s.publisher == screen for s in rig.routes.receive.get(PeerId(tab.connection), ()))
    }


async def permitted(rig: Rig) -> None:
    """The plaintiff may present and has its screen ready."""
    await rig.opened()
    await rig.do(PRESIDING, cx.PermitPresenting(PLAINTIFF, on=True))
    assert rig.room.answer(rig.tabs[PLAINTIFF], "v=0 screen", "screen") == "v=0 answer"


def test_names_of_peers_and_labels_go_there_and_back() -> None:
    assert connection_of_peer(screen_peer("c1")) == ("c1", "screen")
    assert connection_of_peer(PeerId("c1")) == ("c1", "main")
    assert seat_of_label("plaintiff~screen") == ("plaintiff", "screen")
    assert seat_of_label("plaintiff") == ("plaintiff", "main")


async def test_a_screen_that_is_ready_but_not_shown_flows_nowhere(rig: Rig) -> None:
    await permitted(rig)
    assert (screen_of(rig, PLAINTIFF), "v=0 screen") in rig.media.offers
    assert screen_of(rig, PLAINTIFF) not in rig.routes.publish
    assert viewers(rig, PLAINTIFF) == set()


async def test_the_screen_that_is_shown_flows_to_who_sees_it_and_onto_the_tape(rig: Rig) -> None:
    await permitted(rig)
    await rig.do(PLAINTIFF, cx.ShowSource("screen", PLAINTIFF))
    assert rig.routes.publish[screen_of(rig, PLAINTIFF)] == frozenset({Kind.VIDEO})
    assert viewers(rig, PLAINTIFF) == set(CAST) - {PLAINTIFF, WITNESS}
    taped = rig.routes.receive[tape_peer(rig.hearing)]
    assert screen_of(rig, PLAINTIFF) in {s.publisher for s in taped if s.video and not s.audio}
    labels = rig.instruments.recorders[-1].orders[-1].labels
    assert labels[screen_of(rig, PLAINTIFF)] == "plaintiff~screen"
    assert screen_of(rig, PLAINTIFF) not in rig.instruments.ears[-1].orders[-1].labels
    slot = next(s for s in rig.tabs[DEFENDANT].last.slots if s.source == "screen")
    assert (slot.seat, slot.video, slot.audio) == (PLAINTIFF, True, False)
    await rig.do(PRESIDING, cr.ScreenOff(PLAINTIFF, DEFENDANT, on=True, reason="fear"))
    assert DEFENDANT not in viewers(rig, PLAINTIFF)


async def test_a_tab_says_how_wide_it_shows_the_screen(rig: Rig) -> None:
    await permitted(rig)
    await rig.do(PLAINTIFF, cx.ShowSource("screen", PLAINTIFF))
    rig.room.show(rig.tabs[DEFENDANT], {"plaintiff.screen": 0})
    assert DEFENDANT not in viewers(rig, PLAINTIFF)


async def test_an_object_before_the_other_camera_goes_the_same_way(rig: Rig) -> None:
    await permitted(rig)
    await rig.do(PLAINTIFF, cx.ShowSource("camera", PLAINTIFF))
    assert viewers(rig, PLAINTIFF) == set(CAST) - {PLAINTIFF, WITNESS}
    labels = rig.instruments.recorders[-1].orders[-1].labels
    assert labels[screen_of(rig, PLAINTIFF)] == "plaintiff~screen"
    assert labels[PeerId(rig.tabs[PLAINTIFF].connection)] == "plaintiff", "the person stays on the tape"
    await rig.do(PLAINTIFF, cx.StopShowing())
    assert screen_of(rig, PLAINTIFF) in rig.media.ended


async def test_without_leave_there_is_no_transport_for_a_screen(rig: Rig) -> None:
    await rig.opened()
    for seat in (DEFENDANT, OBSERVER, WITNESS):
        with pytest.raises(Refused) as caught:
            rig.room.answer(rig.tabs[seat], "v=0 screen", "screen")
        assert caught.value.reason is Reason.PRESENTING_NOT_PERMITTED
    assert not [peer for peer, _ in rig.media.offers if str(peer).endswith(".screen")]


@pytest.mark.parametrize("end", ["stopped", "forbidden", "locked", "recess", "line", "left"])
async def test_the_transport_ends_with_the_showing_and_with_the_right(rig: Rig, end: str) -> None:
    await permitted(rig)
    await rig.do(PLAINTIFF, cx.ShowSource("screen", PLAINTIFF))
    screen = screen_of(rig, PLAINTIFF)
    ended: dict[str, tuple[SeatId, c.Command]] = {
        "stopped": (PLAINTIFF, cx.StopShowing()),
        "forbidden": (PRESIDING, cx.PermitPresenting(PLAINTIFF, on=False)),
        "locked": (PRESIDING, c.MuteAndLock(PLAINTIFF, "shouting")),
        "recess": (PRESIDING, c.Recess("noon")),
        "line": (PLAINTIFF, c.Depart(rig.tabs[PLAINTIFF].connection, c.LeaveCause.CONNECTION_LOST)),
        "left": (PLAINTIFF, c.Leave()),
    }
    await rig.do(*ended[end])
    assert screen in rig.media.ended
    assert screen not in rig.routes.publish
    assert viewers(rig, PLAINTIFF) == set()


async def test_a_screen_whose_line_is_lost_is_no_absence_and_its_tab_is_told(rig: Rig) -> None:
    await permitted(rig)
    screen = screen_of(rig, PLAINTIFF)
    rig.registry.seated(rig.tabs[PLAINTIFF].connection, rig.room)
    before = await rig.kinds()
    rig.registry.media_fact(PeerConnected(screen))
    rig.registry.media_fact(PeerLost(screen, "consent_lost"))
    await rig.settle()
    assert rig.tabs[PLAINTIFF].all(MediaLostOut) == [MediaLostOut("consent_lost", "screen")]
    assert await rig.kinds() == before
    rig.room.end_media(rig.tabs[PLAINTIFF].connection)
    assert screen not in rig.media.ended, "there was nothing left to end"


async def test_the_pointer_goes_from_who_controls_to_who_sees_and_not_into_the_log(rig: Rig) -> None:
    await rig.opened()
    await rig.do(PRESIDING, cx.ShowSource("camera", PLAINTIFF))
    before = await rig.kinds()
    for seat in CAST:
        rig.room.point(rig.tabs[seat], 10, 20)
    got = {seat: {out.seat for out in rig.tabs[seat].all(PointerOut)} for seat in CAST}
    points = {PLAINTIFF, PRESIDING, CLERK}
    assert got == {seat: points - {seat} if seat != WITNESS else set() for seat in CAST}
    assert await rig.kinds() == before
    await rig.do(PRESIDING, cx.StopShowing())
    rig.room.point(rig.tabs[PRESIDING], None, None)
    assert len(rig.tabs[DEFENDANT].all(PointerOut)) == len(points)

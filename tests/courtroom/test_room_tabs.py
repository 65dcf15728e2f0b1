"""The courtroom and its tabs: who holds a seat, and what each is shown of what the instruments say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from media.facts import CandidatesChanged, PeerConnected, PeerLost, SpeakersChanged, TooManyPeers
from media.ids import PeerId
from server.courtroom.outputs import CandidatesOut, CaptionOut, MediaLostOut, SpeakingOut, ViewOut
from server.courtroom.ports import Spoken, Unavailable
from server.hearing import commands as c
from server.hearing import commands_order as co
from server.hearing.events import Actor
from server.hearing.presence import Presence
from server.hearing.refusals import Refused
from tests.cast import CAST, CLERK, DEFENDANT, OBSERVER, PLAINTIFF, PRESIDING, WITNESS, connection
from tests.fakes.media import BAD_OFFER
from tests.fakes.tab import FakeTab

if TYPE_CHECKING:
    from tests.courtroom.rig import Rig

pytestmark = pytest.mark.service


# --- tabs ---


async def test_whom_the_court_removed_keeps_a_tab_that_shows_nothing_but_that(rig: Rig) -> None:
    await rig.opened()
    await rig.do(PRESIDING, c.GrantFloor(DEFENDANT))
    assert rig.receives(CLERK, DEFENDANT) is not None
    await rig.do(PRESIDING, co.Remove(DEFENDANT, "shouting"))
    for n in (1, 2):
        tab = rig.tabs[DEFENDANT] if n == 1 else await rig.arrive(DEFENDANT, n)
        seen = tab.last.view
        assert tab.bye == ""
        assert [card.seat for card in seen.seats] == [DEFENDANT]
        assert [(one.measure, one.reason, one.by) for one in seen.seats[0].measures] == [
            ("remove", "shouting", "presiding")
        ]
        assert rig.room.state.attendance[DEFENDANT].presence is Presence.REMOVED
        for other in CAST:
            assert rig.receives(other, DEFENDANT) is None
            assert rig.receives(DEFENDANT, other) is None
        rig.registry.media_fact(SpeakersChanged(str(rig.hearing), (PeerId(connection(PRESIDING)),)))
        assert not [out for out in tab.all(SpeakingOut) if out.seats]
    assert rig.tabs[DEFENDANT].all(CaptionOut) == []


async def test_the_second_tab_of_a_seat_takes_it_and_the_first_is_told_so(rig: Rig) -> None:
    await rig.opened()
    old = rig.tabs[DEFENDANT]
    new = await rig.arrive(DEFENDANT, 2)
    assert old.bye == "superseded"
    assert new.bye == ""
    assert rig.media.ended == [PeerId(old.connection)]
    assert new.last.view.in_room, "same seat, same admission"
    with pytest.raises(Refused, match="not_connected"):
        await rig.room.ask(c.RequestFloor(), Actor(DEFENDANT, old.connection))
    for act in (lambda: rig.room.answer(old, "v=0"), lambda: rig.room.show(old, {"presiding": 1})):
        with pytest.raises(Refused, match="not_connected"):
            act()
    assert rig.media.offers == []


async def test_a_tab_that_came_too_late_is_not_shown_anything(rig: Rig) -> None:
    await rig.opened()
    late = FakeTab(DEFENDANT, connection(DEFENDANT, 9))
    rig.room.attach(late)
    assert late.bye == "superseded"
    assert late.all(ViewOut) == []
    assert late.all(CaptionOut) == []


async def test_who_leaves_is_told_so_and_hears_nothing_more(rig: Rig) -> None:
    await rig.opened()
    await rig.do(DEFENDANT, c.Leave())
    assert rig.tabs[DEFENDANT].bye == "left"
    assert PeerId(connection(DEFENDANT)) in rig.media.ended
    assert PeerId(connection(DEFENDANT)) not in rig.routes.receive


async def test_a_detached_tab_is_told_nothing_and_its_connection_stays(rig: Rig) -> None:
    await rig.opened()
    tab = rig.tabs[DEFENDANT]
    rig.room.detach(tab)
    told = len(tab.told)
    await rig.do(PRESIDING, c.GrantFloor(DEFENDANT))
    assert len(tab.told) == told
    assert rig.room.is_current(DEFENDANT, tab.connection)
    again = FakeTab(DEFENDANT, tab.connection)
    rig.room.attach(again)
    rig.room.detach(tab)  # the old socket's end comes late
    await rig.do(PRESIDING, c.CloseFloor())
    assert again.last.view.floor.seats == ()


async def test_slots_name_only_seats_this_tab_receives(rig: Rig) -> None:
    await rig.opened()
    slots = {slot.seat: slot for slot in rig.tabs[OBSERVER].last.slots}
    assert slots.keys() == {s for s in CAST if s not in {OBSERVER, WITNESS}}
    assert slots[PRESIDING].audio
    assert not slots[DEFENDANT].audio
    assert rig.tabs[WITNESS].last.slots == ()


async def test_an_offer_is_answered_and_the_slots_it_has_are_shown(rig: Rig) -> None:
    await rig.opened()
    tab = rig.tabs[OBSERVER]
    rig.media.slots = 2
    assert rig.room.answer(tab, "v=0 offer") == "v=0 answer"
    assert rig.media.offers == [(PeerId(tab.connection), "v=0 offer")]
    assert [slot.index for slot in tab.last.slots] == [0, 1]


async def test_a_bad_offer_is_the_callers_trouble(rig: Rig) -> None:
    await rig.opened()
    with pytest.raises(ValueError, match="bundle"):
        rig.room.answer(rig.tabs[PLAINTIFF], BAD_OFFER)
    await rig.do(PRESIDING, c.GrantFloor(PLAINTIFF))


async def test_a_full_media_plane_is_infrastructure(rig: Rig) -> None:
    await rig.opened()
    rig.media.refuses = TooManyPeers()
    with pytest.raises(Unavailable, match="too_many_peers"):
        rig.room.answer(rig.tabs[PLAINTIFF], "v=0")


async def test_tiles_choose_widths_until_the_connection_ends(rig: Rig) -> None:
    await rig.opened()
    rig.room.show(rig.tabs[CLERK], {"presiding": 111})
    assert rig.receives(CLERK, PRESIDING).width_px == 111  # type: ignore[union-attr]
    rig.room.end_media(rig.tabs[CLERK].connection)
    await rig.do(PRESIDING, c.CallWitness(WITNESS))
    assert rig.receives(CLERK, PRESIDING).width_px == rig.settings.main_tile_width_px  # type: ignore[union-attr]


# --- what the instruments say ---


async def test_speakers_are_shown_to_those_who_hear_them_and_nothing_at_all_to_the_witness(rig: Rig) -> None:
    await rig.opened()
    await rig.do(PRESIDING, c.GrantFloor(DEFENDANT))
    for speakers in ((DEFENDANT,), (DEFENDANT, PRESIDING), ()):
        fact = SpeakersChanged(str(rig.hearing), tuple(PeerId(connection(seat)) for seat in speakers))
        rig.registry.media_fact(fact)
    said = [out.seats for out in rig.tabs[OBSERVER].all(SpeakingOut)]
    assert said == [("defendant",), ("defendant", "presiding"), ()]
    assert [out.seats for out in rig.tabs[DEFENDANT].all(SpeakingOut)] == said
    assert rig.tabs[WITNESS].all(SpeakingOut) == []


async def test_a_tab_that_comes_while_somebody_speaks_is_told(rig: Rig) -> None:
    await rig.opened()
    rig.registry.media_fact(SpeakersChanged(str(rig.hearing), (PeerId(connection(PRESIDING)),)))
    tab = await rig.arrive(OBSERVER, 2)
    assert [out.seats for out in tab.all(SpeakingOut)] == [("presiding",)]


async def test_a_witness_who_is_sent_out_no_longer_sees_who_speaks(rig: Rig) -> None:
    await rig.opened()
    await rig.do(PRESIDING, c.CallWitness(WITNESS))
    rig.registry.media_fact(SpeakersChanged(str(rig.hearing), (PeerId(connection(PRESIDING)),)))
    await rig.do(PRESIDING, c.DismissWitness(WITNESS))
    assert [out.seats for out in rig.tabs[WITNESS].all(SpeakingOut)] == [("presiding",), ()]


async def test_facts_of_the_wire_reach_the_tab_they_concern(rig: Rig) -> None:
    await rig.opened()
    peer = PeerId(connection(PLAINTIFF))
    rig.registry.media_fact(PeerLost(peer, "consent"))
    assert rig.tabs[PLAINTIFF].all(MediaLostOut) == [], "not seated by the door"
    rig.registry.seated(connection(PLAINTIFF), rig.room)
    rig.registry.media_fact(PeerConnected(peer))
    rig.registry.media_fact(PeerLost(peer, "consent"))
    assert rig.tabs[PLAINTIFF].all(MediaLostOut) == [MediaLostOut("consent")]
    assert rig.tabs[DEFENDANT].all(MediaLostOut) == []
    assert rig.room.state.attendance[PLAINTIFF].presence is Presence.PRESENT, (
        "media gone is not a person gone"
    )
    rig.registry.unseated(connection(PLAINTIFF))
    rig.registry.media_fact(PeerLost(peer, "alert"))
    assert len(rig.tabs[PLAINTIFF].all(MediaLostOut)) == 1


async def test_more_candidates_of_the_port_reach_every_tab_and_nothing_else(rig: Rig) -> None:
    await rig.opened()
    await rig.do(PRESIDING, c.CallWitness(WITNESS))
    before = await rig.kinds()
    rig.registry.media_fact(CandidatesChanged(("candidate:3 1 udp 1 192.0.2.9 40000 typ host",)))
    for tab in rig.tabs.values():
        assert tab.all(CandidatesOut) == [CandidatesOut(("candidate:3 1 udp 1 192.0.2.9 40000 typ host",))]
    assert await rig.kinds() == before


def say(rig: Rig, text: str, *, final: bool = True) -> None:
    now = rig.clock.now_ms()
    rig.instruments.ears[-1].post(Spoken(text, PRESIDING, now, now + 400, text, "", final))


async def test_captions_reach_the_courtroom_and_a_tab_that_reloads_gets_the_finals_again(rig: Rig) -> None:
    await rig.opened()
    say(rig, "现在开庭")
    say(rig, "请原告", final=False)
    assert [out.settled for out in rig.tabs[OBSERVER].all(CaptionOut)] == ["现在开庭", "请原告"]
    assert rig.tabs[WITNESS].all(CaptionOut) == []
    again = await rig.arrive(OBSERVER, 2)
    assert [(out.settled, out.final) for out in again.all(CaptionOut)] == [("现在开庭", True)]


async def test_the_ear_is_told_whom_it_may_listen_to(rig: Rig) -> None:
    await rig.opened()
    ear = rig.instruments.ears[0]
    assert set(ear.orders[-1].labels.values()) == {"presiding", "clerk"}
    await rig.do(PRESIDING, c.GrantFloor(DEFENDANT))
    assert set(ear.orders[-1].labels.values()) == {"presiding", "clerk", "defendant"}
    await rig.do(PRESIDING, c.MuteAndLock(DEFENDANT, "x"))
    assert set(ear.orders[-1].labels.values()) == {"presiding", "clerk"}
    assert rig.media.taps[PeerId(f"words:{rig.hearing}")] is ear

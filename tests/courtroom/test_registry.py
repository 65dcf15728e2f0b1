"""Live courtrooms: one a hearing, opened once, bounded in number; nobody and nothing keeps a place for ever."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from media.facts import PeerConnected, SpeakersChanged, TrackStarted
from media.ids import Kind, PeerId, TrackId
from server.courtroom.ports import TapeFact, Unavailable
from server.hearing import commands as c
from server.hearing.ids import HearingId
from server.hearing.session import SessionState
from tests.builders import scheduled
from tests.cast import PLAINTIFF, PRESIDING
from tests.courtroom.rig import Rig

pytestmark = pytest.mark.service


def idle(rig: Rig) -> bool:
    return rig.room.idle


async def schedule(rig: Rig, name: str) -> HearingId:
    first = scheduled(hearing=HearingId(name))
    await rig.log.append(name, 0, [rig.codec.to_entry(first, rig.clock.now_ms(), None, None)])
    return first.hearing


async def test_a_hearing_has_one_courtroom_however_many_ask_at_once(rig: Rig) -> None:
    hearing = await schedule(rig, "h-2")
    rooms = await asyncio.gather(*(rig.registry.room(hearing) for _ in range(5)))
    assert len({id(room) for room in rooms}) == 1


async def test_hearings_know_nothing_of_each_other(rig: Rig) -> None:
    await rig.opened()
    other = await rig.registry.room(await schedule(rig, "h-2"))
    told = {seat: len(tab.told) for seat, tab in rig.tabs.items()}
    rig.registry.media_fact(SpeakersChanged("h-2", (PeerId("c1-presiding"),)))
    assert {seat: len(tab.told) for seat, tab in rig.tabs.items()} == told
    assert other.state.session is SessionState.SCHEDULED


async def test_facts_that_concern_nobody_here_are_dropped(rig: Rig) -> None:
    rig.registry.media_fact(SpeakersChanged("h-gone", ()))
    rig.registry.media_fact(PeerConnected(PeerId("gone")))
    rig.registry.media_fact(TrackStarted(TrackId(PeerId("gone"), Kind.AUDIO), "opus"))


async def test_a_place_where_nobody_is_goes_to_who_needs_it() -> None:
    rig = Rig(hearings_live_max=2)
    await rig.begin()
    await rig.opened()
    await rig.registry.room(await schedule(rig, "h-2"))
    await rig.registry.room(await schedule(rig, "h-3"))
    assert rig.registry._rooms.keys() == {rig.hearing, "h-3"}, "the one that had not begun made place"
    assert "h-2" not in rig.media.plans
    assert PeerId("words:h-2") not in rig.media.taps
    await rig.do(PRESIDING, c.GrantFloor(PLAINTIFF))
    await rig.close()


async def test_a_place_where_somebody_waits_is_kept() -> None:
    rig = Rig(hearings_live_max=1)
    await rig.begin()
    await rig.arrive(PLAINTIFF)  # the court is not here yet: still scheduled
    with pytest.raises(Unavailable, match="too_many_hearings"):
        await rig.registry.room(await schedule(rig, "h-2"))
    await rig.close()


async def test_a_closed_hearing_keeps_its_place_until_its_tape_is_sealed_and_all_are_gone() -> None:
    rig = Rig(hearings_live_max=1)
    await rig.begin()
    await rig.opened()
    await rig.do(PRESIDING, c.Close("over"))
    assert not idle(rig), "its tape is being sealed"
    await rig.settle()
    other = await schedule(rig, "h-2")
    with pytest.raises(Unavailable, match="too_many_hearings"):
        await rig.registry.room(other)
    for tab in rig.tabs.values():
        rig.room.detach(tab)
        await rig.do(tab.seat, c.Depart(tab.connection, c.LeaveCause.PAGE_CLOSED))
    await rig.settle()
    assert idle(rig)
    await rig.registry.room(other)
    await rig.close()


async def test_a_place_is_kept_while_the_ledger_is_owed_a_fact(rig: Rig) -> None:
    await rig.opened()
    await rig.do(PRESIDING, c.Close("over"))
    await rig.settle()
    for tab in rig.tabs.values():
        rig.room.detach(tab)
        await rig.do(tab.seat, c.Depart(tab.connection, c.LeaveCause.PAGE_CLOSED))
    assert idle(rig)
    rig.log.broken = True
    digests = c.ReportSegment("a-audio-0001.ytape", 9, "aa" * 32, "bb" * 32, "plaintiff", 1000, 2000)
    rig.instruments.recorders[0].post(TapeFact(None, segment=digests))
    await rig.settle()
    assert not idle(rig), "who retires it loses the fact"
    rig.log.broken = False
    rig.room._mailbox.pay()
    await rig.settle()
    assert idle(rig)
    assert (await rig.kinds())[-1] == "tape_segment_closed"


async def test_a_retired_courtroom_opens_again_as_it_was() -> None:
    rig = Rig(hearings_live_max=1)
    await rig.begin()
    await rig.arrive(PLAINTIFF)
    await rig.do(PLAINTIFF, c.ReportDevice("ok", "ok", "ok", "good"))
    rig.room.detach(rig.tabs[PLAINTIFF])
    await rig.do(PLAINTIFF, c.Depart(rig.tabs[PLAINTIFF].connection, c.LeaveCause.PAGE_CLOSED))
    await rig.settle()
    before = rig.room.state
    await rig.registry.room(await schedule(rig, "h-2"))
    again = await rig.registry.room(rig.hearing)
    assert again is not rig.room
    assert again.state == before
    await rig.close()


async def test_one_hearing_that_cannot_be_followed_keeps_no_other_from_going_on(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rig.opened()
    broken = await schedule(rig, "h-broken")
    good = await schedule(rig, "h-good")
    read = rig.log.read

    async def fail(stream: str, after_seq: int = 0) -> Any:
        if stream == broken:
            raise ValueError("unknown kind")
        return await read(stream, after_seq)

    monkeypatch.setattr(rig.log, "read", fail)
    await rig.registry.recover([broken, good])
    assert rig.registry._rooms.keys() == {rig.hearing, good}

"""What waits for one tab: in order, the newest view only, bounded."""

from __future__ import annotations

import asyncio

import pytest

from server.courtroom.outputs import ByeOut, MediaLostOut, SpeakingOut
from server.gateway import wire
from server.gateway.outbox import Outbox, SocketTab
from server.hearing.ids import ConnectionId, SeatId

pytestmark = pytest.mark.pure


def speaking(seat: str) -> wire.Speaking:
    return wire.Speaking(seats=[seat])


def done(number: int) -> wire.Done:
    return wire.Done(id=str(number), seq=number)


async def test_what_is_put_is_taken_in_order() -> None:
    box = Outbox(10, lambda: None)
    for number in range(3):
        box.put(done(number))
    assert await box.take() == [done(0), done(1), done(2)]


async def test_a_newer_view_takes_the_place_of_the_older_and_answers_stay() -> None:
    box = Outbox(10, lambda: None)
    for message in (speaking("a"), done(1), speaking("b"), done(2)):
        box.put(message)
    assert await box.take() == [done(1), speaking("b"), done(2)]


async def test_taking_waits_for_something() -> None:
    box = Outbox(10, lambda: None)
    taking = asyncio.ensure_future(box.take())
    await asyncio.sleep(0)
    assert not taking.done()
    box.put(done(1))
    assert await asyncio.wait_for(taking, 5) == [done(1)]


async def test_a_full_box_cuts_the_line_once_and_keeps_what_it_has() -> None:
    cuts: list[int] = []
    box = Outbox(2, lambda: cuts.append(1))
    for number in range(5):
        box.put(done(number))
    assert (box.overflowed, cuts) == (True, [1])
    assert await box.take() == [done(0), done(1)]


async def test_views_alone_never_fill_it() -> None:
    box = Outbox(2, lambda: pytest.fail("cut"))
    for number in range(1000):
        box.put(speaking(str(number)))
    assert await box.take() == [speaking("999")]


async def test_who_asks_faster_than_it_reads_waits_until_half_is_sent() -> None:
    box = Outbox(4, lambda: None)
    box.put(done(1))
    await asyncio.wait_for(box.calm(), 5)
    box.put(done(2))
    waiting = asyncio.ensure_future(box.calm())
    await asyncio.sleep(0)
    assert not waiting.done()
    await box.take()
    await asyncio.wait_for(waiting, 5)


async def test_nobody_waits_on_a_line_that_is_cut() -> None:
    box = Outbox(1, lambda: None)
    box.put(done(1))
    waiting = asyncio.ensure_future(box.calm())
    await asyncio.sleep(0)
    box.put(done(2))
    await asyncio.wait_for(waiting, 5)


async def test_a_tab_is_dismissed_by_a_goodbye_and_says_it_in_its_language() -> None:
    box = Outbox(10, lambda: None)
    tab = SocketTab(SeatId("clerk"), ConnectionId("c"), box, "en")
    tab.send(SpeakingOut((SeatId("clerk"),)))
    tab.send(MediaLostOut("consent"))
    assert tab.dismissed == ""
    tab.send(ByeOut("superseded"))
    assert tab.dismissed == "superseded"
    *_, bye = await box.take()
    assert isinstance(bye, wire.Bye)
    assert bye.message.isascii()


async def test_where_each_person_points_is_kept_once_and_only_as_of_last() -> None:
    box = Outbox(5, lambda: pytest.fail("cut"))
    for number in range(1000):
        for seat in ("clerk", "presiding"):
            box.put(wire.Pointer(seat=seat, x=number, y=0))
    assert await box.take() == [
        wire.Pointer(seat="clerk", x=999, y=0),
        wire.Pointer(seat="presiding", x=999, y=0),
    ]

"""The WebSocket: how a seat comes back, and how it goes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest

from server.hearing.ids import ConnectionId
from tests.gateway.asking import hello, told
from tests.gateway.door import HEARING, Door, Raw

if TYPE_CHECKING:
    from tests.gateway.conftest import OpenDoor
    from tests.seat import SeatClient

pytestmark = pytest.mark.service


# --- coming back ---


async def test_with_the_secret_a_cut_tab_is_the_same_connection_and_the_log_shows_nothing(door: Door) -> None:
    (judge,) = await door.enter("presiding")
    entries, before = await door.kinds(), judge.connection
    await judge.cut()
    await judge.enter(resume=True)
    assert judge.connection == before
    assert [m["resumed"] for m in judge.messages if m["type"] == "welcome"] == [False, True]
    assert await door.kinds() == entries
    await judge.do("report_device", camera="ok", microphone="ok", speaker="ok", network="good")


@pytest.mark.parametrize("secret", ["", "x", "wrong" * 6, "é", "\u0000"])
async def test_with_a_wrong_secret_it_is_a_new_arrival(door: Door, secret: str) -> None:
    (judge,) = await door.enter("presiding")
    before = judge.connection
    await judge.cut()
    await door.until(lambda: away(door, judge))
    judge.resume = secret or None
    await judge.enter(resume=True)
    assert judge.connection != before
    arrived = [x for x in await door.log.read(HEARING) if x.kind == "seat_arrived"]
    assert [x.body["superseded"] for x in arrived] == [None, before]


async def test_another_seats_secret_is_worth_nothing(door: Door) -> None:
    judge, clerk = await door.enter("presiding", "clerk")
    await clerk.cut()
    await door.until(lambda: away(door, clerk))
    clerk.resume = judge.resume
    await clerk.enter(resume=True)
    assert clerk.connection != judge.connection
    assert judge.bye() == ""


async def test_a_tab_that_resumes_while_its_old_socket_still_lives_replaces_it(door: Door) -> None:
    (judge,) = await door.enter("presiding")
    async with Raw(door) as socket:
        await socket.send_json(hello(judge.session, resume=judge.resume))
        welcome = await socket.receive_json()
        assert (welcome["resumed"], welcome["connection"]) == (True, judge.connection)
        await judge.until(lambda: judge.bye() == "superseded")
        entries = await door.kinds()
        await socket.send_json(
            {"type": "command", "id": "1", "name": "set_self", "args": {"microphone": False, "camera": True}}
        )
        while (message := await socket.receive_json())["type"] != "done":
            pass
        assert message["seq"] == 2, "the first view of this line, and one that shows the switch"
        assert len(await door.kinds()) == len(entries) + 1


async def test_two_tabs_of_a_seat_the_newer_one_stays(door: Door) -> None:
    (first,) = await door.enter("presiding")
    (second,) = await door.enter("presiding")
    await first.until(lambda: first.bye() == "superseded")
    await second.do("report_device", camera="ok", microphone="ok", speaker="ok", network="good")
    assert first.connection in door.media.ended
    old, entries = first.connection, await door.kinds()
    first.messages.clear()
    await first.enter(resume=True)
    assert first.bye() == "superseded", "the secret of a superseded connection brings nothing back"
    assert await door.kinds() == entries
    first.messages.clear()
    await first.enter()
    assert first.connection != old
    await second.until(lambda: second.bye() == "superseded")


async def test_a_tab_superseded_while_it_was_away_does_not_throw_the_new_device_out(
    door: Door,
) -> None:
    (first,) = await door.enter("presiding")
    before = first.connection
    await first.cut()
    (second,) = await door.enter("presiding")
    entries = await door.kinds()
    await first.enter(resume=True)
    assert first.bye() == "superseded"
    await second.do("report_device", camera="ok", microphone="ok", speaker="ok", network="good")
    assert second.bye() == ""
    assert (await door.kinds())[: len(entries)] == entries
    first.messages.clear()
    await first.enter()  # its user presses the button
    assert first.connection != before
    await second.until(lambda: second.bye() == "superseded")


async def test_when_the_new_device_is_away_itself_the_old_one_may_come_back(door: Door) -> None:
    (first,) = await door.enter("presiding")
    await first.cut()
    (second,) = await door.enter("presiding")
    await second.cut()
    await door.until(lambda: away(door, second))
    await first.enter(resume=True)
    assert first.bye() == ""
    assert [m["resumed"] for m in first.messages if m["type"] == "welcome"] == [False, False]


async def test_who_never_got_its_welcome_comes_in_with_the_secret_before(open_door: OpenDoor) -> None:
    door = await open_door(grace_s=0.01)
    (judge,) = await door.enter("presiding")
    await judge.cut()
    await door.until(lambda: not door.sockets._seats)
    async with Raw(door) as lost:  # the server believes that this one is here
        await lost.send_json(hello(judge.session, resume=judge.resume))
        assert (await lost.receive_json())["resumed"] is False
        await judge.enter(resume=True)
        assert judge.bye() == ""
        messages, _ = await told(lost)
        assert messages[-1]["reason"] == "superseded"


async def test_who_is_given_up_is_forgotten_at_once(door: Door) -> None:
    """Between the end of the grace and the entry in the log a resume must not take what is being ended."""
    (judge,) = await door.enter("presiding")
    await judge.cut()
    await door.until(lambda: away(door, judge))
    timer = door.sockets._seats[ConnectionId(judge.connection)].timer
    assert timer is not None
    timer._run()
    timer.cancel()
    assert door.sockets._seats == {}


def away(door: Door, client: SeatClient) -> bool:
    """Whether the server has noticed that the client's socket is gone."""
    held = door.sockets._seats.get(ConnectionId(client.connection))
    return held is not None and held.timer is not None


async def test_after_the_grace_a_cut_line_is_a_lost_seat(open_door: OpenDoor) -> None:
    door = await open_door(grace_s=0.05)
    (judge,) = await door.enter("presiding")
    await judge.cut()

    async def lost() -> bool:
        return (await door.kinds())[-2:] == ["connection_ended", "absence_measured"]

    await door.until(lost)
    assert (await door.log.read(HEARING))[-2].body["cause"] == "connection_lost"
    assert "signalling=cut" in (await door.log.read(HEARING))[-1].body["facts"]
    assert judge.connection in door.media.ended
    assert (door.sockets._seats, door.registry._of_connection) == ({}, {})


async def test_an_absence_is_entered_when_the_ledger_is_back(open_door: OpenDoor) -> None:
    door = await open_door(grace_s=0.01)
    (judge,) = await door.enter("presiding")
    door.log.broken = True
    await judge.cut()
    await door.until(lambda: judge.connection in door.media.ended)
    door.log.broken = False

    async def lost() -> bool:
        return (await door.kinds())[-2:] == ["connection_ended", "absence_measured"]

    await door.until(lost)


async def test_a_page_that_says_it_goes_is_absent_at_once(door: Door) -> None:
    (judge,) = await door.enter("presiding")
    assert judge._socket is not None
    await judge._socket.close(code=aiohttp.WSCloseCode.GOING_AWAY)

    async def gone() -> bool:
        return (await door.kinds())[-2:] == ["connection_ended", "absence_measured"]

    await door.until(gone)
    assert (await door.log.read(HEARING))[-2].body["cause"] == "page_closed"
    assert "signalling=said" in (await door.log.read(HEARING))[-1].body["facts"]


async def test_who_leaves_is_let_go_and_comes_back_as_a_new_arrival(door: Door) -> None:
    _, _, plaintiff = await door.enter("presiding", "clerk", "plaintiff")
    await plaintiff.send({"type": "command", "id": "x", "name": "leave", "args": {}})
    await plaintiff.until(lambda: plaintiff.bye() == "left")
    await door.until(lambda: plaintiff.connection not in door.sockets._seats)
    plaintiff.messages.clear()
    await plaintiff.enter(resume=True)
    assert plaintiff.card("plaintiff")["presence"] == "waiting"


async def test_the_end_of_the_house_is_no_absence(door: Door) -> None:
    """The next process enters it as its own restart; "page closed" would be false evidence."""
    judge, clerk = await door.enter("presiding", "clerk")
    entries = await door.kinds()
    await door.registry.close()
    await door.sockets.close()
    await judge.until(lambda: judge.bye() == "shutting_down")
    await clerk.until(lambda: clerk.bye() == "shutting_down")
    await door.until(lambda: not door.sockets._open)
    assert await door.kinds() == entries


async def test_sockets_that_the_house_itself_closes_are_no_absence_either(door: Door) -> None:
    judge, clerk = await door.enter("presiding", "clerk")
    entries = await door.kinds()
    await door.sockets.close()
    for client in (judge, clerk):
        assert client._reader is not None
        await asyncio.wait({client._reader}, timeout=15)
        assert client._socket is not None
        assert client._socket.close_code == aiohttp.WSCloseCode.GOING_AWAY
    await door.until(lambda: not door.sockets._open)
    assert [held.timer for held in door.sockets._seats.values()] == [None, None], "nobody is given up"
    assert await door.kinds() == entries


class OwnPongs(Raw):
    """Its test answers the server's pings, or does not."""

    autoping = False


async def test_a_tab_that_says_nothing_and_answers_pings_stays(open_door: OpenDoor) -> None:
    """As a page in the background does whose timers sleep."""
    door = await open_door(heartbeat_s=0.4, stall_timeout_s=0.4)
    (judge,) = await door.enter("presiding")
    async with OwnPongs(door) as socket:
        await socket.send_json(hello(await door.bearer("clerk")))
        pinged = 0
        while pinged < 3:
            message = await socket.receive(15)
            if message.type is aiohttp.WSMsgType.PING:
                pinged += 1
                await socket.pong(message.data)
        assert judge.bye() == ""
        assert len(door.sockets._open) == 2


async def test_a_line_that_answers_no_ping_is_cut(open_door: OpenDoor) -> None:
    door = await open_door(heartbeat_s=0.4)
    (judge,) = await door.enter("presiding")
    async with OwnPongs(door) as socket:
        await socket.send_json(hello(await door.bearer("clerk")))
        await door.until(
            lambda: [held.seat for held in door.sockets._seats.values() if held.timer] == ["clerk"]
        )
    (room,) = door.registry.live().values()
    assert [line.signalling for line in room.care._absences._lines.values()] == ["silent"]
    assert judge.bye() == ""

"""The WebSocket: who gets in, how it comes back."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from server.gateway.wire import SERVER
from tests.gateway.asking import hello, told
from tests.gateway.door import HEARING, SLOTS, Door, Raw

if TYPE_CHECKING:
    from tests.gateway.conftest import OpenDoor

pytestmark = pytest.mark.service


# --- hello ---


async def test_a_seat_is_taken_with_a_bearer(door: Door) -> None:
    (judge,) = await door.enter("presiding")
    welcome = judge.messages[0]
    assert welcome["type"] == "welcome"
    assert (welcome["v"], welcome["seat"], welcome["slots"], welcome["resumed"]) == (
        1,
        "presiding",
        SLOTS,
        False,
    )
    assert welcome["server_time"] == door.clock.now_ms()
    assert judge.messages[1]["type"] == "view"
    assert judge.view["me"] == "presiding"
    assert (await door.kinds())[1:3] == ["seat_arrived", "check_in_began"]


async def test_every_message_is_one_of_the_wires(door: Door) -> None:
    judge, clerk, plaintiff = await door.enter("presiding", "clerk", "plaintiff")
    await plaintiff.send({"type": "ping", "t": 1.5})
    await plaintiff.refused("open_court")
    await plaintiff.send({"type": "command", "id": "x", "name": "leave", "args": {}})
    await plaintiff.until(lambda: plaintiff.bye() == "left")
    for client in (judge, clerk, plaintiff):
        for message in client.messages:
            SERVER.validate_json(json.dumps(message))


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ({"type": "hello", "v": 2, "session": "x", "something": "new"}, "version"),
        ({"type": "hello", "v": "1", "session": "x"}, "version"),
        ({"type": "hello", "v": 1}, "bad_message"),
        ({"type": "hello", "v": 1, "session": "x" * 201}, "bad_message"),
        ({"type": "hello", "session": "x"}, "hello_expected"),
        ({"type": "ping", "t": 1}, "hello_expected"),
        ([], "hello_expected"),
        (None, "hello_expected"),
    ],
)
async def test_a_first_message_that_is_no_hello_ends_the_socket(door: Door, first: Any, reason: str) -> None:
    async with Raw(door) as socket:
        await socket.send_json(first)
        messages, code = await told(socket)
    assert [(m["type"], m["error"], m["reason"]) for m in messages] == [("problem", "malformed", reason)]
    assert code == aiohttp.WSCloseCode.POLICY_VIOLATION


@pytest.mark.parametrize("text", ["", "{", "\x00", "[" * 100_000, '{"type":"hello","v":' + "9" * 5000 + "}"])
async def test_a_first_message_that_is_no_json_ends_the_socket(door: Door, text: str) -> None:
    async with Raw(door) as socket:
        await socket.send_str(text)
        messages, _ = await told(socket)
    assert [m["reason"] for m in messages] == ["hello_expected"]


async def test_a_binary_first_frame_ends_the_socket(door: Door) -> None:
    async with Raw(door) as socket:
        await socket.send_bytes(b'{"type":"hello"}')
        messages, _ = await told(socket)
    assert [m["reason"] for m in messages] == ["hello_expected"]


async def test_who_says_nothing_is_not_waited_for(open_door: OpenDoor) -> None:
    door = await open_door(hello_timeout_s=0.05)
    async with Raw(door) as socket:
        messages, _ = await told(socket)
    assert [m["reason"] for m in messages] == ["hello_expected"]


@pytest.mark.parametrize("session", ["", "x", "0" * 43, "é", "a b"])
async def test_an_unknown_bearer_learns_only_that(door: Door, session: str) -> None:
    async with Raw(door) as socket:
        await socket.send_json(hello(session))
        messages, _ = await told(socket)
    assert [(m["type"], m["reason"]) for m in messages] == [("bye", "session_invalid")]
    assert await door.kinds() == ["hearing_scheduled"]


async def test_a_bearer_that_ran_out_or_was_revoked_opens_nothing(door: Door) -> None:
    bearer = await door.bearer("presiding")
    revoked = await door.bearer("clerk")
    await door.cases.revoke_links(HEARING, "clerk", door.clock.now_ms())
    door.clock.move(25 * 3_600_000)
    for session in (bearer, revoked):
        async with Raw(door) as socket:
            await socket.send_json(hello(session))
            messages, _ = await told(socket)
        assert [m["reason"] for m in messages] == ["session_invalid"]


async def test_a_ledger_that_is_away_is_said_so_and_nobody_is_seated(door: Door) -> None:
    bearer = await door.bearer("presiding")
    door.log.broken = True
    async with Raw(door) as socket:
        await socket.send_json(hello(bearer))
        messages, code = await told(socket)
    assert [(m["error"], m["reason"]) for m in messages] == [("unavailable", "ledger")]
    assert code == aiohttp.WSCloseCode.TRY_AGAIN_LATER
    assert door.registry._of_connection == {}
    door.log.broken = False
    await door.enter("presiding")


async def test_too_many_sockets(open_door: OpenDoor, http: aiohttp.ClientSession) -> None:
    door = await open_door(sockets_max=1)
    async with Raw(door):
        answer = await http.get(f"{door.url}/ws", headers={"Origin": door.url})
        assert (answer.status, (await answer.json())["reason"]) == (503, "too_many_sockets")
    await door.until(lambda: not door.sockets._open)
    await door.enter("presiding")


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
    judge.resume = secret or None
    await judge.enter(resume=True)
    assert judge.connection != before
    arrived = [x for x in await door.log.read(HEARING) if x.kind == "seat_arrived"]
    assert [x.body["superseded"] for x in arrived] == [None, before]


async def test_another_seats_secret_is_worth_nothing(door: Door) -> None:
    judge, clerk = await door.enter("presiding", "clerk")
    await clerk.cut()
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
        assert message["seq"] == len(entries) + 1


async def test_two_tabs_of_a_seat_the_newer_one_stays(door: Door) -> None:
    (first,) = await door.enter("presiding")
    (second,) = await door.enter("presiding")
    await first.until(lambda: first.bye() == "superseded")
    await second.do("report_device", camera="ok", microphone="ok", speaker="ok", network="good")
    assert first.connection in door.media.ended
    old = first.connection
    first.messages.clear()
    await first.enter(resume=True)
    assert first.connection != old, "the secret of a superseded connection brings nothing back"


async def test_a_cut_tab_whose_seat_was_taken_meanwhile_does_not_get_it_back_by_its_secret(
    door: Door,
) -> None:
    (first,) = await door.enter("presiding")
    before = first.connection
    await first.cut()
    (second,) = await door.enter("presiding")
    await first.enter(resume=True)
    assert first.connection != before
    assert [m["resumed"] for m in first.messages if m["type"] == "welcome"] == [False, False]
    await second.until(lambda: second.bye() == "superseded")


async def test_after_the_grace_a_cut_line_is_a_lost_seat(open_door: OpenDoor) -> None:
    door = await open_door(grace_s=0.05)
    (judge,) = await door.enter("presiding")
    await judge.cut()

    async def lost() -> bool:
        return (await door.kinds())[-1] == "connection_ended"

    await door.until(lost)
    assert (await door.log.read(HEARING))[-1].body["cause"] == "connection_lost"
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
        return (await door.kinds())[-1] == "connection_ended"

    await door.until(lost)


async def test_a_page_that_says_it_goes_is_absent_at_once(door: Door) -> None:
    (judge,) = await door.enter("presiding")
    assert judge._socket is not None
    await judge._socket.close(code=aiohttp.WSCloseCode.GOING_AWAY)

    async def gone() -> bool:
        return (await door.kinds())[-1] == "connection_ended"

    await door.until(gone)
    assert (await door.log.read(HEARING))[-1].body["cause"] == "page_closed"


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
    assert [lingering.timer for lingering in door.sockets._seats.values()] == [None, None], (
        "nobody is given up"
    )
    assert await door.kinds() == entries


async def test_a_silent_tab_is_told_why_it_is_closed(open_door: OpenDoor) -> None:
    door = await open_door(idle_timeout_s=0.1)
    (judge,) = await door.enter("presiding")
    await judge.until(lambda: judge.bye() == "idle")
    assert judge._socket is not None
    assert judge._socket.close_code == aiohttp.WSCloseCode.OK

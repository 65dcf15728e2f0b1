"""The WebSocket: who gets in, how it comes back."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web

from server.gateway.auth import Auth
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
    bearer = await door.bearer("clerk")
    async with Raw(door) as late:
        (judge,) = await door.enter("presiding")  # who has not said who it is takes no seat's place
        answer = await http.get(f"{door.url}/ws", headers={"Origin": door.url})
        assert (answer.status, (await answer.json())["reason"]) == (503, "too_many_sockets")
        await late.send_json(hello(bearer))
        messages, code = await told(late)
    assert [(m["error"], m["reason"]) for m in messages] == [("unavailable", "too_many_sockets")]
    assert code == aiohttp.WSCloseCode.TRY_AGAIN_LATER
    await judge.close()
    await door.until(lambda: not door.sockets._open)
    await door.enter("clerk")


async def test_strangers_push_out_each_other_and_nobody_else(open_door: OpenDoor) -> None:
    door = await open_door(sockets_unknown_max=2)
    (judge,) = await door.enter("presiding")
    async with Raw(door) as first, Raw(door) as second, Raw(door) as third:
        messages, code = await told(first)
        assert (messages, code) == ([], aiohttp.WSCloseCode.ABNORMAL_CLOSURE)
        await door.until(lambda: len(door.sockets._open) == 3)
        await judge.do("report_device", camera="ok", microphone="ok", speaker="ok", network="good")
        assert len(door.sockets._strangers) == 2
        await third.send_json(hello(await door.bearer("clerk")))
        assert (await third.receive_json())["type"] == "welcome"
        assert not second.closed
    await door.until(lambda: len(door.sockets._strangers) == 0)


async def test_a_seats_hellos_are_counted_whatever_socket_they_come_by(open_door: OpenDoor) -> None:
    door = await open_door(hellos_burst_max=3)
    (judge,) = await door.enter("presiding")
    entries = await door.kinds()
    said = []
    for _ in range(4):
        async with Raw(door) as socket:
            await socket.send_json(hello(judge.session, resume=judge.resume))
            said.append(await socket.receive_json())
            if said[-1]["type"] == "problem":
                assert (await told(socket))[1] == aiohttp.WSCloseCode.TRY_AGAIN_LATER
    assert [m["type"] for m in said] == ["welcome", "welcome", "problem", "problem"]
    assert (said[-1]["error"], said[-1]["reason"]) == ("busy", "busy")
    assert await door.kinds() == entries
    await door.enter("defendant")  # another seat's allowance is its own
    door.clock.move(2000)  # half a hello a second
    async with Raw(door) as socket:
        await socket.send_json(hello(judge.session))
        assert (await socket.receive_json())["type"] == "welcome"


async def test_a_new_socket_brings_no_new_allowance_of_commands(open_door: OpenDoor) -> None:
    door = await open_door(commands_per_second_max=5)
    (judge,) = await door.enter("presiding")
    nonsense = {"type": "command", "name": "dance", "args": {}}
    reasons = [(await judge.ask(nonsense))["reason"] for _ in range(12)]
    assert reasons[0] == "bad_command"
    assert reasons[-1] == "busy"
    async with Raw(door) as socket:
        await socket.send_json(hello(judge.session, resume=judge.resume))
        await socket.send_json(nonsense | {"id": "again"})
        while (message := await socket.receive_json())["type"] != "problem":
            pass
    assert (message["id"], message["reason"]) == ("again", "busy")


async def test_a_tab_that_goes_while_it_is_answered_is_no_fault(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    checked = Auth.check_origin

    def gone(self: Auth, request: web.Request) -> None:
        checked(self, request)
        assert request.transport is not None
        request.transport.abort()

    monkeypatch.setattr(Auth, "check_origin", gone)
    with pytest.raises(aiohttp.ClientError):
        async with Raw(door):
            pass
    await door.until(lambda: "a socket broke off before it stood" in caplog.text)
    assert "Traceback" not in caplog.text
    monkeypatch.setattr(Auth, "check_origin", checked)
    async with Raw(door) as socket:
        await socket.send_json(hello("nobody"))
        messages, _ = await told(socket)
    assert messages
